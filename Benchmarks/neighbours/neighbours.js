// Good customers, ten unless told, and a bad one who send to Ropewalk at steady rates, and the destination that takes the messages: the
// good ones' are taken at once, the bad one's meet a fault. Prints how long the good ones' messages took from the
// beginning of the request to their arrival, as JSON.
// Usage: node neighbours.js PORTS PATHS SINK_PORT FAULT GOOD_RATE BAD_PORT BAD_PATH BAD_RATE SECONDS [GOOD_CUSTOMERS [WARM_SECONDS]]
// PORTS and PATHS may be several with commas between them, which get the good ones' messages in turn.
// What is sent in the first WARM_SECONDS is not counted; when they are over, it prints a line `warm`.
'use strict';
const http = require('node:http');

const [ports, paths, sinkPort, fault, goodRate, badPort, badPath, badRate, seconds, customers = 10, warmSeconds = 0] = process.argv.slice(2);
const doors = ports.split(',');
const endpoints = paths.split(',');
const latencies = [];
let sent = 0;
let refused = 0;
let isWarm = Number(warmSeconds) === 0;
const now = () => Number(process.hrtime.bigint()) / 1e6;
const started = now();

// What a destination can do; each gets the response, and ends it or does not.
const faults = {
  none: (response) => response.end('ok'),
  slow: (response) => setTimeout(() => response.end('ok'), 5000),
  flapping: (response) => answer(response, Math.floor((now() - started) / 1000) % 2 === 0 ? 503 : 200),
  400: (response) => answer(response, 400),
  408: (response) => answer(response, 408),
  413: (response) => answer(response, 413),
  429: (response) => answer(response, 429, { 'Retry-After': '1' }),
  500: (response) => answer(response, 500),
  cut: (response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('half');
    setImmediate(() => response.destroy());
  },
  silent: () => {},
};

const order = { amount: 1500, customerId: 'c-1', customerName: 'Acme', lines: [{ qty: 2, price: 100 }, { qty: 13, price: 100 }] };

function answer(response, status, headers = {}) {
  response.writeHead(status, headers);
  response.end();
}

http
  .createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks));
      if (message.customer === 'bad') return faults[fault](response);
      if (message.counts) latencies.push(now() - message.sent);
      response.end('ok');
    });
  })
  .listen(Number(sinkPort), '127.0.0.1', begin);

// The bad one has connections of its own: those that it is kept waiting on are not the others' to wait for.
const agents = { good: new http.Agent({ keepAlive: true, maxSockets: 64 }), bad: new http.Agent({ keepAlive: true, maxSockets: 64 }) };

function send(target, endpoint, customer) {
  const counts = isWarm && customer !== 'bad';
  const body = JSON.stringify({ customer, counts, sent: now(), ...order });
  const headers = { 'X-Customer-ID': customer, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const agent = customer === 'bad' ? agents.bad : agents.good;
  const request = http.request({ host: '127.0.0.1', port: target, method: 'POST', path: endpoint, agent, headers }, (response) => {
    response.resume();
    if (response.statusCode !== 202 && counts) refused += 1;
  });
  request.on('error', () => (refused += counts ? 1 : 0));
  request.end(body);
  if (counts) sent += 1;
}

// Sends what is due, some times in each hundredth of a second.
function begin() {
  let [good, bad] = [0, 0];
  const beginning = now();
  const timer = setInterval(() => {
    const elapsed = (now() - beginning) / 1000;
    if (!isWarm && elapsed >= Number(warmSeconds)) {
      isWarm = true;
      console.log('warm');
    }
    if (elapsed >= Number(warmSeconds) + Number(seconds)) {
      clearInterval(timer);
      return setTimeout(report, 1000);
    }
    while (good < elapsed * Number(goodRate)) {
      send(doors[good % doors.length], endpoints[good % endpoints.length], `good-${good % customers}`);
      good += 1;
    }
    while (bad < elapsed * Number(badRate)) (bad++, send(badPort, badPath, 'bad'));
  }, 2);
}

function report() {
  latencies.sort((left, right) => left - right);
  const quantile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  console.log(JSON.stringify({ sent, refused, arrived: latencies.length, p50_ms: quantile(0.5), p99_ms: quantile(0.99) }));
  process.exit(0);
}
