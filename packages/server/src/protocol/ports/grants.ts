/**
 * The storage of codes, access tokens and refresh token families, as the grants need it.
 *
 * Owns the interface and its records. Device codes are `devices.ts`. Methods here and in the files beside it are transitions: each
 * is one atomic step that either happens or does not, and says which. A caller never reads, decides and then writes over an `await`;
 * whatever has to hold at the moment of the write is a condition of the write. A port that cannot reach its database throws; it never
 * answers as if nothing were there (fosite GHSA-7mqr-2v3q-v2wm).
 */
import type { Digest } from '../../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, ClientId, FamilyId, SessionId } from '../../vocabulary/identifiers.ts';
import type { TokenContext } from '../token-context.ts';
import type { AccountClaims, AuthenticationEvent } from './people.ts';

/** RFC 6749 §4.1.2: a code, with everything that it is bound to. */
export interface AuthorizationCodeRecord extends AuthenticationEvent {
  readonly codeDigest: Digest;
  readonly applicationId: ApplicationId;
  readonly accountId: AccountId;
  readonly sessionId: SessionId;
  readonly redirectUri: string;
  /** RFC 6749 §4.1.3: `redirect_uri` must be repeated at the token endpoint when it was sent here. */
  readonly redirectUriWasSent: boolean;
  /** RFC 7636 §4.3, method S256. null when none was sent. */
  readonly codeChallenge: string | null;
  readonly nonce: string | null;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** A code as found: what it is bound to, and whether its person may still be acted for. */
export interface AuthorizationCodeFound {
  readonly code: AuthorizationCodeRecord;
  readonly redeemed: boolean;
  /** null when the account is disabled or gone. */
  readonly account: AccountClaims | null;
  /** False once the session that it was issued in has been ended. */
  readonly sessionIsActive: boolean;
}

/** RFC 6749 §1.4: an access token. Opaque ones are kept by digest. */
export interface AccessTokenRecord {
  readonly tokenDigest: Digest;
  readonly applicationId: ApplicationId;
  /** null for client credentials: nobody stands behind it. */
  readonly accountId: AccountId | null;
  /** null for client credentials. */
  readonly familyId: FamilyId | null;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** The start of a token family, at the redemption of a code. */
export interface NewFamily extends AuthenticationEvent {
  readonly familyId: FamilyId;
  readonly applicationId: ApplicationId;
  readonly accountId: AccountId;
  readonly sessionId: SessionId;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly nonce: string | null;
  /** Digest of the first refresh token; null when the application does not have the grant. */
  readonly refreshDigest: Digest | null;
  readonly startedAtMs: number;
  /** null: no end. */
  readonly expiresAtMs: number | null;
  /** null: no end. Moved by each rotation. */
  readonly idleExpiresAtMs: number | null;
}

/** What a presented refresh token belongs to. */
export interface RefreshTokenFound extends AuthenticationEvent {
  readonly familyId: FamilyId;
  readonly applicationId: ApplicationId;
  readonly clientId: ClientId;
  readonly sessionId: SessionId;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly nonce: string | null;
  /** Where the presented token stands in its family. `older` is every former one but the immediate predecessor. */
  readonly position: 'current' | 'predecessor' | 'older';
  /** When the current token's predecessor was first used, that is, when the last rotation happened; null: never yet. */
  readonly rotatedAtMs: number | null;
  /** When the family began: at the redemption of its code. */
  readonly startedAtMs: number;
  readonly issuedAtMs: number;
  /** The earlier of the family's absolute and its idle end; null: no end. */
  readonly expiresAtMs: number | null;
  readonly revoked: boolean;
  /** null when the account is disabled or gone. */
  readonly account: AccountClaims | null;
}

/** An access token as found, joined with all that decides whether it is still good. */
export interface AccessTokenFound {
  readonly token: AccessTokenRecord;
  readonly clientId: ClientId;
  /** False when its family was revoked, or its application was disabled or deleted. */
  readonly isActive: boolean;
  /** null for client credentials, and when the account is disabled or gone (see `isActive`: then false). */
  readonly account: AccountClaims | null;
}

/** Outcome of the one step that turns a code into tokens. */
export type RedeemCodeOutcome =
  | { readonly outcome: 'redeemed' }
  /** RFC 6749 §4.1.2: it was used before. Everything issued on it has been revoked in the same step. */
  | { readonly outcome: 'already_redeemed' }
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'not_found' };

/** Outcome of the one step that rotates a refresh token. */
export type RotateRefreshTokenOutcome =
  /** The presented one was current. */
  | { readonly outcome: 'rotated' }
  /** It is the predecessor, inside its window. `successorDigest` is the one of the step's digests that is current. */
  | { readonly outcome: 'repeated'; readonly successorDigest: Digest }
  /** Older, or a predecessor after its window: the whole family has been revoked in the same step. */
  | { readonly outcome: 'reused' }
  | { readonly outcome: 'revoked' }
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'not_found' };

