/**
 * DPoP proofs at a resource (RFC 9449 §4.3, §7): the sender holds the key that the access token is bound to.
 *
 * Owns the checks of a proof, the memory of those that were used, and nonces that need no memory: each is the number of a
 * period and its HMAC, good for that period and the next.
 */
import {
  calculateJwkThumbprint,
  EmbeddedJWK,
  errors,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import { digest, equalInConstantTime, keyedDigest } from '../security/tokens.ts';
import { type Refused, refused } from './access-token.ts';

/** RFC 9449 §11.6: asymmetric, and what every sender has. */
export const DPOP_ALGORITHMS = ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA', 'Ed25519'];
/** RFC 9449 §11.1: how far the sender's clock and the way may take a proof from ours, in both directions. */
const PROOF_AGE_MAX_MS = 60_000;
const NONCE_PERIOD_MS = 5 * 60_000;
const JTI_LENGTH_MAX = 512;

/** Remembers which proofs were used. Processes that answer for one resource should share one. */
export interface ReplayMemory {
  /** True the first time within the period, atomically. */
  recordOnce(key: string, untilMs: number, nowMs: number): Promise<boolean> | boolean;
}

/** Proofs of one process: 100,000 within two minutes; beyond that none is accepted, rather than one twice. */
export function createReplayMemory(entriesMax = 100_000): ReplayMemory {
  const used = new Map<string, number>();
  return {
    recordOnce: (key, untilMs, nowMs) => {
      // In the order of arrival, and each is kept equally long: the expired ones are in front.
      for (const [known, until] of used) {
        if (until > nowMs) break;
        used.delete(known);
      }
      if (used.has(key) || used.size >= entriesMax) return false;
      used.set(key, untilMs);
      return true;
    },
  };
}

/** A nonce that changes every five minutes, and whether one that was sent is this one or the one before. */
export interface Nonces {
  current(nowMs: number): string;
  fits(nonce: unknown, nowMs: number): boolean;
}

/** Nonces under this secret; processes with the same one accept each other's. */
export function createNonces(secret: string): Nonces {
  const key = new TextEncoder().encode(secret);
  const of = (period: number) => keyedDigest(key, `dpop nonce ${period}`);
  const periodAt = (nowMs: number) => Math.floor(nowMs / NONCE_PERIOD_MS);
  return {
    current: (nowMs) => of(periodAt(nowMs)),
    fits: (nonce, nowMs) =>
      typeof nonce === 'string' &&
      [periodAt(nowMs), periodAt(nowMs) - 1].some((period) => equalInConstantTime(of(period), nonce)),
  };
}

/** The request that a proof has to be for. */
export interface ProvenRequest {
  readonly method: string;
  /** As people reach it, whatever a proxy made of it. */
  readonly url: string;
  readonly accessToken: string;
}

/** The thumbprint (RFC 7638) of the key that signed, or why the proof is none. */
export async function verifyProof(
  proof: string,
  request: ProvenRequest,
  deps: { readonly replays: ReplayMemory; readonly nonces: Nonces | null; readonly now: () => number },
): Promise<{ readonly kind: 'proven'; readonly thumbprint: string } | Refused> {
  // RFC 9449 §4.3.1: a list would be two proofs.
  if (proof.includes(',')) return refused('dpop_proof_repeated');
  let payload: JWTPayload;
  let protectedHeader: ProtectedHeaderParameters;
  const nowMs = deps.now();
  try {
    // §4.3.2 to 7: one JWT of this type, an asymmetric algorithm, a public key in its header that verifies it.
    ({ payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: DPOP_ALGORITHMS,
      requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
      currentDate: new Date(nowMs),
      // `iat` is checked below; a proof has no other time.
      clockTolerance: PROOF_AGE_MAX_MS / 1000,
    }));
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return refused('dpop_proof_signature_wrong');
    if (error instanceof errors.JOSEError) return refused('dpop_proof_malformed', error.message);
    // An embedded key that is none.
    if (error instanceof TypeError || error instanceof DOMException)
      return refused('dpop_proof_malformed', error.message);
    throw error;
  }
  const { jti, iat, htm, htu, ath, nonce } = payload;
  if (protectedHeader.jwk === undefined || typeof jti !== 'string' || jti === '' || jti.length > JTI_LENGTH_MAX) {
    return refused('dpop_proof_malformed', 'jti');
  }
  // §4.3.8, 9: this method and this address.
  if (htm !== request.method || !sameAddress(htu, request.url)) return refused('dpop_proof_other_request', String(htu));
  // §4.3.12: for this access token.
  if (typeof ath !== 'string' || !equalInConstantTime(ath, digest(request.accessToken))) {
    return refused('dpop_proof_other_token');
  }
  // §4.3.10
  if (deps.nonces !== null && !deps.nonces.fits(nonce, nowMs)) return refused('dpop_nonce_needed');
  // §4.3.11
  if (typeof iat !== 'number' || Math.abs(iat * 1000 - nowMs) > PROOF_AGE_MAX_MS) return refused('dpop_proof_stale');
  const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk);
  // §11.1: only now, so that nobody fills the memory with proofs that are none.
  const untilMs = nowMs + 2 * PROOF_AGE_MAX_MS;
  if (!(await deps.replays.recordOnce(digest(`${thumbprint} ${jti}`), untilMs, nowMs)))
    return refused('dpop_proof_replayed');
  return { kind: 'proven', thumbprint };
}

/** §4.3.9: after the normalisation of RFC 3986, without query and fragment. */
function sameAddress(claimed: unknown, url: string): boolean {
  const said = typeof claimed === 'string' ? URL.parse(claimed) : null;
  const here = new URL(url);
  return said !== null && said.origin === here.origin && said.pathname === here.pathname;
}
