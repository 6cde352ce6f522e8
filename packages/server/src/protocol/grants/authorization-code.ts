/**
 * The authorization code grant (RFC 6749 §4.1.3, RFC 7636 §4.6, OpenID Connect Core §3.1.3).
 *
 * Owns the checks on a code, in their order, and which failed check burns it. Single use is storage's (`redeemCode`).
 * A code that fails a check is burnt: whoever holds it and does not fit it is not its client, and gets one try.
 */
import { digestOf, presentedSecret } from '../../vocabulary/credentials.ts';
import type { Application } from '../application.ts';
import { narrowedDetails, withDetails } from '../authorization-details.ts';
import { claimsByName } from '../claims.ts';
import { isProtocolError, type ProtocolError, protocolError } from '../errors.ts';
import { issueIdToken } from '../id-token.ts';
import { withSubject } from '../pairwise-subject.ts';
import { verifierFault } from '../pkce.ts';
import type { AuthorizationCodeFound, AuthorizationCodeRecord, NewFamily } from '../ports/grants.ts';
import type { AccountClaims } from '../ports/people.ts';
import { firstRefreshToken, newFamilyId } from '../refresh-token-text.ts';
import { narrowedResources } from '../resource-indicators.ts';
import { boundTo, jktOf, withResources } from '../token-context.ts';
import { mintAccessToken, tokenResponse } from '../token-response.ts';
import type { Grant, GrantDeps, GrantOutcome, TokenRequest } from './grant.ts';

/** `grant_type=authorization_code`. */
export const authorizationCodeGrant: Grant = {
  type: 'authorization_code',
  name: 'authorization-code',
  redeem: redeemAuthorizationCode,
};

async function redeemAuthorizationCode(request: TokenRequest, deps: GrantDeps): Promise<GrantOutcome> {
  const text = request.parameters.get('code');
  if (text === null) {
    return refused(protocolError('invalid_request', 'The parameter code is missing (RFC 6749 section 4.1.3).'));
  }
  const codeDigest = digestOf(presentedSecret<'code'>(text));
  const found = await deps.grants.findCode(codeDigest);
  // RFC 6749 §4.1.3: the code must have been issued to this client. Another's stays as it is, or anyone could burn it.
  if (found === null || found.code.applicationId !== request.application.id) {
    return refused(UNKNOWN_CODE);
  }
  const fault = codeFault(found, request);
  if (fault !== null) {
    // RFC 6749 §4.1.2: burning a redeemed code also revokes all that was issued on it.
    await deps.grants.burnCode(codeDigest, request.nowMs);
    return refused(fault);
  }
  return issue(found.code, found.account, request, deps);
}

const UNKNOWN_CODE = protocolError('invalid_grant', 'The code is unknown, or it was issued to another client.');
const USED_CODE = protocolError(
  'invalid_grant',
  'The code was used before: all that was issued on it is revoked now (RFC 6749 section 4.1.2). Start a new sign-in.',
);
const EXPIRED_CODE = protocolError('invalid_grant', 'The code has expired. Start a new sign-in.');
const NO_ACCOUNT = protocolError('invalid_grant', 'The person of this code can no longer sign in.');

function codeFault(found: AuthorizationCodeFound, request: TokenRequest): ProtocolError | null {
  const { code } = found;
  if (found.redeemed) return USED_CODE;
  // ASVS 10.4.3
  if (request.nowMs >= code.expiresAtMs) return EXPIRED_CODE;
  if (found.account === null) return NO_ACCOUNT;
  // CVE-2026-16089: a code belongs to the session that it was issued in.
  if (!found.sessionIsActive) {
    return protocolError('invalid_grant', 'The person has signed out since the code was issued. Start a new sign-in.');
  }
  const redirectUri = request.parameters.get('redirect_uri');
  // RFC 6749 §4.1.3: required when the authorization request had it, and identical.
  if (redirectUri === null && code.redirectUriWasSent) {
    return protocolError('invalid_grant', 'The redirect_uri is missing: the authorization request had one, repeat it.');
  }
  if (redirectUri !== null && redirectUri !== code.redirectUri) {
    return protocolError(
      'invalid_grant',
      'The redirect_uri is not the one of the authorization request: repeat it as it was.',
    );
  }
  // RFC 9449 §10: dpop_jkt
  const jkt = jktOf(code.context);
  if (jkt !== null && jkt !== jktOf(boundTo(null, request.confirmation))) {
    return protocolError('invalid_grant', 'The code is bound to a key (dpop_jkt): send a DPoP proof of that key.');
  }
  return verifierFault(request.parameters.get('code_verifier'), code.codeChallenge);
}

