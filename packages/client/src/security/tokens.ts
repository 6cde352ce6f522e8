/**
 * Random values and digests.
 *
 * Owns how unguessable values are written and kept. Randomness is passed in, so that only the wiring reads it.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** `count` bytes nobody can guess. */
export type RandomBytes = (count: number) => Uint8Array;

/** 128 random bits as 22 characters of base64url: ids and `state` values. */
export function randomId(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(16)).toString('base64url');
}

/** Eight hexadecimal digits that a person can read out, to find a line in a log. No secret. */
export function referenceNumber(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(4)).toString('hex');
}

/** 256 random bits as 43 characters of base64url: session cookies, and RFC 7636 §4.1's code verifier. */
export function randomSecret(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(32)).toString('base64url');
}

/** SHA-256 as base64url; enough to keep what has 128 random bits or more. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** HMAC-SHA-256 as base64url. */
export function keyedDigest(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** Compares without telling by time where two texts differ. */
export function equalInConstantTime(one: string, other: string): boolean {
  const a = createHash('sha256').update(one).digest();
  const b = createHash('sha256').update(other).digest();
  return timingSafeEqual(a, b);
}
