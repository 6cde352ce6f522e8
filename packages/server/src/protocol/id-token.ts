/**
 * ID tokens (OpenID Connect Core §2).
 *
 * Owns their claims. What the person's scopes open is answered by userinfo (§5.4), so that an ID token stays small enough
 * for a cookie. Signing is `keys/`, encrypting `encryption.ts`.
 */
import { createHash } from 'node:crypto';
import type { Secret } from '../vocabulary/credentials.ts';
import type { AccountId, SessionId } from '../vocabulary/identifiers.ts';
import { numericDate } from '../vocabulary/time.ts';
import { acrOf } from './acr.ts';
import type { Application, IdTokenAlgorithm } from './application.ts';
import type { ClaimValue } from './claims.ts';
import type { ClientKeysDeps } from './client-keys.ts';
import { encryptFor } from './encryption.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import type { AuthenticationEvent } from './ports/people.ts';
import type { Signer } from './ports/signer.ts';
import type { TokenContext } from './token-context.ts';

/** It tells of a sign-in that just happened: an hour leaves room for clocks that differ, and for logout hints no limit is read. */
const LIFETIME_SECONDS = 3_600;

/** What an ID token says. */
export interface IdTokenFacts extends AuthenticationEvent {
  readonly application: Pick<Application, 'clientId' | 'idTokenAlgorithm' | 'settings'>;
  readonly accountId: AccountId;
  /** Of its family: the pairwise names, where it has some. */
  readonly context: TokenContext | null;
  /** Claims that were asked for by name (OpenID Connect Core §5.5), with their values. */
  readonly named?: Readonly<Record<string, ClaimValue>>;
  readonly sessionId: SessionId;
  readonly nonce: string | null;
  readonly accessToken: Secret<'access_token'>;
  readonly nowMs: number;
}

/** What issuing one uses. */
export interface IdTokenDeps extends ClientKeysDeps {
  readonly issuer: string;
  readonly signer: Pick<Signer, 'sign'>;
}

/**
 * Makes an ID token as the application wants it: signed, or signed and then encrypted (§2: "it MUST be signed then encrypted").
 * @returns `invalid_request` where it wants it encrypted and has no key for that. Nothing has been redeemed by then.
 */
export async function issueIdToken(facts: IdTokenFacts, deps: IdTokenDeps): Promise<string | ProtocolError> {
  const signed = await signIdToken(facts, deps);
  const { idTokenEncryptionAlgorithm: alg, idTokenContentEncryption: enc } = facts.application.settings;
  if (alg === 'none') return signed;
  const encrypted = await encryptFor(facts.application, signed, { alg, enc }, deps);
  return encrypted.outcome === 'encrypted'
    ? encrypted.jwe
    : protocolError(
        'invalid_request',
        `This application wants its ID tokens encrypted with ${alg} and has no key that can be used for it: publish one with use enc in its jwks or at its jwks_uri.`,
        encrypted.detail,
      );
}

/**
 * Makes and signs an ID token: `iss sub aud exp iat auth_time nonce acr amr at_hash sid`, and what was asked
 * for by name. No `azp`: there is one audience,
 * which is the client (§2). `sid` names the session (OpenID Connect Front-Channel Logout 1.0 §3), so that a logout hint
 * speaks of this session and of no later one.
 */
function signIdToken(facts: IdTokenFacts, deps: Pick<IdTokenDeps, 'issuer' | 'signer'>): Promise<string> {
  const algorithm = facts.application.idTokenAlgorithm;
  const issuedAt = numericDate(facts.nowMs);
  const acr = acrOf(facts);
  return deps.signer.sign(
    {
      // First, so that none of them can stand in for one of the token's own.
      ...facts.named,
      iss: deps.issuer,
      sub: facts.context?.subject ?? facts.accountId,
      aud: facts.application.clientId,
      exp: issuedAt + LIFETIME_SECONDS,
      iat: issuedAt,
      auth_time: numericDate(facts.authTimeMs),
      ...(facts.nonce === null ? {} : { nonce: facts.nonce }),
      ...(acr === null ? {} : { acr }),
      ...(facts.amr.length === 0 ? {} : { amr: facts.amr }),
      at_hash: accessTokenHash(facts.accessToken, algorithm),
      sid: facts.context?.sid ?? facts.sessionId,
    },
    { algorithm, type: 'JWT' },
  );
}

/** §3.1.3.6: the left half of the hash that the algorithm uses. Ed25519 uses SHA-512 (RFC 8032 §5.1). */
export function accessTokenHash(token: Secret<'access_token'>, algorithm: IdTokenAlgorithm): string {
  const hash = createHash(algorithm === 'EdDSA' ? 'sha512' : 'sha256')
    .update(token, 'ascii')
    .digest();
  return hash.subarray(0, hash.length / 2).toString('base64url');
}
