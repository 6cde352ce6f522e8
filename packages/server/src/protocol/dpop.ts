/**
 * Demonstrating proof of possession (RFC 9449, DPoP): the proof in the `DPoP` header of a request.
 *
 * Owns the checks of §4.3, each with its own words, and what a key is called (`jkt`). Which tokens are bound to it is
 * `token-endpoint.ts` and the grants; that a bound token is not shown without a proof is `bearer.ts`.
 */
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, errors, importJWK, type JWK } from 'jose';
import { digestOf, presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import type { MutualTls } from './client-certificate.ts';
import { type DpopNonceKey, dpopNonce, isCurrentNonce } from './dpop-nonce.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import { readJoseHeader } from './jose-header.ts';
import { readJsonWebKeySet } from './json-web-key-set.ts';
import type { ReplayStore } from './ports/applications.ts';

/** §5.1: what metadata advertises and what is taken. Asymmetric ones alone. */
export const DPOP_ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const;

/** A proof is made for one request. Browsers' clocks are off by minutes; a nonce is for where that is not enough. */
const AGE_SECONDS_MAX = 300;
const AHEAD_SECONDS_MAX = 60;
/** An RSA key of 4,096 bits and two signatures; our own limit, since the header is parsed before anything is proven. */
const PROOF_CHARACTERS_MAX = 8_192;

/** What a proof is for. */
export interface DpopRequest {
  /** The `DPoP` header; null: none. Of several, Node joins the values with a comma. */
  readonly dpop: string | null;
  readonly method: string;
  /** Of the endpoint, with or without a slash at its end. */
  readonly url: string;
  /** The token that the request shows; null: none (§4.2: `ath`). */
  readonly accessToken: Secret<'access_token'> | null;
  /** §8: a proof without a nonce is refused. One with a nonce is refused in any case if it is not ours. */
  readonly needsNonce: boolean;
}

/** What checking a proof uses. */
export interface DpopDeps {
  readonly replays: ReplayStore;
  readonly dpopNonceKey: DpopNonceKey;
  /** RFC 8705 §5: a request may have gone to the address of a handshake with a certificate. */
  readonly mutualTls?: MutualTls | null;
}

/** The key that made the proof, by its thumbprint (RFC 7638), or what is wrong with it. null: there is none. */
export type DpopProof = { readonly outcome: 'proven'; readonly jkt: string } | ProtocolError | null;

/** RFC 9449 §4.3: checks a proof, and uses it up. */
export async function dpopProof(request: DpopRequest, nowMs: number, deps: DpopDeps): Promise<DpopProof> {
  const { dpop } = request;
  if (dpop === null) return null;
  // §4.3 item 1
  if (dpop.includes(',')) return fault('There is more than one DPoP header.');
  if (dpop.length > PROOF_CHARACTERS_MAX) return fault(`It is longer than ${PROOF_CHARACTERS_MAX} characters.`);
  const jwk = proofKey(dpop);
  if (isProtocolError(jwk)) return jwk;
  const payload = await verified(dpop, jwk);
  if (isProtocolError(payload)) return payload;
  const wrong = claimsFault(payload, request, nowMs, deps);
  if (wrong !== null) return wrong;
  const jkt = await calculateJwkThumbprint(jwk, 'sha256');
  // §11.1: each proof counts once. Its jti is one of its key's.
  const isFirst = await deps.replays.useOnce({
    kind: 'dpop_proof',
    proofDigest: digestOf(presentedSecret(`${jkt} ${String(payload.jti)}`)),
    expiresAtMs: (Number(payload.iat) + AGE_SECONDS_MAX + 1) * 1_000,
  });
  return isFirst ? { outcome: 'proven', jkt } : fault('It was used before: make a new one for each request.');
}

/** §8.2: what answers to a request with a proof carry, so that the next one has it. */
export function dpopNonceHeader(nowMs: number, deps: Pick<DpopDeps, 'dpopNonceKey'>): Readonly<Record<string, string>> {
  return { 'dpop-nonce': dpopNonce(nowMs, deps.dpopNonceKey) };
}

/** §4.3 items 2, 4, 5 and 7: the header, and the public key in it. */
function proofKey(dpop: string): JWK | ProtocolError {
  const header = readJoseHeader(dpop);
  if (header === null) return fault('It is not a signed JWT of three parts.');
  if (header.typ?.toLowerCase() !== 'dpop+jwt') return fault('Its typ is not dpop+jwt.');
  if (!(DPOP_ALGORITHMS as readonly unknown[]).includes(header.alg)) {
    return fault(`Its alg is none of ${DPOP_ALGORITHMS.join(', ')}.`);
  }
  const read = readJsonWebKeySet({ keys: [header.jwk] });
  return read.outcome === 'read'
    ? (header.jwk as JWK)
    : fault('Its jwk is no public key of RSA, P-256 or Ed25519.', read.message);
}

/** §4.3 item 6. */
async function verified(dpop: string, jwk: JWK): Promise<ProofClaims | ProtocolError> {
  let octets: Uint8Array;
  try {
    const key = await importJWK(jwk, decodeProtectedHeader(dpop).alg);
    ({ payload: octets } = await compactVerify(dpop, key, { algorithms: [...DPOP_ALGORITHMS] }));
  } catch (error) {
    // WebCrypto's own errors: a key whose numbers are none, or of another kind than alg.
    const isTheirs = error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException;
    if (isTheirs) return fault('Its signature is not of the key in its jwk.');
    throw error;
  }
  try {
    const claims: unknown = JSON.parse(Buffer.from(octets).toString('utf8'));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? claims : NO_CLAIMS;
  } catch {
    return NO_CLAIMS;
  }
}

/** Whatever the other side wrote. */
interface ProofClaims {
  readonly jti?: unknown;
  readonly htm?: unknown;
  readonly htu?: unknown;
  readonly iat?: unknown;
  readonly ath?: unknown;
  readonly nonce?: unknown;
}

/** §4.3 items 3 and 8 to 12. */
function claimsFault(payload: ProofClaims, request: DpopRequest, nowMs: number, deps: DpopDeps): ProtocolError | null {
  const { jti, iat } = payload;
  if (typeof jti !== 'string' || jti === '' || jti.length > 512) return fault('Its jti is missing, or no text.');
  if (payload.htm !== request.method) return fault(`Its htm is not ${request.method}.`);
  const { htu, nonce } = payload;
  if (typeof htu !== 'string' || !isAddress(htu, request.url, deps.mutualTls?.baseUrl ?? null)) {
    return fault(`Its htu is not ${request.url}.`);
  }
  if (nonce === undefined ? request.needsNonce : !isOurs(nonce, nowMs, deps)) return NEEDS_NONCE;
  if (typeof iat !== 'number') return fault('Its iat is missing, or no number.');
  const age = nowMs / 1_000 - iat;
  if (age > AGE_SECONDS_MAX || age < -AHEAD_SECONDS_MAX) return fault('Its iat is not about now.');
  if (request.accessToken !== null && payload.ath !== athOf(request.accessToken)) {
    return fault('Its ath is not the SHA-256 of the access token.');
  }
  return null;
}

function isOurs(nonce: unknown, nowMs: number, deps: DpopDeps): boolean {
  return typeof nonce === 'string' && isCurrentNonce(nonce, nowMs, deps.dpopNonceKey);
}

/** Whether `htu` is the address of the endpoint, or the same one under the alias of mutual TLS. */
function isAddress(htu: string, url: string, aliasBase: string | null): boolean {
  const address = addressOf(htu);
  if (address === null) return false;
  const alias = aliasBase === null ? null : addressOf(`${aliasBase}${new URL(url).pathname}`);
  return address === addressOf(url) || address === alias;
}

/** §4.3: without query and fragment, in the normal form of RFC 3986 §6.2.2 and §6.2.3; our paths end with a slash or without. */
function addressOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname.replace(/\/$/, '')}`;
}

/** §4.2 */
function athOf(token: Secret<'access_token'>): string {
  return createHash('sha256').update(token, 'ascii').digest('base64url');
}

/** §8: the answer carries the nonce to use. */
const NEEDS_NONCE = protocolError(
  'use_dpop_nonce',
  'The DPoP proof needs the nonce of the DPoP-Nonce header of this answer.',
);

const NO_CLAIMS = fault('Its claims are no JSON object.');

function fault(what: string, detail?: string): ProtocolError {
  return protocolError('invalid_dpop_proof', `The DPoP proof cannot be used. ${what}`, detail);
}
