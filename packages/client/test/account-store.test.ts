/**
 * The conformance cases on every store that comes with the library, and what each engine has of its own.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPostgresDatabase } from '../../server/test/postgres.ts';
import { accountStoreConformance } from '../src/conformance.ts';
import { openPostgresStore } from '../src/postgres.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import type { AccountStore, NewUser } from '../src/store/account-store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diapason-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let number = 0;
function newUser(fields: Partial<NewUser> = {}): NewUser {
  number += 1;
  const empty = {
    firstName: '',
    lastName: '',
    email: '',
    emailVerified: false,
    passwordHash: null,
    isSuperuser: false,
  };
  return { ...empty, id: `user-${number}`, username: `name-${number}`, createdAtMs: 1_000, ...fields };
}

describe.each([
  ['SQLite in memory', async () => openSqliteStore({ path: ':memory:' })],
  ['SQLite in a file', async () => openSqliteStore({ path: join(folder, 'deep', 'client.db') })],
  ['PostgreSQL', async () => openPostgresStore({ connectionString: await newPostgresDatabase() })],
])('%s', (_where, openStore) => {
  let store: AccountStore;
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(() => store?.close());

  it.each(accountStoreConformance)('$name', ({ run }) => run(store));

  it('takes away what is over in small steps, and a window of one’s own at once', async () => {
    const user = newUser({ passwordHash: 'x' });
    await store.createUser(user, null);
    const session = (index: number, seenAtMs: number) => ({
      tokenDigest: `stale-${number}-${index}`,
      userId: user.id,
      socialAccountId: null,
      provider: 'swept',
      providerSessionId: 'swept',
      sealedTokens: null,
      createdAtMs: seenAtMs,
      lastSeenAtMs: seenAtMs,
    });
    for (let index = 0; index < 450; index += 1) await store.createSession(session(index, 20));
    await store.createSession(session(450, 1_000));
    const left = async () => {
      let count = 0;
      for (let index = 0; index <= 450; index += 1) {
        if ((await store.findSession(session(index, 0).tokenDigest)) !== null) count += 1;
      }
      return count;
    };
    await store.deleteStaleSessions(30, 30);
    expect(await left()).toBe(251);
    await store.deleteStaleSessions(30, 30);
    await store.deleteStaleSessions(30, 30);
    expect(await left()).toBe(1);

    for (let index = 0; index < 450; index += 1) await store.reserveAttempt(`swept ${index}`, 1, 10, 2_000_000);
    // Its own window is over, whatever others are still to be taken away.
    expect(await store.reserveAttempt('swept 449', 1, 10, 2_000_010)).toEqual({ kind: 'reserved' });
    expect(await store.reserveAttempt('swept 449', 1, 10, 2_000_010)).toMatchObject({ kind: 'refused' });
  });
});

describe('a PostgreSQL database', () => {
  it('may be opened by two processes at once, and is brought up to date once', async () => {
    const connectionString = await newPostgresDatabase();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openPostgresStore({ connectionString })));
    const [one, two] = stores;
    const user = newUser();
    expect((await one?.createUser(user, null))?.kind).toBe('created');
    expect(await two?.createUser(newUser({ username: user.username }), null)).toEqual({ kind: 'username_taken' });
    for (const store of stores) await store.close();
  });

  it("is used in a schema of its own, by the application's own pool, which stays open", async () => {
    const pool = new Pool({ connectionString: await newPostgresDatabase() });
    const store = await openPostgresStore({ pool, schema: 'sign_in' });
    await store.createUser(newUser(), null);
    await store.close();
    expect((await pool.query('SELECT count(*) FROM sign_in.users')).rows[0]).toEqual({ count: '1' });
    await pool.end();
  });

  it('of a newer version of the library is refused, and so is a schema that is no name', async () => {
    const pool = new Pool({ connectionString: await newPostgresDatabase() });
    await openPostgresStore({ pool });
    await pool.query('UPDATE diapason_client.version SET steps = 999');
    await expect(openPostgresStore({ pool })).rejects.toThrow(/schema 999/);
    await expect(openPostgresStore({ pool, schema: 'a; DROP TABLE users' })).rejects.toThrow(/^schema is/);
    await pool.end();
  });
});

describe('a SQLite file', () => {
  it('is for its owner alone, and two processes may have it open', async () => {
    const path = join(folder, 'shared.db');
    const [one, two] = [openSqliteStore({ path }), openSqliteStore({ path })];
    expect((await stat(path)).mode & 0o077).toBe(0);
    const user = newUser();
    await one.createUser(user, null);
    expect(await two.createUser(newUser({ username: user.username }), null)).toEqual({ kind: 'username_taken' });
    await one.close();
    await two.close();
  });

  it('of a newer version of the library is refused', () => {
    const path = join(folder, 'newer.db');
    const database = new Database(path);
    database.pragma('user_version = 999');
    database.close();
    expect(() => openSqliteStore({ path })).toThrow(/schema 999/);
  });

  it('that is no database is refused', () => {
    expect(() => openSqliteStore({ path: folder })).toThrow();
  });
});