async function issue(
  code: AuthorizationCodeRecord,
  account: AccountClaims | null,
  request: TokenRequest,
  deps: GrantDeps,
): Promise<GrantOutcome> {
  if (account === null) return refused(NO_ACCOUNT);
  const { application, confirmation, nowMs } = request;
  const { accountId, scope } = code;
  // RFC 8707 §2.2. A resource that cannot be had says nothing about who holds the code: it is not burnt.
  const resources = narrowedResources(request.parameters, application, code.context?.resources, deps.issuer);
  if (isProtocolError(resources)) return refused(resources);
  // RFC 9396 §6
  const granted = code.context?.authorizationDetails;
  const details = narrowedDetails(request.parameters, application, granted, deps.detailTypes);
  if (isProtocolError(details)) return refused(details);
  // RFC 9449 §5: so is the refresh token, which of a public client is shown by the holder of the key alone.
  const context = withSubject(boundTo(code.context, confirmation), code, application, deps.pairwiseKey);
  const familyId = newFamilyId(deps.randomness);
  const refreshToken = application.grants.includes('refresh-token')
    ? firstRefreshToken(familyId, deps.randomness)
    : null;
  const access = await mintAccessToken(
    {
      application,
      accountId,
      familyId,
      authentication: code,
      scope,
      context: withDetails(withResources(context, resources), details),
      confirmation,
      nowMs,
    },
    deps,
  );
  const idToken = scope.includes('openid')
    ? await issueIdToken(
        {
          ...code,
          context,
          named: await claimsByName(account, context?.claims?.idToken ?? [], deps),
          application,
          accessToken: access.token,
          nowMs,
        },
        deps,
      )
    : null;
  if (isProtocolError(idToken)) return refused(idToken);
  const family: NewFamily = {
    familyId,
    applicationId: application.id,
    accountId,
    sessionId: code.sessionId,
    scope,
    context,
    nonce: code.nonce,
    authTimeMs: code.authTimeMs,
    amr: code.amr,
    refreshDigest: refreshToken === null ? null : digestOf(refreshToken),
    startedAtMs: nowMs,
    ...familyEnd(application, refreshToken !== null, access.record.expiresAtMs, nowMs),
  };
  const step = {
    codeDigest: code.codeDigest,
    applicationId: application.id,
    family,
    accessToken: access.record,
    nowMs,
  };
  const { outcome } = await deps.grants.redeemCode(step);
  switch (outcome) {
    case 'redeemed':
      return { outcome: 'issued', response: tokenResponse({ access, refreshToken, idToken }) };
    case 'already_redeemed':
      return refused(USED_CODE);
    case 'expired':
      return refused(EXPIRED_CODE);
    case 'not_found':
      return refused(UNKNOWN_CODE);
    default:
      return outcome satisfies never;
  }
}

/** ASVS 10.4.8. A family without a refresh token ends with its only access token. */
export function familyEnd(
  application: Application,
  refreshes: boolean,
  accessExpiresAtMs: number,
  nowMs: number,
): { readonly expiresAtMs: number | null; readonly idleExpiresAtMs: number | null } {
  if (!refreshes) return { expiresAtMs: accessExpiresAtMs, idleExpiresAtMs: null };
  const { refreshTokenLifetimeSeconds: lifetime, refreshTokenIdleSeconds: idle } = application;
  return {
    expiresAtMs: lifetime === null ? null : nowMs + lifetime * 1_000,
    idleExpiresAtMs: idle === null ? null : nowMs + idle * 1_000,
  };
}

function refused(error: ProtocolError): GrantOutcome {
  return { outcome: 'refused', error };
}
