/**
 * `/o/applications/` and below, at django-oauth-toolkit's addresses: register, list, show, change, delete, secrets.
 *
 * Owns the forms and their pages. Who may do what is `admin/applications.ts`; who acts is whoever is signed in.
 */
import type { AccountStore } from '../accounts/ports.ts';
import type { FieldProblem } from '../accounts/problems.ts';
import { parseApplicationForm } from '../admin/application-input.ts';
import { type Actor, SUPERUSER_SCOPES } from '../admin/application-rules.ts';
import { addSecretByForm, removeSecret, SECRETS_PER_APPLICATION_MAX } from '../admin/application-secrets.ts';
import {
  type ApplicationDeps,
  type ApplicationReads,
  deleteApplication,
  findApplication,
  listApplications,
  registerByForm,
  updateApplication,
} from '../admin/applications.ts';
import { type FormId, newFormId, presentedFormId } from '../admin/sent-form.ts';
import type { ApplicationField, ApplicationValues, EndpointUrls } from '../pages/models/applications.ts';
import { type Application, GRANT_NAMES, ID_TOKEN_ALGORITHMS, requiresPkce } from '../protocol/application.ts';
import { applicationId } from '../vocabulary/identifiers.ts';
import type { ProfileFields } from '../vocabulary/profile-field.ts';
import { noticeOf } from './account.ts';
import { type AdministrationDeps, administrationOf } from './administration.ts';
import {
  APPLICATION_FIELDS,
  NEW_VALUES,
  postedForm,
  postedValues,
  settingViews,
  valuesOf,
} from './application-form.ts';
import { NO_PROBLEMS, type ShownProblems, shownProblems } from './forms.ts';
import type { People } from './people.ts';
import { scopeViews } from './scope-views.ts';
import { type Answer, errorAnswer, type SignedInVisit } from './visit.ts';

/** What they use. */
export interface ApplicationRouteDeps
  extends Omit<ApplicationDeps, 'applications'>,
    ApplicationReads,
    AdministrationDeps {
  readonly accounts: Pick<AccountStore, 'findAccount'>;
  readonly endpoints: EndpointUrls;
  readonly profileFields: ProfileFields;
}

type FormProblems = ShownProblems<ApplicationField>;

/** Registers the routes. */
export function applicationRoutes(people: People, deps: ApplicationRouteDeps): void {
  people.signedIn('/o/applications/', { get: (visit) => listAnswer(visit, deps) });
  people.signedIn('/o/applications/register/', {
    get: async (visit) => formAnswer(visit, null, NEW_VALUES, NO_PROBLEMS, deps),
    post: (visit) => postRegister(visit, deps),
  });
  people.signedIn('/o/applications/:id/', {
    get: (visit) => withApplication(visit, deps, (application) => showAnswer(visit, application, null, deps)),
  });
  people.signedIn('/o/applications/:id/update/', {
    get: (visit) =>
      withApplication(visit, deps, async (application) =>
        formAnswer(visit, application, valuesOf(application), NO_PROBLEMS, deps),
      ),
    post: (visit) => withApplication(visit, deps, (application) => postUpdate(visit, application, deps)),
  });
  people.signedIn('/o/applications/:id/delete/', {
    get: (visit) =>
      withApplication(visit, deps, async ({ id, name }) => ({
        page: { page: 'confirm', question: { kind: 'delete-application', id, name } },
      })),
    post: (visit) =>
      withApplication(visit, deps, async (application) => {
        await deleteApplication(application.id, actorOf(visit), changing(visit, deps));
        note(visit, 'application_deleted', application);
        return { seeOther: '/o/applications/?done=application-deleted' };
      }),
  });
  secretRoutes(people, deps);
}

