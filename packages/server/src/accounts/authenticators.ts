/**
 * Authenticator apps and recovery codes of whoever is signed in: adding, removing, making codes anew, forgetting trusted browsers.
 * The pages ask for full re-authentication first (ASVS 7.5.1).
 *
 * Until its first code is shown a seed is in the form alone, sealed: nothing half-added is stored. Owns these flows; the codes
 * themselves are `factor-codes.ts`.
 */
import type { Randomness, Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import {
  type FactorSecrets,
  newRecoveryCodes,
  newSeed,
  provisioningOf,
  recoveryMacOf,
  stepOf,
} from './factor-codes.ts';
import { labelProblem } from './factor-label.ts';
import type { AuthenticatorRecord, FactorStore } from './ports/factors.ts';
import type { PasskeyRecord, PasskeyStore } from './ports/passkeys.ts';
import type { SessionFound } from './ports.ts';
import { fieldProblem, type Refused, refused } from './problems.ts';
import { renewSession, type SessionRenewalDeps } from './sessions.ts';

/** What these flows need. */
export interface AuthenticatorDeps extends SessionRenewalDeps {
  readonly factors: FactorStore;
  readonly factorSecrets: FactorSecrets;
  /** The brand: what an app lists the account under. */
  readonly issuerName: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** More than anybody has telephones. */
const AUTHENTICATORS_MAX = 10;

/** A new seed, before its first code was shown. */
export interface AuthenticatorDraft {
  /** What the form carries. */
  readonly sealed: string;
  /** `otpauth://…`, for a QR code. */
  readonly uri: string;
  /** Base32, for typing. */
  readonly key: string;
}

/** A new seed; of a form that comes again, the same one. */
export function draftAuthenticator(
  current: SessionFound,
  carried: string | null,
  deps: Pick<AuthenticatorDeps, 'factorSecrets' | 'issuerName' | 'randomness'>,
): AuthenticatorDraft {
  const known = carried === null ? null : deps.factorSecrets.openForm(contextOf(current), carried);
  const seed = known === null ? newSeed(deps.randomness) : Buffer.from(known, 'base64url');
  const sealed =
    known !== null && carried !== null
      ? carried
      : deps.factorSecrets.sealForm(contextOf(current), seed.toString('base64url'));
  return { sealed, ...provisioningOf(seed, { issuer: deps.issuerName, username: current.account.username }) };
}

/** The form as it was sent: fields `seed`, `code`, `label`. */
export interface AuthenticatorInput {
  readonly seed: string;
  readonly code: string;
  readonly label: string;
}

/** Outcome of adding. */
export type AuthenticatorResult =
  | {
      readonly outcome: 'added';
      /** The session goes on under this secret: it has proved both factors now. */
      readonly secret: Secret<'session'>;
      /** Made with the first factor, to be shown once; null: there were some already. */
      readonly recoveryCodes: readonly string[] | null;
    }
  | Refused
  /** The seed is not one that was given to this session, or the session ended. */
  | { readonly outcome: 'expired' };

/** Adds an authenticator whose code is shown. */
export async function addAuthenticator(
  input: AuthenticatorInput,
  current: SessionFound,
  deps: AuthenticatorDeps,
): Promise<AuthenticatorResult> {
  const opened = deps.factorSecrets.openForm(contextOf(current), input.seed);
  if (opened === null) return { outcome: 'expired' };
  const seed = Buffer.from(opened, 'base64url');
  const label = input.label.trim();
  if (input.code.trim() === '') return refused(fieldProblem('code', 'problem.required'));
  const problem = labelProblem(label);
  if (problem !== null) return refused(problem);
  const nowMs = deps.clock();
  const step = stepOf(input.code.replaceAll(/\s/g, ''), seed, 6, nowMs);
  if (step === null) return refused(fieldProblem('code', 'problem.code.wrong'));
  const { id: accountId } = current.account;
  const present = await deps.factors.listAuthenticators(accountId);
  if (present.length >= AUTHENTICATORS_MAX) {
    return refused(fieldProblem('', 'problem.authenticators.tooMany', { maximum: AUTHENTICATORS_MAX }));
  }

  // The session first: one that ended meanwhile changes nothing.
  const secret = await renewSession(current, [...new Set([...current.session.amr, 'otp', 'mfa'])], deps);
  if (secret === null) return { outcome: 'expired' };
  const id = deps.randomness(16).toString('hex');
  const sealedSeed = deps.factorSecrets.sealSeed(id, seed);
  await deps.factors.addAuthenticator(
    { id, accountId, label, sealedSeed, digits: 6, createdAtMs: nowMs, lastUsedAtMs: null },
    step,
  );
  return { outcome: 'added', secret, recoveryCodes: await firstRecoveryCodes(current, deps) };
}

/** Bound to the session, so that nobody adds a seed that somebody else was shown. */
function contextOf({ session }: SessionFound): string {
  return `authenticator/${session.id}`;
}

/** With the first factor, codes to be shown once; null: there are some already. */
export async function firstRecoveryCodes(
  current: SessionFound,
  deps: Pick<AuthenticatorDeps, 'factors' | 'factorSecrets' | 'randomness'>,
): Promise<readonly string[] | null> {
  const hasCodes = (await deps.factors.countRecoveryCodes(current.account.id)) > 0;
  return hasCodes ? null : makeRecoveryCodes(current, deps);
}

/** Replaces the recovery codes by ten new ones, to be shown once. */
export async function makeRecoveryCodes(
  current: SessionFound,
  deps: Pick<AuthenticatorDeps, 'factors' | 'factorSecrets' | 'randomness'>,
): Promise<readonly string[]> {
  const { id } = current.account;
  const codes = newRecoveryCodes(deps.randomness);
  await deps.factors.replaceRecoveryCodes(
    id,
    codes.map((code) => recoveryMacOf(code, id, deps)),
  );
  return codes;
}

/** What somebody has of second factors. */
export interface FactorOverview {
  readonly passkeys: readonly PasskeyRecord[];
  readonly authenticators: readonly AuthenticatorRecord[];
  readonly recoveryCodes: number;
}

/** The second factors of whoever is signed in. */
export async function listFactors(
  current: SessionFound,
  deps: {
    readonly factors: Pick<FactorStore, 'listAuthenticators' | 'countRecoveryCodes'>;
    readonly passkeys: Pick<PasskeyStore, 'listPasskeys'>;
  },
): Promise<FactorOverview> {
  const { id } = current.account;
  const [passkeys, authenticators, recoveryCodes] = await Promise.all([
    deps.passkeys.listPasskeys(id),
    deps.factors.listAuthenticators(id),
    deps.factors.countRecoveryCodes(id),
  ]);
  return { passkeys, authenticators, recoveryCodes };
}
