/** Migrations: from empty, by several processes at once, refused when the database is newer, copied first. */
import { stat } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { firstSchema } from '../../src/storage/migrations/001-first-schema.ts';
import type { Migration } from '../../src/storage/migrations/migration.ts';
import { MIGRATIONS } from '../../src/storage/migrations/registry.ts';
import { migratePostgres, postgresVersion } from '../../src/storage/postgres/migrate.ts';
import { openPostgresPool } from '../../src/storage/postgres/open.ts';
import { migrateSqlite, sqliteVersion } from '../../src/storage/sqlite/migrate.ts';
import { openSqliteFile } from '../../src/storage/sqlite/open.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { type EmptyDatabase, ENGINES, emptyDatabase, runProcess } from './databases.ts';

const NOW_MS = 1_900_000_000_000;
const clock = () => NOW_MS;
const SECOND: Migration = {
  version: 2,
  name: 'second',
  statements: ({ integer }) => [`create table second (id ${integer} primary key)`, 'insert into second values (7)'],
};
const BROKEN: Migration = {
  version: 2,
  name: 'broken',
  statements: ({ integer }) => [`create table half (id ${integer} primary key)`, 'insert into nowhere values (1)'],
};
let empty: EmptyDatabase;

afterEach(() => empty.remove());

it('numbers the migrations from 1 without a gap', async () => {
  empty = await emptyDatabase('sqlite');
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
});

describe.each(ENGINES)('migrations on %s', (engine) => {
  it('says what is pending, applies it to an empty database, and then nothing', async () => {
    empty = await emptyDatabase(engine);
    const storage = await openStorage({ database: empty.database, clock });
    const all = MIGRATIONS.map(({ version, name }) => ({ version, name }));
    expect(await storage.pendingMigrations()).toEqual(all);
    expect(await storage.migrate()).toEqual(all);
    expect(await storage.pendingMigrations()).toEqual([]);
    expect(await storage.migrate()).toEqual([]);
    await storage.close();
    expect(await empty.sql('select version, name from schema_version order by version')).toEqual(all);
  });

  it('lets three processes start together: each migration is applied by one of them', async () => {
    empty = await emptyDatabase(engine);
    const { database } = empty;
    const printed = await Promise.all([1, 2, 3].map(() => runProcess('migrate.ts', database)));
    const applied = printed.flatMap((line) => JSON.parse(line) as number[]);
    expect(applied.sort()).toEqual(MIGRATIONS.map(({ version }) => version));
  });

  it('refuses a database of a newer schema, in one line that says what to do', async () => {
    empty = await emptyDatabase(engine);
    const storage = await openStorage({ database: empty.database, clock });
    await storage.migrate();
    await empty.sql('insert into schema_version (version, name, applied_at) values (99, $1, 0)', ['from-the-future']);
    await expect(storage.pendingMigrations()).rejects.toMatchObject({ fault: 'newer_schema' });
    await expect(storage.migrate()).rejects.toMatchObject({ fault: 'newer_schema' });
    await storage.close();
    await expect(openStorage({ database: empty.database, clock })).rejects.toMatchObject({
      name: 'StorageError',
      fault: 'newer_schema',
      message: expect.stringMatching(
        /^the database has schema 99 and this version of diapason knows up to \d+; run the newer/,
      ),
    });
  });
});

describe('migrations of an embedded database', () => {
  it('copies a database that holds a schema before the first migration, readable by its owner alone', async () => {
    empty = await emptyDatabase('sqlite');
    const db = openSqliteFile(empty.database);
    migrateSqlite(db, [firstSchema], NOW_MS);
    await expect(stat(`${empty.database}.before-1`)).rejects.toMatchObject({ code: 'ENOENT' });
    db.prepare("insert into server_key (name, encrypted) values ('kept', x'01')").run();
    expect(migrateSqlite(db, [firstSchema, SECOND], NOW_MS)).toEqual([SECOND]);
    db.close();
    const copy = new Database(`${empty.database}.before-2`, { readonly: true });
    expect(sqliteVersion(copy)).toBe(1);
    expect(copy.prepare('select name from server_key').all()).toEqual([{ name: 'kept' }]);
    copy.close();
    expect((await stat(`${empty.database}.before-2`)).mode & 0o777).toBe(0o600);
    expect((await stat(empty.database)).mode & 0o777).toBe(0o600);
  });

  it('leaves the database as it was when a migration fails, and the next attempt goes through', async () => {
    empty = await emptyDatabase('sqlite');
    const db = openSqliteFile(empty.database);
    migrateSqlite(db, [firstSchema], NOW_MS);
    expect(() => migrateSqlite(db, [firstSchema, BROKEN], NOW_MS)).toThrow(/nowhere/);
    expect(sqliteVersion(db)).toBe(1);
    expect(migrateSqlite(db, [firstSchema, SECOND], NOW_MS)).toEqual([SECOND]);
    expect(db.prepare('select id from second').all()).toEqual([{ id: 7 }]);
    db.close();
  });

  it('needs no file: one in memory is migrated without a copy', async () => {
    empty = await emptyDatabase('sqlite');
    const storage = await openStorage({ database: ':memory:', clock });
    await storage.migrate();
    expect(await storage.pendingMigrations()).toEqual([]);
    await storage.close();
  });
});

describe('migrations of PostgreSQL', () => {
  it('leaves the database as it was when a migration fails, and the next attempt goes through', async () => {
    empty = await emptyDatabase('postgres');
    const pool = await openPostgresPool(empty.database, 2);
    await migratePostgres(pool, [firstSchema], NOW_MS);
    await expect(migratePostgres(pool, [firstSchema, BROKEN], NOW_MS)).rejects.toThrow(/nowhere/);
    expect(await postgresVersion(pool)).toBe(1);
    expect((await pool.query("select to_regclass('half') as half")).rows).toEqual([{ half: null }]);
    expect(await migratePostgres(pool, [firstSchema, SECOND], NOW_MS)).toEqual([SECOND]);
    await pool.end();
  });
});
