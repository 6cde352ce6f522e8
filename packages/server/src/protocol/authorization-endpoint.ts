/**
 * The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2) from the outside: a request comes in, is resumed
 * after a sign-in, or is answered on the consent page; each goes the same way and ends in one `AuthorizationOutcome`.
 *
 * Owns the order of the steps and the pending request's life. Parsing and proof are `authorization-request.ts`, what is known of the
 * person `authorization-facts.ts`, the decision is `authorization-step.ts`, the answer is written by `authorization-response.ts`. It knows no cookie and no page.
 * Long because the three ways in share the visit, the pending request and every step: apart, each would need the other's insides.
 */
import { digestOf, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import { type Application, isUnverified } from './application.ts';
import { rememberedDetails } from './authorization-details.ts';
import {
  type AuthorizationFactsDeps,
  type BrowserContext,
  type Declined,
  readFacts,
  readPerson,
  type VisitFacts,
} from './authorization-facts.ts';
import type { AuthorizationOutcome } from './authorization-outcome.ts';
import type { ErrorPageReason, ResponseTarget } from './authorization-proof.ts';
import {
  type AuthorizationRequest,
  type AuthorizationRequestDeps,
  type AuthorizationRequestRead,
  readAuthorizationRequest,
} from './authorization-request.ts';
import { type AuthorizationResponse, codeResponse, errorResponseTo } from './authorization-response.ts';
import { type AuthorizationStep, authorizationStep, type LoginReason, ONE_FACTOR } from './authorization-step.ts';
import { formBodyFault } from './back-channel-request.ts';
import { consentQuestion } from './consent-question.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import { findPending, leavePending, type PendingOutcome } from './pending-request.ts';
import type { ConsentStore, PendingRequestStore, PushedRequestStore } from './ports/authorization.ts';
import type { GrantStore } from './ports/grants.ts';
import type { SessionView } from './ports/people.ts';
import type { Signer } from './ports/signer.ts';
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

/** What the authorization endpoint uses. */
export interface AuthorizationDeps extends AuthorizationRequestDeps, AuthorizationFactsDeps {
  /** `DIAPASON_URL` + `/o`: RFC 9207 `iss`. */
  readonly issuer: string;
  /** Signs the response of JARM, and checks hints. */
  readonly signer: Pick<Signer, 'sign' | 'verifyOwn'>;
  readonly consents: Pick<ConsentStore, 'allow'>;
  readonly pendingRequests: PendingRequestStore;
  readonly pushedRequests: Pick<PushedRequestStore, 'findPushed' | 'consumePushed'>;
  readonly grants: Pick<GrantStore, 'issueCode'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** What this request is found by: told with an error. Absent: it is not told. */
  readonly reference?: string;
}

/**
 * The answer of the consent page. `deny` is also what the sign-in page's way back to the application sends, `no_factor` that of the page
 * which asks for a second factor to be set up.
 */
export interface ConsentAnswer {
  readonly pending: Secret<'pending'>;
  readonly decision: 'allow' | 'deny' | 'no_factor';
  /** `account.accountId` of the consent outcome, as the form brought it back; null unless `allow`. */
  readonly accountId: AccountId | null;
  /** `question` of the consent outcome, as the form brought it back; null unless `allow`. */
  readonly question: string | null;
  /** As {@link resumeAuthorization} was told, since the page of the question came of it. */
  readonly declined?: Declined;
}

/** Nothing was offered yet. */
const NOTHING: Declined = { secondFactor: false };

/** RFC 6749 §4.1.1: a request from the application, by way of the browser. GET and POST (OpenID Connect Core §3.1.2.1). */
export async function authorize(
  request: AuthorizationHttpRequest,
  browser: BrowserContext,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  const encoded = encodedParameters(request);
  if (typeof encoded !== 'string') return encoded;
  const nowMs = deps.clock();
  const read = await readAuthorizationRequest(encoded, nowMs, deps);
  return proceed(read, { encoded, pending: null, pendingSinceMs: null, declined: NOTHING, browser, nowMs }, deps);
}

/**
 * Goes on with a pending request: after sign-in, sign-up, or when the sign-in page is opened again.
 * @param declined what was offered and not wanted: it is in the address, since it matters to nobody but this person here.
 */
export async function resumeAuthorization(
  pending: Secret<'pending'>,
  browser: BrowserContext,
  deps: AuthorizationDeps,
  declined: Declined = NOTHING,
): Promise<AuthorizationOutcome> {
  const nowMs = deps.clock();
  const found = await findPending(pending, browser.browserDigest, nowMs, deps);
  if (found.outcome !== 'waiting') return gone(found);
  const { record, read } = found;
  const visit = { encoded: record.query, pending, pendingSinceMs: record.createdAtMs, declined, browser, nowMs };
  return proceed(read, visit, deps);
}

/**
 * Takes the answer of the consent page: exactly one of any number of identical ones is acted upon, the others get
 * `request_answered`. `deny` and `no_factor` need nobody signed in. An `allow` from a page that was shown to another account, or to
 * nobody any more, or that asked something else, brings the step that is due instead.
 */
export async function decideConsent(
  answer: ConsentAnswer,
  browser: BrowserContext,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  const nowMs = deps.clock();
  const { pending, declined = NOTHING } = answer;
  const found = await findPending(pending, browser.browserDigest, nowMs, deps);
  if (found.outcome !== 'waiting') return gone(found);
  const { record, read } = found;
  const visit = { encoded: record.query, pending, pendingSinceMs: record.createdAtMs, declined, browser, nowMs };
  if (read.outcome !== 'read') return proceed(read, visit, deps);
  const { request } = read;
  if (answer.decision === 'deny') return take({ step: 'error', error: ACCESS_DENIED }, request, visit, deps);
  if (answer.decision === 'no_factor') return take({ step: 'error', error: ONE_FACTOR }, request, visit, deps);

  const step = authorizationStep(request, await readFacts(request, visit, deps));
  // CVE-2022-39222: whoever allows is whoever was asked, in the browser that asked.
  const isTheirs = step.step === 'consent' && step.person.account.accountId === answer.accountId;
  if (!isTheirs || consentQuestion(request) !== answer.question) {
    return take(step, request, visit, deps);
  }
  if (!(await consume(request, visit, deps))) return gone({ outcome: 'answered', application: request.application });
  const remembered = rememberedDetails(request.details, deps.detailTypes);
  const { accountId } = step.person.account;
  await deps.consents.allow(accountId, request.application.id, request.consentScope, nowMs, remembered);
  return issueCode(request, step.person.session, nowMs, deps);
}

const ACCESS_DENIED = protocolError('access_denied', 'The person did not allow it.');

/** A request on its way: in which browser, when, and since when it waits. */
interface Visit extends VisitFacts {
  /** What the request was read from, for its pending record. */
  readonly encoded: string;
  /** null: it has not been left pending yet. */
  readonly pending: Secret<'pending'> | null;
  readonly browser: BrowserContext;
}

/** The parameters of a GET are in the query, those of a POST in the body; of a POST with both, repeated ones show. */
function encodedParameters(request: AuthorizationHttpRequest): string | AuthorizationOutcome {
  // No HEAD: it would get a code that nobody sees (RFC 9110 §9.3.2).
  if (request.method === 'GET') return request.query;
  if (request.method !== 'POST') {
    const error = protocolError('invalid_request', 'The authorization endpoint takes GET and POST.');
    return { kind: 'error_page', status: 405, reason: 'method_not_allowed', error, application: null };
  }
  const fault = request.body === '' ? null : formBodyFault(request.contentType);
  if (fault !== null) return errorPage('malformed_request', fault, null);
  return [request.query, request.body].filter((part) => part !== '').join('&');
}

async function proceed(
  read: AuthorizationRequestRead,
  visit: Visit,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  switch (read.outcome) {
    case 'error_page':
      return errorPage(read.reason, read.error, read.application);
    case 'refused': {
      const { target, error } = read;
      const asks = !read.silent && !isVouchedFor(target.application);
      if (asks && (await readPerson(target.application, visit, deps)) === null) {
        return login(target, 'signed_out', visit, deps);
      }
      return errorAnswer(target, error, deps);
    }
    case 'read': {
      const { request } = read;
      return take(authorizationStep(request, await readFacts(request, visit, deps)), request, visit, deps);
    }
    default:
      return read satisfies never;
  }
}

/**
 * RFC 9700 §4.11.2: anybody may register an application, and a faulty request to it would make this server send people to
 * wherever that application likes. So of one that no operator stands behind, the error is redirected only once somebody has
 * signed in; prompt=none excepted, where the specification does so.
 */
function isVouchedFor(application: Application): boolean {
  return !isUnverified(application) && (application.ownerId === null || application.skipConsent);
}

async function take(
  step: AuthorizationStep,
  request: AuthorizationRequest,
  visit: Visit,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  const { application, redirectUri } = request;
  switch (step.step) {
    case 'login':
      return login(request, step.reason, visit, deps);
    case 'consent':
      return {
        kind: 'consent',
        pending: await pendingOf(visit, deps),
        application,
        redirectUri,
        account: step.person.account,
        scope: request.consentScope,
        newScope: step.newScope,
        details: request.details,
        resources: request.context?.resources ?? [],
        question: consentQuestion(request),
        uiLocales: request.uiLocales,
        formActionSource: formActionSource(redirectUri),
      };
    case 'issue':
      if (!(await consume(request, visit, deps))) return gone({ outcome: 'answered', application });
      return issueCode(request, step.person.session, visit.nowMs, deps);
    case 'set_up_factor':
      return {
        kind: 'set_up_factor',
        pending: await pendingOf(visit, deps),
        application,
        redirectUri,
        account: step.person.account,
        isVoluntary: step.isVoluntary,
        byGroup: step.person.groupRequiresSecondFactor,
        uiLocales: request.uiLocales,
        formActionSource: formActionSource(redirectUri),
      };
    case 'closed':
      return {
        kind: 'closed',
        pending: await pendingOf(visit, deps),
        application,
        redirectUri,
        account: step.person.account,
        uiLocales: request.uiLocales,
      };
    case 'error':
      if (!(await consume(request, visit, deps))) return gone({ outcome: 'answered', application });
      return errorAnswer(request, step.error, deps);
    default:
      return step satisfies never;
  }
}

async function login(
  request: ResponseTarget & Partial<Pick<AuthorizationRequest, 'loginHint' | 'uiLocales' | 'prompts'>>,
  reason: LoginReason,
  visit: Visit,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  return {
    kind: 'login',
    pending: await pendingOf(visit, deps),
    application: request.application,
    reason,
    loginHint: request.loginHint ?? null,
    uiLocales: request.uiLocales ?? [],
    signUp: request.prompts?.has('create') ?? false,
    formActionSource: formActionSource(request.redirectUri),
  };
}

async function pendingOf(visit: Visit, deps: AuthorizationDeps): Promise<Secret<'pending'>> {
  return visit.pending ?? leavePending(visit.encoded, visit.browser.browserDigest, visit.nowMs, deps);
}

/**
 * True where the answer may go out: nothing was pending or pushed, or it was not answered before. Both are asked, so that of
 * two browsers with one `request_uri` one is answered, and of one form that was sent twice one is acted upon.
 */
async function consume(
  { pushed }: AuthorizationRequest,
  { pending, browser }: Visit,
  deps: AuthorizationDeps,
): Promise<boolean> {
  if (pending !== null && !(await deps.pendingRequests.consumePending(digestOf(pending), browser.browserDigest))) {
    return false;
  }
  return pushed === null || deps.pushedRequests.consumePushed(pushed);
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
    context: request.context,
    authTimeMs: session.authTimeMs,
    amr: session.amr,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + application.codeLifetimeSeconds * 1_000,
  });
  return answered(request, await codeResponse(request, code, deps), null);
}

async function errorAnswer(
  target: ResponseTarget,
  error: ProtocolError,
  deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  return answered(target, await errorResponseTo(target, error, deps), error);
}

function answered(
  { application, redirectUri }: ResponseTarget,
  response: AuthorizationResponse,
  error: ProtocolError | null,
): AuthorizationOutcome {
  return { ...response, formActionSource: formActionSource(redirectUri), application, redirectUri, error };
}

const EXPIRED = protocolError(
  'invalid_request',
  'This sign-in has waited too long, or was begun in another browser. Go back to the application and start again.',
);
const ANSWERED = protocolError(
  'invalid_request',
  'This request has been answered already. Go back to the application; if it does not know you, start again there.',
);

function gone(found: Exclude<PendingOutcome, { readonly outcome: 'waiting' }>): AuthorizationOutcome {
  return found.outcome === 'answered'
    ? errorPage('request_answered', ANSWERED, found.application)
    : errorPage('request_expired', EXPIRED, found.application);
}

function errorPage(
  reason: ErrorPageReason,
  error: ProtocolError,
  application: Application | null,
): AuthorizationOutcome {
  return { kind: 'error_page', status: 400, reason, error, application };
}
