/**
 * What the flows work with, wired once by `createAccounts()`.
 *
 * Owns nothing but the list. A flow names the parts that it uses, as `Pick<Kit, …>`.
 */
import type { Pages } from '../pages/views.ts';
import type { FindProtocolClient } from '../protocol/client-configuration.ts';
import type { TokenFetch } from '../protocol/token-fetch.ts';
import type { Passwords } from '../security/passwords.ts';
import type { Sealer } from '../security/sealing.ts';
import type { RandomBytes } from '../security/tokens.ts';
import type { AccountStore } from '../store/account-store.ts';
import type { CookieJar } from '../web/cookies.ts';
import type { Log } from './log.ts';
import type { Settings } from './options.ts';
import type { AccessTokenOutcome, Sessions } from './sessions.ts';

/** The wired parts. */
export interface Kit {
  readonly settings: Settings;
  readonly store: AccountStore;
  readonly sessions: Sessions;
  readonly sealer: Sealer;
  readonly passwords: Passwords;
  readonly protocolClient: FindProtocolClient;
  readonly tokenFetch: TokenFetch;
  readonly pages: Pages;
  readonly jar: CookieJar;
  readonly log: Log;
  /** Refreshes under way in this process, by the session's digest. */
  readonly refreshing: Map<string, Promise<AccessTokenOutcome>>;
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
}
