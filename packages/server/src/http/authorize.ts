/**
 * `/o/authorize/` and what grows from it: the request, its resumption after a sign-in, and the answer of the consent page.
 *
 * Owns how an {@link AuthorizationOutcome} becomes a page or a redirect. What is decided is `protocol/authorization-*`.
 */
import type { AccountStore } from '../accounts/ports.ts';
import { chooseLocale, type Locale } from '../pages/messages.ts';
import type { ApplicationName, ConsentAccess, ErrorCase } from '../pages/models.ts';
import type { Application } from '../protocol/application.ts';
import {
  type AuthorizationDeps,
  authorize,
  type BrowserContext,
  decideConsent,
  resumeAuthorization,
} from '../protocol/authorization-endpoint.ts';
import type { AuthorizationOutcome } from '../protocol/authorization-outcome.ts';
import { digestOf, presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import { accountId } from '../vocabulary/identifiers.ts';
import { type Answer, errorAnswer, type People, queryOf, type Visit } from './people.ts';
import { scopeViews } from './scope-views.ts';

/** What it uses. */
export interface AuthorizeRouteDeps extends AuthorizationDeps {
  readonly accounts: Pick<AccountStore, 'findAccount'>;
}

/** Path of a pending request: where sign-in and sign-up lead back to. */
export function pendingPath(pending: Secret<'pending'>): string {
  return `/o/authorize/${pending}/`;
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
      deps,
    );
    return answerOf(outcome, visit, deps);
  };
  // OpenID Connect Core §3.1.2.1: an application may send its request as a form, which comes from its own site.
  people.open('/o/authorize/', { get: request, post: request }, { posts: 'from anywhere' });

  people.open('/o/authorize/:pending/', {
    get: async (visit) => answerOf(await resumeAuthorization(pendingOf(visit), browserOf(visit), deps), visit, deps),
    post: async (visit) => {
      const allowed = visit.form.has('allow');
      const account = visit.form.get('account');
      const outcome = await decideConsent(
        {
          pending: pendingOf(visit),
          decision: allowed ? 'allow' : 'deny',
          accountId: allowed && account !== null && /^[\x21-\x7e]{1,64}$/.test(account) ? accountId(account) : null,
        },
        browserOf(visit),
        deps,
      );
      return answerOf(outcome, visit, deps);
    },
  });
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

async function answerOf(outcome: AuthorizationOutcome, visit: Visit, deps: AuthorizeRouteDeps): Promise<Answer> {
  switch (outcome.kind) {
    case 'redirect':
      if (outcome.error !== null) {
        const { code, hint, detail } = outcome.error;
        visit.request.log.info({ error: code, hint, detail, clientId: outcome.application.clientId }, 'refused');
      }
      return { seeOther: outcome.location };
    case 'login': {
      const next = encodeURIComponent(pendingPath(outcome.pending));
      return { seeOther: `${outcome.signUp ? '/signup/' : '/login/'}?next=${next}` };
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

async function consentAnswer(
  outcome: Extract<AuthorizationOutcome, { kind: 'consent' }>,
  visit: Visit,
  deps: AuthorizeRouteDeps,
): Promise<Answer> {
  const { application, account } = outcome;
  const owner = application.ownerId === null ? null : await deps.accounts.findAccount(application.ownerId);
  const path = pendingPath(outcome.pending);
  return {
    page: {
      page: 'consent',
      action: path,
      hidden: [{ name: 'account', value: account.accountId }],
      application: applicationName(application),
      owner: owner === null ? { kind: 'operator' } : { kind: 'person', username: owner.username },
      scopes: scopeViews(outcome.scope, deps.scopes),
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

/** An application's `ui_locales` (OpenID Connect Core §3.1.2.1), where the person chose no language. */
export function localeFor(visit: Visit, uiLocales: readonly string[]): { readonly locale?: Locale } {
  if (visit.localeIsChosen || uiLocales.length === 0) return {};
  const languages = uiLocales.map((tag) => tag.split('-')[0]);
  return { locale: chooseLocale(languages, visit.request.headers['accept-language']) };
}

function accessOf(application: Application): ConsentAccess {
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
