/** An application of Express with `@diapason/client`: sign-in as its README shows it, users and sessions in SQLite, one page. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createAccounts, oidc } from '@diapason/client';
import { accountsMiddleware, sessionOf } from '@diapason/client/express';
import { openSqliteStore } from '@diapason/client/sqlite';
import express from 'express';
import { given, givenProvider, ready } from './handshake.ts';

const { port, folder } = given();
const { issuer, ...credentials } = givenProvider();
const baseUrl = `http://localhost:${port}`;
const accounts = createAccounts({
  url: baseUrl,
  secret: randomBytes(32).toString('base64url'),
  store: openSqliteStore({ path: join(folder, 'app.db') }),
  providers: [oidc({ id: 'diapason', name: 'Diapason', issuer, credentials, scope: ['openid', 'profile', 'email'] })],
  signedInPath: '/me',
  // Its peer writes no line for a sign-in.
  log: () => undefined,
});
const app = express();
app.use(accountsMiddleware(accounts));
app.get('/me', async (request, response) => {
  const session = await sessionOf(accounts, request);
  response.type('html').send(`<p>Hello ${session === null ? 'stranger' : session.user.email}</p>`);
});
app.listen(port, 'localhost', () => ready({ baseUrl }));
