/**
 * The codes of second factors: of authenticator apps (RFC 6238) and for recovery. Makes seeds and recovery codes, and decides
 * whether a code that was typed is one of the account's, which it then is no more (ASVS 6.5.1).
 *
 * - Seeds have 160 bits (RFC 4226 §4), steps are 30 seconds by the server's clock (ASVS 6.5.5, 6.5.8), and one step to either side
 *   counts, for clocks that differ (RFC 6238 §5.2).
 * - Recovery codes that we make have 118 random bits, so that a keyed digest is enough (ASVS 6.5.2). Those that were imported are
 *   shorter: their digest is keyed by the server's secret, which is in no database, and guessing them is limited.
 *
 * Owns no limit and no session: `second-step.ts`, `confirm-identity.ts`.
 */
import { Secret as Seed, TOTP } from 'otpauth';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { AuthenticatorRecord, FactorStore } from './ports/factors.ts';

/** What seals factors under the server's secret. */
export interface FactorSecrets {
  /** @param id of the authenticator; opening wants the same. */
  sealSeed(id: string, seed: Buffer): Buffer;
  openSeed(id: string, sealed: Buffer): Buffer;
  recoveryCodeMac(accountId: AccountId, code: string): Buffer;
  /** Seals what a form carries; `context` says what for, and for whom. */
  sealForm(context: string, text: string): string;
  /** null: it was not sealed here, or for something else. */
  openForm(context: string, sealed: string): string | null;
}

/** What checking a code needs. */
export interface FactorCodeDeps {
  readonly factors: Pick<FactorStore, 'listAuthenticators' | 'acceptStep' | 'useRecoveryCode'>;
  readonly factorSecrets: FactorSecrets;
  readonly clock: Clock;
}

/** Seconds of a step (RFC 6238 §5.2). */
const STEP_SECONDS = 30;
/** RFC 4226 §4 R6. */
const SEED_BYTES = 20;
/** Longer than any code, with its hyphens. */
const CODE_CHARACTERS_MAX = 200;
/** How many recovery codes are made at once. */
export const RECOVERY_CODES = 10;

/** Takes a code of an authenticator app, or for recovery; from then on it is used. null: it is none of the account's. */
export async function useCode(
  typed: string,
  accountId: AccountId,
  deps: FactorCodeDeps,
): Promise<'authenticator' | 'recovery' | null> {
  const code = typed.trim().slice(0, CODE_CHARACTERS_MAX);
  const bare = code.replaceAll(/[\s-]/g, '').toLowerCase();
  if (bare === '') return null;
  for (const authenticator of await deps.factors.listAuthenticators(accountId)) {
    const seed = deps.factorSecrets.openSeed(authenticator.id, authenticator.sealedSeed);
    const step = stepOf(bare, seed, authenticator.digits, deps.clock());
    if (step !== null && (await deps.factors.acceptStep(authenticator.id, step, deps.clock()))) return 'authenticator';
  }
  // Another server's may hold capitals or hyphens: as it was typed, then as ours are written.
  for (const form of new Set([code, bare])) {
    if (await deps.factors.useRecoveryCode(accountId, deps.factorSecrets.recoveryCodeMac(accountId, form))) {
      return 'recovery';
    }
  }
  return null;
}

/** The step whose code this is, of the present and its two neighbours; null: of none. */
export function stepOf(code: string, seed: Buffer, digits: number, nowMs: number): number | null {
  if (code.length !== digits || !/^\d+$/.test(code)) return null;
  const delta = totpOf(seed, digits).validate({ token: code, timestamp: nowMs, window: 1 });
  return delta === null ? null : Math.floor(nowMs / (STEP_SECONDS * 1_000)) + delta;
}

/** 160 random bits. */
export function newSeed(randomness: Randomness): Buffer {
  return randomness(SEED_BYTES);
}

/** What an app scans, and what a person types where it cannot. */
export function provisioningOf(
  seed: Buffer,
  { issuer, username }: { readonly issuer: string; readonly username: string },
): { readonly uri: string; readonly key: string } {
  const totp = totpOf(seed, 6, { issuer, label: username });
  return { uri: totp.toString(), key: totp.secret.base32 };
}

/** Base32 without letters that are mistaken for digits. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const CODE_LETTERS = 24;

/** Ten codes of 24 letters in groups of four: 118 bits each (31^24). */
export function newRecoveryCodes(randomness: Randomness): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const letters: string[] = [];
    while (letters.length < CODE_LETTERS) {
      // 248 is the largest multiple of 31 in an octet: beyond it some letters would be more likely.
      for (const octet of randomness(CODE_LETTERS)) {
        if (octet < 248 && letters.length < CODE_LETTERS) letters.push(LETTERS[octet % LETTERS.length] ?? '');
      }
    }
    return letters.join('').replaceAll(/(.{4})(?=.)/g, '$1-');
  });
}

/** The digest under which a code of {@link newRecoveryCodes} is kept. */
export function recoveryMacOf(
  code: string,
  accountId: AccountId,
  deps: { readonly factorSecrets: Pick<FactorSecrets, 'recoveryCodeMac'> },
): Buffer {
  return deps.factorSecrets.recoveryCodeMac(accountId, code.replaceAll('-', ''));
}

function totpOf(
  seed: Buffer,
  digits: AuthenticatorRecord['digits'],
  names: { readonly issuer: string; readonly label: string } = { issuer: '', label: '' },
): TOTP {
  const secret = new Seed({ buffer: new Uint8Array(seed).buffer });
  return new TOTP({ ...names, secret, digits, period: STEP_SECONDS, algorithm: 'SHA1' });
}
