/**
 * Full re-authentication before what would let a thief of a session take the account (ASVS 7.5.1): addresses, ways to sign in,
 * the end of the account. Whoever is signed in proves themselves anew; the session is then fresh for a while.
 *
 * Owns how long that is and what the proof is. Which pages ask for it says each of them (`http/confirm-identity.ts`).
 */

import type { Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import type { PasswordHasher } from './password-hashing.ts';
import { PASSWORD_CHARACTERS_MAX } from './password-policy.ts';
import type { AccountStore, SessionFound, SessionRecord } from './ports.ts';
import { type Busy, fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { renewSession, type SessionRenewalDeps } from './sessions.ts';

/** For so long after a proof nothing more is asked: enough to change an address and a factor in one sitting. */
export const CONFIRMED_FOR_MS = 10 * 60_000;

/** Whether whoever is signed in has proved themselves a moment ago. */
export function isFreshlyProved(session: Pick<SessionRecord, 'authTimeMs'>, nowMs: number): boolean {
  return nowMs - session.authTimeMs < CONFIRMED_FOR_MS;
}

/** What proving oneself anew needs. */
export interface ConfirmIdentityDeps extends AttemptDeps, SessionRenewalDeps {
  readonly accounts: Pick<AccountStore, 'findPasswordHash'>;
  readonly passwords: Pick<PasswordHasher, 'verify'>;
  readonly clock: Clock;
}

/** Outcome of a proof. */
export type ConfirmIdentityResult =
  /** The session goes on under this secret. */
  | { readonly outcome: 'confirmed'; readonly secret: Secret<'session'> }
  /** Field `current_password` is empty or wrong. */
  | Refused
  | Limited
  | Busy
  /** The account has no password to prove. */
  | { readonly outcome: 'no_password' }
  /** The session ended meanwhile. */
  | { readonly outcome: 'not_found' };

/** Takes the current password of whoever is signed in, limited like a change of it. */
export async function confirmIdentity(
  password: string,
  current: SessionFound,
  deps: ConfirmIdentityDeps,
): Promise<ConfirmIdentityResult> {
  if (password === '') return refused(fieldProblem('current_password', 'problem.required'));
  const hash = await deps.accounts.findPasswordHash(current.account.id);
  if (hash === null) return { outcome: 'no_password' };
  const attempts = [attemptAt('confirmation', current.account.id)];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  if (password.length > 2 * PASSWORD_CHARACTERS_MAX) return WRONG;
  const verified = await deps.passwords.verify(password, hash);
  if (verified.outcome === 'wrong') return WRONG;
  await takeBackAttempt(attempts, deps);
  if (verified.outcome === 'busy') return verified;
  const secret = await renewSession(current, ['pwd'], deps);
  return secret === null ? { outcome: 'not_found' } : { outcome: 'confirmed', secret };
}

const WRONG: Refused = refused(fieldProblem('current_password', 'problem.password.wrongCurrent'));
