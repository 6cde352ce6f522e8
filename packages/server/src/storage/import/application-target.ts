/** Imported applications and scopes: implements `ApplicationTarget` over an open transaction. */
import { type ApplicationTarget, importedSecretId } from '../../import/ports.ts';
import type { ApplicationId, ClientId } from '../../vocabulary/identifiers.ts';
import { applicationsOf, createApplication, secretRow, updateApplication } from '../applications.ts';
import type { applicationQueries } from '../applications-queries.ts';
import type { Dialect } from '../dialect.ts';
import type { Statements } from '../query.ts';
import { all, count, type Perform } from '../transition.ts';
import { overRows } from './json-rows.ts';

/** Compiles the statements that are an import's alone. Once a process. */
export function importedApplicationStatements(dialect: Dialect) {
  return {
    find: overRows<{ key: string }, { id: ApplicationId; updated_at: number }>(
      'find-applications',
      dialect,
      { key: 'text' },
      (r) => `select id, updated_at from application where id in (select key from ${r})`,
    ),
    findClientIds: overRows<{ key: string }, { id: ApplicationId; client_id: ClientId }>(
      'find-client-ids',
      dialect,
      { key: 'text' },
      (r) => `select id, client_id from application where client_id in (select key from ${r})`,
    ),
    dropSecret: overRows<{ key: string }, never>(
      'drop-imported-secret',
      dialect,
      { key: 'text' },
      (r) => `delete from client_secret where id in (select key from ${r})`,
    ),
    declareScopes: overRows<{ name: string; description: string }, never>(
      'declare-scopes',
      dialect,
      { name: 'text', description: 'text' },
      (r) => `insert into declared_scope (name, description) select name, description from ${r} where true
        on conflict (name) do update set description = excluded.description`,
    ),
  };
}

/** The port over an open transaction. */
export function applicationTarget(
  q: ReturnType<typeof importedApplicationStatements>,
  applications: Statements<typeof applicationQueries>,
  perform: Perform,
): ApplicationTarget {
  return {
    async findApplications(ids) {
      const rows = await perform(all(q.find, { rows: keys(ids) }));
      return new Map(rows.map(({ id, updated_at }) => [id, updated_at]));
    },
    async findClientIds(ids) {
      const rows = await perform(all(q.findClientIds, { rows: keys(ids) }));
      return new Map(rows.map(({ id, client_id }) => [client_id, id]));
    },
    async readApplications(ids) {
      const found = [];
      for (const id of ids) found.push(...applicationsOf(await perform(all(applications.find, { id }))));
      return new Map(found.map((application) => [application.id, application]));
    },
    async insertApplications(rows) {
      for (const application of rows) await perform(createApplication(applications, application));
    },
    async updateApplication(application, secret) {
      await perform(updateApplication(applications, application));
      if (secret === 'kept') return;
      await perform(count(q.dropSecret, { rows: keys([importedSecretId(application.id)]) }));
      if (secret !== null) await perform(count(applications.insertSecret, secretRow(application.id, secret)));
    },
    async declareScopes(scopes) {
      const rows = scopes.map(({ name, description }) => ({ name, description }));
      if (rows.length > 0) await perform(count(q.declareScopes, { rows }));
    },
  };
}

function keys(ids: readonly string[]): readonly { readonly key: string }[] {
  return ids.map((key) => ({ key }));
}
