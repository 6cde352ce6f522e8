/**
 * What a successful token request brings: the access token as it is made, and the response as it is written (RFC 6749 §5.1).
 *
 * Owns both forms. What a JWT access token says is `jwt-access-token.ts`, ID tokens are `id-token.ts`, refresh tokens `refresh-token-text.ts`.
 */
import { digestOf, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { AccountId, FamilyId } from '../vocabulary/identifiers.ts';
import type { Application } from './application.ts';
import { relevantDetails, withDetails } from './authorization-details.ts';
import { signAccessToken } from './jwt-access-token.ts';
import type { AccessTokenRecord } from './ports/grants.ts';
import type { AuthenticationEvent } from './ports/people.ts';
import type { Signer } from './ports/signer.ts';
import { type AuthorizationDetail, boundTo, type Confirmation, jktOf, type TokenContext } from './token-context.ts';

/** RFC 6749 §5.1, in the order in which it is written. */
export interface TokenResponse {
  readonly access_token: Secret<'access_token'>;
  /** RFC 8693 §2.2.1: of an exchange alone. */
  readonly issued_token_type?: string;
  readonly token_type: 'Bearer' | 'DPoP';
  readonly expires_in: number;
  /** Absent where there is none: a scope is never empty (§3.3). */
  readonly scope?: string;
  /** RFC 9396 §7: what the access token carries of what was granted. */
  readonly authorization_details?: readonly AuthorizationDetail[];
  readonly refresh_token?: Secret<'refresh_token'>;
  readonly id_token?: string;
}

/** An access token with what storage keeps of it. */
export interface MintedAccessToken {
  readonly token: Secret<'access_token'>;
  readonly record: AccessTokenRecord;
}

/** What an access token is made from. */
export interface AccessTokenGrant {
  readonly application: Pick<
    Application,
    'id' | 'clientId' | 'idTokenAlgorithm' | 'accessTokenLifetimeSeconds' | 'settings'
  >;
  /** null for client credentials, as `familyId` and `authentication`. */
  readonly accountId: AccountId | null;
  readonly familyId: FamilyId | null;
  /** When and how the person signed in. */
  readonly authentication: AuthenticationEvent | null;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  /** The key that the request proved: the token will be bound to it. null: none, and `context` decides. */
  readonly confirmation: Confirmation | null;
  readonly nowMs: number;
  /** It ends by then, whatever its application's lifetime says; absent: no such end. */
  readonly endsByMs?: number;
}

/** What making one uses. */
export interface AccessTokenDeps {
  readonly issuer: string;
  readonly signer: Pick<Signer, 'sign'>;
  readonly randomness: Randomness;
}

/**
 * Makes an access token in the format that its application has set: opaque, of 256 random bits (43 characters), or a JWT of
 * RFC 9068. Nothing is stored; of either it is the digest that will be, so that both are introspected and revoked alike.
 */
export async function mintAccessToken(grant: AccessTokenGrant, deps: AccessTokenDeps): Promise<MintedAccessToken> {
  const { application, nowMs } = grant;
  const context = withUserinfoAlgorithm(
    forItsAudience(boundTo(grant.context, grant.confirmation)),
    application.settings,
  );
  const expiresAtMs = Math.min(
    nowMs + application.accessTokenLifetimeSeconds * 1_000,
    grant.endsByMs ?? Number.POSITIVE_INFINITY,
  );
  const token =
    application.settings.accessTokenFormat === 'jwt'
      ? await signAccessToken({ ...grant, context, expiresAtMs }, deps)
      : newSecret<'access_token'>(deps.randomness);
  return {
    token,
    record: {
      tokenDigest: digestOf(token),
      applicationId: application.id,
      accountId: grant.accountId,
      familyId: grant.familyId,
      scope: grant.scope,
      context,
      issuedAtMs: nowMs,
      expiresAtMs,
    },
  };
}

/** RFC 9396 §9.1: a token for some resources carries the details that concern those. */
function forItsAudience(context: TokenContext | null): TokenContext | null {
  const details = context?.authorizationDetails;
  if (details === undefined || context?.resources === undefined) return context;
  return withDetails(context, relevantDetails(details, context.resources));
}

function withUserinfoAlgorithm(
  context: TokenContext | null,
  { userinfoSigningAlgorithm: algorithm }: Application['settings'],
): TokenContext | null {
  return algorithm === 'none' ? context : { ...context, userinfoAlgorithm: algorithm };
}

/** RFC 9449 §5; a token that is bound to a certificate stays `Bearer` (RFC 8705 §3). */
export function tokenType(context: TokenContext | null): 'Bearer' | 'DPoP' {
  return jktOf(context) === null ? 'Bearer' : 'DPoP';
}

/** Puts the response together. */
export function tokenResponse(issued: {
  readonly access: MintedAccessToken;
  readonly refreshToken: Secret<'refresh_token'> | null;
  readonly idToken: string | null;
}): TokenResponse {
  const { token, record } = issued.access;
  const details = record.context?.authorizationDetails;
  return {
    access_token: token,
    token_type: tokenType(record.context),
    expires_in: Math.floor((record.expiresAtMs - record.issuedAtMs) / 1_000),
    // RFC 6749 §3.3: said whenever it may differ from what was asked; always saying it is simpler to rely on.
    ...(record.scope.length === 0 ? {} : { scope: record.scope.join(' ') }),
    ...(details === undefined ? {} : { authorization_details: details }),
    ...(issued.refreshToken === null ? {} : { refresh_token: issued.refreshToken }),
    ...(issued.idToken === null ? {} : { id_token: issued.idToken }),
  };
}
