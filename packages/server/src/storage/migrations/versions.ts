/**
 * What a database's version means to this program: which migrations are pending, and whether it is too new.
 *
 * Kysely's own migrator is not used: it takes no copy of the file first, and does not tell a newer schema from a broken one.
 */
import { StorageError } from '../storage-error.ts';
import type { Migration } from './migration.ts';

/** The table that holds which migrations were applied; made by the first run. Standard SQL, the same on both engines. */
export const VERSION_TABLE =
  'create table if not exists schema_version (version integer primary key, name text not null, applied_at bigint not null)';

/**
 * The migrations that a database at `version` lacks; 0 is an empty one.
 * @throws StorageError `newer_schema` when it is beyond what this program knows.
 */
export function pendingAfter(version: number, migrations: readonly Migration[]): readonly Migration[] {
  const newest = migrations.at(-1)?.version ?? 0;
  if (version > newest) {
    throw new StorageError(
      'newer_schema',
      `the database has schema ${version} and this version of diapason knows up to ${newest}; run the newer diapason, or restore the backup from before its migration`,
    );
  }
  return migrations.filter((migration) => migration.version > version);
}