function secretRoutes(people: People, deps: ApplicationRouteDeps): void {
  people.signedIn('/o/applications/:id/secrets/', {
    get: async (visit) => ({ seeOther: `/o/applications/${idOf(visit)}/` }),
    post: (visit) =>
      withApplication(visit, deps, async (application) => {
        const result = await addSecretByForm(
          formIdOf(visit, deps),
          application.id,
          actorOf(visit),
          changing(visit, deps),
        );
        if (result.outcome === 'not_found') return errorAnswer(404, { kind: 'not-found' });
        // The page offers it only where it may be: another window was faster.
        if (result.outcome === 'refused') {
          return { seeOther: `/o/applications/${application.id}/?done=secret-not-added` };
        }
        if (result.outcome === 'sent_before') {
          return { seeOther: `/o/applications/${application.id}/?done=secret-added-before` };
        }
        note(visit, 'application_secret_added', application);
        const changed = { ...application, secrets: [...application.secrets, result.record] };
        return showAnswer(visit, changed, result.secret, deps);
      }),
  });
  people.signedIn('/o/applications/:id/secrets/:secretId/delete/', {
    get: (visit) =>
      withApplication(visit, deps, async (application) => {
        const secret = application.secrets.find(({ id }) => id === secretIdOf(visit));
        if (secret === undefined) return errorAnswer(404, { kind: 'not-found' });
        const { id, name } = application;
        const isLast = application.type === 'confidential' && application.secrets.length === 1;
        return { page: { page: 'confirm', question: { kind: 'remove-secret', id, name, secret, isLast } } };
      }),
    post: (visit) =>
      withApplication(visit, deps, async (application) => {
        const result = await removeSecret(application.id, secretIdOf(visit), actorOf(visit), changing(visit, deps));
        if (result.outcome === 'not_found') return errorAnswer(404, { kind: 'not-found' });
        if (result.outcome === 'refused') {
          return { seeOther: `/o/applications/${application.id}/?done=secret-not-removed` };
        }
        note(visit, 'application_secret_removed', application);
        return { seeOther: `/o/applications/${application.id}/?done=secret-removed` };
      }),
  });
}

/** Who acts: always the session's account (CVE-2025-61928). */
function actorOf(visit: SignedInVisit): Actor {
  const { id, isSuperuser } = visit.signedIn.account;
  return { accountId: id, isSuperuser };
}

/** What changes something does it in the name of the visit. */
function changing(visit: SignedInVisit, deps: ApplicationRouteDeps): ApplicationDeps {
  return { ...deps, applications: administrationOf(visit, deps).applications };
}

function idOf(visit: SignedInVisit): string {
  return (visit.request.params as { id: string }).id.slice(0, 64);
}

function secretIdOf(visit: SignedInVisit): string {
  return (visit.request.params as { secretId: string }).secretId;
}

/** A form without an id, as a script may send it, is a new one each time. */
function formIdOf(visit: SignedInVisit, deps: Pick<ApplicationRouteDeps, 'randomness'>): FormId {
  return presentedFormId(visit.form.get('form')) ?? newFormId(deps.randomness);
}

function note(visit: SignedInVisit, event: string, application: Application): void {
  const { id } = visit.signedIn.account;
  visit.request.log.info({ event, accountId: id, clientId: application.clientId }, event.replaceAll('_', ' '));
}

/** The application of the path, where the visitor may manage it; another's is as if it did not exist. */
async function withApplication(
  visit: SignedInVisit,
  deps: ApplicationRouteDeps,
  answer: (application: Application) => Promise<Answer>,
): Promise<Answer> {
  const found = await findApplication(applicationId(idOf(visit)), actorOf(visit), deps);
  return found.outcome === 'found' ? answer(found.application) : errorAnswer(404, { kind: 'not-found' });
}

async function listAnswer(visit: SignedInVisit, deps: ApplicationRouteDeps): Promise<Answer> {
  const actor = actorOf(visit);
  const applications = await listApplications(actor, deps);
  const owners = await usernamesOf(applications, deps);
  return {
    page: {
      page: 'applications',
      showsOwners: actor.isSuperuser,
      notice: noticeOf(visit),
      applications: applications.map((application) => ({
        id: application.id,
        name: application.name,
        clientId: application.clientId,
        clientType: application.type,
        owner: application.ownerId === null ? null : (owners.get(application.ownerId) ?? null),
        isDisabled: application.disabledAtMs !== null,
        createdAtMs: application.createdAtMs,
      })),
    },
  };
}

async function usernamesOf(
  applications: readonly Application[],
  deps: ApplicationRouteDeps,
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(applications.flatMap(({ ownerId }) => ownerId ?? []))];
  const found = await Promise.all(ids.map((id) => deps.accounts.findAccount(id)));
  return new Map(found.flatMap((account) => (account === null ? [] : [[account.id, account.username] as const])));
}

