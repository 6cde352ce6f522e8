/**
 * `/o/authorize/` and what grows from it: the request, its resumption after a sign-in, and the answer of the consent page.
 *
 * Owns how an {@link AuthorizationOutcome} becomes a page or a redirect. What is decided is `protocol/authorization-*`.
 */

import type { AccountEvents } from '../accounts/ports/events.ts';
import type { AccountStore } from '../accounts/ports.ts';
import { networkOf } from '../accounts/visitor.ts';
import type { FlowTrace, NotedAttempt } from '../admin/flow-trace-recorder.ts';
import { chooseLocale, type Locale } from '../pages/messages.ts';
import type { ApplicationLink, ApplicationOwner, ConsentAccess } from '../pages/models/authorization.ts';
import type { ApplicationName } from '../pages/models/context.ts';
import type { ErrorCase } from '../pages/models/page.ts';
import { type Application, isUnverified } from '../protocol/application.ts';
import {
  type AuthorizationDeps,
  authorize,
  decideConsent,
  resumeAuthorization,
} from '../protocol/authorization-endpoint.ts';
import type { BrowserContext, Declined } from '../protocol/authorization-facts.ts';
import type { AuthorizationOutcome } from '../protocol/authorization-outcome.ts';
import { formBodyFault } from '../protocol/back-channel-request.ts';
import { type ProtocolError, protocolError } from '../protocol/errors.ts';
import type { ClientDocumentReader } from '../protocol/ports/applications.ts';
import { shownResources } from '../protocol/resource-indicators.ts';
import { digestOf, presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import { accountId } from '../vocabulary/identifiers.ts';
import type { ProfileFields } from '../vocabulary/profile-field.ts';
import { detailViews } from './detail-views.ts';
import type { People } from './people.ts';
import { scopeViews } from './scope-views.ts';
import { formPostHeaders } from './security-headers.ts';
import { sentParts } from './sent-parts.ts';
import { type Answer, errorAnswer, queryOf, type Visit } from './visit.ts';

/** What it uses. */
export interface AuthorizeRouteDeps extends AuthorizationDeps {
  readonly profileFields: ProfileFields;
  readonly accounts: Pick<AccountStore, 'findAccount'>;
  readonly events: AccountEvents;
  readonly trace: FlowTrace;
  /** Reads client documents for requests from a network; null: there are none. */
  readonly documentsFor: ((network: string) => ClientDocumentReader) | null;
}

/** Path of a pending request: where sign-in and sign-up lead back to. */
export function pendingPath(pending: Secret<'pending'>): string {
  return `/o/authorize/${pending}/`;
}

/** The same where somebody goes on without the second factor that they were asked to set up. */
function pathWithout(pending: Secret<'pending'>, declined: Declined): string {
  return declined.secondFactor ? `${pendingPath(pending)}?without=second-factor` : pendingPath(pending);
}

function declinedIn({ query }: Visit): Declined {
  return { secondFactor: query.get('without') === 'second-factor' };
}

/** The pending request that a `next` names; null: it names something else. */
export function pendingIn(next: string | null): Secret<'pending'> | null {
  const found = /^\/o\/authorize\/([A-Za-z0-9_-]{20,64})\/?$/.exec(next ?? '')?.[1];
  return found === undefined ? null : presentedSecret<'pending'>(found);
}

/** Registers the routes. */
export function authorizeRoutes(people: People, deps: AuthorizeRouteDeps): void {
  const request = async (visit: Visit): Promise<Answer> => {
    const { method, headers, body, url } = visit.request;
    const outcome = await authorize(
      {
        method,
        query: queryOf(url),
        contentType: headers['content-type'] ?? null,
        body: typeof body === 'string' ? body : '',
      },
      browserOf(visit),
      // Here, where a sign-in begins: what waits, and what has tokens, goes by what was read then.
      { ...deps, reference: visit.request.id, documents: deps.documentsFor?.(networkOf(visit.request.ip)) },
    );
    return answerOf(outcome, visit, deps);
  };
  // OpenID Connect Core §3.1.2.1: an application may send its request as a form, which comes from its own site.
  const posted = async (visit: Visit): Promise<Answer> => {
    const again = withCookies(visit);
    if (again !== null) return { seeOther: again, leavesBrowserAlone: true };
    return request(visit);
  };
  people.open('/o/authorize/', { get: request, post: posted }, { posts: 'from anywhere', head: 'refused' });

  people.open(
    '/o/authorize/:pending/',
    {
      get: async (visit) => {
        const told = { ...deps, reference: visit.request.id };
        const outcome = await resumeAuthorization(pendingOf(visit), browserOf(visit), told, declinedIn(visit));
        return answerOf(outcome, visit, deps);
      },
      post: async (visit) => {
        const allowed = visit.form.has('allow');
        const account = visit.form.get('account');
        const outcome = await decideConsent(
          {
            pending: pendingOf(visit),
            decision: allowed ? 'allow' : visit.form.has('no_factor') ? 'no_factor' : 'deny',
            declined: declinedIn(visit),
            accountId: allowed && account !== null && /^[\x21-\x7e]{1,64}$/.test(account) ? accountId(account) : null,
            question: allowed ? visit.form.get('question') : null,
          },
          browserOf(visit),
          { ...deps, reference: visit.request.id },
        );
        if (allowed) await noteAllowed(outcome, visit, deps);
        return answerOf(outcome, visit, deps);
      },
    },
    { secretPath: true, head: 'refused' },
  );
}

/** What was allowed is in the person's log. */
async function noteAllowed(outcome: AuthorizationOutcome, visit: Visit, deps: AuthorizeRouteDeps): Promise<void> {
  if (outcome.kind !== 'redirect' && outcome.kind !== 'form_post') return;
  if (outcome.error !== null || visit.signedIn === null) return;
  const event = { kind: 'application-allowed', detail: outcome.application.name } as const;
  await deps.events.record(visit.signedIn.account.id, event, visit.visitor);
}

/** Browsers, proxies and this server all carry an address of this length. */
const QUERY_CHARACTERS_MAX = 6_000;

/**
 * Where a form from another site is sent first. Browsers leave `SameSite=Lax` cookies out of it, so that whoever is signed
 * in would look like a stranger, and bring them to a GET. A form that is too long for an address goes on as a stranger's.
 * @returns null: the browser has brought its cookies, or the form stays.
 */
function withCookies({ visitor, request }: Visit): string | null {
  const { body, url, headers } = request;
  if (visitor.browser !== null || typeof body !== 'string' || body === '') return null;
  if (formBodyFault(headers['content-type'] ?? null) !== null) return null;
  const query = [queryOf(url), body].filter((part) => part !== '').join('&');
  // A header cannot hold what is no printable ASCII; the endpoint says what is wrong with such a body.
  return query.length <= QUERY_CHARACTERS_MAX && /^[\x21-\x7e]*$/.test(query) ? `/o/authorize/?${query}` : null;
}

/** Name and host, as people meet an application: the host of the redirect URI that leads back to it. */
export function applicationName(application: Application, redirectUri?: string): ApplicationName {
  const address = redirectUri ?? application.redirectUris[0];
  const url = address === undefined ? null : URL.parse(address);
  return { name: application.name, host: url === null ? null : url.host || url.protocol };
}

function pendingOf(visit: Visit): Secret<'pending'> {
  const { pending } = visit.request.params as { pending: string };
  return presentedSecret<'pending'>(pending);
}

function browserOf(visit: Visit): BrowserContext {
  const { session } = visit.visitor;
  return { sessionDigest: session === null ? null : digestOf(session), browserDigest: digestOf(visit.browser) };
}

/** For the owner of the application to see. */
function resultOf(outcome: AuthorizationOutcome, { request }: Visit): NotedAttempt['result'] {
  const refused = (error: ProtocolError) => ({ outcome: 'refused', error, sent: () => sentParts(request) }) as const;
  switch (outcome.kind) {
    case 'redirect':
    case 'form_post':
      return outcome.error === null ? { outcome: 'done' } : refused(outcome.error);
    case 'error_page':
      return refused(outcome.error);
    case 'closed':
      return refused(CLOSED);
    case 'login':
    case 'consent':
      return { outcome: 'waiting', step: outcome.kind };
    case 'set_up_factor':
      return { outcome: 'waiting', step: 'second_factor' };
    default:
      return outcome satisfies never;
  }
}

/** The person is told on the page; another account of theirs may go on. */
const CLOSED = protocolError('access_denied', 'The person is in none of the groups that this application is for.');

async function answerOf(outcome: AuthorizationOutcome, visit: Visit, deps: AuthorizeRouteDeps): Promise<Answer> {
  deps.trace.note({
    reference: visit.request.id,
    endpoint: 'authorization',
    clientId: outcome.application?.clientId ?? null,
    networkAddress: visit.request.ip,
    result: resultOf(outcome, visit),
  });
  switch (outcome.kind) {
    case 'redirect':
      logRefusal(outcome, visit);
      return { seeOther: outcome.location };
    case 'form_post':
      logRefusal(outcome, visit);
      return {
        page: {
          page: 'form-post',
          application: applicationName(outcome.application, outcome.redirectUri),
          action: outcome.action,
          fields: outcome.fields,
        },
        headers: formPostHeaders(outcome.formActionSource),
      };
    case 'login': {
      // A form that came without cookies: whoever is signed in is found where the browser brings them.
      if (visit.request.method === 'POST' && visit.visitor.browser === null) {
        return { seeOther: pendingPath(outcome.pending) };
      }
      const next = encodeURIComponent(pendingPath(outcome.pending));
      return { seeOther: `${outcome.signUp ? '/signup/' : '/login/'}?next=${next}` };
    }
    case 'set_up_factor':
      return setUpFactorAnswer(outcome, visit);
    case 'closed': {
      const { application, account, pending } = outcome;
      visit.request.log.info(
        { event: 'not_in_group', accountId: account.accountId, clientId: application.clientId },
        'refused',
      );
      const error = notInGroup(application, account.username, pendingPath(pending), outcome.redirectUri);
      return { ...errorAnswer(403, error), ...localeFor(visit, outcome.uiLocales) };
    }
    case 'consent':
      return consentAnswer(outcome, visit, deps);
    case 'error_page': {
      const { code, hint, detail } = outcome.error;
      visit.request.log.info({ error: code, hint, detail, clientId: outcome.application?.clientId }, 'refused');
      return errorAnswer(outcome.status, errorCase(outcome));
    }
    default:
      return outcome satisfies never;
  }
}

/** To be set up first. Whoever does not want to goes back to the application, which is told so. */
function setUpFactorAnswer(
  {
    pending,
    application,
    redirectUri,
    isVoluntary,
    byGroup,
    ...rest
  }: Extract<AuthorizationOutcome, { kind: 'set_up_factor' }>,
  visit: Visit,
): Answer {
  const path = pendingPath(pending);
  visit.request.log.info(
    { event: 'second_factor_asked', accountId: rest.account.accountId, clientId: application.clientId },
    'second factor asked for',
  );
  return {
    page: {
      page: 'set-up-factor',
      application: applicationName(application, redirectUri),
      byGroup,
      next: path,
      turnBack: isVoluntary ? null : { action: path, hidden: [{ name: 'no_factor', value: '1' }] },
      goOnUrl: isVoluntary ? pathWithout(pending, { secondFactor: true }) : null,
      switchAccountUrl: `/login/?next=${encodeURIComponent(path)}`,
    },
    formActionSources: [rest.formActionSource],
    ...localeFor(visit, rest.uiLocales),
  };
}

function logRefusal(
  { error, application }: Extract<AuthorizationOutcome, { redirectUri: string; error: unknown }>,
  visit: Visit,
) {
  if (error === null) return;
  const { code, hint, detail } = error;
  visit.request.log.info({ error: code, hint, detail, clientId: application.clientId }, 'refused');
}

async function consentAnswer(
  outcome: Extract<AuthorizationOutcome, { kind: 'consent' }>,
  visit: Visit,
  deps: AuthorizeRouteDeps,
): Promise<Answer> {
  const { application, account } = outcome;
  const path = pendingPath(outcome.pending);
  return {
    page: {
      page: 'consent',
      action: pathWithout(outcome.pending, declinedIn(visit)),
      hidden: [
        { name: 'account', value: account.accountId },
        { name: 'question', value: outcome.question },
      ],
      application: applicationName(application, outcome.redirectUri),
      owner: await ownerOf(application, deps.accounts),
      links: linksOf(application),
      scopes: scopeViews(outcome.scope, deps, account.fields),
      details: detailViews(outcome.details, deps.detailTypes),
      resources: shownResources(outcome.resources),
      allowedEarlier: outcome.scope.filter((name) => !outcome.newScope.includes(name)),
      account: {
        username: account.username,
        firstName: account.firstName,
        lastName: account.lastName,
        email: account.email,
      },
      access: accessOf(application),
      switchAccountUrl: `/login/?next=${encodeURIComponent(path)}`,
    },
    formActionSources: [outcome.formActionSource],
    ...localeFor(visit, outcome.uiLocales),
  };
}

/** Whom to ask, as the page says it to somebody who is in none of an application's groups. @param path where another account goes on. */
export function notInGroup(
  application: Application,
  username: string,
  path: string | null,
  redirectUri?: string,
): ErrorCase {
  return {
    kind: 'not-in-group',
    application: applicationName(application, redirectUri),
    username,
    contact: application.settings.accessContact || null,
    switchAccountUrl: path === null ? null : `/login/?next=${encodeURIComponent(path)}`,
  };
}

/** Who answers for an application, as the consent pages say it. */
export async function ownerOf(
  application: Application,
  accounts: Pick<AccountStore, 'findAccount'>,
): Promise<ApplicationOwner> {
  if (application.provenance === 'client-document') return { kind: 'document', host: hostOf(application.clientId) };
  if (isUnverified(application)) return { kind: 'nobody' };
  const owner = application.ownerId === null ? null : await accounts.findAccount(application.ownerId);
  return owner === null ? { kind: 'operator' } : { kind: 'person', username: owner.username };
}

/** An application's own pages, as the consent pages link them. */
export function linksOf({ settings }: Application): readonly ApplicationLink[] {
  const pages = [
    { about: 'client', url: settings.clientUri },
    { about: 'policy', url: settings.policyUri },
    { about: 'tos', url: settings.tosUri },
  ] as const;
  return pages.flatMap(({ about, url }) => (url === null ? [] : [{ about, url, host: hostOf(url) }]));
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? '';
}

/** An application's `ui_locales` (OpenID Connect Core §3.1.2.1), where the person chose no language. */
export function localeFor(visit: Visit, uiLocales: readonly string[]): { readonly locale?: Locale } {
  if (visit.localeIsChosen || uiLocales.length === 0) return {};
  const languages = uiLocales.map((tag) => tag.split('-')[0]);
  return { locale: chooseLocale(languages, visit.request.headers['accept-language']) };
}

/** How long an application keeps its access, as the consent pages say it. */
export function accessOf(application: Application): ConsentAccess {
  return application.grants.includes('refresh-token')
    ? {
        kind: 'renewed',
        endsAfterSeconds: application.refreshTokenLifetimeSeconds,
        idleSeconds: application.refreshTokenIdleSeconds,
      }
    : { kind: 'once', seconds: application.accessTokenLifetimeSeconds };
}

function errorCase(outcome: Extract<AuthorizationOutcome, { kind: 'error_page' }>): ErrorCase {
  const { hint } = outcome.error;
  switch (outcome.reason) {
    case 'unknown_application':
      return { kind: 'unknown-client', hint };
    case 'redirect_uri_missing':
    case 'redirect_uri_mismatch':
      return { kind: 'redirect-uri', hint };
    case 'malformed_request':
      return { kind: 'invalid-request', hint };
    case 'method_not_allowed':
      return { kind: 'method-not-allowed' };
    case 'application_disabled':
      return outcome.application === null
        ? { kind: 'unknown-client', hint }
        : { kind: 'application-disabled', application: applicationName(outcome.application) };
    case 'request_expired':
      return { kind: 'sign-in-expired' };
    case 'request_answered':
      return { kind: 'consent-answered' };
    default:
      return outcome.reason satisfies never;
  }
}
