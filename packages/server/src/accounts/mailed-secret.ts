/**
 * Makes the one-time secrets that travel by mail: a token for the link, and where a page asks for it a code to type.
 *
 * Owns their strength and their lives (ASVS 6.4.1, 6.5.1, 6.5.3 to 6.5.5, 6.6.2): 256 random bits in the link; eight digits in the code, 26
 * bits, which count in the browser that asked alone and bear {@link WRONG_CODES_MAX} wrong ones. Kept of them are digests by
 * purpose; each is consumed once by the storage.
 */
import { createHmac } from 'node:crypto';
import {
  type Digest,
  digestOf,
  newSecret,
  presentedSecret,
  type Randomness,
  type Secret,
} from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { CodeMac, MailedPurpose, MailedText, NewMailedSecret } from './ports/mail.ts';
import type { EmailKey } from './ports.ts';

/**
 * An address may be confirmed until tomorrow: what it opens is an account that is its owner's anyway. A reset opens an account that
 * is in use, and a mail server that greylists takes a quarter of an hour.
 */
export const MAILED_LIFETIMES_MS: Readonly<Record<MailedPurpose, number>> = {
  'verify-address': 24 * 3_600_000,
  'reset-password': 30 * 60_000,
  // ASVS 6.5.5: it is waited for.
  'sign-in': 10 * 60_000,
};

/** With eight digits: one guess in twenty million. */
export const WRONG_CODES_MAX = 5;
const CODE_DIGITS = 8;

/** What making and checking a secret needs. */
export interface MailedSecretDeps {
  /** HMAC-SHA-256: a code is too short for a bare digest (ASVS 6.5.2). */
  readonly mailedCodeKey: Buffer;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Makes a secret. @param browser who asked, where a page there asks for the code; null: the link alone. */
export function newMailedSecret(
  purpose: MailedPurpose,
  whose: {
    readonly accountId: AccountId;
    /** null: it is handed over otherwise, and proves no address. */
    readonly address: { readonly address: string; readonly key: EmailKey } | null;
    /** Unless the usual one of the purpose. */
    readonly lifetimeMs?: number;
  },
  browser: Secret<'browser'> | null,
  deps: MailedSecretDeps,
): { readonly text: MailedText; readonly secret: NewMailedSecret } {
  const token = newSecret<'mailed'>(deps.randomness);
  const code = browser === null ? null : newCode(deps.randomness);
  const createdAtMs = deps.clock();
  const expiresAtMs = createdAtMs + (whose.lifetimeMs ?? MAILED_LIFETIMES_MS[purpose]);
  const browserDigest = browser === null ? null : digestOf(browser);
  return {
    text: { token, code, expiresAtMs },
    secret: {
      purpose,
      tokenDigest: digestOf(token),
      accountId: whose.accountId,
      address: whose.address,
      codeMac: code === null || browserDigest === null ? null : codeMacOf(purpose, code, browserDigest, deps),
      browserDigest,
      createdAtMs,
      expiresAtMs,
    },
  };
}

/** The digest of a token that somebody brought; null for what can be none. */
export function mailedTokenDigest(text: string): Digest | null {
  return /^[A-Za-z0-9_-]{43}$/.test(text) ? digestOf(presentedSecret<'mailed'>(text)) : null;
}

/** The code as it may be typed, with spaces or hyphens; null for what can be none. */
export function readCode(text: string): string | null {
  const digits = text.slice(0, 40).replace(/[\s\u2010-\u2015-]/g, '');
  return new RegExp(`^\\d{${CODE_DIGITS}}$`).test(digits) ? digits : null;
}

/** Bound to its purpose and to the browser that asked (ASVS 6.6.2). */
export function codeMacOf(
  purpose: MailedPurpose,
  code: string,
  browserDigest: Digest,
  { mailedCodeKey }: Pick<MailedSecretDeps, 'mailedCodeKey'>,
): CodeMac {
  return createHmac('sha256', mailedCodeKey).update(`${purpose}\0${code}\0`).update(browserDigest).digest() as CodeMac;
}

/** Every code is as likely: numbers beyond the last whole multiple are drawn again. */
function newCode(randomness: Randomness): string {
  const codes = 10 ** CODE_DIGITS;
  const limit = 2 ** 32 - (2 ** 32 % codes);
  for (;;) {
    const drawn = randomness(4).readUInt32BE(0);
    if (drawn < limit) return String(drawn % codes).padStart(CODE_DIGITS, '0');
  }
}
