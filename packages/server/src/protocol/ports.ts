/**
 * What the protocol needs of storage and keys, in its own words.
 *
 * Methods are transitions: each is one atomic step that either happens or does not, and says which. A caller never reads,
 * decides and then writes over an `await`; whatever has to hold at the moment of the write is a condition of the write.
 * A port that cannot reach its database throws; it never answers as if nothing were there (fosite GHSA-7mqr-2v3q-v2wm).
 */
import type { Digest, Secret } from '../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, ClientId, FamilyId, SessionId } from '../vocabulary/identifiers.ts';
import type { Application, ClientSecretMac, IdTokenAlgorithm, ImportedSecretHash } from './application.ts';
import type { AuthorizationDetail, TokenContext } from './token-context.ts';
import type { UserCodeMac } from './user-code.ts';

/** The person behind a token, as claims are made from it. */
export interface AccountClaims {
  readonly accountId: AccountId;
  /** True for an account imported from Django: `/profile/` then answers its id as a JSON number. */
  readonly idIsNumber: boolean;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  /** The primary address, null when there is none. */
  readonly email: string | null;
  readonly emailVerified: boolean;
  /** BCP 47 tag, null when the person chose none. */
  readonly locale: string | null;
  readonly updatedAtMs: number;
}

/** How and when the person proved who they are. */
export interface AuthenticationEvent {
  readonly authTimeMs: number;
  /** RFC 8176 values, such as `pwd`. */
  readonly amr: readonly string[];
}

/** A signed-in browser session, as authorization reads it. */
export interface SessionView extends AuthenticationEvent {
  readonly sessionId: SessionId;
  readonly accountId: AccountId;
}

/** What a person allowed an application, once. */
export interface Consent {
  readonly scope: readonly string[];
  /** RFC 9396: what was allowed in detail. */
  readonly details: readonly AuthorizationDetail[];
  readonly grantedAtMs: number;
}

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
  /** Stores a new code, and notes when it came without a challenge (`lastWithoutPkceAtMs` of its application). */
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

/** What a proof that counts once is a proof of: one kind never stands in for the other (CVE-2026-4282). */
export type ProofKind = 'client_assertion' | 'dpop_proof';

/** Proofs that were used, until they expire by themselves. */
export interface ReplayStore {
  /** True for exactly one of any number of calls with one kind and digest: the proof counts. False: it was used before. */
  useOnce(proof: {
    readonly kind: ProofKind;
    readonly proofDigest: Digest;
    /** From here on it is refused for its age, and need not be kept. */
    readonly expiresAtMs: number;
  }): Promise<boolean>;
}

/** Applications, read only. A cached answer is at most one second old. */
export interface ApplicationReader {
  findByClientId(clientId: ClientId): Promise<Application | null>;
  /**
   * Whether an enabled application registered this origin (`allowedOrigins`): the answer to a CORS preflight, which does
   * not say whose request follows. Cached like the rest, the number of origins bounded, unknown ones included.
   */
  isAllowedOrigin(origin: string): Promise<boolean>;
}

/** Notes that a secret was used, without holding anything up: at most once a minute a secret is written. */
export interface ClientSecretUse {
  secretWasUsed(secretId: string, nowMs: number): void;
  /** An imported secret was shown: keeps the HMAC in the place of the hash, where it is still this one. Missed, it is verified again. */
  secretWasProven(secretId: string, importedHash: ImportedSecretHash, mac: ClientSecretMac): void;
}

/** Notes that an application still uses a token longer than it would live by default: at most once a minute each. */
export interface LongLivedTokenUse {
  longLivedTokenWasUsed(applicationId: ApplicationId, kind: 'access_token' | 'refresh_token', nowMs: number): void;
}

