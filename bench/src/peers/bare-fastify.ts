/** The limit of a reply in the framework that our server uses: Fastify answering 2 KB of ready JSON on one route. */
import fastify from 'fastify';
import { DOCUMENT } from './bare-document.ts';
import { given, ready } from './handshake.ts';

const { port } = given();
const body = Buffer.from(JSON.stringify(DOCUMENT));
const server = fastify();
server.get('/document', (_request, reply) => {
  reply.header('content-type', 'application/json').send(body);
});
await server.listen({ host: '127.0.0.1', port });
ready({ baseUrl: `http://localhost:${port}` });
