// The yardstick: what a good programmer writes by hand in Node.js when there is no Ropewalk.
// Webhook -> parse -> convert -> filter -> POST -> 202. No sandbox, no journal, no retry.
// Usage: node service.js LISTEN_PORT SINK_PORT
'use strict';
const http = require('node:http');

const [listenPort, sinkPort] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

function convert(order) {
  order.total = order.lines.reduce((sum, line) => sum + line.qty * line.price, 0);
  order.customer = { id: order.customerId, name: order.customerName.toUpperCase() };
  return order;
}

const isLarge = (order) => order.amount > 1000;

function deliver(body, done) {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const request = http.request({ host: '127.0.0.1', port: sinkPort, method: 'POST', path: '/', agent, headers }, (answer) => {
    answer.resume();
    answer.on('end', () => done(answer.statusCode < 300 ? 202 : 502));
  });
  request.on('error', () => done(502));
  request.end(body);
}

http
  .createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (status) => {
        response.statusCode = status;
        response.end();
      };
      const order = convert(JSON.parse(Buffer.concat(chunks)));
      if (!isLarge(order)) return answer(202);
      deliver(JSON.stringify(order), answer);
    });
  })
  .listen(listenPort, '127.0.0.1', () => console.log('ready'));
