/**
 * The token endpoint (RFC 6749 §3.2): the numbered pipeline that every grant goes through.
 *
 * Owns the order of the steps. What a grant checks and does is its own file in `grants/`.
 */
import type { Clock } from '../vocabulary/time.ts';
import { type Application, isUnverified } from './application.ts';
import { readBackChannelRequest } from './back-channel-request.ts';
import { authenticateClient, type ClientAuthenticationDeps } from './client-authentication.ts';
import { type DpopDeps, dpopNonceHeader, dpopProof } from './dpop.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import type { GrantDeps } from './grants/grant.ts';
import { GRANTS, unsupportedGrant } from './grants/registry.ts';
import type { ApplicationUse } from './ports/applications.ts';
import type { Confirmation } from './token-context.ts';

/** What the token endpoint uses. `refreshTokenKeys` is asked at each use: the server key may rotate while the process runs. */
export interface TokenEndpointDeps extends ClientAuthenticationDeps, GrantDeps, DpopDeps {
  readonly applicationUse: ApplicationUse;
  readonly clock: Clock;
}

/** Answers a token request: tokens, or an error of RFC 6749 §5.2. Throws only when storage or keys do. */
export async function tokenEndpoint(request: BackChannelRequest, deps: TokenEndpointDeps): Promise<EndpointResponse> {
  const nowMs = deps.clock();

  // 1. method, content type, parameters
  const read = readBackChannelRequest(request);
  if (read.outcome === 'refused') return read.response;
  const { parameters } = read;

  // 2. the client
  const client = await authenticateClient({ ...request, parameters }, nowMs, deps);
  if (client.outcome === 'refused') return client.response;
  const { application } = client;
  const { clientId } = application;

  // 3. the grant exists
  const type = parameters.get('grant_type');
  if (type === null) return { ...errorResponse(MISSING_GRANT_TYPE), clientId };
  const grant = GRANTS.get(type);
  if (grant === undefined) return { ...errorResponse(unsupportedGrant(type)), clientId };

  // 4. the application has it (RFC 6749 §5.2, ASVS 10.4.4)
  if (!application.grants.includes(grant.name)) return { ...errorResponse(lacks(type)), clientId };

  // 5. the key that the tokens will be bound to (RFC 9449 §5). Behind the rest: a refused request uses no proof up.
  const proof = await proveKey(request, application, nowMs, deps);
  const headers = proof.headers;
  if (proof.outcome === 'refused') return { ...errorResponse(proof.error, { headers }), clientId };
  const { confirmation } = proof;

  // 6. the grant's own checks and its one transition
  const result = await grant.redeem({ application, parameters, confirmation, nowMs }, deps);
  if (result.outcome === 'refused') return { ...errorResponse(result.error, { headers }), clientId };

  // 7. RFC 6749 §5.1. What nobody vouches for goes when it is not used: this is its use.
  if (isUnverified(application)) deps.applicationUse.applicationWasUsed(application.id, nowMs);
  return { status: 200, headers: { ...NO_STORE, ...headers }, body: result.response, clientId };
}

/** `headers`: the nonce for the next proof (§8.2), for a client that sends some. */
type ProvenKey = { readonly headers: Readonly<Record<string, string>> } & (
  | { readonly outcome: 'proven'; readonly confirmation: Confirmation | null }
  | { readonly outcome: 'refused'; readonly error: ProtocolError }
);

async function proveKey(
  request: BackChannelRequest,
  { settings }: Application,
  nowMs: number,
  deps: TokenEndpointDeps,
): Promise<ProvenKey> {
  const dpop = request.dpop ?? null;
  if (settings.tlsClientCertificateBoundAccessTokens) return proveCertificate(request, dpop);
  if (dpop === null && !settings.requireDpop) return { outcome: 'proven', headers: {}, confirmation: null };
  const headers = dpopNonceHeader(nowMs, deps);
  if (dpop === null) return { outcome: 'refused', headers, error: DPOP_REQUIRED };
  // §8: who has to send proofs is taken for able to put a nonce into them.
  const context = { url: `${deps.issuer}/token/`, accessToken: null, needsNonce: settings.requireDpop };
  const proof = await dpopProof({ dpop, method: request.method, ...context }, nowMs, deps);
  if (isProtocolError(proof)) return { outcome: 'refused', headers, error: proof };
  return { outcome: 'proven', headers, confirmation: proof === null ? null : { jkt: proof.jkt } };
}

/** RFC 8705 §3, §4: of a public client as of a confidential one. */
function proveCertificate({ certificate }: BackChannelRequest, dpop: string | null): ProvenKey {
  if (certificate == null) return { outcome: 'refused', headers: {}, error: CERTIFICATE_REQUIRED };
  // A token has one key: were both taken, resources would have to ask for both.
  if (dpop !== null) return { outcome: 'refused', headers: {}, error: TWO_KEYS };
  return { outcome: 'proven', headers: {}, confirmation: { 'x5t#S256': certificate.thumbprint } };
}

const CERTIFICATE_REQUIRED = protocolError(
  'invalid_request',
  'The tokens of this application are bound to its certificate, and none has arrived with this request (RFC 8705 section 3).',
);
const TWO_KEYS = protocolError(
  'invalid_request',
  'The tokens of this application are bound to its certificate: send no DPoP proof beside it.',
);
const DPOP_REQUIRED = protocolError(
  'invalid_dpop_proof',
  'This application has to send a DPoP proof in the DPoP header (RFC 9449 section 5).',
);
const MISSING_GRANT_TYPE = protocolError(
  'invalid_request',
  'The parameter grant_type is missing (RFC 6749 section 4).',
);

function lacks(type: string): ProtocolError {
  return protocolError(
    'unauthorized_client',
    `This application may not use the grant type ${type}. Its owner can add it in the application settings.`,
  );
}
