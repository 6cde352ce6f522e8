/**
 * Full re-authentication before what would let a thief of a session take the account (ASVS 7.5.1): addresses, ways to sign in,
 * the end of the account. Whoever is signed in proves themselves anew; the session is then fresh for a while.
 *
 * Owns how long that is and what the proof is. Which pages ask for it says each of them (`http/confirm-identity.ts`).
 */

import type { Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import { provingProviders } from './confirm-elsewhere.ts';
import { type FactorCodeDeps, useCode } from './factor-codes.ts';
import {
  assertionRequest,
  type CeremonyAnswer,
  type CeremonyDeps,
  type CeremonyRequest,
  proveAssertion,
} from './passkey-ceremonies.ts';
import type { PasswordHasher } from './password-hashing.ts';
import { PASSWORD_CHARACTERS_MAX } from './password-policy.ts';
import type { Elsewhere, ExternalIdentityStore, ProviderName } from './ports/elsewhere.ts';
import type { FactorStore } from './ports/factors.ts';
import type { PasskeyRecord } from './ports/passkeys.ts';
import type { AccountStore, SessionFound } from './ports.ts';
import { type Busy, fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { renewSession, type SessionRenewalDeps } from './sessions.ts';

/** For so long after a proof nothing more is asked: enough to change an address and a factor in one sitting. */
export const CONFIRMED_FOR_MS = 10 * 60_000;

/** What knowing whether the proof is fresh and whole needs. */
export interface FreshProofDeps {
  readonly factors: Pick<FactorStore, 'hasFactor'>;
  readonly clock: Clock;
}

/**
 * Whether whoever is signed in has proved themselves a moment ago, by both factors where there are two: a trusted browser signs in
 * by the first alone, and changes nothing by it.
 */
export async function isFreshlyProved({ account, session }: SessionFound, deps: FreshProofDeps): Promise<boolean> {
  if (deps.clock() - session.authTimeMs >= CONFIRMED_FOR_MS) return false;
  if (!(await deps.factors.hasFactor(account.id))) return true;
  // A provider's word for two factors signs in, and proves none of those that are kept here.
  return session.amr.includes('mfa') && session.amr.some((method) => method !== 'fed' && method !== 'mfa');
}

/** What the page offers to whoever is signed in. */
export interface ConfirmationView {
  /** A code is asked for beside the password. */
  readonly hasFactor: boolean;
  readonly hasApp: boolean;
  /** A request for one of the account's passkeys; null: it has none. */
  readonly passkey: CeremonyRequest | null;
  /** Linked providers that can prove it, where nothing that is kept here can. */
  readonly elsewhere: readonly ProviderName[];
}

/** What seeing it needs. */
export type ConfirmationViewDeps = CeremonyDeps & {
  readonly factors: Pick<FactorStore, 'hasFactor' | 'listAuthenticators'>;
  readonly elsewhere: Pick<Elsewhere, 'providers' | 'authenticatesAnew'>;
  readonly externalIdentities: Pick<ExternalIdentityStore, 'listIdentities'>;
};

/** What the page offers. */
export async function viewConfirmation(current: SessionFound, deps: ConfirmationViewDeps): Promise<ConfirmationView> {
  const { id } = current.account;
  const [hasFactor, apps, passkey] = await Promise.all([
    deps.factors.hasFactor(id),
    deps.factors.listAuthenticators(id),
    assertionRequest({ kind: 'confirmation', current }, deps),
  ]);
  const hasProof = current.account.hasPassword || hasFactor || passkey !== null;
  const elsewhere = hasProof ? [] : await provingProviders(current, deps);
  return { hasFactor, hasApp: apps.length > 0, passkey, elsewhere };
}

/** The form as it was sent: fields `current_password` and, where there is a second factor, `code`; or a passkey, which is both. */
export interface ConfirmIdentityInput {
  readonly currentPassword: string;
  readonly code: string;
  /** null: none was shown. */
  readonly passkey: CeremonyAnswer | null;
}

/** What proving oneself anew needs. */
export interface ConfirmIdentityDeps extends AttemptDeps, SessionRenewalDeps, FactorCodeDeps, CeremonyDeps {
  readonly factorSecrets: FactorCodeDeps['factorSecrets'];
  readonly factors: FactorCodeDeps['factors'] & Pick<FactorStore, 'hasFactor'>;
  readonly accounts: Pick<AccountStore, 'findPasswordHash'>;
  readonly passwords: Pick<PasswordHasher, 'verify'>;
  readonly clock: Clock;
}

/** Outcome of a proof. */
export type ConfirmIdentityResult =
  /** The session goes on under this secret. */
  | { readonly outcome: 'confirmed'; readonly secret: Secret<'session'> }
  /** A field is empty or wrong, or the passkey is. */
  | (Refused & {
      /** Whose passkey there may be a copy of. */
      readonly cloned?: PasskeyRecord;
    })
  | Limited
  | Busy
  /** The account has no password to prove, and no passkey was shown. */
  | { readonly outcome: 'no_password' }
  /** The session ended meanwhile. */
  | { readonly outcome: 'not_found' };

/** Takes a passkey of whoever is signed in, or the current password and a code where there is a second factor; limited like a change of it. */
export async function confirmIdentity(
  { currentPassword: password, code, passkey }: ConfirmIdentityInput,
  current: SessionFound,
  deps: ConfirmIdentityDeps,
): Promise<ConfirmIdentityResult> {
  if (passkey !== null) return confirmByPasskey(passkey, current, deps);
  const { id } = current.account;
  const hash = await deps.accounts.findPasswordHash(id);
  if (hash === null) return { outcome: 'no_password' };
  const hasFactor = await deps.factors.hasFactor(id);
  const missing = [
    ...(password === '' ? ['current_password'] : []),
    ...(hasFactor && code.trim() === '' ? ['code'] : []),
  ].map((field) => fieldProblem(field, 'problem.required'));
  if (missing.length > 0) return refused(...missing);

  const attempts = [attemptAt('confirmation', id)];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  if (password.length > 2 * PASSWORD_CHARACTERS_MAX) return WRONG;
  const verified = await deps.passwords.verify(password, hash);
  if (verified.outcome === 'wrong') return WRONG;
  if (verified.outcome === 'busy') {
    await takeBackAttempt(attempts, deps);
    return verified;
  }
  if (hasFactor && (await useCode(code, id, deps)) === null) return refused(fieldProblem('code', 'problem.code.wrong'));
  await takeBackAttempt(attempts, deps);
  const secret = await renewSession(current, hasFactor ? ['pwd', 'otp', 'mfa'] : ['pwd'], deps);
  return secret === null ? { outcome: 'not_found' } : { outcome: 'confirmed', secret };
}

async function confirmByPasskey(
  answer: CeremonyAnswer,
  current: SessionFound,
  deps: ConfirmIdentityDeps,
): Promise<ConfirmIdentityResult> {
  const attempts = [attemptAt('confirmation', current.account.id)];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const proved = await proveAssertion(answer, { kind: 'confirmation', current }, deps);
  switch (proved.outcome) {
    case 'expired':
      return refused(fieldProblem('', 'problem.passkey.expired'));
    case 'wrong':
      return refused(fieldProblem('', 'problem.passkey.wrong'));
    case 'cloned':
      return { ...refused(fieldProblem('', 'problem.passkey.wrong')), cloned: proved.passkey };
    case 'proved':
      break;
    default:
      return proved satisfies never;
  }
  await takeBackAttempt(attempts, deps);
  const secret = await renewSession(current, proved.amr, deps);
  return secret === null ? { outcome: 'not_found' } : { outcome: 'confirmed', secret };
}

const WRONG: Refused = refused(fieldProblem('current_password', 'problem.password.wrongCurrent'));
