/**
 * Logout tokens of a provider (OpenID Connect Back-Channel Logout 1.0).
 *
 * Owns the checks of §2.6. Whose sessions end is decided in `flows/`.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { type Failure, failure } from '../core/failure.ts';
import { BackChannelError } from './back-channel.ts';
import type { ProtocolClient } from './client-configuration.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** How far the provider's clock may be from ours, as for ID tokens. */
const LIFETIME_MAX_MS = 24 * 60 * 60 * 1000;
const CLOCK_TOLERANCE_SECONDS = 30;

/** What a verified logout token says. */
export interface LogoutToken {
  readonly kind: 'logout';
  readonly jti: string;
  readonly expiresAtMs: number;
  /** One session of the provider; null: all of the person. */
  readonly sid: string | null;
  readonly claims: JWTPayload;
}

/** Verifies one. Nothing in it is believed before. */
export async function verifyLogoutToken(
  token: string,
  protocol: ProtocolClient,
  nowMs: number,
): Promise<LogoutToken | Failure> {
  const { jwks_uri: jwksUri } = protocol.configuration.serverMetadata();
  if (jwksUri === undefined) return failure('discovery_invalid', 'the metadata has no jwks_uri');
  const fetchKeys = protocol.configuration[openid.customFetch];
  const keys = createRemoteJWKSet(new URL(jwksUri), {
    [customFetch]: (url, init) => {
      const request = { ...init, body: undefined, method: 'GET', headers: { accept: 'application/json' } };
      return fetchKeys === undefined ? fetch(url) : fetchKeys(url, request as Parameters<openid.CustomFetch>[1]);
    },
  });
  let payload: JWTPayload;
  try {
    // §2.6.1 to 4: signature, no `none`, issuer, audience, times.
    const verified = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: protocol.issuer,
      audience: protocol.configuration.clientMetadata().client_id,
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(nowMs),
    });
    payload = verified.payload;
    // §2.4: explicit typing is recommended, not required; what says that it is something else is that.
    const { typ } = verified.protectedHeader;
    if (typ !== undefined && !/^(application\/)?(logout\+)?jwt$/i.test(typ)) return invalid('typ');
  } catch (error) {
    if (error instanceof BackChannelError) return failure('provider_unreachable', error.message);
    if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
      return invalid(error.claim);
    if (error instanceof errors.JOSEError) return invalid(error.code);
    throw error;
  }
  const { sid, sub, events, nonce, jti, exp } = payload;
  // §2.6.5: about a session or a person; §2.6.6: this event; §2.6.7: no ID token.
  if (typeof sid !== 'string' && typeof sub !== 'string') return invalid('neither sub nor sid');
  const event = typeof events === 'object' && events !== null ? (events as Record<string, unknown>)[EVENT] : undefined;
  if (typeof event !== 'object' || event === null) return invalid('events');
  if (nonce !== undefined) return invalid('nonce');
  if (typeof jti !== 'string' || jti === '' || exp === undefined) return invalid('jti');
  // §2.6.8 has each used once, which is remembered until it expires; §2.4 wants two minutes.
  if (exp * 1000 > nowMs + LIFETIME_MAX_MS) return invalid('exp');
  return { kind: 'logout', jti, expiresAtMs: exp * 1000, sid: typeof sid === 'string' ? sid : null, claims: payload };
}

function invalid(what: string): Failure {
  return failure('logout_token_invalid', `a logout token is refused: ${what}`);
}
