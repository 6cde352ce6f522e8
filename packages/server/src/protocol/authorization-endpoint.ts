/**
 * The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2) from the outside: a request comes in, is resumed
 * after a sign-in, or is answered on the consent page; each goes the same way and ends in one `AuthorizationOutcome`.
 *
 * Owns the order of the steps and the pending request's life. Parsing and proof are `authorization-request.ts`, the
 * decision is `authorization-step.ts`, the redirect is `authorization-response.ts`. It knows no cookie and no page.
 */
import { type Digest, digestOf, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Application } from './application.ts';
import type { AuthorizationOutcome } from './authorization-outcome.ts';
import {
  type AuthorizationRequest,
  type AuthorizationRequestDeps,
  type AuthorizationRequestRead,
  type ErrorPageReason,
  type ResponseTarget,
  readAuthorizationRequest,
} from './authorization-request.ts';
import { codeLocation, errorLocation } from './authorization-response.ts';
import { type AuthorizationStep, authorizationStep, type Person } from './authorization-step.ts';
import { formBodyFault } from './back-channel-request.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import type {
  AuthorizationReader,
  ConsentStore,
  GrantStore,
  PendingRequestRecord,
  PendingRequestStore,
  SessionView,
} from './ports.ts';
import { formActionSource } from './redirect-uri.ts';

/** A request to the authorization endpoint, unparsed. */
export interface AuthorizationHttpRequest {
  readonly method: string;
  /** Raw query without `?`. */
  readonly query: string;
  readonly contentType: string | null;
  /** Raw body of a POST, otherwise empty. */
  readonly body: string;
}

/** The browser that asks. Who is signed in there is read by the endpoint, in one read with what they allowed before. */
export interface BrowserContext {
  /** Digest of the session cookie; null without one. */
  readonly sessionDigest: Digest | null;
  /** Digest of a cookie that every browser gets before its first request is left pending. */
  readonly browserDigest: Digest;
}

