/**
 * Passkeys of whoever is signed in: adding, renaming, removing. The pages ask for full re-authentication first (ASVS 7.5.1).
 *
 * Owns these flows. What is checked of a new passkey is `passkey-ceremonies.ts`; signing in with one is `passkey-sign-in.ts`.
 */
import type { Randomness, Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import { firstRecoveryCodes } from './authenticators.ts';
import type { FactorSecrets } from './factor-codes.ts';
import { labelProblem } from './factor-label.ts';
import { type CeremonyAnswer, type CeremonyDeps, proveCreation } from './passkey-ceremonies.ts';
import type { FactorStore } from './ports/factors.ts';
import type { PasskeyRecord, PasskeyStore } from './ports/passkeys.ts';
import type { SessionFound } from './ports.ts';
import { fieldProblem, type Refused, refused } from './problems.ts';
import { renewSession, type SessionRenewalDeps } from './sessions.ts';

/** What these flows need. */
export interface PasskeyDeps extends CeremonyDeps, SessionRenewalDeps {
  readonly passkeys: PasskeyStore;
  readonly factors: FactorStore;
  readonly factorSecrets: FactorSecrets;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** More than anybody has devices. */
const PASSKEYS_MAX = 20;

/** The form as it was sent. */
export interface NewPasskeyInput extends CeremonyAnswer {
  /** Field `label`. */
  readonly label: string;
}

/** Outcome of adding. */
export type NewPasskeyResult =
  | {
      readonly outcome: 'added';
      readonly passkey: PasskeyRecord;
      /** The session goes on under this secret: it has proved both factors now. */
      readonly secret: Secret<'session'>;
      /** Made with the first factor, to be shown once; null: there were some already. */
      readonly recoveryCodes: readonly string[] | null;
    }
  | (Refused & {
      /** What the credential lacked, for the log; null: the form was wrong. */
      readonly reason: string | null;
    })
  /** The session ended meanwhile. */
  | { readonly outcome: 'not_found' };

/** Adds a passkey that the browser just made. */
export async function addPasskey(
  input: NewPasskeyInput,
  current: SessionFound,
  deps: PasskeyDeps,
): Promise<NewPasskeyResult> {
  const label = input.label.trim();
  const problem = label === '' ? fieldProblem('label', 'problem.required') : labelProblem(label);
  if (problem !== null) return { ...refused(problem), reason: null };
  const { id: accountId } = current.account;
  if ((await deps.passkeys.listPasskeys(accountId)).length >= PASSKEYS_MAX) {
    return { ...refused(fieldProblem('', 'problem.passkeys.tooMany', { maximum: PASSKEYS_MAX })), reason: null };
  }
  const proved = await proveCreation(input, current, deps);
  if (proved.outcome === 'expired')
    return { ...refused(fieldProblem('', 'problem.passkey.expired')), reason: 'expired' };
  if (proved.outcome === 'wrong') {
    return { ...refused(fieldProblem('', 'problem.passkey.unusable')), reason: proved.reason };
  }
  const { made } = proved;
  // §7.1: never one credential at two accounts. The store decides what comes at the same moment.
  if ((await deps.passkeys.findPasskey(made.credentialId)) !== null) return TAKEN;

  // The session first: one that ended meanwhile changes nothing.
  const secret = await renewSession(current, [...new Set([...current.session.amr, ...proved.amr])], deps);
  if (secret === null) return { outcome: 'not_found' };
  const id = deps.randomness(16).toString('hex');
  const passkey = { ...made, id, accountId, label, createdAtMs: deps.clock(), lastUsedAtMs: null };
  if ((await deps.passkeys.addPasskey(passkey)).outcome === 'taken') return { outcome: 'not_found' };
  return { outcome: 'added', passkey, secret, recoveryCodes: await firstRecoveryCodes(current, deps) };
}

const TAKEN = { ...refused(fieldProblem('', 'problem.passkey.taken')), reason: 'registered already' };

/** Gives one of one's own passkeys another name. Problems are the field `label`'s. */
export async function renamePasskey(
  input: { readonly id: string; readonly label: string },
  current: SessionFound,
  deps: { readonly passkeys: Pick<PasskeyStore, 'renamePasskey'> },
): Promise<{ readonly outcome: 'renamed' | 'not_found' } | Refused> {
  const label = input.label.trim();
  const problem = label === '' ? fieldProblem('label', 'problem.required') : labelProblem(label);
  if (problem !== null) return refused(problem);
  return deps.passkeys.renamePasskey(current.account.id, input.id, label);
}
