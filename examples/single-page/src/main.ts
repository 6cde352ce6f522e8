/**
 * A single-page application, on one screen: pages are static, and what they fetch is this application's own (the
 * backend-for-frontend pattern). The session is a cookie that no script can read; tokens never leave the server.
 *
 * Variables: `APP_URL` where people reach it, `SERVER_URL` the issuer, `API_URL` an API that takes access tokens, `CLIENT_ID`,
 * `CLIENT_SECRET`, `DATABASE`.
 */
import { fileURLToPath } from 'node:url';
import { createAccounts, oidc } from '@diapason/client';
import { accountsMiddleware, refuseCrossSite, requireApiSession, signedIn } from '@diapason/client/express';
import { secretFromFile } from '@diapason/client/node';
import { openSqliteStore } from '@diapason/client/sqlite';
import express from 'express';

const {
  APP_URL = 'http://localhost:3000',
  SERVER_URL = 'http://localhost:9977/o',
  API_URL = 'http://localhost:9977/profile/',
  DATABASE = './data/app.db',
} = process.env;
const credentials = { clientId: process.env['CLIENT_ID'] ?? '', clientSecret: process.env['CLIENT_SECRET'] ?? '' };
const NOTES_MAX = 20;
const NOTE_LENGTH_MAX = 200;

const accounts = createAccounts({
  url: APP_URL,
  secret: secretFromFile(`${DATABASE}.secret`),
  store: openSqliteStore({ path: DATABASE }),
  providers: [
    oidc({ id: 'diapason', name: 'Diapason', issuer: SERVER_URL, credentials, scope: ['openid', 'profile', 'read'] }),
  ],
  signedInPath: '/',
  session: { keepTokens: true },
  // `/api/profile` of the page is `API_URL`, with the access token of whoever is signed in.
  forward: { '/api/profile': { to: API_URL } },
});

/** Each person's own; a real application has a database. */
const notes = new Map<string, string[]>();
let votes = 0;

const app = express();
app.use((_request, response, next) => {
  response.set(
    'content-security-policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
  );
  response.set('x-content-type-options', 'nosniff');
  next();
});
// In front of the body parser: what is forwarded goes through as it was sent.
app.use(accountsMiddleware(accounts));
app.use(express.json({ limit: '4kb' }));

app.get('/api/notes', requireApiSession(accounts), (request, response) => {
  response.json(notes.get(signedIn(request).user.id) ?? []);
});
app.post('/api/notes', requireApiSession(accounts), (request, response) => {
  const text: unknown = request.body?.text;
  if (typeof text !== 'string' || text === '' || text.length > NOTE_LENGTH_MAX) {
    response.status(400).json({ error: 'text_expected' });
    return;
  }
  const { id } = signedIn(request).user;
  notes.set(id, [...(notes.get(id) ?? []), text].slice(-NOTES_MAX));
  response.status(201).json(notes.get(id));
});
// Open to everybody, but from this application's pages alone.
app.post('/api/votes', refuseCrossSite(accounts), (_request, response) => {
  votes += 1;
  response.json({ votes });
});
app.get('/api/votes', (_request, response) => {
  response.json({ votes });
});
app.use(express.static(fileURLToPath(new URL('../public', import.meta.url))));

app.listen(Number(new URL(APP_URL).port), '127.0.0.1', () => console.log(`ready: ${APP_URL}`));
