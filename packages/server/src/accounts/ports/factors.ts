/**
 * What second factors need of storage: seeds of authenticator apps, recovery codes, trusted browsers, and the use of things that
 * work once. Owns the shapes; the rules are `accounts/`.
 */
import type { Digest } from '../../vocabulary/credentials.ts';
import type { AccountId } from '../../vocabulary/identifiers.ts';

/** An authenticator app (RFC 6238, SHA-1, 30 seconds) of an account. */
export interface AuthenticatorRecord {
  readonly id: string;
  readonly accountId: AccountId;
  /** What its owner calls it; empty: nothing. */
  readonly label: string;
  /** Sealed under the server's secret for this `id`. */
  readonly sealedSeed: Buffer;
  readonly digits: number;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** Second factors. */
export interface FactorStore {
  /** Whether there is any second factor: an authenticator app or a passkey. */
  hasFactor(accountId: AccountId): Promise<boolean>;
  listAuthenticators(accountId: AccountId): Promise<readonly AuthenticatorRecord[]>;
  /** Adds one whose code for `step` was just shown. */
  addAuthenticator(authenticator: AuthenticatorRecord, step: number): Promise<void>;
  /** True for exactly one of any number of calls with one step, and for no earlier one after it (RFC 6238 §5.2). */
  acceptStep(id: string, step: number, nowMs: number): Promise<boolean>;
  /** Only where it is that account's. With the last factor of any kind its recovery codes and trusted browsers go too. */
  removeAuthenticator(accountId: AccountId, id: string): Promise<{ readonly outcome: 'removed' | 'not_found' }>;
  countRecoveryCodes(accountId: AccountId): Promise<number>;
  /** These, and no earlier one. */
  replaceRecoveryCodes(accountId: AccountId, macs: readonly Buffer[]): Promise<void>;
  /** True for exactly one of any number of calls with one code: it is gone. */
  useRecoveryCode(accountId: AccountId, mac: Buffer): Promise<boolean>;
  /** The browser, which is one of the account's already, is asked for no second step until then. */
  trustBrowser(accountId: AccountId, browserDigest: Digest, untilMs: number): Promise<void>;
  isTrustedBrowser(accountId: AccountId, browserDigest: Digest, nowMs: number): Promise<boolean>;
  /** Every browser is asked again. */
  forgetTrustedBrowsers(accountId: AccountId): Promise<void>;
  /** Takes every factor, code and trust away and ends every session, in one step; says how many factors there were. */
  resetFactors(accountId: AccountId, nowMs: number): Promise<number>;
}

/** What works once: a second step under way, the challenge of a passkey, a sign-in elsewhere. */
export interface OneTimeStore {
  /** True for exactly one of any number of calls with one kind and digest. */
  useOnce(use: {
    readonly kind: 'second_step' | 'passkey_challenge' | 'elsewhere';
    readonly proofDigest: Digest;
    /** From here on it is refused for its age, and need not be kept. */
    readonly expiresAtMs: number;
  }): Promise<boolean>;
}
