/**
 * Sign-in for an application of Fastify, on one screen.
 *
 * Variables: `APP_URL` where people reach it, `SERVER_URL` the issuer, `CLIENT_ID`, `CLIENT_SECRET`, `DATABASE`.
 */
import { createAccounts, oidc } from '@diapason/client';
import {
  accountsPlugin,
  refuseCrossSite,
  requireApiSession,
  requireSession,
  requireToken,
  resourceMetadata,
  sessionOf,
  signedIn,
  tokenOf,
} from '@diapason/client/fastify';
import { secretFromFile } from '@diapason/client/node';
import { createResourceServer } from '@diapason/client/resource-server';
import { openSqliteStore } from '@diapason/client/sqlite';
import { fastify } from 'fastify';

const {
  APP_URL = 'http://localhost:3000',
  SERVER_URL = 'http://localhost:9977/o',
  DATABASE = './data/app.db',
} = process.env;
const credentials = { clientId: process.env['CLIENT_ID'] ?? '', clientSecret: process.env['CLIENT_SECRET'] ?? '' };

const accounts = createAccounts({
  url: APP_URL,
  secret: secretFromFile(`${DATABASE}.secret`),
  store: openSqliteStore({ path: DATABASE }),
  providers: [
    oidc({ id: 'diapason', name: 'Diapason', issuer: SERVER_URL, credentials, scope: ['openid', 'profile', 'read'] }),
  ],
  signedInPath: '/',
  session: { keepTokens: true },
  // For code in the browser: `/api/profile` is the server's, with the access token of whoever is signed in.
  forward: { '/api/profile': { to: new URL('/profile/', SERVER_URL).href } },
});

const api = createResourceServer({ resource: APP_URL, issuer: SERVER_URL, metadata: { scopes: ['read'] } });

const app = fastify({ trustProxy: 'loopback' });
await app.register(accountsPlugin, { accounts });

app.get('/', async (request, reply) => {
  const session = await sessionOf(accounts, request);
  reply.type('text/html; charset=utf-8');
  return session === null
    ? '<p>Hello <b id="who">stranger</b></p><a id="login" href="/accounts/diapason/login/">Login</a>'
    : `<p>Hello <b id="who">${escapeHtml(session.user.username)}</b></p><a id="logout" href="/accounts/logout/">Logout</a>`;
});
app.get('/members', { preHandler: requireSession(accounts) }, async (request) => ({
  username: signedIn(request).user.username,
}));
// For code in the browser, which is answered in JSON.
app.route({
  method: ['GET', 'POST'],
  url: '/api/me',
  preHandler: requireApiSession(accounts),
  handler: async (request) => ({ username: signedIn(request).user.username }),
});
app.post('/api/votes', { preHandler: refuseCrossSite(accounts) }, async () => ({ counted: true }));
// For programs, which bring an access token.
await app.register(resourceMetadata, { resourceServer: api });
app.get('/api/whoami', { preHandler: requireToken(api, { scope: 'read' }) }, async (request) => ({
  clientId: tokenOf(request).clientId,
}));
// Parsers of the application's own are its own.
app.addContentTypeParser('text/plain', (_request, payload, done) => done(null, payload));
app.post('/echo', async (request, reply) => reply.send(request.body));

await app.listen({ port: Number(new URL(APP_URL).port), host: '127.0.0.1' });
console.log(`ready: ${APP_URL}`);

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
