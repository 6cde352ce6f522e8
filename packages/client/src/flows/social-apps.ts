/**
 * The administration of social apps: the credentials of this application at each provider.
 *
 * Owns the forms' rules and the sealing of secrets. A secret goes in and never comes out; every path asks for a superuser first.
 */
import { failure } from '../core/failure.ts';
import type { Kit } from '../core/kit.ts';
import { pageLinks, redirectUri, socialAppsPath } from '../core/links.ts';
import { redirectTo, renderFailure, renderPage } from '../core/render.ts';
import type { PostedForm, Visit } from '../core/visit.ts';
import { messagesIn } from '../pages/messages/messages.ts';
import type { FormErrors, SocialAppFormView } from '../pages/views.ts';
import { randomId } from '../security/tokens.ts';
import type { SocialApp } from '../store/account-store.ts';
import { readSocialApp, type SocialAppInput, settingField } from './social-app-input.ts';

const EMPTY = { provider: '', name: '', client_id: '', server_url: '', backchannel_url: '', scope: '', settings: {} };

/** GET /admin/ */
export async function showAdmin(visit: Visit, kit: Kit): Promise<Response> {
  return forSuperuser(visit, kit) ?? renderPage(visit, kit, 'adminIndex', await listView(kit));
}

/** GET /admin/socialaccount/socialapp/ */
export async function listSocialApps(visit: Visit, kit: Kit): Promise<Response> {
  return forSuperuser(visit, kit) ?? renderPage(visit, kit, 'socialAppList', await listView(kit));
}

/** GET /admin/socialaccount/socialapp/add/ */
export async function showAddSocialApp(visit: Visit, kit: Kit): Promise<Response> {
  const [first] = kit.settings.providers.keys();
  const values = { ...EMPTY, provider: first ?? '' };
  return forSuperuser(visit, kit) ?? formResponse(visit, kit, null, values, {});
}

/** POST /admin/socialaccount/socialapp/add/ */
export async function addSocialApp(visit: Visit, form: PostedForm, kit: Kit): Promise<Response> {
  return forSuperuser(visit, kit) ?? save(visit, form, kit, null);
}

/** GET /admin/socialaccount/socialapp/<id>/change/ */
export async function showChangeSocialApp(visit: Visit, kit: Kit, id: string): Promise<Response> {
  const refused = forSuperuser(visit, kit);
  if (refused !== null) return refused;
  const app = await kit.store.findSocialAppById(id);
  if (app === null) return notFound(visit, kit);
  return formResponse(visit, kit, app, valuesOf(app, kit), {});
}

/** POST /admin/socialaccount/socialapp/<id>/change/ */
export async function changeSocialApp(visit: Visit, form: PostedForm, kit: Kit, id: string): Promise<Response> {
  const refused = forSuperuser(visit, kit);
  if (refused !== null) return refused;
  const app = await kit.store.findSocialAppById(id);
  return app === null ? notFound(visit, kit) : save(visit, form, kit, app);
}

/** GET /admin/socialaccount/socialapp/<id>/delete/ */
export async function showDeleteSocialApp(visit: Visit, kit: Kit, id: string): Promise<Response> {
  const refused = forSuperuser(visit, kit);
  if (refused !== null) return refused;
  const app = await kit.store.findSocialAppById(id);
  return app === null ? notFound(visit, kit) : deleteResponse(visit, kit, app, null, 200);
}

/** POST /admin/socialaccount/socialapp/<id>/delete/ */
export async function deleteSocialApp(visit: Visit, form: PostedForm, kit: Kit, id: string): Promise<Response> {
  const refused = forSuperuser(visit, kit);
  if (refused !== null) return refused;
  const app = await kit.store.findSocialAppById(id);
  if (app === null) return redirectTo(listPath(kit), kit);
  if (form.stale) return deleteResponse(visit, kit, app, messagesIn(visit.language).problems.form_stale, 403);
  await kit.store.deleteSocialApp(id);
  kit.log({ level: 'info', event: 'social_app_deleted', reference: visit.reference, provider: app.provider });
  return redirectTo(listPath(kit), kit, { notice: 'app_deleted' });
}

