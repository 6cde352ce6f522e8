/**
 * What a conformance case is, and the things that cases are made of: accounts, applications, sessions, codes, tokens.
 *
 * Every id is new in the process, so that cases can run one after the other on one database. Instants come from the
 * clock that is passed in, which only moves when a case moves it.
 */
import { createHash } from 'node:crypto';
import type { NewIdentity } from '../../accounts/ports/elsewhere.ts';
import type { EmailKey, NewAccount, SessionRecord, UsernameKey, UsernameSkeleton } from '../../accounts/ports.ts';
import type { Application, ClientSecretMac, ClientSecretRecord } from '../../protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../protocol/application-settings.ts';
import type { DeviceGrantRecord } from '../../protocol/ports/devices.ts';
import type { AccessTokenRecord, AuthorizationCodeRecord, NewFamily } from '../../protocol/ports/grants.ts';
import type { UserCodeMac } from '../../protocol/user-code.ts';
import type { Digest } from '../../vocabulary/credentials.ts';
import {
  type AccountId,
  type ApplicationId,
  accountId,
  applicationId,
  clientId,
  familyId,
  type SessionId,
  sessionId,
} from '../../vocabulary/identifiers.ts';
import type { Storage } from '../storage.ts';

/** A clock that stands still until it is moved. Give `read` to `openStorage`. */
export interface MovableClock {
  readonly read: () => number;
  advance(ms: number): void;
}

