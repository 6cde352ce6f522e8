/**
 * Signing in with a passkey alone: no name is typed, the passkey says whose it is. It verified its user, so that it is both factors
 * and no second step follows.
 *
 * Whatever is wrong (an unknown passkey, a removed one, a disabled account, a bad signature) gets the same answer (ASVS 6.3.8). That
 * an unknown passkey is answered sooner tells nothing: its name is random, and who knows it has the passkey.
 *
 * Owns the flow. What is checked is `passkey-ceremonies.ts`.
 */
import type { Secret } from '../vocabulary/credentials.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import { isKnownBrowser, welcomeBrowser } from './known-browsers.ts';
import { type CeremonyAnswer, type CeremonyDeps, claimedPasskey, proveAssertion } from './passkey-ceremonies.ts';
import type { Notices } from './ports/mail.ts';
import type { PasskeyRecord } from './ports/passkeys.ts';
import type { Account, AccountStore, KnownBrowserStore, SessionStore } from './ports.ts';
import { fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { type BeginSessionDeps, beginSession } from './second-step.ts';
import type { StartedSession } from './sessions.ts';
import { mustVerifyFirst } from './sign-in.ts';
import { networkOf, type Visitor } from './visitor.ts';

/** What it needs. */
export interface PasskeySignInDeps extends CeremonyDeps, AttemptDeps, BeginSessionDeps {
  readonly factorSecrets: BeginSessionDeps['factorSecrets'];
  readonly accounts: Pick<AccountStore, 'findAccount'>;
  readonly sessions: Pick<SessionStore, 'startSession' | 'endSession'>;
  readonly knownBrowsers: KnownBrowserStore;
  readonly emailVerification: 'required' | 'optional';
  readonly notices: Notices;
}

/** Outcome of such a sign-in. */
export type PasskeySignInResult =
  | { readonly outcome: 'signed_in'; readonly account: Account; readonly started: StartedSession }
  /** Where a passkey that did not verify its user is let in: never here, but every way in may lead there. */
  | { readonly outcome: 'second_step'; readonly step: string }
  /** The passkey is right; the address is not verified, and has to be. */
  | { readonly outcome: 'unverified'; readonly account: Account }
  | (Refused & {
      /** For the log alone. */
      readonly reason: string;
      /** Whose passkey there may be a copy of; null: nothing says so. */
      readonly cloned: PasskeyRecord | null;
    })
  | Limited;

/** Signs in. A new session under a new secret; the one that the browser brought ends. */
export async function signInWithPasskey(
  answer: CeremonyAnswer,
  visitor: Visitor,
  deps: PasskeySignInDeps,
): Promise<PasskeySignInResult> {
  // 1. A challenge is the browser's that it was given to; one without a name was given none.
  const { browser } = visitor;
  if (browser === null) return EXPIRED;

  // 2. In a browser of theirs nobody is held up by their neighbours' failures.
  const attempts = [await attemptOf(answer, { ...visitor, browser }, deps)];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const proved = await proveAssertion(answer, { kind: 'sign-in', browser }, deps);
  switch (proved.outcome) {
    case 'expired':
      return EXPIRED;
    case 'wrong':
      return { ...WRONG, reason: proved.reason, cloned: null };
    case 'cloned':
      return { ...WRONG, reason: 'a count that was passed', cloned: proved.passkey };
    case 'proved':
      break;
    default:
      return proved satisfies never;
  }
  await takeBackAttempt(attempts, deps);

  // 3. Whose it is may be disabled, or gone.
  const account = await deps.accounts.findAccount(proved.passkey.accountId);
  if (account === null || account.disabledAtMs !== null) {
    return { ...WRONG, reason: 'a disabled account', cloned: null };
  }
  if (mustVerifyFirst(account, deps)) return { outcome: 'unverified', account };
  const begun = await beginSession({ accountId: account.id, amr: proved.amr, passwordHash: null }, visitor, deps);
  if (begun.outcome === 'second_step') return begun;
  const { started } = begun;

  // 4. Is it still? Removing a passkey must not be overtaken by a sign-in under way.
  if ((await deps.passkeys.findPasskey(proved.passkey.credentialId)) === null) {
    await deps.sessions.endSession(started.session.id);
    return { ...WRONG, reason: 'a removed passkey', cloned: null };
  }
  const wasKnown = await isKnownBrowser(account.id, visitor, deps);
  await welcomeBrowser(account, started, wasKnown, visitor, deps);
  return { outcome: 'signed_in', account, started };
}

async function attemptOf(
  answer: CeremonyAnswer,
  visitor: Visitor & { readonly browser: Secret<'browser'> },
  deps: PasskeySignInDeps,
) {
  const { browser, networkAddress } = visitor;
  const claimed = await claimedPasskey(answer, deps);
  const isKnown = claimed !== null && (await isKnownBrowser(claimed.accountId, visitor, deps));
  return isKnown
    ? attemptAt('passkeyKnownBrowser', claimed.accountId, browser)
    : attemptAt('passkeyNetwork', networkOf(networkAddress));
}

const WRONG: Refused = refused(fieldProblem('', 'problem.passkey.wrong'));
const EXPIRED = {
  ...refused(fieldProblem('', 'problem.passkey.expired')),
  reason: 'an old challenge, or one of another browser',
  cloned: null,
} as const;