/** What became of credentials entered by code or command. */
export type SetSocialAppOutcome =
  | { readonly kind: 'saved' }
  /** For each field what is wrong with it. */
  | { readonly kind: 'refused'; readonly problems: Readonly<Record<string, string>> };

/** Adds the social app of a provider or changes it; without a secret the stored one stays. */
export async function setSocialApp(input: SocialAppInput, kit: Kit): Promise<SetSocialAppOutcome> {
  const existing = await kit.store.findSocialApp(input.provider);
  const read = readSocialApp(input, kit.settings.providers);
  if (read.kind === 'refused') {
    const { problems } = messagesIn('en');
    const texts = Object.entries(read.problems).map(([field, problem]) => [field, problems[problem]] as const);
    return { kind: 'refused', problems: Object.fromEntries(texts) };
  }
  const outcome = await write(existing, read.values, input.secret, kit);
  if (outcome !== 'saved') throw new Error(`the social app of "${input.provider}" was changed at the same time`);
  return { kind: 'saved' };
}

/** null for a superuser; everybody else is sent to sign in. */
function forSuperuser(visit: Visit, kit: Kit): Response | null {
  if (visit.session?.user.isSuperuser === true) return null;
  const login = pageLinks(visit, kit.settings).adminLogin ?? kit.settings.signedInPath;
  const status = visit.method === 'GET' ? 302 : 303;
  return redirectTo(`${login}?${new URLSearchParams({ next: `${visit.path}/` })}`, kit, { status });
}

async function save(visit: Visit, form: PostedForm, kit: Kit, existing: SocialApp | null): Promise<Response> {
  const { problems } = messagesIn(visit.language);
  const values = {
    provider: form.value('provider'),
    name: form.value('name').trim(),
    client_id: form.value('client_id').trim(),
    server_url: form.value('server_url').trim(),
    backchannel_url: form.value('backchannel_url').trim(),
    scope: form.value('scope').trim(),
    settings: postedSettings(form, kit),
  };
  if (form.stale) return formResponse(visit, kit, existing, values, { form: problems.form_stale }, 403);
  const secret = form.value('secret');
  const read = readSocialApp(
    {
      ...values,
      clientId: values.client_id,
      serverUrl: values.server_url,
      backChannelUrl: values.backchannel_url,
      settings: ownSettings(values.provider, values.settings, kit),
      secret,
    },
    kit.settings.providers,
  );
  if (read.kind === 'refused') {
    const texts = Object.entries(read.problems).map(([field, problem]) => [field, problems[problem]] as const);
    return formResponse(visit, kit, existing, values, Object.fromEntries(texts), 400);
  }
  const outcome = await write(existing, read.values, secret, kit);
  switch (outcome) {
    case 'saved':
      kit.log({
        level: 'info',
        event: existing === null ? 'social_app_added' : 'social_app_changed',
        reference: visit.reference,
        provider: values.provider,
      });
      return redirectTo(listPath(kit), kit, { notice: 'app_saved' });
    case 'provider_taken':
      return formResponse(visit, kit, existing, values, { provider: problems.provider_taken }, 409);
    case 'not_found':
      return notFound(visit, kit);
  }
}

async function write(
  existing: SocialApp | null,
  values: Pick<SocialApp, 'provider' | 'name' | 'clientId' | 'serverUrl' | 'backChannelUrl' | 'scope' | 'settings'>,
  secret: string | undefined,
  kit: Kit,
): Promise<'saved' | 'provider_taken' | 'not_found'> {
  const typed = (secret ?? '').trim();
  const nowMs = kit.now();
  const app = {
    ...values,
    id: existing?.id ?? randomId(kit.randomBytes),
    // Write-only: an empty field keeps what is there.
    sealedSecret: typed === '' ? (existing?.sealedSecret ?? null) : kit.sealer.seal('app-secret/1', typed),
    createdAtMs: existing?.createdAtMs ?? nowMs,
    updatedAtMs: nowMs,
  };
  const outcome = existing === null ? await kit.store.createSocialApp(app) : await kit.store.updateSocialApp(app);
  return outcome.kind;
}

