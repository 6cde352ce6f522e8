/**
 * `diapason app …`. Owns output and the words of refusals; the rules are `admin/applications.ts` and its neighbours.
 * The JSON form of an application is documented in docs/commands.md and changes only by additions.
 */
import {
  type ApplicationChange,
  type ApplicationFields,
  completeApplication,
  parseApplicationFields,
} from '../admin/application-input.ts';
import { OPERATOR } from '../admin/application-rules.ts';
import * as secrets from '../admin/application-secrets.ts';
import * as admin from '../admin/applications.ts';
import { SETTING_FIELDS } from '../admin/setting-fields.ts';
import { findUser } from '../admin/users.ts';
import type { Application } from '../protocol/application.ts';
import { type AccountId, type ApplicationId, applicationId } from '../vocabulary/identifiers.ts';
import { applicationJson, applicationRecord } from './application-output.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import { refusedFor } from './problems.ts';
import { askToGoOn } from './questions.ts';
import { record, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

/** What `app create` and `app update` may both set. */
export interface ApplicationSettings {
  readonly grant?: readonly string[];
  readonly redirectUri?: readonly string[];
  readonly postLogoutRedirectUri?: readonly string[];
  readonly allowedOrigin?: readonly string[];
  readonly scope?: readonly string[];
  readonly idTokenAlgorithm?: string;
  readonly codeLifetime?: number;
  readonly accessTokenLifetime?: number;
  readonly refreshTokenLifetime?: number | 'none';
  readonly refreshTokenIdle?: number | 'none';
  readonly owner?: string;
  readonly json?: true;
}

/** Options of `app create`. */
export interface CreateApplicationOptions extends ApplicationSettings {
  readonly name: string;
  readonly type: string;
  readonly grant: readonly string[];
  readonly requirePkce?: true;
  readonly skipConsent?: true;
}

/** Options of `app update`. What is absent stays as it is. */
export interface UpdateApplicationOptions extends ApplicationSettings {
  readonly name?: string;
  readonly requirePkce?: boolean;
  readonly skipConsent?: boolean;
}

interface Json {
  readonly json?: true;
}

const SHOWN_ONCE = 'The secret is shown this once. Keep it where the application reads it.';

/** `app create`: prints `client_id` and, of a confidential application, `client_secret`. */
export async function createApplication(options: CreateApplicationOptions, terminal: Terminal): Promise<Outcome> {
  const parsed = parseApplicationFields({
    ...fieldsOf(options),
    name: options.name,
    client_type: options.type,
    require_pkce: options.requirePkce === true,
    skip_consent: options.skipConsent === true,
  });
  if (parsed.outcome === 'refused') return refusedFor(parsed);
  const complete = completeApplication(parsed.value);
  if (complete.outcome === 'refused') return refusedFor(complete);
  return withWorkbench(terminal, async (workbench) => {
    const owner = await ownerOf(options.owner, workbench);
    if ('end' in owner) return owner.end;
    const result = await admin.registerApplication(
      { ...complete.value, ...owner.change },
      OPERATOR,
      workbench.applications,
    );
    if (result.outcome === 'refused') return refusedFor(result);
    const { application, secret } = result;
    if (options.json) return json({ ...applicationJson(application), client_secret: secret });
    const credentials = record([
      ['client_id', application.clientId],
      ['client_secret', secret],
    ]);
    return done(secret === null ? credentials : `${credentials}\n\n${SHOWN_ONCE}`);
  });
}

/** `app list`, in the order of names. */
export async function listApplications(
  options: Json & { readonly owner?: string },
  terminal: Terminal,
): Promise<Outcome> {
  return withWorkbench(terminal, async (workbench) => {
    const owner = await ownerOf(options.owner, workbench);
    if ('end' in owner) return owner.end;
    const wanted = owner.change.ownerId;
    const all = await admin.listApplications(OPERATOR, workbench.applications);
    const applications = wanted === undefined ? all : all.filter(({ ownerId }) => ownerId === wanted);
    if (options.json) return json(applications.map(applicationJson));
    const rows = applications.map(({ name, clientId, type, grants }) => [name, clientId, type, grants.join(' ')]);
    return done(table(['NAME', 'CLIENT_ID', 'TYPE', 'GRANTS'], rows, 'No applications.'));
  });
}

/** `app show`. Of secrets it shows ids and last characters. */
export async function showApplication(name: string, options: Json, terminal: Terminal): Promise<Outcome> {
  return withApplication(name, terminal, async (application) =>
    options.json ? json(applicationJson(application)) : done(applicationRecord(application)),
  );
}

/** `app update`: what is not given stays. */
export async function updateApplication(
  name: string,
  options: UpdateApplicationOptions,
  terminal: Terminal,
): Promise<Outcome> {
  const parsed = parseApplicationFields({
    ...fieldsOf(options),
    ...given('name', options.name),
    ...given('require_pkce', options.requirePkce),
    ...given('skip_consent', options.skipConsent),
  });
  if (parsed.outcome === 'refused') return refusedFor(parsed);
  return withApplication(name, terminal, async ({ id }, workbench) => {
    const owner = await ownerOf(options.owner, workbench);
    if ('end' in owner) return owner.end;
    const change: ApplicationChange = { ...parsed.value, ...owner.change };
    const result = await admin.updateApplication(id, change, OPERATOR, workbench.applications);
    switch (result.outcome) {
      case 'updated':
        return options.json ? json(applicationJson(result.application)) : done(applicationRecord(result.application));
      case 'refused':
        return refusedFor(result);
      case 'not_found':
        return notFound(name);
    }
  });
}

/** `app delete`. Asks a person at a terminal first. */
export async function deleteApplication(
  name: string,
  options: { readonly yes?: true },
  terminal: Terminal,
): Promise<Outcome> {
  return withApplication(name, terminal, async (application, { applications }) => {
    const goOn = await askToGoOn(options, `Delete ${application.name}? Nobody can sign in there any more.`, terminal);
    if ('end' in goOn) return goOn.end;
    if (!goOn.value) return refused('Nothing was changed.');
    const { outcome } = await admin.deleteApplication(application.id, OPERATOR, applications);
    return outcome === 'not_found' ? notFound(name) : done(`${application.name} is deleted.`);
  });
}

/** `app disable` and `app enable`: in force at once, in other processes within a second. */
export async function setApplicationDisabled(name: string, disabled: boolean, terminal: Terminal): Promise<Outcome> {
  return withApplication(name, terminal, async (application, { applications }) => {
    const { outcome } = await admin.setApplicationDisabled(application.id, disabled, OPERATOR, applications);
    if (outcome === 'not_found') return notFound(name);
    return done(
      `${application.name} is ${disabled ? 'disabled: nobody signs in there, and its tokens open nothing' : 'enabled'}.`,
    );
  });
}

/** `app secret add`: one more secret, printed this once. */
export async function addSecret(name: string, options: Json, terminal: Terminal): Promise<Outcome> {
  return withApplication(name, terminal, async ({ id, clientId }, { applications }) => {
    const result = await secrets.addSecret(id, OPERATOR, applications);
    if (result.outcome === 'refused') return refusedFor(result);
    if (result.outcome === 'not_found') return notFound(name);
    if (options.json) return json({ client_id: clientId, secret_id: result.record.id, client_secret: result.secret });
    const secret = record([
      ['client_id', clientId],
      ['secret_id', result.record.id],
      ['client_secret', result.secret],
    ]);
    return done(`${secret}\n\n${SHOWN_ONCE}`);
  });
}

/** `app secret remove`. */
export async function removeSecret(name: string, secretId: string, terminal: Terminal): Promise<Outcome> {
  return withApplication(name, terminal, async ({ id, name: title }, { applications }) => {
    const result = await secrets.removeSecret(id, secretId, OPERATOR, applications);
    if (result.outcome === 'refused') return refusedFor(result);
    if (result.outcome === 'removed') return done(`The secret ${secretId} of ${title} is removed.`);
    return refused(`${title} has no secret ${JSON.stringify(secretId)}. See: diapason app show ${name}`);
  });
}

/** Finds the application by client_id, else by id, and goes on with it. */
async function withApplication(
  name: string,
  terminal: Terminal,
  work: (application: Application, workbench: Workbench) => Promise<Outcome>,
): Promise<Outcome> {
  return withWorkbench(terminal, async (workbench) => {
    const application = await findNamed(name, workbench);
    return application === null ? notFound(name) : work(application, workbench);
  });
}

/** The application of a client_id, else of an id; null: there is none. */
export async function findNamed(name: string, { applications }: Workbench): Promise<Application | null> {
  const byClientId = await admin.findApplicationByClientId(name, OPERATOR, applications);
  if (byClientId.outcome === 'found') return byClientId.application;
  const id = idIn(name);
  const byId = id === null ? null : await admin.findApplication(id, OPERATOR, applications);
  return byId?.outcome === 'found' ? byId.application : null;
}

function idIn(text: string): ApplicationId | null {
  return text !== '' && text.length <= 64 ? applicationId(text) : null;
}

/** Says that there is no such application, and where to look. */
export function notFound(name: string): Outcome {
  return refused(`No application has the client_id or id ${JSON.stringify(name)}. See: diapason app list`);
}

/** `superusers` stands for no owner. */
async function ownerOf(
  name: string | undefined,
  { users }: Workbench,
): Promise<{ readonly change: { readonly ownerId?: AccountId | null } } | { readonly end: Outcome }> {
  if (name === undefined) return { change: {} };
  if (name === 'superusers') return { change: { ownerId: null } };
  const account = await findUser(name, users);
  if (account !== null) return { change: { ownerId: account.id } };
  return { end: refused(`--owner: no account has the username, address or id ${JSON.stringify(name)}.`) };
}

/** An option's key, as commander makes it of the name with dashes. */
function keyOf(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function fieldsOf(options: ApplicationSettings): ApplicationFields {
  const chosen: Readonly<Record<string, unknown>> = { ...options };
  return {
    ...Object.fromEntries(SETTING_FIELDS.map(({ name }) => [name, chosen[keyOf(name)]])),
    ...given('grants', options.grant),
    ...given('redirect_uris', options.redirectUri),
    ...given('post_logout_redirect_uris', options.postLogoutRedirectUri),
    ...given('allowed_origins', options.allowedOrigin),
    ...given('scopes', options.scope),
    ...given('id_token_algorithm', options.idTokenAlgorithm),
    ...given('code_lifetime_seconds', options.codeLifetime),
    ...given('access_token_lifetime_seconds', options.accessTokenLifetime),
    ...given('refresh_token_lifetime_seconds', limit(options.refreshTokenLifetime)),
    ...given('refresh_token_idle_seconds', limit(options.refreshTokenIdle)),
  };
}

function given(name: keyof ApplicationFields, value: unknown): ApplicationFields {
  return value === undefined ? {} : { [name]: value };
}

function limit(value: number | 'none' | undefined): number | null | undefined {
  return value === 'none' ? null : value;
}
