/**
 * What a verified access token says, whether it was read as a JWT or asked for by introspection.
 *
 * Owns the one reading of its claims (RFC 9068 §2.2, RFC 7662 §2.2), and the list of reasons for which a request is refused.
 */

/** A verified access token. */
export interface AccessToken {
  readonly issuer: string | null;
  /** The person, or the client itself where no person is behind the token. null: the server did not say. */
  readonly subject: string | null;
  readonly clientId: string | null;
  readonly scope: ReadonlySet<string>;
  readonly audience: readonly string[];
  readonly expiresAtMs: number | null;
  /** How the person was authenticated (`acr`), and when (`auth_time`); null where the server does not say. */
  readonly acr: string | null;
  readonly authenticatedAtMs: number | null;
  /** RFC 7800: the key or certificate that the sender has to prove. */
  readonly boundTo: { readonly keyThumbprint: string | null; readonly certificateThumbprint: string | null };
  /** Everything that the token said. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Why a request was refused: stable codes, for the log and for `error_description`. */
export const TOKEN_REFUSALS = {
  token_missing: 'no access token in the Authorization header',
  token_repeated: 'one Authorization header, of one scheme, is expected',
  token_malformed: 'the access token is malformed',
  token_type_wrong: 'this is no access token (RFC 9068: typ at+jwt)',
  token_signature_wrong: 'the signature does not verify',
  token_key_unknown: 'signed with a key that the server does not publish',
  token_algorithm_refused: 'signed with an algorithm that is not accepted',
  token_claim_missing: 'a required claim is missing',
  token_issuer_wrong: 'issued by another server',
  token_audience_wrong: 'meant for another resource',
  token_expired: 'the access token is expired',
  token_not_yet_valid: 'the access token is not valid yet',
  token_inactive: 'the access token is expired, revoked or unknown',
  token_binding_unknown: 'bound in a way that is not understood here',
  scope_insufficient: 'the access token lacks a scope',
  authentication_insufficient: 'a stronger or more recent sign-in is needed',
  dpop_proof_missing: 'a DPoP proof is needed: the token is bound to a key',
  dpop_proof_repeated: 'one DPoP header is expected',
  dpop_proof_malformed: 'the DPoP proof is malformed',
  dpop_proof_signature_wrong: 'the signature of the DPoP proof does not verify',
  dpop_proof_other_request: 'the DPoP proof is for another method or address',
  dpop_proof_stale: 'the DPoP proof is too old or from the future',
  dpop_proof_other_token: 'the DPoP proof is for another access token',
  dpop_proof_replayed: 'the DPoP proof was used before',
  dpop_nonce_needed: 'a DPoP proof with the nonce of this answer is needed',
  dpop_scheme_needed: 'a token that is bound to a key is needed, sent by the scheme DPoP with a proof',
  dpop_key_wrong: 'the access token is bound to another key, or to none',
  certificate_missing: 'the access token is bound to a certificate, and the connection has none',
  certificate_wrong: 'the access token is bound to another certificate',
  server_unavailable: 'the token cannot be checked right now',
} as const;

/** A stable code. */
export type TokenRefusal = keyof typeof TOKEN_REFUSALS;

/** Why a token was not accepted. `detail` is for the log: it never holds a token. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: TokenRefusal;
  readonly detail: string;
}

/** A refusal. */
export function refused(reason: TokenRefusal, detail = ''): Refused {
  return { kind: 'refused', reason, detail };
}

/** The claims as the rest reads them. Binding in a way that is not understood is no binding that could be checked: refused. */
export function readAccessToken(claims: Readonly<Record<string, unknown>>): AccessToken | Refused {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : null);
  const moment = (name: string) => (typeof claims[name] === 'number' ? claims[name] * 1000 : null);
  const confirmation = claims['cnf'] ?? {};
  if (typeof confirmation !== 'object') return refused('token_binding_unknown', 'cnf is no object');
  const methods = Object.keys(confirmation);
  const unknown = methods.find((method) => method !== 'jkt' && method !== 'x5t#S256');
  if (unknown !== undefined) return refused('token_binding_unknown', `cnf.${unknown.slice(0, 40)}`);
  const bound = confirmation as { readonly jkt?: unknown; readonly 'x5t#S256'?: unknown };
  const { aud } = claims;
  return {
    issuer: text('iss'),
    subject: text('sub'),
    clientId: text('client_id'),
    scope: new Set((text('scope') ?? '').split(' ').filter((each) => each !== '')),
    audience: (Array.isArray(aud) ? aud : [aud]).filter((each) => typeof each === 'string'),
    expiresAtMs: moment('exp'),
    acr: text('acr'),
    authenticatedAtMs: moment('auth_time'),
    boundTo: {
      keyThumbprint: bound.jkt === undefined ? null : String(bound.jkt),
      certificateThumbprint: bound['x5t#S256'] === undefined ? null : String(bound['x5t#S256']),
    },
    claims,
  };
}
