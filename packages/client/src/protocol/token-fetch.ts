/**
 * A request to an API with an access token: as a bearer (RFC 6750 §2.1), or with a proof of the key that it is bound to (RFC 9449 §7).
 *
 * Owns where tokens may be sent, the proof, and the nonces that APIs ask for. Whether a refused token is replaced is the caller's.
 */
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { isSecureEnough } from '../providers/base-url.ts';
import { digest } from '../security/tokens.ts';
import type { Fetch } from './back-channel.ts';
import { DPOP_ALGORITHM, type DpopKey, importDpopKey } from './dpop-key.ts';

/** A token, and the key that it is bound to; null: a bearer token. */
export interface Credential {
  readonly token: string;
  readonly dpopKey: DpopKey | null;
}

/** Sends a request with a credential. @throws TypeError for an address that tokens are not sent to. */
export type TokenFetch = (url: URL, init: RequestInit, credential: Credential) => Promise<Response>;

/** Nonces of APIs that are remembered; of more than these the oldest is asked for again. */
const NONCES_MAX = 100;
const NONCE_LENGTH_MAX = 1_024;

/** It remembers the nonces of the APIs it spoke to. */
export function createTokenFetch(deps: { readonly fetch: Fetch; readonly now: () => number }): TokenFetch {
  const nonces = new Map<string, string>();
  const send = async (url: URL, init: RequestInit, credential: Credential) => {
    const headers = new Headers(init.headers);
    // What the application itself put there would be a second one.
    headers.delete('dpop');
    headers.set('authorization', `${credential.dpopKey === null ? 'Bearer' : 'DPoP'} ${credential.token}`);
    if (credential.dpopKey !== null) {
      const about = { method: init.method ?? 'GET', url, token: credential.token, nonce: nonces.get(url.origin) };
      headers.set('dpop', await proofOf(credential.dpopKey, about, deps.now()));
    }
    // RFC 9700 §4.12.2: a redirect would hand the token to whoever it names.
    const response = await deps.fetch(url.href, { ...init, redirect: 'manual', headers });
    const nonce = response.headers.get('dpop-nonce');
    if (credential.dpopKey !== null && nonce !== null && nonce !== '' && nonce.length <= NONCE_LENGTH_MAX) {
      nonces.delete(url.origin);
      nonces.set(url.origin, nonce);
      for (const oldest of nonces.keys()) {
        if (nonces.size <= NONCES_MAX) break;
        nonces.delete(oldest);
      }
    }
    return response;
  };
  return async (url, init, credential) => {
    requireTokenAddress(url);
    const before = nonces.get(url.origin);
    const first = await send(url, init, credential);
    // RFC 9449 §9: once more, with the nonce that came along. A stream was read and cannot be sent again.
    const asks = credential.dpopKey !== null && first.status === 401 && asksForNonce(first);
    if (!asks || nonces.get(url.origin) === before || init.body instanceof ReadableStream) return first;
    await first.body?.cancel();
    return send(url, init, credential);
  };
}

/** RFC 6750 §5.3: a token that travels in the clear is everybody's. @throws TypeError for http beyond this machine */
export function requireTokenAddress(url: URL): void {
  if (!isSecureEnough(url, false)) throw new TypeError(`${url.origin}: tokens are sent over https alone`);
}

function asksForNonce(response: Response): boolean {
  return /\bDPoP\b.*\berror="?use_dpop_nonce\b/i.test(response.headers.get('www-authenticate') ?? '');
}

/** RFC 9449 §4.2 */
async function proofOf(
  key: DpopKey,
  about: { readonly method: string; readonly url: URL; readonly token: string; readonly nonce: string | undefined },
  nowMs: number,
): Promise<string> {
  const { kty, crv, x, y } = key;
  const { privateKey } = await importDpopKey(key);
  return new SignJWT({
    jti: randomUUID(),
    // `fetch` writes the methods that it knows in capitals.
    htm: /^(get|head|post|put|delete|options)$/i.test(about.method) ? about.method.toUpperCase() : about.method,
    htu: `${about.url.origin}${about.url.pathname}`,
    iat: Math.floor(nowMs / 1000),
    ath: digest(about.token),
    ...(about.nonce === undefined ? {} : { nonce: about.nonce }),
  })
    .setProtectedHeader({ alg: DPOP_ALGORITHM, typ: 'dpop+jwt', jwk: { kty, crv, x, y } })
    .sign(privateKey);
}
