/** Codes, families and access tokens between the ports' records and their columns. Decides nothing. */
import type {
  AccessTokenFound,
  AccessTokenRecord,
  AuthorizationCodeFound,
  AuthorizationCodeRecord,
  NewFamily,
  RefreshTokenFound,
} from '../protocol/ports/grants.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { CodeRow, codeQueries } from './code-queries.ts';
import { claimsOf, contextOf, contextText, flag, listText, scopeList, scopeText, textList } from './columns.ts';
import type { Statements } from './query.ts';
import type { AccessTokenRow, FamilyRow, tokenQueries } from './token-queries.ts';

type Found = Statements<typeof codeQueries & typeof tokenQueries>;
type RowOf<Name extends keyof Found> = NonNullable<Found[Name]['row']>;

/** Cleanup looks at each family at least this often, whenever it may end. */
const FAMILY_CHECK_EVERY_MS = 30 * 86_400_000;

/** To its columns. */
export function codeRow(code: AuthorizationCodeRecord): CodeRow {
  return {
    code_digest: code.codeDigest,
    application_id: code.applicationId,
    account_id: code.accountId,
    session_id: code.sessionId,
    redirect_uri: code.redirectUri,
    redirect_uri_was_sent: flag(code.redirectUriWasSent),
    code_challenge: code.codeChallenge,
    nonce: code.nonce,
    scope: scopeText(code.scope),
    context: contextText(code.context),
    auth_time_at: code.authTimeMs,
    amr: listText(code.amr),
    issued_at: code.issuedAtMs,
    expires_at: code.expiresAtMs,
  };
}

/** To its columns. */
export function familyRow(family: NewFamily, token: AccessTokenRecord): FamilyRow {
  return {
    family_id: family.familyId,
    application_id: family.applicationId,
    account_id: family.accountId,
    session_id: family.sessionId,
    scope: scopeText(family.scope),
    context: contextText(family.context),
    nonce: family.nonce,
    auth_time_at: family.authTimeMs,
    amr: listText(family.amr),
    current_digest: family.refreshDigest,
    generation: 0,
    started_at: family.startedAtMs,
    expires_at: family.expiresAtMs,
    idle_expires_at: family.idleExpiresAtMs,
    check_at: firstCheckAt(family, token),
  };
}

/** Without a refresh token the family is over with its access token; with one, at the earlier of its limits. */
function firstCheckAt(family: NewFamily, token: AccessTokenRecord): number {
  if (family.refreshDigest === null) return token.expiresAtMs;
  const endsAt = earlier(family.expiresAtMs, family.idleExpiresAtMs) ?? Number.MAX_SAFE_INTEGER;
  return Math.min(Math.max(endsAt, token.expiresAtMs), family.startedAtMs + FAMILY_CHECK_EVERY_MS);
}

/** To its columns. */
export function accessTokenRow(token: AccessTokenRecord): AccessTokenRow {
  return {
    token_digest: token.tokenDigest,
    application_id: token.applicationId,
    family_id: token.familyId,
    scope: scopeText(token.scope),
    context: contextText(token.context),
    issued_at: token.issuedAtMs,
    expires_at: token.expiresAtMs,
  };
}

/** From its columns. */
export function codeFound(row: RowOf<'findCode'>): AuthorizationCodeFound {
  return {
    code: {
      codeDigest: row.code_digest,
      applicationId: row.application_id,
      accountId: row.account_id,
      sessionId: row.session_id,
      redirectUri: row.redirect_uri,
      redirectUriWasSent: row.redirect_uri_was_sent === 1,
      codeChallenge: row.code_challenge,
      nonce: row.nonce,
      scope: scopeList(row.scope),
      context: contextOf(row.context),
      authTimeMs: row.auth_time_at,
      amr: textList(row.amr),
      issuedAtMs: row.issued_at,
      expiresAtMs: row.expires_at,
    },
    redeemed: row.redeemed_at !== null,
    account: claimsOf(row),
    sessionIsActive: row.found_session_id !== null,
  };
}

/** From its columns. */
export function accessTokenFound(
  tokenDigest: AccessTokenFound['token']['tokenDigest'],
  row: RowOf<'findAccessToken'>,
): AccessTokenFound {
  const account = claimsOf(row);
  return {
    token: {
      tokenDigest,
      applicationId: row.application_id,
      accountId: row.account_id,
      familyId: row.family_id,
      scope: scopeList(row.scope),
      context: contextOf(row.context),
      issuedAtMs: row.issued_at,
      expiresAtMs: row.expires_at,
    },
    clientId: row.client_id,
    isActive:
      row.revoked_at === null &&
      row.application_disabled_at === null &&
      row.family_revoked_at === null &&
      (row.family_id === null || account !== null),
    account,
  };
}

/** From its family's columns; `digest` is of the token as presented. */
export function refreshTokenFound(digest: Digest, row: RowOf<'findRefreshToken'>): RefreshTokenFound {
  const position =
    row.current_digest?.equals(digest) === true
      ? 'current'
      : row.predecessor_digest?.equals(digest) === true
        ? 'predecessor'
        : 'older';
  return {
    familyId: row.family_id,
    applicationId: row.application_id,
    clientId: row.client_id,
    sessionId: row.session_id,
    scope: scopeList(row.scope),
    context: contextOf(row.context),
    nonce: row.nonce,
    authTimeMs: row.auth_time_at,
    amr: textList(row.amr),
    position,
    rotatedAtMs: row.rotated_at,
    startedAtMs: row.started_at,
    issuedAtMs: position === 'current' ? (row.rotated_at ?? row.started_at) : row.started_at,
    expiresAtMs: earlier(row.expires_at, row.idle_expires_at),
    revoked: row.revoked_at !== null,
    account: claimsOf(row),
  };
}

/** The earlier of two ends, where null is none. */
export function earlier(left: number | null, right: number | null): number | null {
  if (left === null) return right;
  return right === null ? left : Math.min(left, right);
}
