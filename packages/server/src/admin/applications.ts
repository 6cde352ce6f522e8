/**
 * Managing applications: register, change, delete.
 *
 * An owner manages their own; another's is `not_found`, as if it did not exist. A superuser manages all. A secret is answered
 * once, when it is made, and never again (D10). Owns these steps; the rules are `application-rules.ts`.
 */
import { type FieldProblem, fieldProblem, type Refused, refused } from '../accounts/problems.ts';
import type { Application, ClientSecretRecord } from '../protocol/application.ts';
import {
  type ClientSecretKey,
  clientSecretHint,
  clientSecretMac,
  generateClientSecret,
} from '../protocol/client-secret.ts';
import type { Fetcher } from '../protocol/fetcher.ts';
import type { ScopeRegistry } from '../protocol/scopes.ts';
import type { Audited } from '../vocabulary/audited.ts';
import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import type { Randomness, Secret } from '../vocabulary/credentials.ts';
import { type ApplicationId, applicationId, clientId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { ApplicationChange, ApplicationInput } from './application-input.ts';
import { type Actor, applicationProblems } from './application-rules.ts';
import type { ApplicationStore } from './ports.ts';
import { sectorIdentifierProblem } from './sector-identifier.ts';
import { type FormId, idMadeBy } from './sent-form.ts';

/** Of one person who is no superuser: enough for a team's tools, and no store for whoever scripts the form. */
export const APPLICATIONS_PER_OWNER_MAX = 50;
/** What managing applications needs. */
export interface ApplicationDeps {
  readonly applications: Audited<ApplicationStore>;
  readonly scopes: ScopeRegistry;
  readonly detailTypes: AuthorizationDetailTypes;
  readonly clientSecretKey: ClientSecretKey;
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** What looking at them needs. */
export interface ApplicationReads {
  readonly applications: Pick<ApplicationStore, 'findApplication' | 'findApplicationByClientId' | 'listApplications'>;
}

/** It does not exist, or is not the actor's. */
export interface NotFound {
  readonly outcome: 'not_found';
}

/** Outcome of a registration. */
export type RegisterResult =
  | {
      readonly outcome: 'registered';
      readonly application: Application;
      /** Shown now and never again; null for a public application. */
      readonly secret: Secret<'client_secret'> | null;
    }
  | Refused;

/** The same form was sent before, and made what it makes. Nothing was made now. */
export interface SentBefore {
  readonly outcome: 'sent_before';
}

/** Registers an application; it belongs to whoever does, or, from the command line, to the superusers. */
export async function registerApplication(
  input: ApplicationInput,
  actor: Actor,
  deps: ApplicationDeps,
): Promise<RegisterResult> {
  const result = await registerAs(applicationId(newId(deps)), input, actor, deps);
  if (result.outcome === 'sent_before') throw new Error(TWICE);
  return result;
}

/** Registers the application of a form: sent twice, it registers once. `id` is the application's in every case. */
export async function registerByForm(
  form: FormId,
  input: ApplicationInput,
  actor: Actor,
  deps: ApplicationDeps,
): Promise<{ readonly id: ApplicationId; readonly result: RegisterResult | SentBefore }> {
  const id = applicationId(idMadeBy(form, 'application', actor.accountId ?? ''));
  const known = await deps.applications.findApplication(id);
  return { id, result: known === null ? await registerAs(id, input, actor, deps) : { outcome: 'sent_before' } };
}

/** What cannot happen. */
export const TWICE = '128 random bits came twice: the source of randomness is broken';

async function registerAs(
  id: ApplicationId,
  input: ApplicationInput,
  actor: Actor,
  deps: ApplicationDeps,
): Promise<RegisterResult | SentBefore> {
  const full = await quotaProblem(actor, deps);
  const made = await newApplication(id, input, actor, deps);
  if (made.outcome === 'refused') return made;
  if (full !== null) return refused(full);
  const { application, secret } = made;
  const { outcome } = await deps.applications.createApplication(application);
  return outcome === 'id_taken' ? { outcome: 'sent_before' } : { outcome: 'registered', application, secret };
}

/** An application that can be stored, or what stands against it. Nothing is stored. */
export async function newApplication(
  id: ApplicationId,
  input: ApplicationInput,
  actor: Actor,
  deps: Omit<ApplicationDeps, 'applications'>,
): Promise<{ readonly outcome: 'new'; readonly application: Application; readonly secret: NewSecret } | Refused> {
  const problems = applicationProblems(input, null, actor, deps);
  if (problems.length > 0) return { outcome: 'refused', problems };
  const sector = await sectorIdentifierProblem(input, null, deps);
  if (sector !== null) return refused(sector);
  const nowMs = deps.clock();
  const bySecret = input.type === 'confidential' && input.settings.clientAuthentication === 'client_secret';
  const made = bySecret ? newSecretRecord(newId(deps), deps) : null;
  const application: Application = {
    ...settingsOf(input),
    id,
    // RFC 6749 §2.2: not a secret. 160 random bits all the same, so that two never meet and none is guessed.
    clientId: clientId(deps.randomness(20).toString('hex')),
    ownerId: input.ownerId === undefined ? actor.accountId : input.ownerId,
    secrets: made === null ? [] : [made.record],
    disabledAtMs: null,
    provenance: 'made',
    lastUsedAtMs: null,
    lastWithoutPkceAtMs: null,
    lastWithoutRedirectUriAtMs: null,
    lastLongAccessTokenAtMs: null,
    lastLongRefreshTokenAtMs: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  return { outcome: 'new', application, secret: made?.secret ?? null };
}

/** Shown once; null where the application has none. */
type NewSecret = Secret<'client_secret'> | null;

/** The actor's application, or anybody's for a superuser. */
export async function findApplication(
  id: ApplicationId,
  actor: Actor,
  deps: ApplicationReads,
): Promise<{ readonly outcome: 'found'; readonly application: Application } | NotFound> {
  const application = await deps.applications.findApplication(id);
  return application !== null && mayManage(actor, application)
    ? { outcome: 'found', application }
    : { outcome: 'not_found' };
}

/** The same by `client_id`, for the command line. */
export async function findApplicationByClientId(
  id: string,
  actor: Actor,
  deps: ApplicationReads,
): Promise<{ readonly outcome: 'found'; readonly application: Application } | NotFound> {
  const application = await deps.applications.findApplicationByClientId(id);
  return application !== null && mayManage(actor, application)
    ? { outcome: 'found', application }
    : { outcome: 'not_found' };
}

/** The actor's applications, or everybody's for a superuser, in the order of names. */
export async function listApplications(actor: Actor, deps: ApplicationReads): Promise<readonly Application[]> {
  if (actor.isSuperuser) return deps.applications.listApplications();
  return actor.accountId === null ? [] : deps.applications.listApplications(actor.accountId);
}

/** Changes the settings that are given; in force at once. What only a superuser sets stays as it is for anybody else. */
export async function updateApplication(
  id: ApplicationId,
  change: ApplicationChange,
  actor: Actor,
  deps: ApplicationDeps,
): Promise<{ readonly outcome: 'updated'; readonly application: Application } | Refused | NotFound> {
  const found = await findApplication(id, actor, deps);
  if (found.outcome === 'not_found') return found;
  const changed = await changedApplication(found.application, change, actor, deps);
  if (changed.outcome === 'refused') return changed;
  const { application } = changed;
  const { outcome } = await deps.applications.updateApplication(application);
  return outcome === 'updated' ? { outcome, application } : { outcome };
}

/** The application as it would be after the change, or what stands against it. Nothing is stored. */
export async function changedApplication(
  before: Application,
  change: ApplicationChange,
  actor: Actor,
  deps: Omit<ApplicationDeps, 'applications'>,
): Promise<{ readonly outcome: 'changed'; readonly application: Application } | Refused> {
  // A form that does not offer the box to its reader sends it as unticked.
  const skipConsent = actor.isSuperuser
    ? (change.skipConsent ?? before.skipConsent)
    : before.skipConsent || change.skipConsent === true;
  const settings = { ...before.settings, ...change.settings };
  const { ownerId, ...wanted } = { ...settingsOf(before), ...change, skipConsent, settings };
  const input: ApplicationInput = ownerId === undefined ? wanted : { ...wanted, ownerId };
  const problems = applicationProblems(input, before, actor, deps);
  if (problems.length > 0) return { outcome: 'refused', problems };
  const sector = await sectorIdentifierProblem(input, before, deps);
  if (sector !== null) return refused(sector);
  const application: Application = {
    ...before,
    ...settingsOf(input),
    ownerId: ownerId === undefined ? before.ownerId : ownerId,
    updatedAtMs: deps.clock(),
  };
  return { outcome: 'changed', application };
}

/**
 * Disables it, or enables it again; in force at once. While it is disabled nobody signs in there, it proves itself nowhere, and its
 * tokens open nothing. Enabled again, those that have not expired meanwhile are good again. Only for superusers.
 */
export async function setApplicationDisabled(
  id: ApplicationId,
  disabled: boolean,
  actor: Actor,
  deps: Pick<ApplicationDeps, 'applications' | 'clock'>,
): Promise<{ readonly outcome: 'updated' } | NotFound> {
  if (!actor.isSuperuser) return { outcome: 'not_found' };
  const nowMs = deps.clock();
  const { outcome } = await deps.applications.setDisabled(id, disabled ? nowMs : null, nowMs);
  return { outcome };
}

/** Deletes it, with its tokens and what people allowed it. */
export async function deleteApplication(
  id: ApplicationId,
  actor: Actor,
  deps: Pick<ApplicationDeps, 'applications'>,
): Promise<{ readonly outcome: 'deleted' } | NotFound> {
  const found = await findApplication(id, actor, deps);
  if (found.outcome === 'not_found') return found;
  const { outcome } = await deps.applications.deleteApplication(id);
  return { outcome };
}

function mayManage(actor: Actor, application: Application): boolean {
  return actor.isSuperuser || (actor.accountId !== null && application.ownerId === actor.accountId);
}

async function quotaProblem(actor: Actor, deps: ApplicationDeps): Promise<FieldProblem | null> {
  if (actor.isSuperuser || actor.accountId === null) return null;
  const owned = await deps.applications.listApplications(actor.accountId);
  return owned.length < APPLICATIONS_PER_OWNER_MAX
    ? null
    : fieldProblem('', 'problem.applications.tooMany', { maximum: APPLICATIONS_PER_OWNER_MAX });
}

/** Of an application or a secret: 128 random bits. */
export function newId({ randomness }: Pick<ApplicationDeps, 'randomness'>): string {
  return randomness(16).toString('hex');
}

/** A new secret, with what is kept of it. */
export function newSecretRecord(
  id: string,
  deps: Omit<ApplicationDeps, 'applications'>,
): {
  readonly secret: Secret<'client_secret'>;
  readonly record: ClientSecretRecord;
} {
  const secret = generateClientSecret(deps.randomness);
  const record: ClientSecretRecord = {
    id,
    mac: clientSecretMac(secret, deps.clientSecretKey),
    importedHash: null,
    hint: clientSecretHint(secret),
    createdAtMs: deps.clock(),
    lastUsedAtMs: null,
  };
  return { secret, record };
}

/** The settings that a person decides on, and nothing else that the value may carry. */
function settingsOf(source: Omit<ApplicationInput, 'ownerId'>): Omit<ApplicationInput, 'ownerId'> {
  return {
    name: source.name,
    type: source.type,
    grants: source.grants,
    redirectUris: source.redirectUris,
    postLogoutRedirectUris: source.postLogoutRedirectUris,
    allowedOrigins: source.allowedOrigins,
    scopes: source.scopes,
    requirePkce: source.requirePkce,
    skipConsent: source.skipConsent,
    idTokenAlgorithm: source.idTokenAlgorithm,
    codeLifetimeSeconds: source.codeLifetimeSeconds,
    accessTokenLifetimeSeconds: source.accessTokenLifetimeSeconds,
    refreshTokenLifetimeSeconds: source.refreshTokenLifetimeSeconds,
    refreshTokenIdleSeconds: source.refreshTokenIdleSeconds,
    settings: source.settings,
  };
}