function formResponse(
  visit: Visit,
  kit: Kit,
  existing: SocialApp | null,
  values: SocialAppFormView['values'],
  errors: FormErrors,
  status = 200,
): Response {
  const { settings } = kit;
  const view = {
    action: `${visit.path}/`,
    adding: existing === null,
    providers: [...settings.providers.values()].map((provider) => ({
      id: provider.id,
      name: provider.name,
      redirectUri: redirectUri(provider, settings),
      serverUrl: provider.defaultServerUrl,
      backChannelUrl: provider.defaultBackChannelUrl,
      scope: provider.scope.join(' '),
      adjustable: provider.adjustable,
      settings: (provider.settings ?? []).map(({ name, label, example, fallback }) => ({
        field: settingField(provider.id, name),
        label: label[visit.language],
        example,
        fallback,
      })),
      fixed: provider.credentials !== null,
    })),
    values,
    hasSecret: existing?.sealedSecret != null,
    deleteHref: existing === null ? null : `${listPath(kit)}${existing.id}/delete/`,
    errors,
  };
  return renderPage(visit, kit, 'socialAppForm', view, { status });
}

function deleteResponse(visit: Visit, kit: Kit, app: SocialApp, error: string | null, status: number): Response {
  const provider = kit.settings.providers.get(app.provider)?.name ?? app.provider;
  const view = { action: `${visit.path}/`, name: app.name, provider, cancelHref: listPath(kit), error };
  return renderPage(visit, kit, 'socialAppDelete', view, { status });
}

async function listView(kit: Kit) {
  const apps = await kit.store.listSocialApps();
  return {
    apps: apps.map((app) => ({
      provider: kit.settings.providers.get(app.provider)?.name ?? app.provider,
      name: app.name,
      clientId: app.clientId,
      href: `${listPath(kit)}${app.id}/change/`,
    })),
    addHref: `${listPath(kit)}add/`,
  };
}

/** What was posted for every setting of every provider, by the names of the fields. */
function postedSettings(form: PostedForm, kit: Kit): Record<string, string> {
  const fields = [...kit.settings.providers.values()].flatMap(({ id, settings = [] }) =>
    settings.map(({ name }) => settingField(id, name)),
  );
  return Object.fromEntries(fields.map((field) => [field, form.value(field).trim()]));
}

/** Of these the chosen provider's, by their own names. */
function ownSettings(providerId: string, posted: Readonly<Record<string, string>>, kit: Kit): Record<string, string> {
  const { settings = [] } = kit.settings.providers.get(providerId) ?? {};
  return Object.fromEntries(settings.map(({ name }) => [name, posted[settingField(providerId, name)] ?? '']));
}

function valuesOf(app: SocialApp, kit: Kit): SocialAppFormView['values'] {
  const { settings = [] } = kit.settings.providers.get(app.provider) ?? {};
  return {
    provider: app.provider,
    name: app.name,
    client_id: app.clientId,
    server_url: app.serverUrl ?? '',
    backchannel_url: app.backChannelUrl ?? '',
    scope: app.scope ?? '',
    settings: Object.fromEntries(
      settings.map(({ name }) => [settingField(app.provider, name), app.settings?.[name] ?? '']),
    ),
  };
}

function listPath(kit: Pick<Kit, 'settings'>): string {
  return socialAppsPath(kit.settings.paths.admin ?? '');
}

function notFound(visit: Visit, kit: Kit): Response {
  return renderFailure(visit, kit, failure('not_found', 'no such social app'));
}
