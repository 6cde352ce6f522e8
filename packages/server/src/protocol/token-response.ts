/**
 * What a successful token request brings: the access token as it is made, and the response as it is written (RFC 6749 §5.1).
 *
 * Owns both forms. ID tokens are `id-token.ts`, refresh tokens `refresh-token-text.ts`.
 */
import { digestOf, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { AccountId, FamilyId } from '../vocabulary/identifiers.ts';
import type { Application } from './application.ts';
import type { AccessTokenRecord } from './ports.ts';
import type { TokenContext } from './token-context.ts';

/** RFC 6749 §5.1, in the order in which it is written. */
export interface TokenResponse {
  readonly access_token: Secret<'access_token'>;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: Secret<'refresh_token'>;
  readonly id_token?: string;
}

/** An access token with what storage keeps of it. */
export interface MintedAccessToken {
  readonly token: Secret<'access_token'>;
  readonly record: AccessTokenRecord;
}

/** Makes an opaque access token of 256 random bits: 43 characters. Nothing is stored. */
export function mintAccessToken(
  grant: {
    readonly application: Pick<Application, 'id' | 'accessTokenLifetimeSeconds'>;
    /** null for client credentials, as `familyId`. */
    readonly accountId: AccountId | null;
    readonly familyId: FamilyId | null;
    readonly scope: readonly string[];
    readonly context: TokenContext | null;
    readonly nowMs: number;
  },
  randomness: Randomness,
): MintedAccessToken {
  const token = newSecret<'access_token'>(randomness);
  return {
    token,
    record: {
      tokenDigest: digestOf(token),
      applicationId: grant.application.id,
      accountId: grant.accountId,
      familyId: grant.familyId,
      scope: grant.scope,
      context: grant.context,
      issuedAtMs: grant.nowMs,
      expiresAtMs: grant.nowMs + grant.application.accessTokenLifetimeSeconds * 1_000,
    },
  };
}

/** Puts the response together. */
export function tokenResponse(issued: {
  readonly access: MintedAccessToken;
  readonly refreshToken: Secret<'refresh_token'> | null;
  readonly idToken: string | null;
}): TokenResponse {
  const { token, record } = issued.access;
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: (record.expiresAtMs - record.issuedAtMs) / 1_000,
    // RFC 6749 §3.3: said whenever it may differ from what was asked; always saying it is simpler to rely on.
    scope: record.scope.join(' '),
    ...(issued.refreshToken === null ? {} : { refresh_token: issued.refreshToken }),
    ...(issued.idToken === null ? {} : { id_token: issued.idToken }),
  };
}
