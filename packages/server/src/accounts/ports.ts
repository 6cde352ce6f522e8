/**
 * What the human flows need of storage, in their own words. The rules of `protocol/ports/grants.ts` hold here too: transitions,
 * tagged outcomes, a lost database throws.
 */
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, Branded, SessionId } from '../vocabulary/identifiers.ts';
import type { FieldPatch, FieldValues } from '../vocabulary/profile-field.ts';
import type { AccountEventRecord } from './ports/events.ts';

/** A password hash in its own text form: PHC (`$argon2id$…`), or one of Django's. */
export type PasswordHash = Branded<string, 'PasswordHash'>;
/** NFKC and case-folded: two usernames with one key are the same name. Made by `accounts/username.ts`. */
export type UsernameKey = Branded<string, 'UsernameKey'>;
/** UTS #39 skeleton of the key: two names with one skeleton look alike. */
export type UsernameSkeleton = Branded<string, 'UsernameSkeleton'>;
/** The address in lower case: two addresses with one key are the same mailbox to us. Made by `accounts/email-address.ts`. */
export type EmailKey = Branded<string, 'EmailKey'>;

/** An account as its owner and the operator see it. Holds no hash. */
export interface Account {
  readonly id: AccountId;
  /** True for an account imported from Django, whose id is a JSON number on the wire. */
  readonly idIsNumber: boolean;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  /** The primary address; null when there is none. */
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly locale: string | null;
  /** IANA name of a time zone; null: none chosen. */
  readonly zoneInfo: string | null;
  /** Of the fields that the operator declares, those that are filled in. */
  readonly fields: FieldValues;
  /** Name of their picture; null: none. */
  readonly picture: string | null;
  readonly isSuperuser: boolean;
  /** It was brought from another server. */
  readonly isImported: boolean;
  readonly hasPassword: boolean;
  readonly disabledAtMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly lastSignInAtMs: number | null;
  /** Its owner asked for its end: when it is deleted unless that is taken back. */
  readonly deletesAtMs: number | null;
}

/** A new account. */
export interface NewAccount {
  readonly id: AccountId;
  readonly username: string;
  readonly usernameKey: UsernameKey;
  readonly usernameSkeleton: UsernameSkeleton;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: { readonly address: string; readonly key: EmailKey; readonly verified: boolean } | null;
  readonly passwordHash: PasswordHash | null;
  readonly locale: string | null;
  /** Absent: none. */
  readonly fields?: FieldValues;
  readonly isSuperuser: boolean;
  readonly createdAtMs: number;
}

/** What sign-in reads. */
export interface SignInCandidate {
  readonly account: Account;
  readonly passwordHash: PasswordHash | null;
}

/** Accounts and their addresses. An address is unique among verified ones; unverified copies may stand beside it. */
export interface AccountStore {
  createAccount(account: NewAccount): Promise<
    | { readonly outcome: 'created' }
    /** The key, or the skeleton, is another account's. */
    | { readonly outcome: 'username_taken' }
    /** A verified address that is verified at another account. */
    | { readonly outcome: 'email_taken' }
  >;
  findAccount(id: AccountId): Promise<Account | null>;
  findByUsername(key: UsernameKey, exact: string): Promise<SignInCandidate | null>;
  /** The account that verified the address; where none did, the oldest that has it. */
  findByEmail(key: EmailKey): Promise<SignInCandidate | null>;
  findPasswordHash(id: AccountId): Promise<PasswordHash | null>;
  updateProfile(
    id: AccountId,
    change: {
      readonly username: string;
      readonly usernameKey: UsernameKey;
      readonly usernameSkeleton: UsernameSkeleton;
      readonly firstName: string;
      readonly lastName: string;
      readonly locale: string | null;
      readonly zoneInfo: string | null;
      /** Of the operator's fields; a null takes one out, others stay. Absent: all stay. */
      readonly fields?: FieldPatch;
    },
    nowMs: number,
  ): Promise<{ readonly outcome: 'updated' | 'username_taken' | 'not_found' }>;
  /** Changes some of the operator's fields; a null takes one out, others stay. */
  setFields(id: AccountId, patch: FieldPatch, nowMs: number): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  /** Replaces the primary address (operator, or sign-up with verification off). */
  setEmail(
    id: AccountId,
    email: { readonly address: string; readonly key: EmailKey; readonly verified: boolean } | null,
    nowMs: number,
  ): Promise<{ readonly outcome: 'updated' | 'email_taken' | 'not_found' }>;
  /** With `endSessionsExcept` every other session of the account ends in the same step; null ends all; undefined none. */
  setPasswordHash(
    id: AccountId,
    hash: PasswordHash | null,
    nowMs: number,
    endSessionsExcept?: SessionId | null,
  ): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  /** Only where there is none: of any number at once one is set. Every session but this one ends in the same step. */
  setFirstPasswordHash(
    id: AccountId,
    hash: PasswordHash,
    nowMs: number,
    endSessionsExcept: SessionId,
  ): Promise<{ readonly outcome: 'updated' | 'has_password' | 'not_found' }>;
  /** Replaces a hash only where it is still `previous`: the rehash after a sign-in. */
  replacePasswordHash(id: AccountId, previous: PasswordHash, next: PasswordHash, nowMs: number): Promise<void>;
  setSuperuser(
    id: AccountId,
    isSuperuser: boolean,
    nowMs: number,
  ): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  /** Ends every session and revokes every token family in the same step (ASVS 7.4.2). */
  disableAccount(id: AccountId, nowMs: number): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  enableAccount(id: AccountId, nowMs: number): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  /**
   * Marks the account for its end, ends its sessions but one, and takes every token from its applications, in one step. Asked
   * again, the first instant stays.
   */
  askDeletion(
    id: AccountId,
    deletesAtMs: number,
    keep: SessionId,
    nowMs: number,
  ): Promise<{ readonly outcome: 'asked' | 'already_asked' | 'not_found' }>;
  takeBackDeletion(id: AccountId, nowMs: number): Promise<{ readonly outcome: 'taken_back' | 'not_asked' }>;
  /** Deletes the account with its sessions, tokens, consents and addresses; applications that it owned go to the superusers. */
  deleteAccount(id: AccountId): Promise<{ readonly outcome: 'deleted' | 'not_found' }>;
  /** In the order of usernames, after `after` (a username key). */
  listAccounts(page: {
    readonly after: UsernameKey | null;
    readonly limit: number;
    readonly search: string | null;
  }): Promise<readonly Account[]>;
}

