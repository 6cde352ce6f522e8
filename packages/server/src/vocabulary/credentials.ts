/**
 * Secrets and what is kept of them. A secret is text that opens something; a digest is what storage holds in its place.
 * The two are different types, so that neither can be stored or compared in place of the other.
 *
 * Owns SHA-256 of generated secrets and the source of randomness. Passwords are `accounts/password.ts`; client
 * secrets (HMAC, since people chose the imported ones) are `protocol/client-secret.ts`.
 */
import { hash, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto';
import type { Branded } from './identifiers.ts';

/** Text that grants access to whoever shows it: a token, a code, a cookie's value. Never stored, never logged. */
export type Secret<Name extends string> = Branded<string, `Secret:${Name}`>;

/** SHA-256 of a secret of 128 random bits or more: 32 bytes. The only thing that storage keeps of it. */
export type Digest = Branded<Buffer, 'Digest'>;

/** Gives random octets. In production `randomBytes`; tests pass their own. */
export type Randomness = (byteCount: number) => Buffer;

/** Octets that are fetched from the generator at once: each call of it costs as much as a tenth of an HTTP answer. */
const POOL_BYTES = 4_096;
const pool = Buffer.alloc(POOL_BYTES);
let poolTaken = POOL_BYTES;

/**
 * The operating system's generator (ASVS 11.5.1), asked for a page at a time. What is handed out is wiped from the page, so that
 * no secret can be read there after it was given.
 */
export const systemRandomness: Randomness = (byteCount) => {
  if (byteCount > POOL_BYTES) return randomBytes(byteCount);
  if (poolTaken + byteCount > POOL_BYTES) {
    randomFillSync(pool);
    poolTaken = 0;
  }
  const page = pool.subarray(poolTaken, poolTaken + byteCount);
  const octets = Buffer.from(page);
  page.fill(0);
  poolTaken += byteCount;
  return octets;
};

/** Makes a secret of `byteCount` random octets as base64url. 32 octets give 43 characters. */
export function newSecret<Name extends string>(randomness: Randomness, byteCount = 32): Secret<Name> {
  return randomness(byteCount).toString('base64url') as Secret<Name>;
}

/** What a person's client sent, taken for a secret of the kind `Name`. It proves nothing until its digest is found. */
export function presentedSecret<Name extends string>(text: string): Secret<Name> {
  return text as Secret<Name>;
}

/** SHA-256 of the secret's UTF-8 text. */
export function digestOf(secret: Secret<string>): Digest {
  return hash('sha256', secret, 'buffer') as Digest;
}

/** Compares without telling by time where they differ. Different lengths are unequal. */
export function equalInConstantTime(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
