/**
 * The device code grant (RFC 8628 §3.4, §3.5): a device polls until its person has decided.
 *
 * Owns what a poll is answered and its order. Pace and single use are storage's (`pollDeviceGrant`, `redeemDeviceCode`).
 * A decided code is answered whatever the pace: `slow_down` is for those that still wait. A code presented a second time is
 * refused and revokes nothing, unlike an authorization code: polling devices repeat requests whose answers were lost by nature.
 * The session that the person decided in may be over by now; a device is allowed for longer than a browser stays open.
 */
import { digestOf, presentedSecret } from '../../vocabulary/credentials.ts';
import { narrowedDetails, withDetails } from '../authorization-details.ts';
import { isProtocolError, type ProtocolError, protocolError } from '../errors.ts';
import { issueIdToken } from '../id-token.ts';
import { withSubject } from '../pairwise-subject.ts';
import type { DeviceGrantFound } from '../ports/devices.ts';
import type { NewFamily } from '../ports/grants.ts';
import type { AccountClaims } from '../ports/people.ts';
import { firstRefreshToken, newFamilyId } from '../refresh-token-text.ts';
import { narrowedResources } from '../resource-indicators.ts';
import { boundTo, withResources } from '../token-context.ts';
import { mintAccessToken, tokenResponse } from '../token-response.ts';
import { familyEnd } from './authorization-code.ts';
import type { Grant, GrantDeps, GrantOutcome, TokenRequest } from './grant.ts';

/** `grant_type=urn:ietf:params:oauth:grant-type:device_code`. */
export const deviceCodeGrant: Grant = {
  type: 'urn:ietf:params:oauth:grant-type:device_code',
  name: 'device-code',
  redeem: redeemDeviceCode,
};

async function redeemDeviceCode(request: TokenRequest, deps: GrantDeps): Promise<GrantOutcome> {
  const text = request.parameters.get('device_code');
  if (text === null) {
    return refused(protocolError('invalid_request', 'The parameter device_code is missing (RFC 8628 section 3.4).'));
  }
  const deviceCodeDigest = digestOf(presentedSecret<'device_code'>(text));
  const found = await deps.deviceGrants.findDeviceGrant(deviceCodeDigest);
  // RFC 8628 §3.4: it must have been issued to this client. Another's stays as it is.
  if (found === null || found.applicationId !== request.application.id) return refused(UNKNOWN);
  if (found.redeemed) return refused(USED);
  // §3.5: expired_token, whatever was decided.
  if (request.nowMs >= found.expiresAtMs) return refused(EXPIRED);
  const { decision } = found;
  if (decision === null) {
    const { outcome } = await deps.deviceGrants.pollDeviceGrant(deviceCodeDigest, request.nowMs);
    return refused(outcome === 'too_early' ? SLOW_DOWN : PENDING);
  }
  if (!decision.allowed) return refused(DENIED);
  const { account } = decision;
  if (account === null) return refused(NO_ACCOUNT);
  return issue(deviceCodeDigest, { ...found, decision: { ...decision, account } }, request, deps);
}

const UNKNOWN = protocolError('invalid_grant', 'The device_code is unknown, or it was issued to another client.');
const USED = protocolError('invalid_grant', 'The device_code was used before: tokens are issued on it once.');
const EXPIRED = protocolError('expired_token', 'The device_code has expired. Ask for a new one.');
const PENDING = protocolError(
  'authorization_pending',
  'The person has not answered yet: poll again after the interval.',
);
const SLOW_DOWN = protocolError(
  'slow_down',
  'The poll came before the interval was over: it is 5 seconds longer from now on (RFC 8628 section 3.5).',
);
const DENIED = protocolError('access_denied', 'The person did not allow it.');
const NO_ACCOUNT = protocolError('invalid_grant', 'The person of this device_code can no longer sign in.');

type Decision = NonNullable<DeviceGrantFound['decision']>;

async function issue(
  deviceCodeDigest: ReturnType<typeof digestOf>,
  found: DeviceGrantFound & { readonly decision: Decision & { readonly account: AccountClaims } },
  request: TokenRequest,
  deps: GrantDeps,
): Promise<GrantOutcome> {
  const { application, confirmation, nowMs } = request;
  const { decision } = found;
  const { accountId } = decision.account;
  const person = { accountId, sessionId: decision.sessionId };
  const context = withSubject(boundTo(found.context, confirmation), person, application, deps.pairwiseKey);
  // ASVS 10.4.11: what the application is no longer assigned is left out.
  const scope = found.scope.filter((name) => application.scopes.includes(name));
  if (scope.length === 0 && found.scope.length > 0) return refused(NO_SCOPE_LEFT);
  // RFC 8707 §2.2, RFC 9396 §6. The device may ask again for something that can be had.
  const { parameters } = request;
  const resources = narrowedResources(parameters, application, found.context?.resources, deps.issuer);
  if (isProtocolError(resources)) return refused(resources);
  const details = narrowedDetails(parameters, application, found.context?.authorizationDetails, deps.detailTypes);
  if (isProtocolError(details)) return refused(details);
  const familyId = newFamilyId(deps.randomness);
  const refreshToken = application.grants.includes('refresh-token')
    ? firstRefreshToken(familyId, deps.randomness)
    : null;
  const access = await mintAccessToken(
    {
      application,
      accountId,
      familyId,
      authentication: decision,
      scope,
      context: withDetails(withResources(context, resources), details),
      confirmation,
      nowMs,
    },
    deps,
  );
  const idToken = scope.includes('openid')
    ? await issueIdToken(
        { ...decision, application, accountId, context, nonce: null, accessToken: access.token, nowMs },
        deps,
      )
    : null;
  if (isProtocolError(idToken)) return refused(idToken);
  const family: NewFamily = {
    familyId,
    applicationId: application.id,
    accountId,
    sessionId: decision.sessionId,
    scope,
    context,
    nonce: null,
    authTimeMs: decision.authTimeMs,
    amr: decision.amr,
    refreshDigest: refreshToken === null ? null : digestOf(refreshToken),
    startedAtMs: nowMs,
    ...familyEnd(application, refreshToken !== null, access.record.expiresAtMs, nowMs),
  };
  const step = { deviceCodeDigest, applicationId: application.id, family, accessToken: access.record, nowMs };
  const { outcome } = await deps.deviceGrants.redeemDeviceCode(step);
  switch (outcome) {
    case 'redeemed':
      return { outcome: 'issued', response: tokenResponse({ access, refreshToken, idToken }) };
    case 'not_redeemable':
      return refused(USED);
    default:
      return outcome satisfies never;
  }
}

const NO_SCOPE_LEFT = protocolError(
  'invalid_scope',
  'The application has none of the scopes any more that were allowed to this device.',
);

function refused(error: ProtocolError): GrantOutcome {
  return { outcome: 'refused', error };
}
