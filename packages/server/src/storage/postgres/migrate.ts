/** Migrates a PostgreSQL database. Owns order and locking; what a migration does is `migrations/`. */
import type pg from 'pg';
import { type Migration, POSTGRES_COLUMN_TYPES } from '../migrations/migration.ts';
import { pendingAfter, VERSION_TABLE } from '../migrations/versions.ts';

/** The advisory lock of migrations: "diapason" cut to what fits into a bigint of PostgreSQL, so that no other program has it. */
const LOCK = '7235142176850374511';

/** Version of the database; 0: empty. */
export async function postgresVersion(client: pg.Pool | pg.PoolClient): Promise<number> {
  // By the catalogue's rows, which each statement sees anew. `to_regclass` answers from the connection's cache, and does not
  // see a table that another process made while this one waited for the lock.
  const table = await client.query(
    "select 1 from pg_catalog.pg_tables where tablename = 'schema_version' and schemaname = any(current_schemas(false))",
  );
  if (table.rows.length === 0) return 0;
  const { rows } = await client.query('select max(version) as version from schema_version');
  return rows[0]?.version ?? 0;
}

/**
 * Applies what is pending, each migration in a transaction of its own, and answers which. The lock is the transaction's:
 * of two processes one waits, then finds nothing to do; and a pooler between may give each transaction another connection.
 * @throws StorageError `newer_schema`
 */
export async function migratePostgres(
  pool: pg.Pool,
  migrations: readonly Migration[],
  nowMs: number,
): Promise<readonly Migration[]> {
  const applied: Migration[] = [];
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    for (;;) {
      await client.query('begin isolation level read committed');
      // A migration of a large table may take longer than any statement of a request.
      await client.query('set local statement_timeout = 0');
      await client.query(`select pg_advisory_xact_lock(${LOCK})`);
      const next = pendingAfter(await postgresVersion(client), migrations)[0];
      if (next === undefined) {
        await client.query('commit');
        return applied;
      }
      await client.query(VERSION_TABLE);
      for (const statement of next.statements(POSTGRES_COLUMN_TYPES)) await client.query(statement);
      await client.query('insert into schema_version (version, name, applied_at) values ($1, $2, $3)', [
        next.version,
        next.name,
        nowMs,
      ]);
      await client.query('commit');
      applied.push(next);
    }
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
