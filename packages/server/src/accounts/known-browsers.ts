/**
 * The browsers that somebody signed in with: whether one is, and what a new session makes of it, whichever way it began.
 *
 * Owns that. What being known is worth is each limit's (`attempt-limits.ts`) and each step's.
 */
import { digestOf } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Notices } from './ports/mail.ts';
import type { Account, KnownBrowserStore } from './ports.ts';
import type { StartedSession } from './sessions.ts';
import type { Visitor } from './visitor.ts';

/** Whether the account was signed in to in this browser before. */
export async function isKnownBrowser(
  id: AccountId,
  { browser }: Pick<Visitor, 'browser'>,
  { knownBrowsers }: { readonly knownBrowsers: Pick<KnownBrowserStore, 'isKnownBrowser'> },
): Promise<boolean> {
  return browser !== null && knownBrowsers.isKnownBrowser(id, digestOf(browser));
}

/**
 * From now on the browser is one of theirs; of one that was not, they hear by mail (ASVS 6.3.5). An account's first sign-in is its
 * owner's, who was just given it or made it.
 */
export async function welcomeBrowser(
  account: Pick<Account, 'id' | 'lastSignInAtMs'>,
  { session }: StartedSession,
  wasKnown: boolean,
  { browser }: Pick<Visitor, 'browser'>,
  deps: {
    readonly knownBrowsers: Pick<KnownBrowserStore, 'rememberBrowser'>;
    readonly notices: Notices;
    readonly clock: Clock;
  },
): Promise<void> {
  // That it was seen again is written where the session starts.
  if (wasKnown) return;
  if (browser !== null) await deps.knownBrowsers.rememberBrowser(account.id, digestOf(browser), deps.clock());
  if (account.lastSignInAtMs === null) return;
  const { userAgent, networkAddress } = session;
  await deps.notices.tell(account.id, { kind: 'new-device', userAgent, networkAddress });
}
