/**
 * Access tokens at the server's own resources: Bearer (RFC 6750), or with a proof of the key (RFC 9449 §7)
 * or the certificate (RFC 8705 §3) that they are bound to.
 *
 * Owns how a token may be shown, whether it is good, and the challenge that a refusal carries. What the resource answers
 * is its own file.
 */
import { digestOf, presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import { formBodyFault } from './back-channel-request.ts';
import { DPOP_ALGORITHMS, type DpopDeps, dpopNonceHeader, dpopProof } from './dpop.ts';
import type { EndpointResponse, ResourceRequest } from './endpoint.ts';
import { NO_STORE } from './error-response.ts';
import { ERROR_CODES, isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import { parseParameters } from './parameters.ts';
import type { AccessTokenFound, GrantStore } from './ports/grants.ts';
import { isForThisServer } from './resource-indicators.ts';
import { certificateOf, jktOf } from './token-context.ts';

/** The token behind a request, or the answer that refuses it. */
export type BearerOutcome =
  | { readonly outcome: 'good'; readonly found: AccessTokenFound }
  | { readonly outcome: 'refused'; readonly response: EndpointResponse };

/** RFC 6750 §2.1: b64token. Ours have 43 characters; the limit is that of imported ones, with room. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]{1,2000}=*)$/i;
/** RFC 9449 §7.1: token68, the same characters. */
const DPOP = /^DPoP +([A-Za-z0-9\-._~+/]{1,2000}=*)$/i;

/**
 * Finds the token that a resource request shows and checks that it is good and has one of the scopes.
 * @param options.form whether a POST may carry it in a form body (RFC 6750 §2.2)
 * @returns 401 without a code when none is shown; `invalid_token` (401) for an unknown, ended or expired one;
 *   `insufficient_scope` (403); `invalid_request` (400) for a token in the query, in two places, or malformed.
 */
export async function bearerToken(
  request: ResourceRequest,
  options: {
    readonly form: boolean;
    readonly anyScopeOf: readonly string[];
    readonly issuer: string;
    readonly url: string;
  },
  nowMs: number,
  deps: BearerDeps,
): Promise<BearerOutcome> {
  const shown = shownToken(request, options.form);
  if (shown === null) return { outcome: 'refused', response: NO_TOKEN };
  if (isProtocolError(shown)) return { outcome: 'refused', response: bearerError(shown) };
  const found = await findGoodToken(shown.token, nowMs, deps.grants);
  if (found === null) return { outcome: 'refused', response: challenged(INVALID_TOKEN, shown, nowMs, deps) };
  if (!isForThisServer(found.token.context, options.issuer)) {
    return { outcome: 'refused', response: { ...bearerError(OTHER_RESOURCE), clientId: found.clientId } };
  }
  const keyFault = await boundKeyFault(found, shown, { ...request, url: options.url }, nowMs, deps);
  if (keyFault !== null) {
    return { outcome: 'refused', response: { ...challenged(keyFault, shown, nowMs, deps), clientId: found.clientId } };
  }
  if (!options.anyScopeOf.some((name) => found.token.scope.includes(name))) {
    const needed = options.anyScopeOf.join(' or ');
    const error = protocolError('insufficient_scope', `The access token does not have the scope ${needed}.`);
    return { outcome: 'refused', response: { ...bearerError(error, options.anyScopeOf[0]), clientId: found.clientId } };
  }
  return { outcome: 'good', found };
}

/** What showing a token uses. */
export interface BearerDeps extends DpopDeps {
  readonly grants: Pick<GrantStore, 'findAccessToken'>;
}

/** A token, and by which scheme of the `Authorization` header it came. One in a form body is Bearer's. */
interface ShownToken {
  readonly token: Secret<'access_token'>;
  readonly scheme: 'Bearer' | 'DPoP';
}

/** RFC 9449 §7.1, §7.2: a bound token comes with a proof of its key, and never as Bearer; another one never as DPoP. */
async function boundKeyFault(
  found: AccessTokenFound,
  { token, scheme }: ShownToken,
  request: ResourceRequest & { readonly url: string },
  nowMs: number,
  deps: DpopDeps,
): Promise<ProtocolError | null> {
  const thumbprint = certificateOf(found.token.context);
  // RFC 8705 §3: in the scheme Bearer, with the same certificate.
  if (thumbprint !== null && request.certificate?.thumbprint !== thumbprint) return OTHER_CERTIFICATE;
  const jkt = jktOf(found.token.context);
  if (jkt === null) return scheme === 'Bearer' ? null : NOT_BOUND;
  if (scheme === 'Bearer') return DOWNGRADE;
  const { method, url } = request;
  const question = { dpop: request.dpop ?? null, method, url, accessToken: token, needsNonce: false };
  const proof = await dpopProof(question, nowMs, deps);
  if (proof === null) return NO_PROOF;
  if (isProtocolError(proof)) return proof;
  return proof.jkt === jkt ? null : OTHER_KEY;
}

const OTHER_CERTIFICATE = protocolError(
  'invalid_token',
  'The access token is bound to a certificate: show it in a TLS handshake that has that certificate (RFC 8705 section 3).',
);
const NOT_BOUND = protocolError('invalid_token', 'The access token is bound to no DPoP key: send it as Bearer.');
const DOWNGRADE = protocolError(
  'invalid_token',
  'The access token is bound to a key: send it with the scheme DPoP and a proof (RFC 9449 section 7.1).',
);
const NO_PROOF = protocolError('invalid_dpop_proof', 'The DPoP header with the proof is missing.');
const OTHER_KEY = protocolError('invalid_token', 'The DPoP proof is of another key than the access token.');

/** RFC 9449 §7.1: a refusal in the scheme that the token came by, or should have come by. */
function challenged(error: ProtocolError, { scheme }: ShownToken, nowMs: number, deps: DpopDeps): EndpointResponse {
  const answer = bearerError(error);
  if (scheme === 'Bearer' && error !== DOWNGRADE) return answer;
  const about = `error="${error.code}", error_description="${error.hint}"`;
  const challenge = `DPoP realm="diapason", ${about}, algs="${DPOP_ALGORITHMS.join(' ')}"`;
  return {
    ...answer,
    // §8, §9: at a resource every fault of a proof is a 401.
    status: 401,
    headers: { ...answer.headers, ...dpopNonceHeader(nowMs, deps), 'www-authenticate': challenge },
  };
}

/** The token if it is good at this instant: known, not revoked, not expired, its application and account enabled. */
export async function findGoodToken(
  token: Secret<'access_token'>,
  nowMs: number,
  grants: Pick<GrantStore, 'findAccessToken'>,
): Promise<AccessTokenFound | null> {
  const found = await grants.findAccessToken(digestOf(token));
  return found?.isActive === true && nowMs < found.token.expiresAtMs ? found : null;
}

/** The token of an `Authorization: Bearer` header; null for any other header. */
export function bearerOf(authorization: string): Secret<'access_token'> | null {
  const text = BEARER.exec(authorization)?.[1];
  return text === undefined ? null : presentedSecret<'access_token'>(text);
}

/** RFC 6750 §3: the answer that carries a refusal, with the scope that would do. */
export function bearerError(error: ProtocolError, scope?: string): EndpointResponse {
  const wanted = scope === undefined ? '' : `, scope="${scope}"`;
  const challenge = `Bearer realm="diapason", error="${error.code}", error_description="${error.hint}"${wanted}`;
  return {
    status: ERROR_CODES[error.code].status,
    headers: { ...NO_STORE, 'www-authenticate': challenge },
    body: { error: error.code, error_description: error.hint },
    error,
  };
}

const OTHER_RESOURCE = protocolError(
  'invalid_token',
  'The access token was asked for other resources (RFC 8707). Ask for one without resource to use it here.',
);
const INVALID_TOKEN = protocolError('invalid_token', 'The access token is unknown, expired or revoked.');
/** RFC 6750 §3.1: without any token, no error code. The body is for whoever looks at it by hand. */
const NO_TOKEN: EndpointResponse = {
  status: 401,
  headers: { ...NO_STORE, 'www-authenticate': 'Bearer realm="diapason"' },
  body: { error_description: 'Send an access token: Authorization: Bearer and the token (RFC 6750 section 2.1).' },
};

function shownToken(request: ResourceRequest, form: boolean): ShownToken | ProtocolError | null {
  // RFC 9700 §4.3.2: never in the address.
  if (request.query !== '' && parseParameters(request.query).has('access_token')) {
    return protocolError(
      'invalid_request',
      'An access token in the query is not accepted: send it in the Authorization header.',
    );
  }
  const inBody = form && request.method === 'POST' ? bodyToken(request) : null;
  if (request.authorization === null) return inBody;
  if (inBody !== null) {
    // RFC 6750 §2: no more than one method in a request.
    return isProtocolError(inBody)
      ? inBody
      : protocolError(
          'invalid_request',
          'The access token is sent twice, in the Authorization header and in the body.',
        );
  }
  const bearer = bearerOf(request.authorization);
  if (bearer !== null) return { token: bearer, scheme: 'Bearer' };
  const bound = DPOP.exec(request.authorization)?.[1];
  return bound === undefined ? NEITHER : { token: presentedSecret<'access_token'>(bound), scheme: 'DPoP' };
}

const NEITHER = protocolError(
  'invalid_request',
  'The Authorization header is not Bearer and a token (RFC 6750 section 2.1), nor DPoP and one (RFC 9449 section 7.1).',
);

/** RFC 6750 §2.2. A POST without a form body simply has no token there. */
function bodyToken(request: ResourceRequest): ShownToken | ProtocolError | null {
  if (request.body === '' || formBodyFault(request.contentType) !== null) return null;
  const parameters = parseParameters(request.body);
  const fault = parameters.firstFault();
  if (fault !== null) return fault;
  const text = parameters.get('access_token');
  return text === null ? null : { token: presentedSecret<'access_token'>(text), scheme: 'Bearer' };
}