async function showAnswer(
  visit: SignedInVisit,
  application: Application,
  newSecret: string | null,
  deps: ApplicationRouteDeps,
): Promise<Answer> {
  const owners = await usernamesOf([application], deps);
  const { id, name, clientId, type, ownerId, scopes, disabledAtMs, secrets, ...settings } = application;
  return {
    page: {
      page: 'application',
      application: {
        ...settings,
        id,
        name,
        clientId,
        clientType: type,
        requirePkce: requiresPkce(application),
        scopes: scopeViews(scopes, deps),
        owner: ownerId === null ? null : (owners.get(ownerId) ?? null),
        isDisabled: disabledAtMs !== null,
      },
      secrets: secrets.map(({ id: secretId, hint, createdAtMs, lastUsedAtMs }) => ({
        id: secretId,
        hint,
        createdAtMs,
        lastUsedAtMs,
      })),
      newSecret,
      secretsMax: SECRETS_PER_APPLICATION_MAX,
      secretFormId: newFormId(deps.randomness),
      endpoints: deps.endpoints,
      notice: noticeOf(visit),
    },
  };
}

async function postRegister(visit: SignedInVisit, deps: ApplicationRouteDeps): Promise<Answer> {
  const again = (problems: readonly FieldProblem[]) =>
    formAnswer(visit, null, postedValues(visit.form), shownProblems(problems, APPLICATION_FIELDS), deps);
  const parsed = parseApplicationForm(postedForm(visit.form), 'register');
  if (parsed.outcome === 'refused') return again(parsed.problems);
  const { id, result } = await registerByForm(
    formIdOf(visit, deps),
    parsed.value,
    actorOf(visit),
    changing(visit, deps),
  );
  if (result.outcome === 'refused') return again(result.problems);
  if (result.outcome === 'sent_before') {
    return { seeOther: `/o/applications/${id}/?done=application-registered-before` };
  }
  note(visit, 'application_registered', result.application);
  // Not a redirect: the secret is in this answer and never again, and no address may carry it.
  return showAnswer(visit, result.application, result.secret, deps);
}

async function postUpdate(visit: SignedInVisit, application: Application, deps: ApplicationRouteDeps): Promise<Answer> {
  const again = (problems: readonly FieldProblem[]) =>
    formAnswer(visit, application, postedValues(visit.form), shownProblems(problems, APPLICATION_FIELDS), deps);
  const parsed = parseApplicationForm(postedForm(visit.form), 'update');
  if (parsed.outcome === 'refused') return again(parsed.problems);
  const result = await updateApplication(application.id, parsed.value, actorOf(visit), changing(visit, deps));
  if (result.outcome === 'refused') return again(result.problems);
  if (result.outcome === 'not_found') return errorAnswer(404, { kind: 'not-found' });
  note(visit, 'application_changed', application);
  return { seeOther: `/o/applications/${application.id}/?done=application-saved` };
}

function formAnswer(
  visit: SignedInVisit,
  application: Application | null,
  values: ApplicationValues,
  problems: FormProblems,
  deps: ApplicationRouteDeps,
): Answer {
  const { isSuperuser } = visit.signedIn.account;
  // A scope that only a superuser assigns is not offered to others, unless it is assigned already and would be lost.
  const offered = [...deps.scopes.keys()].filter(
    (name) => isSuperuser || !SUPERUSER_SCOPES.includes(name) || application?.scopes.includes(name) === true,
  );
  return {
    page: {
      page: 'application-form',
      application: application === null ? null : { id: application.id, name: application.name },
      formId: application === null ? newFormId(deps.randomness) : null,
      values,
      ...problems,
      grantsOffered: GRANT_NAMES.filter(
        (name) => isSuperuser || name !== 'token-exchange' || application?.grants.includes(name) === true,
      ),
      scopesOffered: scopeViews(offered, deps),
      algorithmsOffered: ID_TOKEN_ALGORITHMS,
      settings: settingViews(visit.request.method === 'POST' ? visit.form : null, application, isSuperuser, {
        detailTypes: [...deps.detailTypes.keys()],
      }),
      canSkipConsent: isSuperuser,
    },
  };
}
