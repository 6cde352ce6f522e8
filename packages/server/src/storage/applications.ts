/**
 * Applications and their secrets: implements `ApplicationStore`, `ApplicationReader` and `ClientSecretUse`.
 *
 * Owns the encoding of an application's lists. What is allowed in them is `admin/`'s.
 */
import type { ApplicationStore } from '../admin/ports.ts';
import type { Application, ClientSecretRecord, GrantName } from '../protocol/application.ts';
import { type ApplicationSettings, changedSettings, DEFAULT_SETTINGS } from '../protocol/application-settings.ts';
import type { ApplicationReader } from '../protocol/ports/applications.ts';
import type { AccountId, ApplicationId, ClientId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import { type ApplicationRow, applicationQueries } from './applications-queries.ts';
import { BriefCache } from './brief-cache.ts';
import { flag, listText, scopeList, scopeText, textList } from './columns.ts';
import type { Statements } from './query.ts';
import type { ClientSecretTable } from './schema.ts';
import { count, type Engine, one, type Step } from './transition.ts';

type Q = Statements<typeof applicationQueries>;
type FoundRow = NonNullable<Q['find']['row']>;

/** Parts of other transitions that store or change an application, and what has to go around those. */
export interface ApplicationSteps {
  create(application: Application): Generator<Step, { readonly outcome: 'created' | 'id_taken' }, unknown>;
  update(application: Application): Generator<Step, { readonly outcome: 'updated' | 'not_found' }, unknown>;
  /** In force at once in this process. A change that failed may have happened all the same (a lost connection). */
  changing<Result>(change: Promise<Result>): Promise<Result>;
}

/** Makes the store, and the same as parts of other transitions. */
export function createApplicationStore(
  engine: Engine,
  clock: Clock,
): { readonly applications: ApplicationStore & ApplicationReader; readonly steps: ApplicationSteps } {
  const q = engine.prepare('applications', applicationQueries);
  // Unknown clients are not kept, so that a new application is there at once whoever asked for it before. Unknown origins
  // are: every preflight of a page that is none of ours asks for one.
  const known = new BriefCache(findApplicationByClientId, (application) => application !== null, clock);
  const origins = new BriefCache(isAllowedOrigin, () => true, clock);

  async function findApplicationByClientId(clientId: string): Promise<Application | null> {
    const rows = await engine.readAll(q.findByClientId, { client_id: clientId as ClientId });
    return applicationsOf(rows)[0] ?? null;
  }

  async function isAllowedOrigin(origin: string): Promise<boolean> {
    return (await engine.readOne(q.findOrigin, { origin })) !== null;
  }

  async function changing<Result>(change: Promise<Result>): Promise<Result> {
    try {
      return await change;
    } finally {
      known.clear();
      origins.clear();
    }
  }

  const applications: ApplicationStore & ApplicationReader = {
    findByClientId: (clientId) => known.find(clientId),
    isAllowedOrigin: (origin) => origins.find(origin),
    createApplication: (application) => changing(engine.transition(() => createApplication(q, application))),
    async findApplication(id) {
      return applicationsOf(await engine.readAll(q.find, { id }))[0] ?? null;
    },
    findApplicationByClientId,
    updateApplication: (application) => changing(engine.transition(() => updateApplication(q, application))),
    async setDisabled(id, disabledAtMs, nowMs) {
      const row = await changing(engine.writeOne(q.setDisabled, { id, disabled_at: disabledAtMs, now: nowMs }));
      return { outcome: row === null ? 'not_found' : 'updated' };
    },
    async deleteApplication(id) {
      // Its secrets, codes, families and consents go with it by the foreign keys; its tokens are dead without it.
      const row = await changing(engine.writeOne(q.delete, { id }));
      return { outcome: row === null ? 'not_found' : 'deleted' };
    },
    async addSecret(id, secret) {
      const row = await changing(engine.writeOne(q.addSecret, secretRow(id, secret)));
      if (row !== null) return { outcome: 'added' };
      const found = await engine.readAll(q.find, { id });
      return { outcome: found.length === 0 ? 'not_found' : 'id_taken' };
    },
    async removeSecret(id, secretId) {
      const removed = await changing(engine.writeCount(q.removeSecret, { application_id: id, id: secretId }));
      return { outcome: removed === 0 ? 'not_found' : 'removed' };
    },
    async listApplications(owner?: AccountId) {
      const rows =
        owner === undefined
          ? await engine.readAll(q.list, {})
          : await engine.readAll(q.listOfOwner, { owner_id: owner });
      return applicationsOf(rows).sort(
        (left, right) => left.name.localeCompare(right.name, 'en') || (left.id < right.id ? -1 : 1),
      );
    },
  };
  const steps: ApplicationSteps = {
    create: (application) => createApplication(q, application),
    update: (application) => updateApplication(q, application),
    changing,
  };
  return { applications, steps };
}

/** Stores a new one with its secrets. */
export function* createApplication(
  q: Q,
  application: Application,
): Generator<Step, { outcome: 'created' | 'id_taken' }, unknown> {
  if ((yield* one(q.insert, applicationRow(application))) === null) return { outcome: 'id_taken' };
  for (const secret of application.secrets) yield* count(q.insertSecret, secretRow(application.id, secret));
  yield* insertOrigins(q, application);
  return { outcome: 'created' };
}

/** Everything but the identity, the secrets and the evidence. */
export function* updateApplication(
  q: Q,
  application: Application,
): Generator<Step, { outcome: 'updated' | 'not_found' }, unknown> {
  if ((yield* one(q.update, applicationRow(application))) === null) return { outcome: 'not_found' };
  yield* count(q.deleteOrigins, { application_id: application.id });
  yield* insertOrigins(q, application);
  return { outcome: 'updated' };
}

function* insertOrigins(q: Q, { id, allowedOrigins }: Application) {
  for (const origin of allowedOrigins) yield* count(q.insertOrigin, { origin, application_id: id });
}

function applicationRow(application: Application): ApplicationRow {
  return {
    id: application.id,
    client_id: application.clientId,
    name: application.name,
    type: application.type,
    grants: listText(application.grants),
    redirect_uris: listText(application.redirectUris),
    post_logout_redirect_uris: listText(application.postLogoutRedirectUris),
    allowed_origins: listText(application.allowedOrigins),
    scope: scopeText(application.scopes),
    require_pkce: flag(application.requirePkce),
    skip_consent: flag(application.skipConsent),
    id_token_algorithm: application.idTokenAlgorithm,
    code_lifetime_seconds: application.codeLifetimeSeconds,
    access_token_lifetime_seconds: application.accessTokenLifetimeSeconds,
    refresh_token_lifetime_seconds: application.refreshTokenLifetimeSeconds,
    refresh_token_idle_seconds: application.refreshTokenIdleSeconds,
    provenance: application.provenance,
    last_used_at: application.lastUsedAtMs,
    owner_id: application.ownerId,
    disabled_at: application.disabledAtMs,
    last_without_pkce_at: application.lastWithoutPkceAtMs,
    last_without_redirect_uri_at: application.lastWithoutRedirectUriAtMs,
    last_long_access_token_at: application.lastLongAccessTokenAtMs,
    last_long_refresh_token_at: application.lastLongRefreshTokenAtMs,
    created_at: application.createdAtMs,
    updated_at: application.updatedAtMs,
    settings: JSON.stringify(changedSettings(application.settings)),
  };
}

/** To its columns. */
export function secretRow(applicationId: ApplicationId, secret: ClientSecretRecord): ClientSecretTable {
  return {
    id: secret.id,
    application_id: applicationId,
    mac: secret.mac,
    imported_hash: secret.importedHash,
    hint: secret.hint,
    created_at: secret.createdAtMs,
    last_used_at: secret.lastUsedAtMs,
  };
}

/** One application for each group of rows, which differ in their secret alone. */
export function applicationsOf(rows: readonly FoundRow[]): Application[] {
  const found = new Map<ApplicationId, { row: FoundRow; secrets: ClientSecretRecord[] }>();
  for (const row of rows) {
    const entry = found.get(row.id) ?? { row, secrets: [] };
    found.set(row.id, entry);
    if (row.secret_id !== null && row.hint !== null && row.secret_created_at !== null) {
      entry.secrets.push({
        id: row.secret_id,
        mac: row.mac,
        importedHash: row.imported_hash,
        hint: row.hint,
        createdAtMs: row.secret_created_at,
        lastUsedAtMs: row.secret_last_used_at,
      });
    }
  }
  return [...found.values()].map(({ row, secrets }) => applicationOf(row, secrets));
}

function applicationOf(row: FoundRow, secrets: readonly ClientSecretRecord[]): Application {
  return {
    id: row.id,
    clientId: row.client_id,
    name: row.name,
    type: row.type,
    grants: textList<GrantName>(row.grants),
    redirectUris: textList(row.redirect_uris),
    postLogoutRedirectUris: textList(row.post_logout_redirect_uris),
    allowedOrigins: textList(row.allowed_origins),
    scopes: scopeList(row.scope),
    requirePkce: row.require_pkce === 1,
    skipConsent: row.skip_consent === 1,
    idTokenAlgorithm: row.id_token_algorithm,
    codeLifetimeSeconds: row.code_lifetime_seconds,
    accessTokenLifetimeSeconds: row.access_token_lifetime_seconds,
    refreshTokenLifetimeSeconds: row.refresh_token_lifetime_seconds,
    refreshTokenIdleSeconds: row.refresh_token_idle_seconds,
    provenance: row.provenance,
    lastUsedAtMs: row.last_used_at,
    ownerId: row.owner_id,
    secrets,
    disabledAtMs: row.disabled_at,
    lastWithoutPkceAtMs: row.last_without_pkce_at,
    lastWithoutRedirectUriAtMs: row.last_without_redirect_uri_at,
    lastLongAccessTokenAtMs: row.last_long_access_token_at,
    lastLongRefreshTokenAtMs: row.last_long_refresh_token_at,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    settings: { ...DEFAULT_SETTINGS, ...(JSON.parse(row.settings) as Partial<ApplicationSettings>) },
  };
}
