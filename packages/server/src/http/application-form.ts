/**
 * The application form between the browser and the flow: what it opens with, what an application fills in, what was typed.
 *
 * Owns the names of its fields and those three translations. What a field may hold is `admin/application-input.ts`.
 */
import type { PostedForm } from '../admin/application-input.ts';
import { SETTING_FIELDS, type SettingShown, shownSettings } from '../admin/setting-fields.ts';
import type { SettingKind } from '../admin/setting-kinds.ts';
import type { ApplicationValues, SettingView } from '../pages/models/applications.ts';
import { type Application, DEFAULT_APPLICATION_SCOPES, DEFAULT_LIFETIMES } from '../protocol/application.ts';
import { DEFAULT_SETTINGS } from '../protocol/application-settings.ts';

/** Every field, by its wire name. */
export const APPLICATION_FIELDS = [
  'name',
  'client_type',
  'grants',
  'redirect_uris',
  'post_logout_redirect_uris',
  'allowed_origins',
  'scopes',
  'require_pkce',
  'skip_consent',
  'id_token_algorithm',
  'code_lifetime_seconds',
  'access_token_lifetime_seconds',
  'refresh_token_lifetime_seconds',
  'refresh_token_idle_seconds',
  ...SETTING_FIELDS.map(({ name }) => name),
] as const;

/** What the form opens with. */
export const NEW_VALUES: ApplicationValues = {
  name: '',
  client_type: 'confidential',
  grants: ['authorization-code', 'refresh-token'],
  redirect_uris: '',
  post_logout_redirect_uris: '',
  allowed_origins: '',
  scopes: DEFAULT_APPLICATION_SCOPES,
  require_pkce: false,
  skip_consent: false,
  id_token_algorithm: 'RS256',
  code_lifetime_seconds: String(DEFAULT_LIFETIMES.codeLifetimeSeconds),
  access_token_lifetime_seconds: String(DEFAULT_LIFETIMES.accessTokenLifetimeSeconds),
  refresh_token_lifetime_seconds: String(DEFAULT_LIFETIMES.refreshTokenLifetimeSeconds),
  refresh_token_idle_seconds: String(DEFAULT_LIFETIMES.refreshTokenIdleSeconds),
};

/** An application, as the form that changes it shows it. */
export function valuesOf(application: Application): ApplicationValues {
  const seconds = (value: number | null) => (value === null ? '' : String(value));
  return {
    name: application.name,
    client_type: application.type,
    grants: application.grants,
    redirect_uris: application.redirectUris.join('\n'),
    post_logout_redirect_uris: application.postLogoutRedirectUris.join('\n'),
    allowed_origins: application.allowedOrigins.join('\n'),
    scopes: application.scopes,
    require_pkce: application.requirePkce,
    skip_consent: application.skipConsent,
    id_token_algorithm: application.idTokenAlgorithm,
    code_lifetime_seconds: seconds(application.codeLifetimeSeconds),
    access_token_lifetime_seconds: seconds(application.accessTokenLifetimeSeconds),
    refresh_token_lifetime_seconds: seconds(application.refreshTokenLifetimeSeconds),
    refresh_token_idle_seconds: seconds(application.refreshTokenIdleSeconds),
  };
}

/** The settings: of a form that comes back (else null) what was typed, otherwise what the application has. */
export function settingViews(
  form: URLSearchParams | null,
  application: Application | null,
  isSuperuser: boolean,
  declared: { readonly detailTypes: readonly string[] },
): readonly SettingView[] {
  const shown = shownSettings(application?.settings ?? DEFAULT_SETTINGS);
  return SETTING_FIELDS.filter(({ superuserOnly }) => isSuperuser || superuserOnly !== true).flatMap(
    ({ name: field, kind, options: fixed = [], declaredBy }) => {
      // What the operator declares no more stays to be unticked where the application has it.
      const had = declaredBy === undefined ? [] : [shown[field]].flat().map(String);
      const options = declaredBy === undefined ? fixed : [...new Set([...declared[declaredBy], ...had])];
      if (declaredBy !== undefined && options.length === 0) return [];
      const value = form === null ? shown[field] : postedSetting(form, field, kind);
      return {
        field,
        kind,
        options,
        value: kind === 'lines' && typeof value === 'object' ? value.join('\n') : value,
      } as const;
    },
  );
}

function postedSetting(form: URLSearchParams, name: string, kind: SettingKind): SettingShown {
  if (kind === 'switch') return form.has(name);
  return kind === 'boxes' ? form.getAll(name) : (form.get(name) ?? '');
}

/** What was typed, as it was typed. */
export function postedValues(form: URLSearchParams): ApplicationValues {
  const text = (field: string) => form.get(field) ?? '';
  return {
    name: text('name'),
    client_type: text('client_type'),
    grants: form.getAll('grants'),
    redirect_uris: text('redirect_uris'),
    post_logout_redirect_uris: text('post_logout_redirect_uris'),
    allowed_origins: text('allowed_origins'),
    scopes: form.getAll('scopes'),
    require_pkce: form.has('require_pkce'),
    skip_consent: form.has('skip_consent'),
    id_token_algorithm: text('id_token_algorithm'),
    code_lifetime_seconds: text('code_lifetime_seconds'),
    access_token_lifetime_seconds: text('access_token_lifetime_seconds'),
    refresh_token_lifetime_seconds: text('refresh_token_lifetime_seconds'),
    refresh_token_idle_seconds: text('refresh_token_idle_seconds'),
  };
}

/** What was typed, as the flow reads it. */
export function postedForm(form: URLSearchParams): PostedForm {
  return Object.fromEntries(
    APPLICATION_FIELDS.filter((field) => form.has(field)).map((field) => {
      const values = form.getAll(field);
      return [field, values.length === 1 ? values[0] : values];
    }),
  );
}
