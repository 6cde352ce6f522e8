/**
 * The protocol on real parts for tests: SQLite in a temporary folder, real keys, and a clock that stands until it is moved.
 *
 * Owns how a test makes an application, a person and a signed-in browser, and calls an endpoint. It asserts nothing but
 * that every refusal's public text keeps to the characters of RFC 6749 §5.2.
 */

import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmailKey, UsernameKey, UsernameSkeleton } from '../../src/accounts/ports.ts';
import { createKeyEncryption } from '../../src/keys/key-encryption.ts';
import { createKeyRing } from '../../src/keys/key-ring.ts';
import { createSigner } from '../../src/keys/signer.ts';
import { ensureSigningKeys } from '../../src/keys/signing-keys.ts';
import { type Application, DEFAULT_LIFETIMES } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import {
  type AuthorizationDeps,
  type AuthorizationHttpRequest,
  authorize,
  type ConsentAnswer,
  decideConsent,
  resumeAuthorization,
} from '../../src/protocol/authorization-endpoint.ts';
import type { BrowserContext, Declined } from '../../src/protocol/authorization-facts.ts';
import type { AuthorizationOutcome } from '../../src/protocol/authorization-outcome.ts';
import { profileClaims } from '../../src/protocol/claims.ts';
import type { ClientCertificate, MutualTls } from '../../src/protocol/client-certificate.ts';
import { type ClientSecretKey, clientSecretMac } from '../../src/protocol/client-secret.ts';
import { deviceQuestion } from '../../src/protocol/consent-question.ts';
import { type DeviceAuthorizationDeps, deviceAuthorizationEndpoint } from '../../src/protocol/device-authorization.ts';
import { type DeviceVerificationDeps, decideDevice, openDevice } from '../../src/protocol/device-verification.ts';
import type { DpopNonceKey } from '../../src/protocol/dpop-nonce.ts';
import type { EndpointResponse } from '../../src/protocol/endpoint.ts';
import type { ProtocolError } from '../../src/protocol/errors.ts';
import type { KeySetReader } from '../../src/protocol/fetcher.ts';
import { introspectionEndpoint } from '../../src/protocol/introspection.ts';
import { type LogoutOutcome, logoutEndpoint } from '../../src/protocol/logout.ts';
import type { PairwiseKey } from '../../src/protocol/pairwise-subject.ts';
import { viewPending } from '../../src/protocol/pending-request.ts';
import type { SessionView } from '../../src/protocol/ports/people.ts';
import { profileEndpoint } from '../../src/protocol/profile.ts';
import { type PushedRequestDeps, pushedRequestEndpoint } from '../../src/protocol/pushed-request-endpoint.ts';
import type { RefreshTokenKey, RefreshTokenKeys } from '../../src/protocol/refresh-token-text.ts';
import { revocationEndpoint } from '../../src/protocol/revocation.ts';
import { scopeRegistry } from '../../src/protocol/scopes.ts';
import { type TokenEndpointDeps, tokenEndpoint } from '../../src/protocol/token-endpoint.ts';
import { typedUserCode, type UserCodeKey } from '../../src/protocol/user-code.ts';
import { userinfoEndpoint } from '../../src/protocol/userinfo.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { type Digest, digestOf, newSecret, presentedSecret } from '../../src/vocabulary/credentials.ts';
import { type AccountId, accountId, applicationId, clientId, sessionId } from '../../src/vocabulary/identifiers.ts';
import type { ProfileFields } from '../../src/vocabulary/profile-field.ts';
import { detailTypes } from './detail-types.ts';

export const ISSUER = 'https://id.example/o';
export const SECRET = 'a-client-secret-of-the-tests';
export const CALLBACK = 'https://app.example/callback';
/** RFC 7636 appendix B. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** A person with a browser in which they are signed in. */
export interface SignedIn {
  readonly accountId: AccountId;
  readonly session: SessionView;
  readonly browser: BrowserContext;
}

/** Form fields, or a body as it is. */
export type Form = Readonly<Record<string, string>> | string;

