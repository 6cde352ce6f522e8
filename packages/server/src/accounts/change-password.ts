/**
 * Changing one's password: the current one first (ASVS 6.2.2, 6.2.3), limited like a sign-in, and every other session ends in
 * the same step (ASVS 7.4.3).
 *
 * Owns that form's flow, and a first password's. A person who forgot it goes by reset, which is mail's.
 */
import type { Clock } from '../vocabulary/time.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import type { PasswordHasher } from './password-hashing.ts';
import { PASSWORD_CHARACTERS_MAX, type PasswordPolicy } from './password-policy.ts';
import type { Notices } from './ports/mail.ts';
import type { AccountStore, SessionFound } from './ports.ts';
import { type Busy, fieldProblem, type Limited, type Refused, refused } from './problems.ts';

/** The form as it was sent: fields `current_password` and `password`. */
export interface ChangePasswordInput {
  readonly currentPassword: string;
  readonly password: string;
}

/** What changing a password needs. */
export interface ChangePasswordDeps extends AttemptDeps {
  readonly accounts: Pick<AccountStore, 'findPasswordHash' | 'setPasswordHash' | 'setFirstPasswordHash'>;
  readonly passwords: PasswordHasher;
  readonly notices: Notices;
  readonly passwordPolicy: PasswordPolicy;
  readonly clock: Clock;
}

/** Outcome of a change. */
export type ChangePasswordResult =
  | { readonly outcome: 'changed' }
  | Refused
  | Limited
  | Busy
  /** The account has no password: there is no current one to prove. */
  | { readonly outcome: 'no_password' }
  /** The account was deleted meanwhile. */
  | { readonly outcome: 'not_found' };

/** Changes the password of whoever is signed in, and ends their other sessions. */
export async function changePassword(
  input: ChangePasswordInput,
  current: SessionFound,
  deps: ChangePasswordDeps,
): Promise<ChangePasswordResult> {
  const { account, session } = current;
  // 1. The new one is judged first: that costs nothing and tells nothing.
  if (input.currentPassword === '') return refused(fieldProblem('current_password', 'problem.required'));
  const problem = await deps.passwordPolicy.check(input.password, {
    username: account.username,
    email: account.email ?? '',
  });
  if (problem !== null) return refused(problem);
  const hash = await deps.accounts.findPasswordHash(account.id);
  if (hash === null) return { outcome: 'no_password' };

  // 2. The current one, counted before it is looked at.
  const attempts = [attemptAt('passwordChange', account.id)];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  if (input.currentPassword.length > 2 * PASSWORD_CHARACTERS_MAX) return wrongCurrent();
  const verified = await deps.passwords.verify(input.currentPassword, hash);
  if (verified.outcome !== 'wrong') await takeBackAttempt(attempts, deps);
  // A second click: the password is the new one already, and "the current one is wrong" would be a lie. Knowing it is proof
  // enough, and stays counted, so that the second field tells no more than the first.
  const proved = verified.outcome === 'wrong' ? await deps.passwords.verify(input.password, hash) : verified;
  if (proved.outcome === 'busy') return proved;
  if (proved.outcome === 'wrong') return wrongCurrent();

  // 3. Change it.
  const made = await deps.passwords.hash(input.password);
  if (made.outcome === 'busy') return made;
  const { outcome } = await deps.accounts.setPasswordHash(account.id, made.hash, deps.clock(), session.id);
  // ASVS 6.3.7.
  if (outcome === 'updated') await deps.notices.tell(account.id, { kind: 'password-changed' });
  return { outcome: outcome === 'updated' ? 'changed' : 'not_found' };
}

/** Outcome of setting a first one. */
export type SetPasswordResult =
  | { readonly outcome: 'changed' }
  | Refused
  | Busy
  /** There is one meanwhile: it is changed by who knows it. */
  | { readonly outcome: 'has_password' }
  | { readonly outcome: 'not_found' };

/**
 * Gives an account without a password its first. There is no current one to prove: the page asks for a fresh proof of another kind first
 * (ASVS 7.5.1). A problem is the field `password`'s.
 */
export async function setFirstPassword(
  password: string,
  { account, session }: SessionFound,
  deps: ChangePasswordDeps,
): Promise<SetPasswordResult> {
  const { username, email } = account;
  const problem = await deps.passwordPolicy.check(password, { username, email: email ?? '' });
  if (problem !== null) return refused(problem);
  const made = await deps.passwords.hash(password);
  if (made.outcome === 'busy') return made;
  const { outcome } = await deps.accounts.setFirstPasswordHash(account.id, made.hash, deps.clock(), session.id);
  if (outcome !== 'updated') return { outcome };
  // ASVS 6.3.7.
  await deps.notices.tell(account.id, { kind: 'password-changed' });
  return { outcome: 'changed' };
}

function wrongCurrent(): Refused {
  return refused(fieldProblem('current_password', 'problem.password.wrongCurrent'));
}