/** Codes, tokens and their families. */
export interface GrantStore {
  /**
   * Stores a new code, and notes at its application when it came without a challenge (`lastWithoutPkceAtMs`), or, with scope
   * `openid`, without a redirect URI (`lastWithoutRedirectUriAtMs`).
   */
  issueCode(code: AuthorizationCodeRecord): Promise<void>;
  findCode(codeDigest: Digest): Promise<AuthorizationCodeFound | null>;
  /**
   * Marks the code redeemed, starts its family and stores its first access token, or does none of it. Of any number of
   * simultaneous calls for one code exactly one gets `redeemed`. `applicationId` must match, else `not_found`.
   */
  redeemCode(step: {
    readonly codeDigest: Digest;
    readonly applicationId: ApplicationId;
    readonly family: NewFamily;
    readonly accessToken: AccessTokenRecord;
    readonly nowMs: number;
  }): Promise<RedeemCodeOutcome>;
  /**
   * Makes the code useless without issuing anything: a check on it failed, or it came a second time. Where it was redeemed
   * before, everything issued on it is revoked in the same step (RFC 6749 §4.1.2). Idempotent.
   */
  burnCode(codeDigest: Digest, nowMs: number): Promise<void>;

  /** Client credentials: the token alone. */
  issueAccessToken(token: AccessTokenRecord): Promise<void>;
  findAccessToken(tokenDigest: Digest): Promise<AccessTokenFound | null>;

  /** `familyId` comes out of the token's text; an imported one, which has none, is sought by its digest alone. */
  findRefreshToken(presented: {
    readonly familyId: FamilyId | null;
    readonly digest: Digest;
  }): Promise<RefreshTokenFound | null>;
  /**
   * Makes `successorDigest` the current token when `presentedDigest` is, or finds that it was so already, and stores the
   * access token; or revokes the family. Of any number of simultaneous calls exactly one gets `rotated`, the others
   * inside the window `repeated`. It is decided by the stored generation, never by the clock alone (CVE-2026-9802).
   */
  rotateRefreshToken(step: {
    readonly familyId: FamilyId;
    readonly applicationId: ApplicationId;
    readonly presentedDigest: Digest;
    readonly successorDigest: Digest;
    /** The successor's digests under former server keys: a repeat after the server key changed finds one of them current. */
    readonly formerSuccessorDigests: readonly Digest[];
    readonly accessToken: AccessTokenRecord;
    readonly nowMs: number;
    /** For this long after the rotation the predecessor still gets its successor; over when the successor is used. */
    readonly windowMs: number;
    /** New idle limit; null: none. */
    readonly idleExpiresAtMs: number | null;
  }): Promise<RotateRefreshTokenOutcome>;

  /** Revokes the family with every token in it. Idempotent. */
  revokeFamily(familyId: FamilyId, nowMs: number): Promise<void>;
  /** Revokes an access token: with its family, or alone where it has none. Of another application's: nothing. */
  revokeAccessToken(tokenDigest: Digest, applicationId: ApplicationId, nowMs: number): Promise<void>;
}
