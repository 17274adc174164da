// Takes deliveries, counts them, and answers GET /count with the number.
// Usage: node sink.js PORT
'use strict';
const http = require('node:http');

let delivered = 0;
http
  .createServer((request, response) => {
    if (request.method === 'GET') return response.end(String(delivered));
    request.on('data', () => {});
    request.on('end', () => {
      delivered += 1;
      response.end('ok');
    });
  })
  .listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
