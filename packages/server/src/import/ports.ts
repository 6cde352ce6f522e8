/**
 * What an import writes, in the words of what it brings. The rules of `protocol/ports/grants.ts` hold here too: tagged outcomes, a lost
 * database throws.
 *
 * Unlike every other port this one has one transaction for a whole run: a run that is killed, refused or only tried leaves
 * nothing behind. The price: on SQLite nobody else writes meanwhile (a million accounts: about two minutes).
 */
import type { EmailKey, PasswordHash, UsernameKey, UsernameSkeleton } from '../accounts/ports.ts';
import type { Application, ClientSecretRecord } from '../protocol/application.ts';
import type { DeclaredScope } from '../protocol/scopes.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, ClientId, FamilyId, SessionId } from '../vocabulary/identifiers.ts';
import type { FieldValues } from '../vocabulary/profile-field.ts';
import type { KeptTarget } from './ports/kept.ts';

/** Opens the one transaction of a run. */
export interface ImportStore {
  /**
   * Runs `work` in a transaction, which is committed where it answers `keep: true` and rolled back otherwise, and when it
   * throws. Nothing else of this process may write meanwhile.
   */
  importing<Result>(
    work: (target: ImportTarget) => Promise<{ readonly keep: boolean; readonly result: Result }>,
  ): Promise<Result>;
}

/** What can be read and written within the transaction. Every array is one statement: {@link BATCH_ROWS} rows at most. */
export interface ImportTarget extends ImportedRows, AccountTarget, ApplicationTarget, GrantTarget, KeptTarget {}

/** So many rows go to the database at a time. */
export const BATCH_ROWS = 500;

/** The kinds of things that are remembered as brought. A new kind is a new name. */
export type ImportedKind = 'account' | 'file_account' | 'group' | 'application' | 'refresh_token' | 'access_token';

/** What an earlier run brought. */
export interface ImportedRow {
  readonly kind: ImportedKind;
  /** The primary key of the row at the source, as text. */
  readonly sourceKey: string;
  /** SHA-256 of what the source said: another one means that it changed there. */
  readonly digest: Digest;
  /**
   * SHA-256 of the secret in it (a password's hash): apart, because here it is replaced without the row having changed. null:
   * it has none.
   */
  readonly secretDigest: Digest | null;
  /** When it was last brought; what was changed here later differs from it (see `AccountFound.updatedAtMs`). */
  readonly importedAtMs: number;
}

/** The memory of earlier runs: what makes a second run bring only what changed since. */
export interface ImportedRows {
  findImported(kind: ImportedKind, sourceKeys: readonly string[]): Promise<ReadonlyMap<string, ImportedRow>>;
  /** Writes or replaces. */
  recordImported(rows: readonly ImportedRow[]): Promise<void>;
  /** The next {@link BATCH_ROWS} in the order of keys, after `after`; so one finds those whose row at the source is gone. */
  listImported(kind: ImportedKind, after: string): Promise<readonly string[]>;
}

/** An account to be written. Its username is exempt from uniqueness (`name_is_native` = 0) until its owner changes it. */
export interface AccountRow {
  readonly id: AccountId;
  readonly idIsNumber: boolean;
  readonly username: string;
  readonly usernameKey: UsernameKey;
  readonly usernameSkeleton: UsernameSkeleton;
  readonly firstName: string;
  readonly lastName: string;
  readonly passwordHash: PasswordHash | null;
  readonly isSuperuser: boolean;
  readonly isActive: boolean;
  readonly createdAtMs: number;
  readonly lastSignInAtMs: number | null;
  readonly locale: string | null;
  /** IANA name. */
  readonly zoneInfo: string | null;
  /** Of the operator's fields, those that are filled in. */
  readonly fields: FieldValues;
}

/** An address of an account. */
export interface AddressRow {
  readonly accountId: AccountId;
  readonly address: string;
  readonly key: EmailKey;
  readonly isPrimary: boolean;
  readonly isVerified: boolean;
}

/** A group. */
export interface GroupRow {
  readonly id: string;
  readonly name: string;
}

/** That somebody is in a group. */
export interface MemberRow {
  readonly groupId: string;
  readonly accountId: AccountId;
}

/** An account at another provider by which somebody signs in. */
export interface ExternalIdentityRow {
  readonly accountId: AccountId;
  /** As the source calls it: `google`, `github`, or the name of an OpenID Connect provider of the organisation's own. */
  readonly provider: string;
  readonly subject: string;
  readonly linkedAtMs: number;
  readonly lastSignInAtMs: number | null;
}

