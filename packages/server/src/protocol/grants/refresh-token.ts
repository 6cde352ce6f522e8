/**
 * The refresh token grant (RFC 6749 §6, RFC 9700 §4.14.2, OpenID Connect Core §12).
 *
 * Owns the checks on a refresh token. Rotation, its window and what reuse ends are one atomic step of storage
 * (`rotateRefreshToken`); how the successor comes out of the presented token is `refresh-token-text.ts`.
 */
import { digestOf, presentedSecret, type Secret } from '../../vocabulary/credentials.ts';
import type { Application } from '../application.ts';
import { narrowedDetails, withDetails } from '../authorization-details.ts';
import { claimsByName } from '../claims.ts';
import { isProtocolError, type ProtocolError, protocolError } from '../errors.ts';
import { isFapi } from '../fapi.ts';
import { isLimitedToGroups, mayEnter } from '../group-access.ts';
import { issueIdToken } from '../id-token.ts';
import type { GrantStore, RefreshTokenFound } from '../ports/grants.ts';
import type { AccountClaims } from '../ports/people.ts';
import { familyIdOf, type Successor, successorsOf } from '../refresh-token-text.ts';
import { narrowedResources } from '../resource-indicators.ts';
import { scopeTokens } from '../scopes.ts';
import { fallsShort } from '../second-factor.ts';
import { boundTo, certificateOf, jktOf, type TokenContext, withResources } from '../token-context.ts';
import { mintAccessToken, tokenResponse } from '../token-response.ts';
import type { Grant, GrantDeps, GrantOutcome, TokenRequest } from './grant.ts';

/** `grant_type=refresh_token`. */
export const refreshTokenGrant: Grant = {
  type: 'refresh_token',
  name: 'refresh-token',
  redeem: redeemRefreshToken,
};

/** For so long after a rotation its predecessor still gets the same successor: a lost answer is retried by then. */
export const PREDECESSOR_WINDOW_MS = 30_000;

async function redeemRefreshToken(request: TokenRequest, deps: GrantDeps): Promise<GrantOutcome> {
  const text = request.parameters.get('refresh_token');
  if (text === null) {
    return refused(protocolError('invalid_request', 'The parameter refresh_token is missing (RFC 6749 section 6).'));
  }
  const presented = presentedSecret<'refresh_token'>(text);
  const found = await findPresented(presented, deps.grants);
  // RFC 6749 §6: it must have been issued to this client. Another's stays as it is.
  if (found === null || found.applicationId !== request.application.id) return refused(UNKNOWN);
  if (found.revoked) return refused(REVOKED);
  if (found.position === 'older') {
    // RFC 9700 §4.14.2: whichever of two holders is the thief, both have to start again.
    await deps.grants.revokeFamily(found.familyId, request.nowMs);
    return refused(REUSED);
  }
  if (found.expiresAtMs !== null && request.nowMs >= found.expiresAtMs) return refused(EXPIRED);
  const { account } = found;
  if (account === null) {
    return refused(protocolError('invalid_grant', 'The person of this refresh token can no longer sign in.'));
  }
  if (isLimitedToGroups(request.application)) {
    if (!(await mayEnter(request.application, account.accountId, deps.groups))) return refused(NOT_IN_GROUP);
  }
  if (fallsShort(request.application, found)) return refused(ONE_FACTOR);
  const keyFault = boundKeyFault(found, request);
  if (keyFault !== null) return refused(keyFault);
  const scope = narrowedScope(request.parameters.get('scope'), found.scope, request.application);
  if (isProtocolError(scope)) return refused(scope);
  // RFC 8707 §2.2: the refresh token keeps all of them, as of the scopes.
  const resources = narrowedResources(request.parameters, request.application, found.context?.resources, deps.issuer);
  if (isProtocolError(resources)) return refused(resources);
  // RFC 9396 §6
  const granted = found.context?.authorizationDetails;
  const details = narrowedDetails(request.parameters, request.application, granted, deps.detailTypes);
  if (isProtocolError(details)) return refused(details);
  const context = withDetails(withResources(found.context, resources), details);
  return rotate(presented, { ...found, scope, context, account }, request, deps);
}

const UNKNOWN = protocolError('invalid_grant', 'The refresh token is unknown, or it was issued to another client.');
const REVOKED = protocolError('invalid_grant', 'The refresh token was revoked. Start a new sign-in.');
const NOT_IN_GROUP = protocolError(
  'invalid_grant',
  'The person is in none of the groups that this application is for any more.',
);
const ONE_FACTOR = protocolError(
  'invalid_grant',
  'This application requires two factors (second_factor), and the sign-in of this refresh token was by one. Start a new sign-in.',
);
const EXPIRED = protocolError('invalid_grant', 'The refresh token has expired. Start a new sign-in.');
const REUSED = protocolError(
  'invalid_grant',
  'The refresh token was used before and replaced: every token of this sign-in is revoked now. Keep the newest one.',
);

/**
 * RFC 9449 §5, RFC 8705 §4: of a public client the refresh token is bound to the key or the certificate of its sign-in. A confidential
 * client proves itself and may change it; going back to Bearer it may not, or a stolen secret and token would need no key any more.
 */