/** What a call to an endpoint may bring beside its form. */
export interface CallOptions {
  readonly method?: string;
  readonly authorization?: string | null;
  readonly dpop?: string;
  readonly certificate?: ClientCertificate;
  readonly accept?: string;
  readonly contentType?: string | null;
  readonly query?: string;
}

/** Every dependency of the protocol, on real parts. */
export type ProtocolDeps = TokenEndpointDeps &
  AuthorizationDeps &
  PushedRequestDeps &
  DeviceAuthorizationDeps &
  DeviceVerificationDeps;

const KEY = Buffer.alloc(32, 1) as ClientSecretKey;
let serial = 0;

/** Opens a server, on SQLite unless a database is named. Close it when the file is done. */
export async function openServer(options: { readonly database?: string; readonly mutualTls?: MutualTls } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-protocol-'));
  const time = { nowMs: Date.UTC(2030, 0, 1) };
  const clock = () => time.nowMs;
  const storage = await openStorage({ database: options.database ?? join(folder, 'test.db'), clock });
  await storage.migrate();
  const encryption = createKeyEncryption('a secret of the tests, long enough', randomBytes);
  await ensureSigningKeys({ keys: storage.keys, encryption, clock });
  const signer = createSigner({ keyRing: createKeyRing({ keys: storage.keys, encryption, clock }), clock });
  const keys = { refresh: { current: Buffer.alloc(32, 2) as RefreshTokenKey, previous: [] } as RefreshTokenKeys };
  const secretsUsed: string[] = [];
  const sessionsUsed: string[] = [];
  const keySetsAt = new Map<string, Awaited<ReturnType<KeySetReader['keySet']>>>();
  const deps: ProtocolDeps = {
    issuer: ISSUER,
    mutualTls: options.mutualTls ?? null,
    applications: storage.applications,
    clientSecretKey: KEY,
    applicationUse: storage.applicationUse,
    secretUse: { secretWasUsed: (id) => secretsUsed.push(id) },
    importedSecrets: { match: async () => ({ outcome: 'compared', record: null }) },
    grants: storage.grants,
    deviceGrants: storage.deviceGrants,
    groups: storage.groups,
    factors: storage.factors,
    baseUrl: 'https://id.example',
    userCodeKey: Buffer.alloc(32, 3) as UserCodeKey,
    refreshTokenKeys: () => keys.refresh,
    signer,
    profileClaims: profileClaims(PROFILE_FIELDS, (name) => `https://id.example/picture/${name}.webp`),
    detailTypes: detailTypes(),
    scopes: scopeRegistry([{ name: 'invoices', description: 'See your invoices' }]),
    authorization: storage.authorization,
    consents: storage.consents,
    pendingRequests: storage.pendingRequests,
    pushedRequests: storage.pushedRequests,
    replays: storage.replays,
    dpopNonceKey: Buffer.alloc(32, 3) as DpopNonceKey,
    pairwiseKey: Buffer.alloc(32, 4) as PairwiseKey,
    keySets: { keySet: async (uri) => keySetsAt.get(uri) ?? { outcome: 'unavailable', detail: 'nothing is there' } },
    sessionWasUsed: (session) => sessionsUsed.push(session.sessionId),
    clock,
    randomness: randomBytes,
  };
  return {
    storage,
    deps,
    signer,
    keys,
    secretsUsed,
    /** What is at a jwks_uri. */
    keySetsAt,
    sessionsUsed,
    clock,
    /** Moves the clock on. */
    pass: (seconds: number) => {
      time.nowMs += seconds * 1_000;
    },
    application: (overrides: Partial<Application> = {}) => createApplication(storage, clock(), overrides),
    person: (overrides: Parameters<typeof createPerson>[2] = {}) => createPerson(storage, clock(), overrides),
    signIn: (id: AccountId, browserDigest?: Digest) => signIn(storage, clock(), id, browserDigest),
    authorize: async (query: Form, browser: BrowserContext = strangersBrowser(), using: AuthorizationDeps = deps) => {
      const request = { method: 'GET', query: encoded(query), contentType: null, body: '' };
      return checked(await authorize(request, browser, using));
    },
    authorizeHttp: async (request: AuthorizationHttpRequest, browser: BrowserContext = strangersBrowser()) =>
      checked(await authorize(request, browser, deps)),
    account: async (id: AccountId) => {
      const account = await storage.accounts.findAccount(id);
      if (account === null) throw new Error(`no account ${id}`);
      return account;
    },
    digest: (secret: string) => digestOf(presentedSecret(secret)),
    resume: async (pending: string, browser: BrowserContext, declined?: Declined) =>
      checked(await resumeAuthorization(presentedSecret<'pending'>(pending), browser, deps, declined)),
    view: (pending: string, browser: BrowserContext) =>
      viewPending(presentedSecret<'pending'>(pending), browser.browserDigest, deps),
    /** Answers the question that was shown last, unless another is given. */
    decide: async (answer: Omit<ConsentAnswer, 'question'> & { question?: string }, browser: BrowserContext) => {
      const question = answer.question ?? questions.get(answer.pending) ?? null;
      return checked(await decideConsent({ ...answer, question }, browser, deps));
    },
    token: (form: Form, options: CallOptions = {}, using: TokenEndpointDeps = deps) =>
      call(tokenEndpoint, form, options, using),
    push: (form: Form, options: CallOptions = {}) => call(pushedRequestEndpoint, form, options, deps),
    deviceAuthorization: (form: Form, options: CallOptions = {}) =>
      call(
        (request, using) =>
          deviceAuthorizationEndpoint(
            { ...request, networkAddress: '203.0.113.7', userAgent: 'TelevisionApp/4.1' },
            using,
          ),
        form,
        options,
        deps,
      ),
    openDevice: (userCode: string, session: SessionView) => openDevice(codeOf(userCode), session, deps),
    /** Answers what is asked at that moment, unless a question is named. */
    decideDevice: async (userCode: string, allowed: boolean, session: SessionView, question?: string) => {
      const code = codeOf(userCode);
      if (!allowed) return (await decideDevice(code, { allowed }, session, deps)).outcome;
      const shown = question === undefined ? await openDevice(code, session, deps) : null;
      const asked = question ?? (shown === null ? null : deviceQuestion(shown));
      return (await decideDevice(code, { allowed, question: asked }, session, deps)).outcome;
    },
    introspect: (form: Form, options: CallOptions = {}) => call(introspectionEndpoint, form, options, deps),
    revoke: (form: Form, options: CallOptions = {}, using: TokenEndpointDeps = deps) =>
      call(revocationEndpoint, form, options, using),
    userinfo: (options: CallOptions & { readonly form?: Form }) =>
      call(userinfoEndpoint, options.form ?? '', { method: 'GET', ...options }, deps),
    profile: (options: CallOptions, using: ProtocolDeps = deps) =>
      call(profileEndpoint, '', { method: 'GET', ...options }, using),
    logout: async (
      form: Form,
      session: SessionView | null,
      options: { readonly method?: string; readonly confirmed?: boolean } = {},
    ): Promise<LogoutOutcome> => {
      const { method = 'GET', confirmed = false } = options;
      const text = encoded(form);
      const form0 = method === 'POST' ? { query: '', body: text } : { query: text, body: '' };
      const contentType = method === 'POST' ? 'application/x-www-form-urlencoded' : null;
      const outcome = await logoutEndpoint({ method, contentType, confirmed, ...form0 }, session, deps);
      if (outcome.kind === 'error_page') checkHint(outcome.error);
      return outcome;
    },
    /** Everything that lies in the database's files. */
    databaseText: async () => {
      const names = await readdir(folder);
      const contents = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
      return contents.join('');
    },
    close: async () => {
      await storage.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A server that {@link openServer} opened. */
export type TestServer = Awaited<ReturnType<typeof openServer>>;

/** HTTP Basic of RFC 6749 §2.3.1. */
export function basic(application: Application, secret = SECRET): string {
  const pair = `${encodeURIComponent(application.clientId)}:${encodeURIComponent(secret)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** A browser in which nobody is signed in. */
export function strangersBrowser(): BrowserContext {
  return { sessionDigest: null, browserDigest: digestOf(newSecret<'browser'>(randomBytes)) };
}

/** The members of a JSON answer. */
export function json(response: EndpointResponse): Readonly<Record<string, unknown>> {
  if (typeof response.body !== 'object' || response.body === null) throw new Error('the answer has no JSON body');
  return { ...response.body };
}

/** One text member of a JSON answer. */
export function text(response: EndpointResponse, name: string): string {
  const value = json(response)[name];
  if (typeof value !== 'string') throw new Error(`the answer has no text ${name}: ${JSON.stringify(response.body)}`);
  return value;
}

/** The query of a redirect. */
export function redirected(outcome: AuthorizationOutcome): URLSearchParams {
  if (outcome.kind !== 'redirect') throw new Error(`no redirect but ${outcome.kind}`);
  return new URL(outcome.location).searchParams;
}

/** The pending secret of a sign-in or consent page. */
export function pendingOf(outcome: AuthorizationOutcome): string {
  if (!('pending' in outcome)) throw new Error(`nothing pending but ${outcome.kind}`);
  return outcome.pending;
}

/** Signs a person in at an application without questions, and gives the code. */
export async function codeFor(
  server: TestServer,
  application: Application,
  person: SignedIn,
  query: Readonly<Record<string, string>> = {},
): Promise<string> {
  await server.storage.consents.allow(person.accountId, application.id, application.scopes, server.clock());
  const request = { response_type: 'code', client_id: application.clientId, ...query };
  const code = redirected(await server.authorize(request, person.browser)).get('code');
  if (code === null) throw new Error('no code');
  return code;
}

/** Takes a code flow to its end. */
export async function tokensFor(
  server: TestServer,
  application: Application,
  person: SignedIn,
  query: Readonly<Record<string, string>> = {},
): Promise<EndpointResponse> {
  const code = await codeFor(server, application, person, query);
  const response = await server.token(
    { grant_type: 'authorization_code', code },
    { authorization: basic(application) },
  );
  if (response.status !== 200) throw new Error(JSON.stringify(response.body));
  return response;
}

function codeOf(typed: string) {
  const code = typedUserCode(typed);
  if (code === null) throw new Error(`no user code: ${typed}`);
  return code;
}

async function createApplication(
  storage: Storage,
  nowMs: number,
  overrides: Partial<Application>,
): Promise<Application> {
  serial += 1;
  const type = overrides.type ?? 'confidential';
  const record = (id: string, secret: string) => ({
    id,
    mac: clientSecretMac(presentedSecret(secret), KEY),
    importedHash: null,
    hint: '',
    createdAtMs: nowMs,
    lastUsedAtMs: null,
  });
  const application: Application = {
    id: applicationId(`application-${serial}`),
    clientId: clientId(`client-${serial}`),
    name: `Application ${serial}`,
    type,
    grants: ['authorization-code', 'refresh-token', 'client-credentials', 'device-code', 'token-exchange'],
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: [],
    allowedOrigins: [],
    scopes: ['openid', 'profile', 'email', 'read'],
    requirePkce: false,
    skipConsent: false,
    idTokenAlgorithm: 'ES256',
    ...DEFAULT_LIFETIMES,
    ownerId: null,
    secrets: type === 'confidential' ? [record(`secret-${serial}`, SECRET)] : [],
    disabledAtMs: null,
    lastWithoutPkceAtMs: null,
    lastWithoutRedirectUriAtMs: null,
    lastLongAccessTokenAtMs: null,
    lastLongRefreshTokenAtMs: null,
    provenance: 'made',
    lastUsedAtMs: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    ...overrides,
    // OpenID Connect Core §3.1.2.1 is tried in authorization-request.test.ts; elsewhere requests are as short as they may be.
    settings: { ...(overrides.settings ?? DEFAULT_SETTINGS), redirectUriOptional: true },
  };
  await storage.applications.createApplication(application);
  return application;
}

async function createPerson(
  storage: Storage,
  nowMs: number,
  overrides: { readonly id?: string; readonly email?: string | null; readonly isSuperuser?: boolean } = {},
): Promise<SignedIn> {
  serial += 1;
  const username = `person${serial}`;
  const address = overrides.email === undefined ? `${username}@people.example` : overrides.email;
  const id = accountId(overrides.id ?? randomBytes(16).toString('hex'));
  await storage.accounts.createAccount({
    id,
    username,
    usernameKey: username as UsernameKey,
    usernameSkeleton: username as UsernameSkeleton,
    firstName: 'Ada',
    lastName: 'Lovelace',
    email: address === null ? null : { address, key: address as EmailKey, verified: true },
    passwordHash: null,
    locale: 'fr',
    isSuperuser: overrides.isSuperuser ?? false,
    createdAtMs: nowMs,
  });
  return signIn(storage, nowMs, id);
}

async function signIn(
  storage: Storage,
  nowMs: number,
  account: AccountId,
  browserDigest: Digest = strangersBrowser().browserDigest,
): Promise<SignedIn> {
  serial += 1;
  const tokenDigest = digestOf(newSecret<'session'>(randomBytes));
  const id = sessionId(`session-${serial}`);
  await storage.sessions.startSession(
    {
      id,
      tokenDigest,
      accountId: account,
      authTimeMs: nowMs,
      amr: ['pwd'],
      createdAtMs: nowMs,
      lastSeenAtMs: nowMs,
      expiresAtMs: nowMs + 365 * 86_400_000,
      idleExpiresAtMs: nowMs + 365 * 86_400_000,
      userAgent: '',
      networkAddress: '',
    },
    null,
  );
  return {
    accountId: account,
    session: { sessionId: id, accountId: account, authTimeMs: nowMs, amr: ['pwd'] },
    browser: { sessionDigest: tokenDigest, browserDigest },
  };
}

function encoded(form: Form): string {
  return typeof form === 'string' ? form : new URLSearchParams(form).toString();
}

async function call<Deps>(
  endpoint: (
    request: {
      method: string;
      contentType: string | null;
      authorization: string | null;
      dpop: string | null;
      certificate: ClientCertificate | null;
      accept: string | null;
      body: string;
      query: string;
    },
    deps: Deps,
  ) => Promise<EndpointResponse>,
  form: Form,
  options: CallOptions,
  deps: Deps,
): Promise<EndpointResponse> {
  const response = await endpoint(
    {
      method: options.method ?? 'POST',
      contentType: options.contentType === undefined ? 'application/x-www-form-urlencoded' : options.contentType,
      authorization: options.authorization ?? null,
      dpop: options.dpop ?? null,
      certificate: options.certificate ?? null,
      accept: options.accept ?? null,
      body: encoded(form),
      query: options.query ?? '',
    },
    deps,
  );
  if (response.error !== undefined) checkHint(response.error);
  return response;
}

/** By the pending secret of its page. */
const questions = new Map<string, string>();

function checked(outcome: AuthorizationOutcome): AuthorizationOutcome {
  if (outcome.kind === 'consent') questions.set(outcome.pending, outcome.question);
  if (outcome.kind === 'error_page' || outcome.kind === 'redirect') checkHint(outcome.error);
  return outcome;
}

/** RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E. */
function checkHint(error: ProtocolError | null): void {
  if (error !== null && !/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(error.hint)) {
    throw new Error(`error_description may not be: ${error.hint}`);
  }
}

/** A field that the operator of these tests declares: the scope profile tells it as the claim `department`. */
const PROFILE_FIELDS: ProfileFields = new Map([
  [
    'unit',
    {
      name: 'unit',
      label: { en: 'Department', fr: 'Service' },
      kind: 'text',
      choices: new Map(),
      charactersMax: 200,
      required: false,
      editedBy: 'operator',
      scope: 'profile',
      claim: 'department',
    },
  ],
]);
