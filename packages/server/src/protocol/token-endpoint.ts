/**
 * The token endpoint (RFC 6749 §3.2): the numbered pipeline that every grant goes through.
 *
 * Owns the order of the steps. What a grant checks and does is its own file in `grants/`.
 */
import type { Clock } from '../vocabulary/time.ts';
import { readBackChannelRequest } from './back-channel-request.ts';
import { authenticateClient, type ClientAuthenticationDeps } from './client-authentication.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import type { GrantDeps } from './grants/grant.ts';
import { GRANTS, unsupportedGrant } from './grants/registry.ts';

/** What the token endpoint uses. `refreshTokenKeys` is asked at each use: the server key may rotate while the process runs. */
export interface TokenEndpointDeps extends ClientAuthenticationDeps, GrantDeps {
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
  const client = await authenticateClient({ authorization: request.authorization, parameters }, nowMs, deps);
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

  // 5. the grant's own checks and its one transition
  const result = await grant.redeem({ application, parameters, nowMs }, deps);
  if (result.outcome === 'refused') return { ...errorResponse(result.error), clientId };

  // 6. RFC 6749 §5.1
  return { status: 200, headers: NO_STORE, body: result.response, clientId };
}

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
