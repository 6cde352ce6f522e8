/**
 * Access tokens that are JWTs (RFC 9068), verified with the keys that the server publishes.
 *
 * Owns the checks of RFC 9068 §4 and how often keys are fetched: again for an unknown `kid`, so that a rotation is noticed at
 * once, but not more often than every `KEYS_COOLDOWN_MS`, however many unknown ones are sent.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { BackChannelError } from '../protocol/back-channel.ts';
import { type AccessToken, type Refused, readAccessToken, refused, type TokenRefusal } from './access-token.ts';
import type { AuthorizationServer } from './authorization-server.ts';

/** No symmetric algorithm, and not `none`: RFC 8725 §3.1. */
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
const KEYS_COOLDOWN_MS = 30_000;
/** A key that the server took back is believed for this long at most. */
const KEYS_AGE_MAX_MS = 10 * 60_000;

/** Verifies one. */
export type VerifyJwt = (token: string, audience: readonly string[] | null) => Promise<AccessToken | Refused>;

/** A verifier for the tokens of this server. */
export function createJwtVerifier(deps: {
  readonly server: AuthorizationServer;
  readonly clockToleranceMs: number;
  readonly now: () => number;
}): VerifyJwt {
  const { server, now } = deps;
  let known: { readonly jwksUri: string; readonly keys: JWTVerifyGetKey } | null = null;
  const findKeys = async (): Promise<JWTVerifyGetKey> => {
    const { jwksUri } = await server.addresses();
    if (jwksUri === null) throw new BackChannelError(server.issuer, 'the metadata has no jwks_uri');
    if (known?.jwksUri !== jwksUri) {
      const keys = createRemoteJWKSet(new URL(jwksUri), {
        cooldownDuration: KEYS_COOLDOWN_MS,
        cacheMaxAge: KEYS_AGE_MAX_MS,
        [customFetch]: (url, init) => server.fetch(url, init as RequestInit),
      });
      known = { jwksUri, keys };
    }
    return known.keys;
  };
  return async (token, audience) => {
    try {
      const { payload } = await jwtVerify(token, await findKeys(), {
        // RFC 9068 §4: the type, so that an ID token is no access token; issuer; audience; signature; time.
        typ: 'at+jwt',
        algorithms: ALGORITHMS,
        issuer: server.issuer,
        ...(audience === null ? {} : { audience: [...audience] }),
        requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
        clockTolerance: deps.clockToleranceMs / 1000,
        currentDate: new Date(now()),
      });
      return readAccessToken(payload);
    } catch (error) {
      return refusalOf(error);
    }
  };
}

function refusalOf(error: unknown): Refused {
  if (error instanceof errors.JWTExpired) return refused('token_expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return refused('token_claim_missing', error.claim);
    return refused(claimReasons[error.claim] ?? 'token_malformed', error.claim);
  }
  if (error instanceof errors.JWKSNoMatchingKey) return refused('token_key_unknown');
  if (error instanceof errors.JWKSMultipleMatchingKeys) return refused('token_key_unknown', 'several keys would fit');
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return refused('token_algorithm_refused', error.message);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return refused('token_signature_wrong');
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return refused('token_malformed');
  if (error instanceof BackChannelError || error instanceof errors.JOSEError) {
    return refused('server_unavailable', error.message);
  }
  throw error;
}

const claimReasons: Readonly<Record<string, TokenRefusal>> = {
  iss: 'token_issuer_wrong',
  aud: 'token_audience_wrong',
  typ: 'token_type_wrong',
  nbf: 'token_not_yet_valid',
  exp: 'token_malformed',
} satisfies Record<keyof Pick<JWTPayload, 'iss' | 'aud' | 'nbf' | 'exp'> | 'typ', TokenRefusal>;
