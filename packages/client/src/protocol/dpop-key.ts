/**
 * The key of a sender whose tokens are bound to it (DPoP, RFC 9449): how it is made, kept, and used towards a server.
 *
 * Owns its form, which is a private JWK, and its algorithm. A key belongs to one sign-in and is kept wherever its tokens are; one
 * for all would let two servers recognise the same person.
 */
import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import * as openid from 'openid-client';

/** A private key, as JWK (RFC 7518 §6.2). */
export interface DpopKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

/** What every server with DPoP has (RFC 9449 §5.1), and the shortest. */
export const DPOP_ALGORITHM = 'ES256';

/** A new one. */
export function newDpopKey(): DpopKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = readDpopKey(privateKey.export({ format: 'jwk' }));
  if (key === null) throw new Error('Node exports a P-256 key with x, y and d');
  return key;
}

/** What was kept, as a key; null when it is none. */
export function readDpopKey(kept: unknown): DpopKey | null {
  if (typeof kept !== 'object' || kept === null) return null;
  const { kty, crv, x, y, d } = kept as Readonly<Record<string, unknown>>;
  if (kty !== 'EC' || crv !== 'P-256') return null;
  if (typeof x !== 'string' || typeof y !== 'string' || typeof d !== 'string') return null;
  return { kty, crv, x, y, d };
}

/** The key for requests to the server of this configuration; openid-client remembers its nonces and repeats what asked for one. */
export async function dpopHandle(configuration: openid.Configuration, key: DpopKey): Promise<openid.DPoPHandle> {
  return openid.getDPoPHandle(configuration, await importDpopKey(key));
}

/** RFC 9449 §10: sent with the authorization request, so that the code is worth nothing without the key. */
export function dpopThumbprint({ kty, crv, x, y }: DpopKey): Promise<string> {
  return calculateJwkThumbprint({ kty, crv, x, y });
}

/** The server says that it takes such keys (RFC 9449 §5.1). */
export function offersDpop(server: openid.ServerMetadata): boolean {
  return server.dpop_signing_alg_values_supported?.includes(DPOP_ALGORITHM) === true;
}

/** Both halves, for WebCrypto. @throws DOMException when it is a point of no curve */
export async function importDpopKey(key: DpopKey): Promise<{ privateKey: CryptoKey; publicKey: CryptoKey }> {
  const { kty, crv, x, y, d } = key;
  const algorithm = { name: 'ECDSA', namedCurve: crv };
  return {
    privateKey: await crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, algorithm, false, ['sign']),
    publicKey: await crypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, true, ['verify']),
  };
}
