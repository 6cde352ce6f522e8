/**
 * Sign-in for an application of Express, on one screen.
 *
 * Variables: `APP_URL` where people reach it, `SERVER_URL` the issuer, `CLIENT_ID`, `CLIENT_SECRET`, `DATABASE`.
 */
import { createAccounts, oidc } from '@diapason/client';
import {
  accountsMiddleware,
  refuseCrossSite,
  requireApiSession,
  requireSession,
  requireToken,
  resourceMetadata,
  sessionOf,
  signedIn,
  tokenOf,
} from '@diapason/client/express';
import { secretFromFile } from '@diapason/client/node';
import { createResourceServer } from '@diapason/client/resource-server';
import { openSqliteStore } from '@diapason/client/sqlite';
import express from 'express';

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

const app = express();
app.set('trust proxy', 'loopback');
// A body parser in front, as most applications have one.
app.use(express.urlencoded({ extended: true }));
app.use(accountsMiddleware(accounts));

app.get('/', async (request, response) => {
  const session = await sessionOf(accounts, request);
  response
    .type('html')
    .send(
      session === null
        ? '<p>Hello <b id="who">stranger</b></p><a id="login" href="/accounts/diapason/login/">Login</a>'
        : `<p>Hello <b id="who">${escapeHtml(session.user.username)}</b></p><a id="logout" href="/accounts/logout/">Logout</a>`,
    );
});
app.get('/members', requireSession(accounts), (request, response) => {
  response.json({ username: signedIn(request).user.username });
});
// For code in the browser, which is answered in JSON.
app.all('/api/me', requireApiSession(accounts), (request, response) => {
  response.json({ username: signedIn(request).user.username });
});
app.post('/api/votes', refuseCrossSite(accounts), (_request, response) => {
  response.json({ counted: true });
});
// For programs, which bring an access token.
app.use(resourceMetadata(api));
app.get('/api/whoami', requireToken(api, { scope: 'read' }), (request, response) => {
  response.json({ clientId: tokenOf(request).clientId });
});
// What the library does not answer arrives as it was sent.
app.post('/echo', (request, response) => {
  request.pipe(response);
});

app.listen(Number(new URL(APP_URL).port), '127.0.0.1', () => console.log(`ready: ${APP_URL}`));

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