/** What the authorization endpoint uses. */
export interface AuthorizationDeps extends AuthorizationRequestDeps {
  /** `DIAPASON_URL` + `/o`: RFC 9207 `iss`. */
  readonly issuer: string;
  readonly authorization: AuthorizationReader;
  readonly consents: Pick<ConsentStore, 'allow'>;
  readonly pendingRequests: PendingRequestStore;
  readonly grants: Pick<GrantStore, 'issueCode'>;
  /** Told of each live session that was read: moving its inactivity limit is `accounts/`, and nobody waits for it. */
  readonly sessionWasUsed: (session: SessionView, lastSeenAtMs: number, nowMs: number) => void;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** The answer of the consent page. `deny` is also what the sign-in page's way back to the application sends. */
export interface ConsentAnswer {
  readonly pending: Secret<'pending'>;
  readonly decision: 'allow' | 'deny';
  /** `account.accountId` of the consent outcome, as the form brought it back; null for `deny`. */
  readonly accountId: AccountId | null;
}

/** So long a person may take to sign in or sign up, mail included, and to read the consent page. */
const PENDING_LIFETIME_MS = 60 * 60_000;

/** RFC 6749 §4.1.1: a request from the application, by way of the browser. GET and POST (OpenID Connect Core §3.1.2.1). */
export async function authorize(
  request: AuthorizationHttpRequest,
  browser: BrowserContext,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  const encoded = encodedParameters(request);
  if (typeof encoded !== 'string') return encoded;
  const nowMs = deps.clock();
  const read = await readAuthorizationRequest(encoded, deps);
  if (read.outcome !== 'read') return refusal(read, deps.issuer);
  const person = await readPerson(read.request.application, browser, nowMs, deps);
  const step = authorizationStep(read.request, { person, pendingSinceMs: null, nowMs });
  return take(step, { request: read.request, encoded, pending: null, nowMs }, browser, deps);
}

/** Goes on with a pending request: after sign-in, sign-up, or when the sign-in page is opened again. */
export async function resumeAuthorization(
  pending: Secret<'pending'>,
  browser: BrowserContext,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  const nowMs = deps.clock();
  const found = await findPending(pending, browser, nowMs, deps);
  if ('kind' in found) return found;
  const { request, record } = found;
  const person = await readPerson(request.application, browser, nowMs, deps);
  const step = authorizationStep(request, { person, pendingSinceMs: record.createdAtMs, nowMs });
  return take(step, { request, encoded: record.query, pending, nowMs }, browser, deps);
}

/**
 * Takes the answer of the consent page: exactly one of any number of identical ones is acted upon, the others get
 * `request_answered`. `deny` needs nobody signed in. An `allow` from a page that was shown to another account, or to
 * nobody any more, brings the step that is due instead.
 */
export async function decideConsent(
  answer: ConsentAnswer,
  browser: BrowserContext,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  const nowMs = deps.clock();
  const found = await findPending(answer.pending, browser, nowMs, deps);
  if ('kind' in found) return found;
  const { request, record } = found;
  const context: RequestContext = { request, encoded: record.query, pending: answer.pending, nowMs };
  if (answer.decision === 'deny') return take({ step: 'error', error: ACCESS_DENIED }, context, browser, deps);

  const person = await readPerson(request.application, browser, nowMs, deps);
  const step = authorizationStep(request, { person, pendingSinceMs: record.createdAtMs, nowMs });
  // CVE-2022-39222: whoever allows is whoever was asked, in the browser that asked.
  if (step.step !== 'consent' || step.person.account.accountId !== answer.accountId) {
    return take(step, context, browser, deps);
  }
  if (!(await consume(answer.pending, browser, deps))) return answered(request.application);
  await deps.consents.allow(step.person.account.accountId, request.application.id, request.scope, nowMs);
  return issueCode(request, step.person.session, nowMs, deps);
}

const ACCESS_DENIED = protocolError('access_denied', 'The person did not allow it.');

/** A readable request on its way. */
interface RequestContext {
  readonly request: AuthorizationRequest;
  /** What it was read from, for the pending record. */
  readonly encoded: string;
  /** null: it has not been left pending yet. */
  readonly pending: Secret<'pending'> | null;
  readonly nowMs: number;
}

/** The parameters of a GET are in the query, those of a POST in the body; of a POST with both, repeated ones show. */
function encodedParameters(request: AuthorizationHttpRequest): string | AuthorizationOutcome {
  if (request.method === 'GET' || request.method === 'HEAD') return request.query;
  if (request.method !== 'POST') {
    const error = protocolError('invalid_request', 'The authorization endpoint takes GET and POST.');
    return { kind: 'error_page', status: 405, reason: 'method_not_allowed', error, application: null };
  }
  const fault = request.body === '' ? null : formBodyFault(request.contentType);
  if (fault !== null) return errorPage('malformed_request', fault, null);
  return [request.query, request.body].filter((part) => part !== '').join('&');
}

async function readPerson(
  application: Application,
  browser: BrowserContext,
  nowMs: number,
  deps: AuthorizationDeps,
): Promise<Person | null> {
  if (browser.sessionDigest === null) return null;
  const at = { sessionDigest: browser.sessionDigest, applicationId: application.id, nowMs };
  const found = await deps.authorization.readAuthorization(at);
  if (found !== null) deps.sessionWasUsed(found.session, found.sessionLastSeenAtMs, nowMs);
  return found;
}

/** CVE-2026-7571: the pending record holds the request as it came; everything in it is proven anew. */
async function findPending(
  pending: Secret<'pending'>,
  browser: BrowserContext,
  nowMs: number,
  deps: AuthorizationDeps,
): Promise<{ readonly request: AuthorizationRequest; readonly record: PendingRequestRecord } | AuthorizationOutcome> {
  const record = await deps.pendingRequests.findPending(digestOf(pending), browser.browserDigest);
  if (record === null) return errorPage('request_expired', EXPIRED, null);
  const read = await readAuthorizationRequest(record.query, deps);
  const application = read.outcome === 'read' ? read.request.application : null;
  if (record.answered) return answered(application);
  if (nowMs >= record.expiresAtMs) return errorPage('request_expired', EXPIRED, application);
  return read.outcome === 'read' ? { request: read.request, record } : refusal(read, deps.issuer);
}

async function take(
  step: AuthorizationStep,
  context: RequestContext,
  browser: BrowserContext,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  const { request, pending, nowMs } = context;
  const { application, uiLocales } = request;
  const formAction = formActionSource(request.redirectUri);
  switch (step.step) {
    case 'login':
      return {
        kind: 'login',
        pending: pending ?? (await leavePending(context, browser, deps)),
        application,
        reason: step.reason,
        loginHint: request.loginHint,
        uiLocales,
        signUp: request.prompts.has('create'),
        formActionSource: formAction,
      };
    case 'consent':
      return {
        kind: 'consent',
        pending: pending ?? (await leavePending(context, browser, deps)),
        application,
        account: step.person.account,
        scope: request.scope,
        newScope: step.newScope,
        uiLocales,
        formActionSource: formAction,
      };
    case 'issue':
      if (pending !== null && !(await consume(pending, browser, deps))) return answered(application);
      return issueCode(request, step.person.session, nowMs, deps);
    case 'error':
      if (pending !== null && !(await consume(pending, browser, deps))) return answered(application);
      return errorRedirect(request, deps.issuer, step.error);
    default:
      return step satisfies never;
  }
}

async function leavePending(
  context: RequestContext,
  browser: BrowserContext,
  deps: AuthorizationDeps,
): Promise<Secret<'pending'>> {
  const pending = newSecret<'pending'>(deps.randomness);
  await deps.pendingRequests.storePending({
    pendingDigest: digestOf(pending),
    browserDigest: browser.browserDigest,
    query: context.encoded,
    createdAtMs: context.nowMs,
    expiresAtMs: context.nowMs + PENDING_LIFETIME_MS,
  });
  return pending;
}

function consume(pending: Secret<'pending'>, browser: BrowserContext, deps: AuthorizationDeps): Promise<boolean> {
  return deps.pendingRequests.consumePending(digestOf(pending), browser.browserDigest);
}

/** RFC 6749 §4.1.2: the code, bound to everything that it was asked with. */
async function issueCode(
  request: AuthorizationRequest,
  session: SessionView,
  nowMs: number,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  const { application } = request;
  const code = newSecret<'code'>(deps.randomness);
  await deps.grants.issueCode({
    codeDigest: digestOf(code),
    applicationId: application.id,
    accountId: session.accountId,
    sessionId: session.sessionId,
    redirectUri: request.redirectUri,
    redirectUriWasSent: request.redirectUriWasSent,
    codeChallenge: request.codeChallenge,
    nonce: request.nonce,
    scope: request.scope,
    authTimeMs: session.authTimeMs,
    amr: session.amr,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + application.codeLifetimeSeconds * 1_000,
  });
  return {
    kind: 'redirect',
    location: codeLocation(request, deps.issuer, code),
    formActionSource: formActionSource(request.redirectUri),
    application,
    error: null,
  };
}

function refusal(
  read: Exclude<AuthorizationRequestRead, { readonly outcome: 'read' }>,
  issuer: string,
): AuthorizationOutcome {
  if (read.outcome === 'error_page') return errorPage(read.reason, read.error, read.application);
  return errorRedirect(read.target, issuer, read.error);
}

function errorRedirect(target: ResponseTarget, issuer: string, error: ProtocolError): AuthorizationOutcome {
  return {
    kind: 'redirect',
    location: errorLocation(target, issuer, error),
    formActionSource: formActionSource(target.redirectUri),
    application: target.application,
    error,
  };
}

const EXPIRED = protocolError(
  'invalid_request',
  'This sign-in has waited too long, or was begun in another browser. Go back to the application and start again.',
);
const ANSWERED = protocolError(
  'invalid_request',
  'This request has been answered already. Go back to the application; if it does not know you, start again there.',
);

function answered(application: Application | null): AuthorizationOutcome {
  return errorPage('request_answered', ANSWERED, application);
}

function errorPage(
  reason: ErrorPageReason,
  error: ProtocolError,
  application: Application | null,
): AuthorizationOutcome {
  return { kind: 'error_page', status: 400, reason, error, application };
}