/** Makes a clock that stands at `startMs`. */
export function movableClock(startMs: number): MovableClock {
  let nowMs = startMs;
  return {
    read: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/** One thing that an engine must do. `run` throws when it does not. */
export interface ConformanceCase {
  /** A sentence that begins with the part of storage that it is about. */
  readonly name: string;
  run(storage: Storage, clock: MovableClock): Promise<void>;
}

let lastNumber = 0;

/** Text that was not given before. */
export function fresh(what: string): string {
  lastNumber += 1;
  return `${what}-${String(lastNumber).padStart(6, '0')}`;
}

/** A digest; of no text, one that was not given before. */
export function digest(text = fresh('digest')): Digest {
  return createHash('sha256').update(text).digest() as Digest;
}

/** An address with its key. */
export function email(address: string, verified: boolean) {
  return { address, key: address.toLowerCase() as EmailKey, verified };
}

/** A name with what it is compared by. Its skeleton is its key unless said. */
export function named(username: string, skeleton = username.toLowerCase()) {
  return {
    username,
    usernameKey: username.toLowerCase() as UsernameKey,
    usernameSkeleton: skeleton as UsernameSkeleton,
  };
}

/** An identity at the provider `work`. */
export function newIdentity(change: Partial<NewIdentity> = {}): NewIdentity {
  const issuer = 'https://issuer.example';
  return { providerId: 'work', issuer, subject: fresh('subject'), label: 'alice', importedAs: null, ...change };
}

/** A new account. */
export function newAccount(nowMs: number, change: Partial<NewAccount> = {}): NewAccount {
  return {
    id: accountId(fresh('account')),
    ...named(fresh('Person')),
    firstName: 'Ada',
    lastName: 'Lovelace',
    email: null,
    passwordHash: null,
    locale: null,
    isSuperuser: false,
    createdAtMs: nowMs,
    ...change,
  };
}

/** A client secret. */
export function newSecret(nowMs: number): ClientSecretRecord {
  return {
    id: fresh('secret'),
    mac: digest() as Buffer as ClientSecretMac,
    importedHash: null,
    hint: 'wxyz',
    createdAtMs: nowMs,
    lastUsedAtMs: null,
  };
}

/** An application with every list filled. */
export function newApplication(nowMs: number, change: Partial<Application> = {}): Application {
  return {
    id: applicationId(fresh('application')),
    clientId: clientId(fresh('client')),
    name: fresh('Application'),
    type: 'confidential',
    grants: ['authorization-code', 'refresh-token', 'client-credentials'],
    redirectUris: ['https://app.example/callback?a=1&b=2', 'https://app.example/é "quoted"'],
    postLogoutRedirectUris: ['https://app.example/bye'],
    allowedOrigins: ['https://app.example'],
    scopes: ['openid', 'profile', 'read'],
    requirePkce: false,
    skipConsent: false,
    idTokenAlgorithm: 'RS256',
    codeLifetimeSeconds: 60,
    accessTokenLifetimeSeconds: 3_600,
    refreshTokenLifetimeSeconds: 7_776_000,
    refreshTokenIdleSeconds: null,
    ownerId: null,
    secrets: [],
    disabledAtMs: null,
    lastWithoutPkceAtMs: null,
    lastWithoutRedirectUriAtMs: null,
    lastLongAccessTokenAtMs: null,
    lastLongRefreshTokenAtMs: null,
    provenance: 'made',
    lastUsedAtMs: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    settings: { ...DEFAULT_SETTINGS, accessTokenFormat: 'jwt' },
    ...change,
  };
}

/** A session of an account: eight hours, two without use. */
export function newSession(nowMs: number, account: AccountId, change: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: sessionId(fresh('session')),
    tokenDigest: digest(),
    accountId: account,
    authTimeMs: nowMs,
    amr: ['pwd', 'otp'],
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
    expiresAtMs: nowMs + 8 * 3_600_000,
    idleExpiresAtMs: nowMs + 2 * 3_600_000,
    userAgent: 'Browser "1.0"',
    networkAddress: '2001:db8::1',
    ...change,
  };
}

/** Somebody signed in, and an application. */
export interface Scene {
  readonly nowMs: number;
  readonly account: NewAccount;
  readonly application: Application;
  readonly session: SessionRecord;
}

/** Stores a scene. */
export async function setScene(storage: Storage, nowMs: number): Promise<Scene> {
  const account = newAccount(nowMs, { email: email(`${fresh('person')}@example.test`, true) });
  const application = newApplication(nowMs);
  const session = newSession(nowMs, account.id);
  await storage.accounts.createAccount(account);
  await storage.applications.createApplication(application);
  await storage.sessions.startSession(session, null);
  return { nowMs, account, application, session };
}

/** A code of the scene, good for a minute. */
export function newCode(scene: Scene, change: Partial<AuthorizationCodeRecord> = {}): AuthorizationCodeRecord {
  return {
    codeDigest: digest(),
    applicationId: scene.application.id,
    accountId: scene.account.id,
    sessionId: scene.session.id,
    redirectUri: 'https://app.example/callback?a=1&b=2',
    redirectUriWasSent: true,
    codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    nonce: 'n-0S6_WzA2Mj',
    scope: ['openid', 'read'],
    context: { resources: ['https://api.example/"quoted"'], confirmation: { jkt: 'thumbprint' } },
    authTimeMs: scene.nowMs,
    amr: ['pwd'],
    issuedAtMs: scene.nowMs,
    expiresAtMs: scene.nowMs + 60_000,
    ...change,
  };
}

/** A family of the scene with a refresh token, good for 90 days and 30 without use. */
export function newFamily(scene: Scene, change: Partial<NewFamily> = {}): NewFamily {
  return {
    familyId: familyId(fresh('family')),
    applicationId: scene.application.id,
    accountId: scene.account.id,
    sessionId: scene.session.id,
    scope: ['openid', 'read'],
    context: { resources: ['https://api.example/'] },
    nonce: 'n-0S6_WzA2Mj',
    authTimeMs: scene.nowMs,
    amr: ['pwd'],
    refreshDigest: digest(),
    startedAtMs: scene.nowMs,
    expiresAtMs: scene.nowMs + 90 * 86_400_000,
    idleExpiresAtMs: scene.nowMs + 30 * 86_400_000,
    ...change,
  };
}

/** A device that waits, for ten minutes. */
export function newDeviceGrant(scene: Scene, change: Partial<DeviceGrantRecord> = {}): DeviceGrantRecord {
  return {
    deviceCodeDigest: digest(),
    userCodeMac: digest() as Buffer as UserCodeMac,
    applicationId: scene.application.id,
    scope: ['openid', 'read'],
    context: { resources: ['https://api.example'] },
    networkAddress: '2001:db8::2',
    userAgent: 'Television/1.0 "é"',
    issuedAtMs: scene.nowMs,
    expiresAtMs: scene.nowMs + 600_000,
    intervalSeconds: 5,
    ...change,
  };
}

/** An access token, of a family or of the application alone, good for an hour. */
export function newAccessToken(
  application: ApplicationId,
  nowMs: number,
  family: NewFamily | null = null,
): AccessTokenRecord {
  return {
    tokenDigest: digest(),
    applicationId: application,
    accountId: family?.accountId ?? null,
    familyId: family?.familyId ?? null,
    scope: ['openid', 'read'],
    context: family?.context ?? null,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + 3_600_000,
  };
}

/** A family with its first access token, as a redeemed code leaves it. */
export interface StoredFamily {
  readonly code: AuthorizationCodeRecord;
  readonly family: NewFamily;
  readonly accessToken: AccessTokenRecord;
  /** Of the first refresh token. */
  readonly refreshDigest: Digest;
}

/** Issues a code in the scene and redeems it. */
export async function redeemedFamily(
  storage: Storage,
  scene: Scene,
  change: Partial<NewFamily> = {},
): Promise<StoredFamily> {
  const code = newCode(scene);
  const refreshDigest = digest();
  const family = newFamily(scene, { refreshDigest, ...change });
  const accessToken = newAccessToken(scene.application.id, scene.nowMs, family);
  await storage.grants.issueCode(code);
  const redemption = await storage.grants.redeemCode({
    codeDigest: code.codeDigest,
    applicationId: scene.application.id,
    family,
    accessToken,
    nowMs: scene.nowMs,
  });
  if (redemption.outcome !== 'redeemed') throw new Error(`the code of the scene was ${redemption.outcome}`);
  return { code, family, accessToken, refreshDigest };
}

/** What the scene's person is as claims. */
export function claimsOfScene({ account }: Scene) {
  return {
    accountId: account.id,
    idIsNumber: false,
    username: account.username,
    firstName: account.firstName,
    lastName: account.lastName,
    email: account.email?.address ?? null,
    emailVerified: account.email?.verified ?? false,
    locale: account.locale,
    zoneInfo: null,
    fields: {},
    picture: null,
    updatedAtMs: account.createdAtMs,
  };
}

/** How many times each outcome came. */
export function tally(outcomes: readonly { readonly outcome: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** Calls `step` `times` times at once. */
export function atOnce<Result>(times: number, step: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => step(index)));
}

/** A session id that no session has. */
export const NO_SESSION: SessionId = sessionId('no-such-session');
