/**
 * Refusals as a resource server answers them: RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3, RFC 9728 §5.1.
 *
 * Owns status, `WWW-Authenticate` and body. What was wrong is told apart by `error`, for people by `error_description`.
 */
import { type Refused, TOKEN_REFUSALS, type TokenRefusal } from './access-token.ts';
import { DPOP_ALGORITHMS } from './dpop-proof.ts';

/** What a route demands, as far as the answer says it. */
export interface Demand {
  readonly scope: readonly string[];
  readonly acr: readonly string[];
  readonly maxAgeMs: number | null;
}

/** What the resource says of itself. */
export interface ChallengeContext {
  readonly demand: Demand;
  readonly metadataUrl: string;
  /** Which schemes are worth a try. */
  readonly bearer: boolean;
  readonly dpopNonce: string | null;
}

type OAuthError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce';

/** The answer to a request that is not let through. */
export function challengeResponse({ reason }: Refused, context: ChallengeContext): Response {
  const description = TOKEN_REFUSALS[reason];
  const headers = new Headers({ 'cache-control': 'no-store', 'content-type': 'application/json' });
  // RFC 9449 §8.2: each answer may carry the next nonce.
  if (context.dpopNonce !== null) headers.set('dpop-nonce', context.dpopNonce);
  if (reason === 'server_unavailable') {
    headers.set('retry-after', '5');
    const body = { error: 'temporarily_unavailable', error_description: description };
    return new Response(JSON.stringify(body), { status: 503, headers });
  }
  const error = errorOf(reason);
  // RFC 6750 §3.1: who sent no token is told how to send one, and not that something is wrong.
  const said = reason === 'token_missing' ? {} : { error, error_description: description };
  const { demand } = context;
  const parameters: Record<string, string> = {
    ...said,
    ...(demand.scope.length === 0 ? {} : { scope: demand.scope.join(' ') }),
    ...(error !== 'insufficient_user_authentication' || demand.acr.length === 0
      ? {}
      : { acr_values: demand.acr.join(' ') }),
    ...(error !== 'insufficient_user_authentication' || demand.maxAgeMs === null
      ? {}
      : { max_age: String(Math.floor(demand.maxAgeMs / 1000)) }),
    resource_metadata: context.metadataUrl,
  };
  const dpopOnly = error === 'invalid_dpop_proof' || error === 'use_dpop_nonce';
  if (context.bearer && !dpopOnly) headers.append('www-authenticate', challenge('Bearer', parameters));
  headers.append('www-authenticate', challenge('DPoP', { ...parameters, algs: DPOP_ALGORITHMS.join(' ') }));
  return new Response(JSON.stringify(said), { status: statusOf(error), headers });
}

function statusOf(error: OAuthError): number {
  if (error === 'invalid_request') return 400;
  return error === 'insufficient_scope' ? 403 : 401;
}

function errorOf(reason: Exclude<TokenRefusal, 'server_unavailable'>): OAuthError {
  switch (reason) {
    case 'token_repeated':
      return 'invalid_request';
    case 'scope_insufficient':
      return 'insufficient_scope';
    case 'authentication_insufficient':
      return 'insufficient_user_authentication';
    case 'dpop_nonce_needed':
      return 'use_dpop_nonce';
    default:
      return reason.startsWith('dpop_proof_') ? 'invalid_dpop_proof' : 'invalid_token';
  }
}

/** Nothing in here comes from a request; quotes are escaped all the same (RFC 9110 §5.6.4). */
function challenge(scheme: string, parameters: Readonly<Record<string, string>>): string {
  const list = Object.entries(parameters).map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`);
  return `${scheme} ${list.join(', ')}`;
}
