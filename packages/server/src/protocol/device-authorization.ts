/**
 * The device authorization endpoint (RFC 8628 §3.1, §3.2): a device that cannot show a browser asks for two codes, one to poll
 * with and one that its person types elsewhere.
 *
 * Owns the request and the codes. What the person sees and decides is `device-verification.ts`, polling is
 * `grants/device-code.ts`, the form of the user code `user-code.ts`.
 */
import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import { digestOf, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Application } from './application.ts';
import { requestedDetails, scopeBeside, withDetails } from './authorization-details.ts';
import { readBackChannelRequest } from './back-channel-request.ts';
import { authenticateClient, type ClientAuthenticationDeps } from './client-authentication.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import type { Parameters } from './parameters.ts';
import type { DeviceGrantRecord, DeviceGrantStore } from './ports/devices.ts';
import { requestedResources } from './resource-indicators.ts';
import type { ScopeRegistry } from './scopes.ts';
import { withResources } from './token-context.ts';
import { newUserCode, shownUserCode, type UserCodeKey, userCodeMac } from './user-code.ts';

/** A request with what its person will judge the device by. */
export interface DeviceAuthorizationRequest extends BackChannelRequest {
  /** The client's address, after the trusted proxies. */
  readonly networkAddress: string;
  /** The header as it came; empty: none. */
  readonly userAgent: string;
}

/** What the endpoint uses. */
export interface DeviceAuthorizationDeps extends ClientAuthenticationDeps {
  /** `DIAPASON_URL` without a slash at its end. */
  readonly baseUrl: string;
  readonly issuer: string;
  readonly scopes: ScopeRegistry;
  readonly detailTypes: AuthorizationDetailTypes;
  readonly deviceGrants: Pick<DeviceGrantStore, 'issueDeviceGrant'>;
  readonly userCodeKey: UserCodeKey;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Ten minutes: to find a telephone, sign in there and type; short for whoever has to talk a stranger into it (§5.4). */
const LIFETIME_SECONDS = 600;
/** §3.2: what a client assumes that is told nothing. */
const INTERVAL_SECONDS = 5;
/** Longer ones are cut: they are shown, and nothing else. */
const USER_AGENT_CHARACTERS_MAX = 300;
/** Among a thousand waiting devices one new code in 26 million is taken. */
const TRIES = 3;

/** Path of the page where the code is typed, django-oauth-toolkit's. */
export const VERIFICATION_PATH = '/o/device/';

/**
 * Answers a device authorization request with two codes and the address to type one at.
 * @returns the errors of client authentication; `unauthorized_client` for an application without the grant; `invalid_scope`,
 *   `invalid_target`, `invalid_authorization_details`.
 */
export async function deviceAuthorizationEndpoint(
  request: DeviceAuthorizationRequest,
  deps: DeviceAuthorizationDeps,
): Promise<EndpointResponse> {
  const nowMs = deps.clock();
  const read = readBackChannelRequest(request);
  if (read.outcome === 'refused') return read.response;
  const { parameters } = read;
  // §3.1: the client authenticates as at the token endpoint.
  const client = await authenticateClient({ ...request, parameters }, nowMs, deps);
  if (client.outcome === 'refused') return client.response;
  const { application } = client;
  const { clientId } = application;
  if (!application.grants.includes('device-code')) return { ...errorResponse(LACKS_GRANT), clientId };
  const requested = requestedGrant(parameters, application, deps);
  if (isProtocolError(requested)) return { ...errorResponse(requested), clientId };

  const deviceCode = newSecret<'device_code'>(deps.randomness);
  const userCode = await issue(deviceCode, application, requested, { ...request, nowMs }, deps);
  if (userCode === null) return { ...errorResponse(NO_CODE), clientId };
  const verificationUri = deps.baseUrl + VERIFICATION_PATH;
  const shown = shownUserCode(userCode);
  const body = {
    device_code: deviceCode,
    user_code: shown,
    verification_uri: verificationUri,
    // §3.3.1: for a QR code; the page asks all the same whether it is the code on the device.
    verification_uri_complete: `${verificationUri}?user_code=${shown}`,
    expires_in: LIFETIME_SECONDS,
    interval: INTERVAL_SECONDS,
  };
  return { status: 200, headers: NO_STORE, body, clientId };
}

const LACKS_GRANT = protocolError(
  'unauthorized_client',
  'This application may not use the device authorization grant. Its owner can add device-code in the application settings.',
);
const NO_CODE = protocolError('temporarily_unavailable', 'No user code could be had just now. Ask again.');

/** What the device asks for: scope, resources (RFC 8707 §2.2 names this request too) and authorization details (RFC 9396 §3). */
function requestedGrant(
  parameters: Parameters,
  application: Application,
  deps: DeviceAuthorizationDeps,
): Pick<DeviceGrantRecord, 'scope' | 'context'> | ProtocolError {
  const details = requestedDetails(parameters.get('authorization_details'), application, deps.detailTypes);
  if (isProtocolError(details)) return details;
  const scope = scopeBeside(details, parameters.get('scope'), application, deps.scopes);
  if (scope.outcome === 'refused') return scope.error;
  const resources = requestedResources(parameters, application, deps.issuer);
  if (isProtocolError(resources)) return resources;
  return { scope: scope.scope, context: withDetails(withResources(null, resources), details) };
}

async function issue(
  deviceCode: Secret<'device_code'>,
  application: Application,
  { scope, context }: Pick<DeviceGrantRecord, 'scope' | 'context'>,
  device: Pick<DeviceAuthorizationRequest, 'networkAddress' | 'userAgent'> & { readonly nowMs: number },
  deps: DeviceAuthorizationDeps,
): Promise<Secret<'user_code'> | null> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const userCode = newUserCode(deps.randomness);
    const { outcome } = await deps.deviceGrants.issueDeviceGrant({
      deviceCodeDigest: digestOf(deviceCode),
      userCodeMac: userCodeMac(userCode, deps.userCodeKey),
      applicationId: application.id,
      scope,
      context,
      networkAddress: device.networkAddress,
      userAgent: device.userAgent.slice(0, USER_AGENT_CHARACTERS_MAX),
      issuedAtMs: device.nowMs,
      expiresAtMs: device.nowMs + LIFETIME_SECONDS * 1_000,
      intervalSeconds: INTERVAL_SECONDS,
    });
    if (outcome === 'issued') return userCode;
  }
  return null;
}
