/**
 * Migrates the embedded database, and copies it first.
 *
 * Owns order, locking and the copy. What a migration does is `migrations/`.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type Migration, SQLITE_COLUMN_TYPES } from '../migrations/migration.ts';
import { pendingAfter, VERSION_TABLE } from '../migrations/versions.ts';

/** Version of the open database; 0: empty. */
export function sqliteVersion(db: Database.Database): number {
  const table = db.prepare("select 1 from sqlite_schema where type = 'table' and name = 'schema_version'").get();
  if (table === undefined) return 0;
  const row = db.prepare<[], { version: number | null }>('select max(version) as version from schema_version').get();
  return row?.version ?? 0;
}

/**
 * Applies what is pending, each migration in a transaction of its own, and answers which. Of two processes one waits for
 * the other's transaction and then finds nothing to do. Before the first one, a database that holds a schema is copied
 * to `<file>.before-<version>` while no one can write: the copy is exactly what the migration began with.
 * @throws StorageError `newer_schema`
 */
export function migrateSqlite(
  db: Database.Database,
  migrations: readonly Migration[],
  nowMs: number,
): readonly Migration[] {
  const applied: Migration[] = [];
  for (;;) {
    const migration = db
      .transaction(() => {
        const version = sqliteVersion(db);
        const next = pendingAfter(version, migrations)[0];
        if (next === undefined) return undefined;
        if (version > 0 && applied.length === 0 && !db.memory) copyFile(db.name, `${db.name}.before-${next.version}`);
        db.exec(VERSION_TABLE);
        for (const statement of next.statements(SQLITE_COLUMN_TYPES)) db.exec(statement);
        db.prepare('insert into schema_version (version, name, applied_at) values (?, ?, ?)').run(
          next.version,
          next.name,
          nowMs,
        );
        return next;
      })
      .immediate();
    if (migration === undefined) return applied;
    applied.push(migration);
  }
}

/** By a connection of its own, since VACUUM cannot run in a transaction; in WAL mode it reads beside the one that waits. */
function copyFile(source: string, target: string): void {
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  // Made first, so that it is readable by its owner alone from the beginning.
  closeSync(openSync(partial, 'wx', 0o600));
  const reader = new Database(source, { readonly: true });
  try {
    reader.prepare('vacuum into ?').run(partial);
  } finally {
    reader.close();
  }
  const file = openSync(partial, 'r+');
  fsyncSync(file);
  closeSync(file);
  renameSync(partial, target);
}
