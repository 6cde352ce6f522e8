/**
 * `/account/` and below: profile, password, address, sessions; and `/o/authorized_tokens/`: what a person granted.
 *
 * Owns these pages' forms and where they lead. The flows are `accounts/`; who acts is always whoever is signed in.
 */
import { type ChangePasswordDeps, changePassword, setFirstPassword } from '../accounts/change-password.ts';
import { disconnect, listConnections } from '../accounts/connections.ts';
import { type LogPosition, readLog } from '../accounts/events.ts';
import type { AccountEventStore, AccountEvents } from '../accounts/ports/events.ts';
import type { Account, ConnectionStore, SessionStore } from '../accounts/ports.ts';
import type { FieldProblem } from '../accounts/problems.ts';
import { type ProfileDeps, updateProfile } from '../accounts/profile.ts';
import { fieldsOfPerson } from '../accounts/profile-fields.ts';
import { endOtherSessions, endOwnSession, listSessions } from '../accounts/sessions.ts';
import { parseLocale } from '../pages/messages.ts';
import type { Notice } from '../pages/models/context.ts';
import type { Page } from '../pages/models/page.ts';
import type { ApplicationReader } from '../protocol/ports/applications.ts';
import type { ScopeRegistry } from '../protocol/scopes.ts';
import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import { applicationId, sessionId } from '../vocabulary/identifiers.ts';
import type { FieldValues, ProfileFields } from '../vocabulary/profile-field.ts';
import { type RecentDeps, recentlyAuthenticated } from './confirm-identity.ts';
import type { CookieJar } from './cookies.ts';
import { detailViews } from './detail-views.ts';
import { busyProblem, limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text, typed } from './forms.ts';
import type { People } from './people.ts';
import { picturePath } from './picture-path.ts';
import { fieldViews, otherProblems, typedFields } from './profile-fields.ts';
import { scopeViews } from './scope-views.ts';
import { PASSWORD_RULE } from './sign-in.ts';
import { type Answer, errorAnswer, type SignedInVisit, type Visit } from './visit.ts';

/** What they use. */
export interface AccountRouteDeps
  extends Omit<ProfileDeps, 'accounts'>,
    Omit<ChangePasswordDeps, 'accounts'>,
    Omit<RecentDeps, 'accounts'> {
  readonly accounts: ProfileDeps['accounts'] & ChangePasswordDeps['accounts'];
  readonly sessions: SessionStore;
  readonly connections: ConnectionStore;
  readonly events: AccountEvents;
  readonly accountEvents: Pick<AccountEventStore, 'listEvents'>;
  readonly scopes: ScopeRegistry;
  readonly jar: CookieJar;
}

const PROFILE_FIELDS = ['username', 'first_name', 'last_name', 'locale', 'zoneinfo'] as const;
const PASSWORD_FIELDS = ['current_password', 'password'] as const;

/** Registers the routes. */
export function accountRoutes(people: People, deps: AccountRouteDeps): void {
  people.signedIn('/account/', {
    get: async (visit) =>
      accountAnswer(visit, profileOf(visit.signedIn.account), [], visit.signedIn.account.fields, deps),
    post: (visit) => postProfile(visit, deps),
  });
  people.signedIn('/account/password/', {
    get: async (visit) => (await provedFirst(visit, deps)) ?? passwordAnswer(visit, NO_PROBLEMS),
    post: async (visit) => (await provedFirst(visit, deps)) ?? postPassword(visit, deps),
  });
  people.signedIn('/account/sessions/', {
    get: async (visit) => ({
      page: {
        page: 'sessions',
        notice: noticeOf(visit),
        sessions: (await listSessions(visit.signedIn, deps)).map((session) => ({
          id: session.id,
          isCurrent: session.id === visit.signedIn.session.id,
          userAgent: session.userAgent,
          networkAddress: session.networkAddress,
          signedInAtMs: session.createdAtMs,
          lastSeenAtMs: session.lastSeenAtMs,
        })),
      },
    }),
    post: (visit) => postSessions(visit, deps),
  });
  people.signedIn('/account/log/', { get: (visit) => logAnswer(visit, deps) });
}

async function logAnswer(visit: SignedInVisit, deps: AccountRouteDeps): Promise<Answer> {
  const before = positionIn(visit.query.get('before'));
  const { events, next } = await readLog(visit.signedIn, before, deps);
  return {
    page: {
      page: 'log',
      events,
      earlierUrl: next === null ? null : `/account/log/?before=${next.occurredAtMs}-${next.id}`,
      isNewest: before === null,
    },
  };
}

/** A position as the links of the log write it; null for anything else: the newest. */
function positionIn(text: string | null): LogPosition | null {
  const [, occurredAtMs, id] = /^(\d{1,15})-([0-9a-f]{32})$/.exec(text ?? '') ?? [];
  return occurredAtMs === undefined || id === undefined ? null : { occurredAtMs: Number(occurredAtMs), id };
}