/** A TOTP seed (RFC 6238), sealed under the server's secret. */
export interface TotpRow {
  readonly id: string;
  readonly accountId: AccountId;
  readonly label: string;
  readonly sealedSeed: Buffer;
  readonly digits: 6 | 8;
  readonly createdAtMs: number;
}

/** A recovery code: its HMAC under a key of the server's secret. */
export interface RecoveryCodeRow {
  readonly accountId: AccountId;
  readonly mac: Buffer;
}

/** What is there of an account already. */
export interface AccountFound {
  readonly id: AccountId;
  /** Equal to `ImportedRow.importedAtMs` as long as nothing of the account was changed here. */
  readonly updatedAtMs: number;
}

/** Writing accounts and what hangs on them. */
export interface AccountTarget {
  findAccounts(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccountFound>>;
  /** Usernames that two accounts have, to the letter: signing in would not tell them apart. The first 51. */
  findSameUsernames(): Promise<readonly { readonly username: string; readonly ids: readonly [AccountId, AccountId] }[]>;
  insertAccounts(rows: readonly AccountRow[], nowMs: number): Promise<void>;
  /**
   * Replaces what the source says, and the password where the row is in `withPassword`. An account that is not active loses
   * sessions, codes and token families in the same step (ASVS 7.4.2), one whose password changed its sessions.
   */
  updateAccounts(rows: readonly AccountRow[], withPassword: ReadonlySet<AccountId>, nowMs: number): Promise<void>;
  /**
   * Removes what an earlier run brought to these accounts: addresses, memberships that were imported, external identities,
   * second factors.
   */
  clearAccounts(ids: readonly AccountId[]): Promise<void>;
  /** An address that another account here has verified is stored as not verified; answers those. */
  insertAddresses(rows: readonly AddressRow[], nowMs: number): Promise<readonly AddressRow[]>;
  /** Whose each name is here, of those that a group has. */
  findGroupNames(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Writes groups or renames them. */
  upsertGroups(rows: readonly GroupRow[], nowMs: number): Promise<void>;
  /** Those of a group that was deleted here are left out. */
  insertMembers(rows: readonly MemberRow[], nowMs: number): Promise<void>;
  /** Answers those that another account here has already, and that were left out. */
  insertExternalIdentities(rows: readonly ExternalIdentityRow[]): Promise<readonly ExternalIdentityRow[]>;
  insertTotps(rows: readonly TotpRow[]): Promise<void>;
  insertRecoveryCodes(rows: readonly RecoveryCodeRow[]): Promise<void>;
  /** What hangs on each of some accounts, for `--verify`. Of memberships those that were imported. */
  readParts(ids: readonly AccountId[]): Promise<readonly AccountPart[]>;
  /** For `--verify`: those that are here. */
  readAccounts(ids: readonly AccountId[]): Promise<readonly AccountSample[]>;
}

/** One thing that hangs on an account. */
export interface AccountPart {
  readonly accountId: AccountId;
  readonly kind: 'address' | 'membership' | 'social_account' | 'totp' | 'recovery_code';
  /** The address's key, the group's id, provider and subject as `google 108…`; empty for what is secret. */
  readonly value: string;
}

/** What `--verify` compares. */
export interface AccountSample {
  readonly id: AccountId;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly hasPassword: boolean;
  readonly isSuperuser: boolean;
  readonly isActive: boolean;
  readonly locale: string | null;
  readonly zoneInfo: string | null;
  readonly fields: FieldValues;
  /** Whether anything of it was changed here since it was brought. */
  readonly isChangedHere: boolean;
}

/** The id of the one secret that an import brings. */
export function importedSecretId(id: ApplicationId): string {
  return `imported-${id}`;
}

/** Writing applications. There are never many: each is a statement or two of its own. */
export interface ApplicationTarget {
  /** When each of those that are here was last changed. */
  findApplications(ids: readonly ApplicationId[]): Promise<ReadonlyMap<ApplicationId, number>>;
  /** Whose each `client_id` is, of those that are here. */
  findClientIds(ids: readonly ClientId[]): Promise<ReadonlyMap<ClientId, ApplicationId>>;
  readApplications(ids: readonly ApplicationId[]): Promise<ReadonlyMap<ApplicationId, Application>>;
  /** With their secrets. None of them is here. */
  insertApplications(applications: readonly Application[]): Promise<void>;
  /** Everything but `client_id` and the evidence. `secret` stands in the place of the one that an import brought; `kept`: that stays. */
  updateApplication(application: Application, secret: ClientSecretRecord | null | 'kept'): Promise<void>;
  /** Adds scopes, or gives those that were declared before another description. */
  declareScopes(scopes: readonly DeclaredScope[]): Promise<void>;
}

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
