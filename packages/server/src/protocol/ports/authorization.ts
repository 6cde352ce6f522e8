/**
 * What an authorization request needs of storage: who is there and what they allowed, requests that wait for their person, and
 * requests that were pushed.
 *
 * Owns the interfaces and their records. The code that comes of it is `grants.ts`.
 */
import type { Digest } from '../../vocabulary/credentials.ts';
import type { AccountId, ApplicationId } from '../../vocabulary/identifiers.ts';
import type { AuthorizationDetail } from '../token-context.ts';
import type { AccountClaims, SessionView } from './people.ts';

/** What a person allowed an application, once. */
export interface Consent {
  readonly scope: readonly string[];
  /** RFC 9396: what was allowed in detail. */
  readonly details: readonly AuthorizationDetail[];
  readonly grantedAtMs: number;
}

/** What people allowed. */
export interface ConsentStore {
  findConsent(accountId: AccountId, applicationId: ApplicationId): Promise<Consent | null>;
  /** Adds to what is allowed; keeps what was allowed before, of details as many as the latest 50. */
  allow(
    accountId: AccountId,
    applicationId: ApplicationId,
    scope: readonly string[],
    nowMs: number,
    details?: readonly AuthorizationDetail[],
  ): Promise<void>;
}

/** What the authorization endpoint knows of a returning person, from one read. */
export interface AuthorizationFound {
  readonly session: SessionView;
  readonly account: AccountClaims;
  /** null: this person never allowed this application anything. */
  readonly consent: Consent | null;
  /** One of their groups requires a second factor of its members. */
  readonly groupRequiresSecondFactor: boolean;
  /** When the session was last noted as used, so that the caller can tell whether to note it again. */
  readonly sessionLastSeenAtMs: number;
}

/** The session, its account and the consent in one joined read: a returning person's authorization is this and one insert. */
export interface AuthorizationReader {
  /** null: no live session (ended, past its limits at `nowMs`, or its account disabled). */
  readAuthorization(at: {
    readonly sessionDigest: Digest;
    readonly applicationId: ApplicationId;
    readonly nowMs: number;
  }): Promise<AuthorizationFound | null>;
}

/** An authorization request that waits for its person: to sign in, or to consent. */
export interface PendingRequestRecord {
  readonly pendingDigest: Digest;
  /** Digest of the cookie of the browser that it came from: another browser cannot go on with it (CVE-2022-39222). */
  readonly browserDigest: Digest;
  /** The query exactly as it came; it is parsed and validated anew at every resumption (CVE-2026-7571). */
  readonly query: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** A pending request as found. An answered one is kept until it expires, so that a second answer can be told so. */
export interface PendingRequestFound extends PendingRequestRecord {
  readonly answered: boolean;
}

/** Pending authorization requests. */
export interface PendingRequestStore {
  storePending(record: PendingRequestRecord): Promise<void>;
  findPending(pendingDigest: Digest, browserDigest: Digest): Promise<PendingRequestFound | null>;
  /** Marks it answered. True for exactly one of any number of calls: a form sent twice is answered once. */
  consumePending(pendingDigest: Digest, browserDigest: Digest): Promise<boolean>;
}

/** RFC 9126 §2: an authorization request that its application pushed. */
export interface PushedRequestRecord {
  /** Of the random part of its `request_uri`. */
  readonly requestDigest: Digest;
  readonly applicationId: ApplicationId;
  /** The form as it came, without the proof of the client; parsed and validated anew at every use. */
  readonly parameters: string;
  readonly createdAtMs: number;
  /** Until then a browser may arrive with it. A sign-in that it began may take longer. */
  readonly expiresAtMs: number;
}

/** A pushed request as found. */
export interface PushedRequestFound extends PushedRequestRecord {
  readonly answered: boolean;
}

/** Pushed authorization requests. Cleanup keeps each for the hour after its expiry that a sign-in may take. */
export interface PushedRequestStore {
  storePushed(record: PushedRequestRecord): Promise<void>;
  findPushed(requestDigest: Digest): Promise<PushedRequestFound | null>;
  /** Marks it answered. True for exactly one of any number of calls. */
  consumePushed(requestDigest: Digest): Promise<boolean>;
}
