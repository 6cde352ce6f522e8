/** The limit of a reply: `node:http` answering 2 KB of ready JSON to everything. */
import { createServer } from 'node:http';
import { DOCUMENT } from './bare-document.ts';
import { given, ready } from './handshake.ts';

const { port } = given();
const body = Buffer.from(JSON.stringify(DOCUMENT));
createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}).listen(port, '127.0.0.1', () => ready({ baseUrl: `http://localhost:${port}` }));
