/**
 * An application as a process of its own, for tests that need several of them on one database. Runs the compiled library, as an
 * application would.
 *
 * Variables: `PORT`, `APP_URL` where people reach it, `DATABASE` a file or `postgres://…`, `SERVER_URL`, `BACK_CHANNEL_URL`,
 * `CLIENT_ID`, `CLIENT_SECRET`. `POST /clock?offset=MS` moves its clock.
 */
import { createServer } from 'node:http';
import { createAccounts, oidc } from '@diapason/client';
import { nodeListener } from '@diapason/client/node';
import { openPostgresStore } from '@diapason/client/postgres';
import { openSqliteStore } from '@diapason/client/sqlite';

const variable = (name: string) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
};

let offsetMs = 0;
const database = variable('DATABASE');
const accounts = createAccounts({
  url: variable('APP_URL'),
  secret: 'a secret of the tests, which is long enough',
  store: database.startsWith('postgres:')
    ? await openPostgresStore({ connectionString: database })
    : openSqliteStore({ path: database }),
  providers: [
    oidc({
      id: 'diapason',
      name: 'Diapason',
      issuer: `${variable('SERVER_URL')}/o`,
      backChannelUrl: `${variable('BACK_CHANNEL_URL')}/o`,
      scope: ['openid', 'profile', 'read'],
      credentials: { clientId: variable('CLIENT_ID'), clientSecret: variable('CLIENT_SECRET') },
    }),
  ],
  session: { keepTokens: true },
  forward: { '/api/profile': { to: `${variable('SERVER_URL')}/profile/` } },
  now: () => Date.now() + offsetMs,
});

const listener = nodeListener(accounts, (request, response) => {
  const url = new URL(request.url ?? '/', variable('APP_URL'));
  if (request.method === 'POST' && url.pathname === '/clock') offsetMs = Number(url.searchParams.get('offset'));
  response.end(String(process.pid));
});
createServer(listener).listen(Number(variable('PORT')), '127.0.0.1');