/** A browser session. */
export interface SessionRecord {
  readonly id: SessionId;
  readonly tokenDigest: Digest;
  readonly accountId: AccountId;
  readonly authTimeMs: number;
  /** RFC 8176. */
  readonly amr: readonly string[];
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  /** The earlier of the absolute and the inactivity limit is when it ends. */
  readonly expiresAtMs: number;
  readonly idleExpiresAtMs: number;
  /** As the browser told it, cut to 255 characters; what the person recognises a device by. */
  readonly userAgent: string;
  readonly networkAddress: string;
}

/** A live session with its account. */
export interface SessionFound {
  readonly session: SessionRecord;
  readonly account: Account;
  /** One of their groups requires a second factor of its members. */
  readonly groupRequiresSecondFactor: boolean;
}

/** What is written down in the step that starts a session. */
export interface SessionNotes {
  /** The line of the account's security log. */
  readonly event: AccountEventRecord;
  /** It was seen now, where it is one that the owner signed in with before; null: the browser has no name. */
  readonly browser: Digest | null;
}

/** Sessions. */
export interface SessionStore {
  /**
   * Starts a session and ends `replaces` in the same step (a new id at every authentication, ASVS 7.2.4), and writes the
   * account's last sign-in and `notes`: one commit for all of it.
   */
  startSession(session: SessionRecord, replaces: Digest | null, notes?: SessionNotes): Promise<void>;
  /**
   * Somebody who is signed in proved themselves anew: the same session under a new secret (ASVS 7.2.4), with the instant and the
   * ways of the proof. Only where `previous` is still its secret and it lives at `nowMs`; its limits stay.
   */
  renewSession(
    id: SessionId,
    renewal: {
      readonly previous: Digest;
      readonly tokenDigest: Digest;
      readonly authTimeMs: number;
      readonly amr: readonly string[];
    },
    nowMs: number,
  ): Promise<{ readonly outcome: 'renewed' | 'not_found' }>;
  /** Only a live one: not ended, not past its limits at `nowMs`, its account enabled. */
  findSession(tokenDigest: Digest, nowMs: number): Promise<SessionFound | null>;
  /** Moves the inactivity limit. Not awaited by a request; called at most once a minute a session. */
  touchSession(id: SessionId, lastSeenAtMs: number, idleExpiresAtMs: number): Promise<void>;
  endSession(id: SessionId): Promise<void>;
  /** Only where the session is that account's. */
  endSessionOf(accountId: AccountId, id: SessionId): Promise<{ readonly outcome: 'ended' | 'not_found' }>;
  endSessionsOf(accountId: AccountId, except: SessionId | null): Promise<number>;
  listSessionsOf(accountId: AccountId, nowMs: number): Promise<readonly SessionRecord[]>;
}

/** Counts failures in windows, shared by every process. */
export interface FailureStore {
  /** Adds one failure under each key and answers the counts, in the order of the keys. */
  recordFailures(keys: readonly FailureKey[], nowMs: number): Promise<readonly number[]>;
  /** The counts without adding, in the order of the keys. */
  readFailures(
    keys: readonly FailureKey[],
    nowMs: number,
  ): Promise<readonly { readonly count: number; readonly windowEndsAtMs: number }[]>;
  /**
   * Takes one failure back under each key, never below zero: the attempt that was counted beforehand was right. Of the
   * others' failures nothing is forgotten, so an attacker's own successes buy no further guesses.
   */
  takeBackFailures(keys: readonly string[], nowMs: number): Promise<void>;
  clearFailures(keys: readonly string[]): Promise<void>;
}

/** What a count of failures is kept under. */
export interface FailureKey {
  /** `account:…`, `network:…`, `browser:…`; hashed where it would hold a name that somebody typed. */
  readonly key: string;
  readonly windowMs: number;
}

/** Browsers that an account's owner has signed in with: an attacker's failures elsewhere do not lock them out. */
export interface KnownBrowserStore {
  rememberBrowser(accountId: AccountId, browserDigest: Digest, nowMs: number): Promise<void>;
  isKnownBrowser(accountId: AccountId, browserDigest: Digest): Promise<boolean>;
}

/** One application that a person allowed something, for `/o/authorized_tokens/`. */
export interface ConnectedApplication {
  readonly applicationId: ApplicationId;
  readonly name: string;
  readonly scope: readonly string[];
  /** RFC 9396: what was allowed in detail, and what living tokens have of it. */
  readonly details: readonly { readonly type: string; readonly [field: string]: unknown }[];
  readonly grantedAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** What a person granted, and its end. */
export interface ConnectionStore {
  listConnections(accountId: AccountId, nowMs: number): Promise<readonly ConnectedApplication[]>;
  /** Ends the consent and revokes every token family of that person at that application, in one step. */
  disconnect(
    accountId: AccountId,
    applicationId: ApplicationId,
    nowMs: number,
  ): Promise<{ readonly outcome: 'disconnected' | 'not_found' }>;
}