/** Verifies a secret against a hash that another server kept of it, a bounded number at a time. */
export interface ImportedSecretVerifier {
  verify(
    presented: Secret<'client_secret'>,
    hash: ImportedSecretHash,
  ): Promise<
    | { readonly outcome: 'right' | 'wrong' }
    /** Too many wait already: answered at once, and nothing was computed. */
    | { readonly outcome: 'busy'; readonly retryAfterSeconds: number }
  >;
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

/** Why an application is told that a person is signed out of it. */
export type LogoutReason = 'session_ended' | 'access_revoked';

/** A logout token that has to reach an application (OpenID Connect Back-Channel Logout 1.0). */
export interface LogoutNotice {
  readonly applicationId: ApplicationId;
  readonly clientId: ClientId;
  readonly accountId: AccountId;
  readonly sessionId: SessionId;
  readonly reason: LogoutReason;
  readonly queuedAtMs: number;
  /** Which attempt this is, from 1 up. */
  readonly attempt: number;
}

/** What became of a notice: the record of which application was told. */
export interface LogoutNoticeRecord extends LogoutNotice {
  readonly state: 'waiting' | 'delivered' | 'failed';
  /** What the last attempt came to, null before it. */
  readonly detail: string | null;
  readonly settledAtMs: number | null;
}

/**
 * The queue of logout notices. Nothing is put into it from here: storage does so in the very step that ends a session or
 * revokes an access, so that no notice is lost between the two.
 */
export interface LogoutNoticeStore {
  /** Applications that got tokens in this session, told or not. */
  findSessionApplications(accountId: AccountId, sessionId: SessionId): Promise<readonly ClientId[]>;
  /**
   * Takes notices that are due, and makes each due again at `nowMs + leaseMs`, should its taker not come back. Of any number of
   * simultaneous calls, in any number of processes, exactly one gets a notice.
   */
  claimLogoutNotices(step: {
    readonly nowMs: number;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly LogoutNotice[]>;
  /** Records what an attempt came to. False: somebody else has taken the notice meanwhile. */
  settleLogoutNotice(
    notice: LogoutNotice,
    result:
      | { readonly state: 'delivered' | 'failed'; readonly detail: string; readonly nowMs: number }
      | { readonly state: 'waiting'; readonly detail: string; readonly nextAttemptAtMs: number },
  ): Promise<boolean>;
  /** The latest of an application, newest first. */
  listLogoutNotices(applicationId: ApplicationId, limit: number): Promise<readonly LogoutNoticeRecord[]>;
}

/** RFC 8628 §3.2: a device that waits for its person. */
export interface DeviceGrantRecord {
  readonly deviceCodeDigest: Digest;
  readonly userCodeMac: UserCodeMac;
  readonly applicationId: ApplicationId;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  /** Where the device asked from: what its person judges by. */
  readonly networkAddress: string;
  readonly userAgent: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly intervalSeconds: number;
}

/** Who answers for a device: the session in which the user code was typed. */
export interface DeviceVisitor {
  readonly sessionId: SessionId;
  readonly accountId: AccountId;
}

/** A device grant as its person sees it. */
export interface DeviceGrantOpened {
  readonly clientId: ClientId;
  readonly applicationId: ApplicationId;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly networkAddress: string;
  readonly userAgent: string;
  readonly issuedAtMs: number;
}

/** A device grant as its device finds it. */
export interface DeviceGrantFound {
  readonly applicationId: ApplicationId;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly expiresAtMs: number;
  readonly redeemed: boolean;
  /** null: nobody has decided yet. */
  readonly decision:
    | (AuthenticationEvent & {
        readonly allowed: boolean;
        readonly sessionId: SessionId;
        /** null when the account is disabled or gone. */
        readonly account: AccountClaims | null;
      })
    | null;
}

/** Outcome of the one step that turns a device code into tokens. */
export type RedeemDeviceCodeOutcome =
  | { readonly outcome: 'redeemed' }
  /** Used before, not allowed, expired, of another application, its person disabled: what `findDeviceGrant` says now. */
  | { readonly outcome: 'not_redeemable' };

/** Devices that wait (RFC 8628). */
export interface DeviceGrantStore {
  /** Stores it, unless another one has this user code, or its application was deleted meanwhile. */
  issueDeviceGrant(record: DeviceGrantRecord): Promise<{ readonly outcome: 'issued' | 'not_issued' }>;
  /**
   * Gives the grant to whoever typed its user code first, and to them alone from then on (CVE-2026-45337). Of any number of
   * simultaneous sessions exactly one gets it, again and again until it has decided.
   * @returns null: unknown, expired, decided, or another session's.
   */
  openDeviceGrant(userCodeMac: UserCodeMac, visitor: DeviceVisitor, nowMs: number): Promise<DeviceGrantOpened | null>;
  /** Decides a grant that this session has opened, once. */
  decideDeviceGrant(step: {
    readonly userCodeMac: UserCodeMac;
    readonly visitor: DeviceVisitor & AuthenticationEvent;
    readonly allowed: boolean;
    readonly nowMs: number;
  }): Promise<{ readonly outcome: 'decided' | 'not_found' }>;
  findDeviceGrant(deviceCodeDigest: Digest): Promise<DeviceGrantFound | null>;
  /**
   * Notes a poll of an undecided grant. RFC 8628 §3.5: one that comes too early makes the interval 5 seconds longer, for this
   * and every later one.
   */
  pollDeviceGrant(deviceCodeDigest: Digest, nowMs: number): Promise<{ readonly outcome: 'in_time' | 'too_early' }>;
  /** Marks an allowed grant redeemed, starts its family and stores its first access token, or does none of it. */
  redeemDeviceCode(step: {
    readonly deviceCodeDigest: Digest;
    readonly applicationId: ApplicationId;
    readonly family: NewFamily;
    readonly accessToken: AccessTokenRecord;
    readonly nowMs: number;
  }): Promise<RedeemDeviceCodeOutcome>;
}

/** Signs. Implemented by `keys/`. */
export interface Signer {
  /** Compact JWS over the claims, with `kid`, `typ` and `alg` set. @throws when no key of that algorithm exists. */
  sign(
    claims: Readonly<Record<string, unknown>>,
    options: { readonly algorithm: IdTokenAlgorithm; readonly type: string },
  ): Promise<string>;
  /** RFC 7517 §5: public keys only, those that signed within the overlap included. */
  publicKeySet(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
  /**
   * Verifies a JWS that this server signed (id_token_hint), with any key that it still publishes, and answers its claims;
   * null when it is not ours, or of another `typ` than `type` (ID tokens' `JWT` unless said): an access token is never
   * taken for an ID token (ASVS 9.2.2). `exp` is not looked at.
   */
  verifyOwn(jws: string, type?: string): Promise<Readonly<Record<string, unknown>> | null>;
}
