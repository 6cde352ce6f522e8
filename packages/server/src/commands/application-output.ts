/** An application for people and as JSON. Owns both forms; a secret is in neither, only its id and last characters. */
import { shownSettings } from '../admin/setting-fields.ts';
import { type Application, isUnverified, requiresPkce } from '../protocol/application.ts';
import { DEFAULT_SETTINGS } from '../protocol/application-settings.ts';
import { instant, isoInstant, record } from './table.ts';

/** The JSON form of docs/commands.md. */
export function applicationJson(application: Application) {
  return {
    id: application.id,
    client_id: application.clientId,
    name: application.name,
    type: application.type,
    grants: application.grants,
    redirect_uris: application.redirectUris,
    post_logout_redirect_uris: application.postLogoutRedirectUris,
    allowed_origins: application.allowedOrigins,
    scopes: application.scopes,
    require_pkce: application.requirePkce,
    skip_consent: application.skipConsent,
    id_token_algorithm: application.idTokenAlgorithm,
    code_lifetime_seconds: application.codeLifetimeSeconds,
    access_token_lifetime_seconds: application.accessTokenLifetimeSeconds,
    refresh_token_lifetime_seconds: application.refreshTokenLifetimeSeconds,
    refresh_token_idle_seconds: application.refreshTokenIdleSeconds,
    ...shownSettings(application.settings),
    owner_id: application.ownerId,
    provenance: application.provenance,
    last_used_at: isoInstant(application.lastUsedAtMs),
    secrets: application.secrets.map((secret) => ({
      id: secret.id,
      hint: secret.hint,
      created_at: isoInstant(secret.createdAtMs),
      last_used_at: isoInstant(secret.lastUsedAtMs),
    })),
    last_without_pkce_at: isoInstant(application.lastWithoutPkceAtMs),
    last_without_redirect_uri_at: isoInstant(application.lastWithoutRedirectUriAtMs),
    last_long_access_token_at: isoInstant(application.lastLongAccessTokenAtMs),
    last_long_refresh_token_at: isoInstant(application.lastLongRefreshTokenAtMs),
    disabled_at: isoInstant(application.disabledAtMs),
    created_at: isoInstant(application.createdAtMs),
    updated_at: isoInstant(application.updatedAtMs),
  };
}

/** For people. */
export function applicationRecord(application: Application): string {
  const { refreshTokenLifetimeSeconds, refreshTokenIdleSeconds } = application;
  return record([
    ['name', application.name],
    ['client_id', application.clientId],
    ['id', application.id],
    ['type', application.type],
    ['grants', application.grants],
    ['redirect URIs', application.redirectUris],
    ['after sign-out', application.postLogoutRedirectUris],
    ['allowed origins', application.allowedOrigins],
    ['scopes', application.scopes.join(' ')],
    ['PKCE', requiresPkce(application) ? 'required' : 'optional'],
    ['consent', application.skipConsent ? 'skipped' : 'asked for'],
    ['ID tokens', application.idTokenAlgorithm],
    ['code', `${application.codeLifetimeSeconds} s`],
    ['access token', `${application.accessTokenLifetimeSeconds} s`],
    [
      'refresh token',
      `${limit(refreshTokenLifetimeSeconds, 'without end')}, unused ${limit(refreshTokenIdleSeconds, 'without end')}`,
    ],
    ...settingRows(application),
    ['owner', application.ownerId ?? (isUnverified(application) ? 'nobody (unverified)' : 'superusers')],
    [
      'secrets',
      application.secrets.map(
        ({ id, hint, createdAtMs, lastUsedAtMs }) =>
          `${id}  …${hint}  created ${instant(createdAtMs)}, last used ${instant(lastUsedAtMs)}`,
      ),
    ],
    ['without PKCE', seen(application.lastWithoutPkceAtMs)],
    ['without redirect URI', seen(application.lastWithoutRedirectUriAtMs)],
    ['long access token', seen(application.lastLongAccessTokenAtMs)],
    ['long refresh token', seen(application.lastLongRefreshTokenAtMs)],
    ['disabled', application.disabledAtMs === null ? null : instant(application.disabledAtMs)],
    ['created', instant(application.createdAtMs)],
  ]);
}

/** When it was last needed; null: never. */
function seen(atMs: number | null): string | null {
  return atMs === null ? null : `last ${instant(atMs)}`;
}

/** Those that differ from the default. */
function settingRows({ settings }: Application): (readonly [string, string])[] {
  const defaults: Readonly<Record<string, unknown>> = shownSettings(DEFAULT_SETTINGS);
  return Object.entries(shownSettings(settings))
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name]))
    .map(([name, value]) => [name.replaceAll('_', ' '), typeof value === 'object' ? value.join(' ') : String(value)]);
}

function limit(seconds: number | null, none: string): string {
  return seconds === null ? none : `${seconds} s`;
}
