/**
 * How guessing is held up (ASVS 6.1.1, 6.3.1), documented here because ASVS wants it documented:
 *
 * - An attempt is counted before the password is looked at and taken back when it was right, so that fifty guesses sent at
 *   once pass the limit no more than fifty sent one by one. One that is too many is not looked at, and taken back as well: else
 *   one network, going on after its own limit, would use up the account's for everybody.
 * - From a browser that the owner has signed in with before, their failures alone count: nobody can lock them out.
 * - From any other: 10 failures an account and network, 100 an account from all networks together, 100 a network over
 *   all accounts, each in a window of 15 minutes (an hour for the second). One attacker therefore holds up the account only for
 *   their own network; many networks together hold up new browsers, never known ones.
 * - What is counted under is what was typed, not the account found by it: a limit that only existing accounts had would tell
 *   which exist.
 *
 * The counts are in storage, shared by every process. Owns the numbers and the counting; what is refused is each flow's.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../vocabulary/time.ts';
import type { FailureKey, FailureStore } from './ports.ts';
import type { Limited } from './problems.ts';

const MINUTE_MS = 60_000;

/**
 * Failures allowed in a window. NIST SP 800-63B-4 §3.2.2 wants no more than 100 consecutive ones on an account; 10 for one
 * network is what people with three passwords in mind need; 100 a network leaves an office behind one address its Monday.
 */
export const ATTEMPT_LIMITS = {
  accountAndNetwork: { attemptsMax: 10, windowMs: 15 * MINUTE_MS },
  account: { attemptsMax: 100, windowMs: 60 * MINUTE_MS },
  network: { attemptsMax: 100, windowMs: 15 * MINUTE_MS },
  knownBrowser: { attemptsMax: 10, windowMs: 15 * MINUTE_MS },
  /** The current password of somebody who is signed in. */
  passwordChange: { attemptsMax: 10, windowMs: 15 * MINUTE_MS },
  /**
   * Codes of second steps, after a right password: of 6 digits and three steps, 240 guesses a day find one in four years. In a
   * browser of the owner they are counted apart, so that whoever has the password alone cannot keep the owner out.
   */
  secondStep: { attemptsMax: 10, windowMs: 60 * MINUTE_MS },
  secondStepKnownBrowser: { attemptsMax: 10, windowMs: 15 * MINUTE_MS },
  /** Answers with a passkey that are not right: nobody guesses one, but each costs the check of a signature. */
  passkeyNetwork: { attemptsMax: 100, windowMs: 15 * MINUTE_MS },
  passkeyKnownBrowser: { attemptsMax: 10, windowMs: 15 * MINUTE_MS },
  /** The password again, of somebody who is signed in, before something that matters. */
  confirmation: { attemptsMax: 10, windowMs: 15 * MINUTE_MS },
  /** Sign-ups that met a taken username: a form that says "taken" is a list of usernames to whoever asks it often. */
  signUpNetwork: { attemptsMax: 30, windowMs: 15 * MINUTE_MS },
  /**
   * Messages to one address that somebody asked for: enough for who looks in the wrong folder, too few to fill a mailbox. From one
   * network far fewer than from all, so that a stranger cannot use up what its owner may ask for.
   */
  mailAddressAndNetwork: { attemptsMax: 5, windowMs: 60 * MINUTE_MS },
  mailAddress: { attemptsMax: 20, windowMs: 60 * MINUTE_MS },
  mailNetwork: { attemptsMax: 300, windowMs: 60 * MINUTE_MS },
  /** Mailed codes that were wrong, beside what each code bears (ASVS 6.6.3). */
  mailedCodeNetwork: { attemptsMax: 30, windowMs: 15 * MINUTE_MS },
  /** Mail about many failures: once a day an account is news, more is noise that an attacker makes. */
  failureNotice: { attemptsMax: 1, windowMs: 24 * 60 * MINUTE_MS },
  /** User codes of devices that were not there: what these numbers are worth is reckoned in `protocol/user-code.ts`. */
  deviceCodeAccount: { attemptsMax: 10, windowMs: 15 * MINUTE_MS },
  deviceCodeNetwork: { attemptsMax: 30, windowMs: 15 * MINUTE_MS },
  /** Registrations without a token (RFC 7591): more than an office's programs need, and too few to fill the total. */
  openRegistrationNetwork: { attemptsMax: 20, windowMs: 60 * MINUTE_MS },
  /** Client documents at addresses that nobody here knows yet: each is a request that this server makes for a stranger. */
  clientDocumentNetwork: { attemptsMax: 30, windowMs: 60 * MINUTE_MS },
} as const;

/** One of the limits. */
type LimitName = keyof typeof ATTEMPT_LIMITS;

/** What an attempt is counted under. */
export interface Attempt {
  readonly limit: LimitName;
  readonly key: FailureKey;
}

/** What counting needs. */
export interface AttemptDeps {
  readonly failures: Pick<FailureStore, 'recordFailures' | 'readFailures' | 'takeBackFailures'>;
  readonly clock: Clock;
}

/**
 * Names what to count under. The subject is kept as a digest: it may be what somebody typed into the wrong field.
 * @param subject parts that identify it, such as an account's key and a network.
 */
export function attemptAt(limit: LimitName, ...subject: readonly string[]): Attempt {
  const digest = createHash('sha256').update(JSON.stringify(subject)).digest('base64url');
  return { limit, key: { key: `${limit}:${digest}`, windowMs: ATTEMPT_LIMITS[limit].windowMs } };
}

/** Counts an attempt under all of its keys at once; `limited`, and not counted, when it is one too many under any. */
export async function countAttempt(
  attempts: readonly Attempt[],
  deps: AttemptDeps,
): Promise<{ readonly outcome: 'allowed' } | Limited> {
  const keys = attempts.map(({ key }) => key);
  const nowMs = deps.clock();
  const counts = await deps.failures.recordFailures(keys, nowMs);
  const exceeded = attempts.filter(({ limit }, index) => (counts[index] ?? 0) > ATTEMPT_LIMITS[limit].attemptsMax);
  if (exceeded.length === 0) return { outcome: 'allowed' };
  const windows = await deps.failures.readFailures(
    exceeded.map(({ key }) => key),
    nowMs,
  );
  await takeBackAttempt(attempts, deps);
  const endsAtMs = Math.max(nowMs, ...windows.map(({ windowEndsAtMs }) => windowEndsAtMs));
  return { outcome: 'limited', retryAfterSeconds: Math.max(1, Math.ceil((endsAtMs - nowMs) / 1000)) };
}

/** The attempt was no failure: right, or not carried out. */
export async function takeBackAttempt(attempts: readonly Attempt[], deps: AttemptDeps): Promise<void> {
  await deps.failures.takeBackFailures(
    attempts.map(({ key }) => key.key),
    deps.clock(),
  );
}

/** Forgets every failure under the keys: they can only have been the owner's own. */
export async function clearAttempts(
  attempts: readonly Attempt[],
  deps: { readonly failures: Pick<FailureStore, 'clearFailures'> },
): Promise<void> {
  await deps.failures.clearFailures(attempts.map(({ key }) => key.key));
}