/** What was just done, as the redirect that led here says it. Only what the pages know; it says nothing that matters. */
export function noticeOf(visit: Visit): Notice | null {
  const done = visit.query.get('done');
  return NOTICES.find((notice) => notice === done) ?? null;
}

const NOTICES: readonly Notice[] = [
  'identity-linked',
  'identity-unlinked',
  'profile-saved',
  'picture-saved',
  'picture-removed',
  'password-changed',
  'authenticator-added',
  'authenticator-removed',
  'passkey-added',
  'passkey-renamed',
  'passkey-removed',
  'devices-forgotten',
  'session-ended',
  'other-sessions-ended',
  'account-kept',
  'application-registered',
  'application-registered-before',
  'application-saved',
  'application-deleted',
  'secret-added-before',
  'secret-removed',
  'secret-not-added',
  'secret-not-removed',
  'disconnected',
  'signed-up',
  'email-verified',
  'email-added',
  'email-removed',
  'email-primary',
  'email-mailed',
  'password-reset',
  'group-made',
  'group-deleted',
  'group-saved',
  'member-added',
  'member-there',
  'member-removed',
  'invitation-sent',
  'invitation-revoked',
  'invitation-not-revoked',
  'invitation-accepted',
];

type ProfileValues = Readonly<Record<(typeof PROFILE_FIELDS)[number], string>>;

function profileOf(account: Account): ProfileValues {
  return {
    username: account.username,
    first_name: account.firstName,
    last_name: account.lastName,
    locale: account.locale ?? '',
    zoneinfo: account.zoneInfo ?? '',
  };
}

async function accountAnswer(
  visit: SignedInVisit,
  values: ProfileValues,
  problems: readonly FieldProblem[],
  fields: FieldValues,
  deps: AccountRouteDeps,
): Promise<Answer> {
  const { account } = visit.signedIn;
  const declared = [...deps.profileFields.values()];
  const [sessions, connections] = await Promise.all([
    listSessions(visit.signedIn, deps),
    listConnections(visit.signedIn, deps),
  ]);
  return {
    page: {
      page: 'account',
      form: { values, ...shownProblems(otherProblems(problems, declared), PROFILE_FIELDS) },
      fields: fieldViews(declared, fields, problems),
      timeZones: zonesFor(account, deps),
      notice: noticeOf(visit),
      pictureUrl: picturePath(account.picture),
      email: account.email,
      emailVerified: account.emailVerified,
      createdAtMs: account.createdAtMs,
      sessionCount: sessions.length,
      connectionCount: connections.length,
    },
  };
}

/** One that was chosen under another release of the zones is offered still. */
function zonesFor({ zoneInfo }: Account, { timeZones }: AccountRouteDeps): readonly string[] {
  return zoneInfo === null || timeZones.includes(zoneInfo) ? timeZones : [...timeZones, zoneInfo];
}

async function postProfile(visit: SignedInVisit, deps: AccountRouteDeps): Promise<Answer> {
  const values = typed(visit.form, PROFILE_FIELDS);
  const fields = typedFields(visit.form, fieldsOfPerson(deps.profileFields, 'profile'));
  const result = await updateProfile(
    {
      username: values.username,
      firstName: values.first_name,
      lastName: values.last_name,
      locale: values.locale,
      zoneInfo: values.zoneinfo,
      fields,
    },
    visit.signedIn,
    deps,
  );
  switch (result.outcome) {
    case 'updated': {
      // The language that was just chosen counts at once, also against an earlier choice in this browser.
      const locale = parseLocale(result.account.locale);
      const former = visit.signedIn.account;
      if (result.account.username !== former.username) {
        const event = { kind: 'profile-changed', detail: `${former.username} → ${result.account.username}` } as const;
        await deps.events.record(former.id, event, visit.visitor);
      }
      return { seeOther: '/account/?done=profile-saved', setCookies: [deps.jar.write('locale', locale)] };
    }
    case 'refused':
      return accountAnswer(visit, values, result.problems, { ...visit.signedIn.account.fields, ...fields }, deps);
    case 'not_found':
      return { seeOther: '/login/' };
    default:
      return result satisfies never;
  }
}

function passwordAnswer(
  visit: SignedInVisit,
  problems: ShownProblems<(typeof PASSWORD_FIELDS)[number]>,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const page: Page = {
    page: 'password',
    form: { values: {}, ...problems },
    passwordRule: PASSWORD_RULE,
    hasPassword: visit.signedIn.account.hasPassword,
    notice: noticeOf(visit),
  };
  return { page, status, headers };
}

/** ASVS 7.5.1. Who has a password proves it on the form itself. */
async function provedFirst(visit: SignedInVisit, deps: AccountRouteDeps): Promise<Answer | null> {
  return visit.signedIn.account.hasPassword ? null : recentlyAuthenticated(visit, deps);
}

