/**
 * The example application: a profile page behind "Sign in with Diapason". This file is all that it takes.
 */
import { createServer, type Server } from 'node:http';
import { type Accounts, createAccounts, customProvider } from '@diapason/client';
import { nodeListener, secretFromFile } from '@diapason/client/node';
import { openSqliteStore } from '@diapason/client/sqlite';
import type { Config } from './config.ts';

/** The application's accounts. @throws Error when the database cannot be opened. */
export function openAccounts(config: Config): Accounts {
  return createAccounts({
    url: config.url,
    name: 'Example client',
    store: openSqliteStore({ path: config.database }),
    secret: config.secret ?? secretFromFile(config.secretFile),
    providers: [
      // Between containers the server is reached by http; whoever starts this chose the addresses, so they are taken as they are.
      customProvider({
        serverUrl: config.serverPublicUrl,
        backChannelUrl: config.serverBaseUrl,
        allowInsecure: true,
      }),
    ],
    localAccounts: { signUp: true },
  });
}

/** Everything but the library's pages leads to the profile. */
export function createApp(accounts: Accounts, config: Config): Server {
  return createServer(
    nodeListener(
      accounts,
      (request, response) => {
        const found = request.url === '/';
        response.writeHead(found ? 302 : 404, { location: '/accounts/profile', 'content-type': 'text/plain' });
        response.end(found ? undefined : 'There is nothing here. The profile is at /accounts/profile\n');
      },
      { trustedProxies: config.trustedProxies },
    ),
  );
}