function boundKeyFault(found: RefreshTokenFound, request: TokenRequest): ProtocolError | null {
  const bound = keyOf(found.context);
  const shown = keyOf(boundTo(null, request.confirmation));
  if (bound === null || bound === shown) return null;
  if (shown !== null && request.application.type === 'confidential') return null;
  return certificateOf(found.context) === null ? OTHER_KEY : OTHER_CERTIFICATE;
}

/** Of either kind: a thumbprint of one is none of the other. */
function keyOf(context: TokenContext | null): string | null {
  return jktOf(context) ?? certificateOf(context);
}

const OTHER_KEY = protocolError('invalid_grant', 'The refresh token is bound to a key: send a DPoP proof of that key.');
const OTHER_CERTIFICATE = protocolError(
  'invalid_grant',
  'The refresh token is bound to a certificate: show that certificate in the TLS handshake (RFC 8705 section 4).',
);

/**
 * Finds the row of a presented token. An imported text may look like ours by chance: its family is then not found, and it
 * is sought by its digest alone.
 */
export async function findPresented(
  presented: Secret<'refresh_token'>,
  grants: Pick<GrantStore, 'findRefreshToken'>,
): Promise<RefreshTokenFound | null> {
  const digest = digestOf(presented);
  const familyId = familyIdOf(presented);
  const found = await grants.findRefreshToken({ familyId, digest });
  return found === null && familyId !== null ? grants.findRefreshToken({ familyId: null, digest }) : found;
}

/**
 * RFC 6749 §6: the new access token may have less than what was granted, never more. The refresh token keeps all of it.
 * What the application is no longer assigned (ASVS 10.4.11) is left out.
 */
function narrowedScope(
  asked: string | null,
  granted: readonly string[],
  application: Application,
): readonly string[] | ProtocolError {
  const assigned = granted.filter((name) => application.scopes.includes(name));
  const names = asked === null ? assigned : scopeTokens(asked);
  // A sign-in that asked for authorization details alone has no scope.
  if (granted.length === 0 && names.length === 0) return names;
  if (names.length > 0 && names.every((name) => assigned.includes(name))) return names;
  return protocolError(
    'invalid_scope',
    'A refresh may ask for the scopes of its sign-in or fewer, as far as the application still has them (RFC 6749 section 6).',
    `asked: ${asked ?? 'all'}; granted: ${granted.join(' ')}; assigned: ${application.scopes.join(' ')}`,
  );
}

async function rotate(
  presented: Secret<'refresh_token'>,
  found: RefreshTokenFound & { readonly account: AccountClaims },
  request: TokenRequest,
  deps: GrantDeps,
): Promise<GrantOutcome> {
  const { application, confirmation, nowMs } = request;
  const { familyId, scope, context } = found;
  const { accountId } = found.account;
  const successors = successorsOf(presented, familyId, deps.refreshTokenKeys());
  // FAPI 2.0 Security Profile §5.3.2.1: no rotation. The same atomic step, to the token itself; it renews the idle limit as well.
  const [successor, ...former] = isFapi(application.settings) ? [itself(presented), ...successors] : successors;
  const access = await mintAccessToken(
    { application, accountId, familyId, authentication: found, scope, context, confirmation, nowMs },
    deps,
  );
  // OpenID Connect Core §12.2: the same sub and auth_time; a nonce belongs to the authorization request alone.
  const named = await claimsByName(found.account, context?.claims?.idToken ?? [], deps);
  const idToken = scope.includes('openid')
    ? await issueIdToken(
        { ...found, named, application, accountId, nonce: null, accessToken: access.token, nowMs },
        deps,
      )
    : null;
  if (isProtocolError(idToken)) return refused(idToken);
  const idle = application.refreshTokenIdleSeconds;
  const rotation = await deps.grants.rotateRefreshToken({
    familyId,
    applicationId: application.id,
    presentedDigest: digestOf(presented),
    successorDigest: successor.digest,
    formerSuccessorDigests: former.map(({ digest }) => digest),
    accessToken: access.record,
    nowMs,
    windowMs: PREDECESSOR_WINDOW_MS,
    idleExpiresAtMs: idle === null ? null : nowMs + idle * 1_000,
  });
  const issued = (refreshToken: Secret<'refresh_token'>): GrantOutcome => ({
    outcome: 'issued',
    response: tokenResponse({ access, refreshToken, idToken }),
  });
  switch (rotation.outcome) {
    case 'rotated':
      return issued(successor.token);
    case 'repeated':
      return issued(tokenOf([successor, ...former], rotation.successorDigest));
    case 'reused':
      return refused(REUSED);
    case 'revoked':
      return refused(REVOKED);
    case 'expired':
      return refused(EXPIRED);
    case 'not_found':
      return refused(UNKNOWN);
    default:
      return rotation satisfies never;
  }
}

function itself(presented: Secret<'refresh_token'>): Successor {
  return { token: presented, digest: digestOf(presented) };
}

function tokenOf(successors: readonly Successor[], digest: Buffer): Secret<'refresh_token'> {
  const successor = successors.find((candidate) => candidate.digest.equals(digest));
  if (successor === undefined) throw new Error('storage repeated a rotation to a successor that it was not given');
  return successor.token;
}

function refused(error: ProtocolError): GrantOutcome {
  return { outcome: 'refused', error };
}
