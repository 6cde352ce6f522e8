/**
 * Sign-in for an application of Next. Opened at the first request: `next build` loads this module and should open no database.
 *
 * Variables: `APP_URL` where people reach it, `SERVER_URL` the issuer, `CLIENT_ID`, `CLIENT_SECRET`, `DATABASE`.
 */
import { type Accounts, createAccounts, oidc } from '@diapason/client';
import { secretFromFile } from '@diapason/client/node';
import { openSqliteStore } from '@diapason/client/sqlite';

let opened: Accounts | null = null;

export function accounts(): Accounts {
  if (opened !== null) return opened;
  const { APP_URL = 'http://localhost:3000', SERVER_URL = 'http://localhost:9977/o' } = process.env;
  const database = process.env['DATABASE'] ?? './data/app.db';
  const credentials = { clientId: process.env['CLIENT_ID'] ?? '', clientSecret: process.env['CLIENT_SECRET'] ?? '' };
  opened = createAccounts({
    url: APP_URL,
    secret: secretFromFile(`${database}.secret`),
    store: openSqliteStore({ path: database }),
    providers: [
      oidc({ id: 'diapason', name: 'Diapason', issuer: SERVER_URL, credentials, scope: ['openid', 'profile', 'read'] }),
    ],
    signedInPath: '/',
    session: { keepTokens: true },
    // For code in the browser: `/api/profile` is the server's, with the access token of whoever is signed in.
    forward: { '/api/profile': { to: new URL('/profile/', SERVER_URL).href } },
  });
  return opened;
}
