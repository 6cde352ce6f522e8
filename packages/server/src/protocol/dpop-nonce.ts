/**
 * Nonces for DPoP proofs (RFC 9449 §8): they show that a proof was made now, by whoever's clock.
 *
 * Owns their text. Nothing is stored: a nonce is an HMAC of the time, so that every process of one server makes and knows
 * the same ones. That a proof is not used twice is its `jti`, not its nonce.
 */
import { equalInConstantTime } from '../vocabulary/credentials.ts';
import type { Branded } from '../vocabulary/identifiers.ts';
import { hmacSha256 } from './hmac.ts';

/** 32 bytes derived from `DIAPASON_SECRET` for this purpose alone. */
export type DpopNonceKey = Branded<Buffer, 'DpopNonceKey'>;

/** Each is given out for so long, and is good for as long again. */
const PERIOD_MS = 5 * 60_000;

/** The nonce of this moment: 22 characters. */
export function dpopNonce(nowMs: number, key: DpopNonceKey): string {
  return nonceOf(Math.floor(nowMs / PERIOD_MS), key);
}

/** Whether this server gave it out in this period or the last one. */
export function isCurrentNonce(nonce: string, nowMs: number, key: DpopNonceKey): boolean {
  const period = Math.floor(nowMs / PERIOD_MS);
  const given = Buffer.from(nonce);
  return [period, period - 1].some((one) => equalInConstantTime(given, Buffer.from(nonceOf(one, key))));
}

function nonceOf(period: number, key: DpopNonceKey): string {
  return hmacSha256(key, 'dpop-nonce', String(period)).subarray(0, 16).toString('base64url').slice(0, 22);
}
