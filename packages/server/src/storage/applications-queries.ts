/** The statements of applications and their secrets. What they add up to is `applications.ts` and `notes-of-use.ts`. */
import { type QueryCreator, sql } from 'kysely';
import type { ClientSecretMac, ImportedSecretHash } from '../protocol/application.ts';
import type { AccountId, ApplicationId, ClientId } from '../vocabulary/identifiers.ts';
import { columnsOf, query } from './query.ts';
import type { ApplicationOriginTable, ApplicationTable, ClientSecretTable, Schema } from './schema.ts';

/** An application's row, whole. */
export type ApplicationRow = ApplicationTable;

const COLUMNS = [
  'id',
  'client_id',
  'name',
  'type',
  'grants',
  'redirect_uris',
  'post_logout_redirect_uris',
  'allowed_origins',
  'scope',
  'require_pkce',
  'skip_consent',
  'id_token_algorithm',
  'code_lifetime_seconds',
  'access_token_lifetime_seconds',
  'refresh_token_lifetime_seconds',
  'refresh_token_idle_seconds',
  'provenance',
  'last_used_at',
  'owner_id',
  'disabled_at',
  'last_without_pkce_at',
  'last_without_redirect_uri_at',
  'last_long_access_token_at',
  'last_long_refresh_token_at',
  'created_at',
  'updated_at',
  'settings',
] as const satisfies readonly (keyof ApplicationTable)[];

const KEPT_COLUMNS: readonly (keyof ApplicationTable)[] = [
  'id',
  'client_id',
  'provenance',
  'disabled_at',
  'created_at',
];

/** Everything but the identity, what disables it, and the evidence, which others write. */
const CHANGEABLE_COLUMNS = COLUMNS.filter((name) => !KEPT_COLUMNS.includes(name) && !name.startsWith('last_'));

const SECRET_COLUMNS = ['id', 'application_id', 'mac', 'imported_hash', 'hint', 'created_at', 'last_used_at'] as const;

/** Every statement of applications. */
export const applicationQueries = {
  insert: query((db, p: ApplicationTable) =>
    db
      .insertInto('application')
      .values(columnsOf(p, COLUMNS))
      .onConflict((on) => on.doNothing())
      .returning('id'),
  ),

  update: query((db, p: ApplicationTable) =>
    db.updateTable('application').set(columnsOf(p, CHANGEABLE_COLUMNS)).where('id', '=', p.id).returning('id'),
  ),

  setDisabled: query((db, p: { id: ApplicationId; disabled_at: number | null; now: number }) =>
    db
      .updateTable('application')
      .set({ disabled_at: p.disabled_at, updated_at: p.now })
      .where('id', '=', p.id)
      .returning('id'),
  ),

  delete: query((db, p: { id: ApplicationId }) => db.deleteFrom('application').where('id', '=', p.id).returning('id')),

  find: query((db, p: { id: ApplicationId }) => withSecrets(db).where('application.id', '=', p.id)),

  findByClientId: query((db, p: { client_id: ClientId }) =>
    withSecrets(db).where('application.client_id', '=', p.client_id),
  ),

  list: query((db) => withSecrets(db)),

  listOfOwner: query((db, p: { owner_id: AccountId }) =>
    withSecrets(db).where('application.owner_id', '=', p.owner_id),
  ),

  insertOrigin: query((db, p: ApplicationOriginTable) =>
    db
      .insertInto('application_origin')
      .values({ origin: p.origin, application_id: p.application_id })
      .onConflict((on) => on.doNothing()),
  ),

  deleteOrigins: query((db, p: { application_id: ApplicationId }) =>
    db.deleteFrom('application_origin').where('application_id', '=', p.application_id),
  ),

  findOrigin: query((db, p: { origin: string }) =>
    db
      .selectFrom('application_origin')
      .innerJoin('application', 'application.id', 'application_origin.application_id')
      .select('application_origin.origin')
      .where('application_origin.origin', '=', p.origin)
      .where('application.disabled_at', 'is', null)
      .limit(sql.lit(1)),
  ),

  insertSecret: query((db, p: ClientSecretTable) =>
    db.insertInto('client_secret').values(columnsOf(p, SECRET_COLUMNS)),
  ),

  addSecret: query((db, p: ClientSecretTable) =>
    db
      .insertInto('client_secret')
      .columns(SECRET_COLUMNS)
      .expression(
        db
          .selectFrom('application')
          .select(({ val }) => SECRET_COLUMNS.map((name) => val(p[name]).as(name)))
          .where('application.id', '=', p.application_id),
      )
      .onConflict((on) => on.doNothing())
      .returning('id'),
  ),

  removeSecret: query((db, p: { id: string; application_id: ApplicationId }) =>
    db.deleteFrom('client_secret').where('id', '=', p.id).where('application_id', '=', p.application_id),
  ),

  noteUse: query((db, p: { id: ApplicationId; now: number }) =>
    db.updateTable('application').set({ last_used_at: p.now }).where('id', '=', p.id),
  ),

  noteLongAccessToken: query((db, p: { id: ApplicationId; now: number }) =>
    db.updateTable('application').set({ last_long_access_token_at: p.now }).where('id', '=', p.id),
  ),

  noteLongRefreshToken: query((db, p: { id: ApplicationId; now: number }) =>
    db.updateTable('application').set({ last_long_refresh_token_at: p.now }).where('id', '=', p.id),
  ),

  /** Only where the hash is still the one that was proven: a secret that was replaced meanwhile stays replaced. */
  noteSecretProven: query((db, p: { id: string; imported_hash: ImportedSecretHash; mac: ClientSecretMac }) =>
    db
      .updateTable('client_secret')
      .set({ mac: p.mac, imported_hash: null })
      .where('id', '=', p.id)
      .where('imported_hash', '=', p.imported_hash),
  ),

  noteSecretUse: query((db, p: { id: string; now: number }) =>
    db
      .updateTable('client_secret')
      .set({ last_used_at: p.now })
      .where('id', '=', p.id)
      .where(({ eb, or }) => or([eb('last_used_at', 'is', null), eb('last_used_at', '<', p.now)])),
  ),
};

/** An application a row for each of its secrets, oldest first; one row where it has none. */
function withSecrets(db: QueryCreator<Schema>) {
  return db
    .selectFrom('application')
    .leftJoin('client_secret as secret', 'secret.application_id', 'application.id')
    .select(COLUMNS.map((name) => `application.${name}` as const))
    .select([
      'secret.id as secret_id',
      'secret.mac',
      'secret.imported_hash',
      'secret.hint',
      'secret.created_at as secret_created_at',
      'secret.last_used_at as secret_last_used_at',
    ])
    .orderBy('application.id')
    .orderBy('secret.created_at')
    .orderBy('secret.id');
}
