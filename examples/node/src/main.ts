/**
 * Sign-in for an application of plain `node:http`, on one screen.
 *
 * Variables: `APP_URL` where people reach it, `SERVER_URL` the issuer, `CLIENT_ID`, `CLIENT_SECRET`, `DATABASE`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createAccounts, oidc } from '@diapason/client';
import {
  nodeListener,
  nodeResourceMetadata,
  nodeSession,
  refuseNodeCrossSite,
  requireNodeApiSession,
  requireNodeSession,
  requireNodeToken,
  secretFromFile,
} from '@diapason/client/node';
import { createResourceServer } from '@diapason/client/resource-server';
import { openSqliteStore } from '@diapason/client/sqlite';

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

createServer(nodeListener(accounts, answer, { trustedProxies: 1 })).listen(
  Number(new URL(APP_URL).port),
  '127.0.0.1',
  () => console.log(`ready: ${APP_URL}`),
);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (request.url?.replace(/\?.*/, '')) {
    case '/': {
      const session = await nodeSession(accounts, request);
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(
        session === null
          ? '<p>Hello <b id="who">stranger</b></p><a id="login" href="/accounts/diapason/login/">Login</a>'
          : `<p>Hello <b id="who">${escapeHtml(session.user.username)}</b></p><a id="logout" href="/accounts/logout/">Logout</a>`,
      );
      return;
    }
    case '/members': {
      const session = await requireNodeSession(accounts, request, response);
      if (session !== null) response.end(JSON.stringify({ username: session.user.username }));
      return;
    }
    // For code in the browser, which is answered in JSON.
    case '/api/me': {
      const session = await requireNodeApiSession(accounts, request, response);
      if (session !== null) response.end(JSON.stringify({ username: session.user.username }));
      return;
    }
    case '/api/votes':
      if (!(await refuseNodeCrossSite(accounts, request, response))) response.end(JSON.stringify({ counted: true }));
      return;
    // For programs, which bring an access token.
    case '/api/whoami': {
      const token = await requireNodeToken(api, request, response, { scope: 'read' });
      if (token !== null) response.end(JSON.stringify({ clientId: token.clientId }));
      return;
    }
    // What the library does not answer arrives as it was sent.
    case '/echo':
      request.pipe(response);
      return;
    default:
      if (await nodeResourceMetadata(api, request, response)) return;
      response.writeHead(404).end('Not found\n');
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
