/**
 * An application with the library, as a test needs it: in memory, with a log that can be read and a clock that can be moved.
 */
import { createServer } from 'node:http';
import { type Accounts, type AccountsOptions, createAccounts, type LogEntry, type Provider } from '../src/index.ts';
import { nodeListener } from '../src/node.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import type { AccountStore } from '../src/store/account-store.ts';
import { type Listening, listenOnFreePort } from './listening.ts';

/** The application under test. */
export interface Application extends Listening {
  readonly accounts: Accounts;
  readonly store: AccountStore;
  readonly log: LogEntry[];
  /** Added to the system's clock. */
  clockOffsetMs: number;
  redirectUri(provider: string): string;
  /** The last entry about a failure. */
  lastRefusal(): LogEntry;
}

/** 32 characters and more. */
export const SECRET = 'a secret of the tests, which is long enough';

/** Starts it; the providers are made when its URL is known. */
export async function startApplication(
  providers: (url: string) => readonly Provider[],
  options: Partial<AccountsOptions> = {},
): Promise<Application> {
  // The URL is part of the configuration, so the port comes first.
  const server = createServer();
  const listening = await listenOnFreePort(server);
  const store = options.store ?? openSqliteStore({ path: ':memory:' });
  const log: LogEntry[] = [];
  const application: Application = {
    ...listening,
    store,
    log,
    clockOffsetMs: 0,
    accounts: createAccounts({
      url: listening.url,
      secret: SECRET,
      name: 'Test application',
      log: (entry) => log.push(entry),
      now: () => Date.now() + application.clockOffsetMs,
      ...options,
      store,
      providers: providers(listening.url),
    }),
    redirectUri: (provider) => `${listening.url}/accounts/${provider}/login/callback/`,
    lastRefusal: () => {
      const entry = log.findLast((each) => each.event === 'refused');
      if (entry === undefined) throw new Error('nothing was refused');
      return entry;
    },
    close: async () => {
      await listening.close();
      await store.close();
    },
  };
  server.on('request', nodeListener(application.accounts));
  return application;
}