async function postPassword(visit: SignedInVisit, deps: AccountRouteDeps): Promise<Answer> {
  const password = text(visit.form, 'password');
  const result = visit.signedIn.account.hasPassword
    ? await changePassword({ currentPassword: text(visit.form, 'current_password'), password }, visit.signedIn, deps)
    : await setFirstPassword(password, visit.signedIn, deps);
  switch (result.outcome) {
    case 'changed':
      visit.request.log.info({ event: 'password_changed', accountId: visit.signedIn.account.id }, 'password changed');
      await deps.events.record(visit.signedIn.account.id, { kind: 'password-changed' }, visit.visitor);
      return { seeOther: '/account/password/?done=password-changed' };
    case 'refused':
      return passwordAnswer(visit, shownProblems(result.problems, PASSWORD_FIELDS));
    case 'limited':
      return passwordAnswer(visit, { fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) }, 429, {
        'retry-after': String(result.retryAfterSeconds),
      });
    case 'busy':
      return passwordAnswer(visit, { fieldProblems: {}, formProblem: busyProblem(result.retryAfterSeconds) }, 503, {
        'retry-after': String(result.retryAfterSeconds),
      });
    case 'no_password':
      return errorAnswer(403, { kind: 'forbidden' });
    // By another click meanwhile.
    case 'has_password':
      return { seeOther: '/account/password/?done=password-changed' };
    case 'not_found':
      return { seeOther: '/login/' };
    default:
      return result satisfies never;
  }
}

async function postSessions(visit: SignedInVisit, deps: AccountRouteDeps): Promise<Answer> {
  const end = text(visit.form, 'end');
  if (end === 'others') {
    const ended = await endOtherSessions(visit.signedIn, deps);
    if (ended > 0) await deps.events.record(visit.signedIn.account.id, { kind: 'other-sessions-ended' }, visit.visitor);
    return { seeOther: '/account/sessions/?done=other-sessions-ended' };
  }
  if (end === '' || end.length > 64) return errorAnswer(400, { kind: 'bad-request' });
  const { outcome } = await endOwnSession(sessionId(end), visit.signedIn, deps);
  if (outcome === 'ended') {
    await deps.events.record(visit.signedIn.account.id, { kind: 'session-ended' }, visit.visitor);
  }
  // Ended by somebody else meanwhile: it is what was wanted.
  return { seeOther: '/account/sessions/?done=session-ended' };
}

/** What the pages of connected applications use. */
export interface ConnectionRouteDeps {
  readonly profileFields: ProfileFields;
  readonly connections: ConnectionStore;
  readonly events: AccountEvents;
  readonly detailTypes: AuthorizationDetailTypes;
  readonly scopes: ScopeRegistry;
  readonly clock: () => number;
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
}

/** Registers `/o/authorized_tokens/` and its question. */
export function connectionRoutes(people: People, deps: ConnectionRouteDeps): void {
  people.signedIn('/o/authorized_tokens/', {
    get: async (visit) => ({
      page: {
        page: 'connections',
        notice: noticeOf(visit),
        connections: (await listConnections(visit.signedIn, deps)).map((connection) => ({
          applicationId: connection.applicationId,
          application: { name: connection.name, host: null },
          scopes: scopeViews(connection.scope, deps),
          details: detailViews(connection.details, deps.detailTypes),
          grantedAtMs: connection.grantedAtMs,
          lastUsedAtMs: connection.lastUsedAtMs,
        })),
      },
    }),
  });
  people.signedIn('/o/authorized_tokens/:id/delete/', {
    get: async (visit) => {
      const id = idOf(visit);
      const connection = (await listConnections(visit.signedIn, deps)).find((found) => found.applicationId === id);
      if (connection === undefined) return errorAnswer(404, { kind: 'not-found' });
      return {
        page: {
          page: 'confirm',
          question: { kind: 'disconnect', id, application: { name: connection.name, host: null } },
        },
      };
    },
    post: async (visit) => {
      const id = idOf(visit);
      const connection = (await listConnections(visit.signedIn, deps)).find((found) => found.applicationId === id);
      const { outcome } = await disconnect(applicationId(id), visit.signedIn, deps);
      if (outcome === 'not_found') return errorAnswer(404, { kind: 'not-found' });
      const detail = connection?.name ?? id;
      await deps.events.record(visit.signedIn.account.id, { kind: 'application-disconnected', detail }, visit.visitor);
      visit.request.log.info(
        { event: 'disconnected', accountId: visit.signedIn.account.id, applicationId: id },
        'access revoked',
      );
      return { seeOther: '/o/authorized_tokens/?done=disconnected' };
    },
  });
}

/** The `:id` of a path: 1 to 128 characters, as the router took it. */
function idOf(visit: SignedInVisit): string {
  return (visit.request.params as { id: string }).id.slice(0, 64);
}
