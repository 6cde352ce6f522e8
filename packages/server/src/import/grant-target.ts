/** What an import reads and writes of tokens and consents. The rules of `ports.ts` hold here too: each array is one statement. */
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, FamilyId, SessionId } from '../vocabulary/identifiers.ts';

/** A token family: a refresh token with all that will descend from it, or what an access token without one hangs on. */
export interface FamilyRow {
  readonly familyId: FamilyId;
  readonly applicationId: ApplicationId;
  readonly accountId: AccountId;
  /** Of a session that has never been here. */
  readonly sessionId: SessionId;
  readonly scope: readonly string[];
  readonly startedAtMs: number;
  /** SHA-256 of the refresh token's text; null: there is none, and the family is over at `checkAtMs`. */
  readonly refreshDigest: Digest | null;
  /** When cleanup looks at it first. */
  readonly checkAtMs: number;
}

/** An access token. */
export interface TokenRow {
  /** SHA-256 of its text. */
  readonly tokenDigest: Digest;
  readonly applicationId: ApplicationId;
  /** null for client credentials. */
  readonly familyId: FamilyId | null;
  readonly scope: readonly string[];
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** What somebody allowed an application. */
export interface ConsentRow {
  readonly accountId: AccountId;
  readonly applicationId: ApplicationId;
  readonly scope: readonly string[];
  readonly grantedAtMs: number;
}

/** Writing tokens and consents. */
export interface GrantTarget {
  /** The families of imported refresh tokens, by the token's digest in hexadecimal. */
  findFamilies(refreshDigests: readonly Digest[]): Promise<ReadonlyMap<string, FamilyId>>;
  insertFamilies(rows: readonly FamilyRow[]): Promise<void>;
  /** Those that are here already stay as they are. */
  insertTokens(rows: readonly TokenRow[]): Promise<void>;
  /** Those of the digests that are here and good. */
  findTokens(tokenDigests: readonly Digest[]): Promise<ReadonlySet<string>>;
  /** Adds to what was allowed before. */
  allow(rows: readonly ConsentRow[]): Promise<void>;
  /** Ends the families of imported refresh tokens that were not used here yet; answers how many. */
  revokeUnusedFamilies(refreshDigests: readonly Digest[], nowMs: number): Promise<number>;
  /** Ends access tokens; answers how many. */
  revokeTokens(tokenDigests: readonly Digest[], nowMs: number): Promise<number>;
}
