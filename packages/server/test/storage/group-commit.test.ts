/** SQLite's group commit: one transaction for what arrives together, and each transition alone in it. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newAccessToken, newApplication } from '../../src/storage/conformance/case.ts';
import { createGrantStore } from '../../src/storage/grants.ts';
import { MIGRATIONS } from '../../src/storage/migrations/registry.ts';
import { query } from '../../src/storage/query.ts';
import { SqliteEngine } from '../../src/storage/sqlite/engine.ts';
import { migrateSqlite } from '../../src/storage/sqlite/migrate.ts';
import { openSqliteFile } from '../../src/storage/sqlite/open.ts';
import { count, one, Undone } from '../../src/storage/transition.ts';
import { type EmptyDatabase, emptyDatabase } from './databases.ts';

const NOW_MS = 1_900_000_000_000;
const queries = {
  insert: query((db, p: { key: string }) =>
    db.insertInto('failure').values({ key: p.key, count: 1, window_ends_at: 0 }).returning('key'),
  ),
  list: query((db) => db.selectFrom('failure').select('key').orderBy('key')),
};

let empty: EmptyDatabase;
let db: Database.Database;
let engine: SqliteEngine;
let q: ReturnType<typeof prepare>;

function prepare() {
  return engine.prepare('test', queries);
}

async function keys(): Promise<readonly string[]> {
  return (await engine.readAll(q.list, {})).map(({ key }) => key);
}

function insertBoth(left: string, right: string) {
  return engine.transition(function* () {
    yield* count(q.insert, { key: left });
    yield* count(q.insert, { key: right });
    return 'both';
  });
}

beforeEach(async () => {
  empty = await emptyDatabase('sqlite');
  db = openSqliteFile(empty.database);
  migrateSqlite(db, MIGRATIONS, NOW_MS);
  engine = new SqliteEngine(db);
  q = prepare();
});

afterEach(async () => {
  engine.close();
  await empty.remove();
});

describe('design §4: group commit', () => {
  it('commits once for 100 transitions that arrive together', async () => {
    const grants = createGrantStore(engine);
    const application = newApplication(NOW_MS);
    const before = engine.commitCount;
    await Promise.all(
      Array.from({ length: 100 }, () => grants.issueAccessToken(newAccessToken(application.id, NOW_MS))),
    );
    expect(engine.commitCount).toBe(before + 1);
    await grants.issueAccessToken(newAccessToken(application.id, NOW_MS));
    expect(engine.commitCount).toBe(before + 2);
  });

  it('answers after the commit: another connection sees what was answered', async () => {
    await insertBoth('a', 'b');
    expect(await empty.sql('select key from failure order by key')).toEqual([{ key: 'a' }, { key: 'b' }]);
  });

  it('lets a transition that fails harm none of its neighbours, and takes back what it wrote', async () => {
    const before = engine.commitCount;
    const settled = await Promise.allSettled([
      insertBoth('a', 'b'),
      insertBoth('c', 'a'),
      engine.transition(function* () {
        yield* count(q.insert, { key: 'd' });
        throw new Error('a bug');
      }),
      engine.writeOne(q.insert, { key: 'b' }),
      insertBoth('e', 'f'),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled']);
    expect(await keys()).toEqual(['a', 'b', 'e', 'f']);
    expect(engine.commitCount).toBe(before + 1);
  });

  it('takes back what a transition wrote that answers Undone', async () => {
    const answers = await Promise.all([
      engine.transition(function* () {
        const row = yield* one(q.insert, { key: 'a' });
        return new Undone(`${row?.key} undone`);
      }),
      insertBoth('b', 'c'),
    ]);
    expect(answers).toEqual(['a undone', 'both']);
    expect(await keys()).toEqual(['b', 'c']);
  });

  it('shows a transition what those before it in the transaction wrote', async () => {
    const [, seen] = await Promise.all([
      insertBoth('a', 'b'),
      engine.transition(function* () {
        return yield* one(q.list, {});
      }),
    ]);
    expect(seen).toEqual({ key: 'a' });
  });

  it('fails all of them when the commit fails', async () => {
    const settled = await Promise.allSettled([
      insertBoth('a', 'b'),
      engine.transition(function* () {
        // Looked at when the transaction commits, and not before: there is no such account.
        db.pragma('defer_foreign_keys = ON');
        db.prepare(
          "insert into known_browser (account_id, browser_digest, last_seen_at) values ('nobody', x'00', 0)",
        ).run();
        yield* count(q.insert, { key: 'c' });
      }),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await keys()).toEqual([]);
    await insertBoth('a', 'b');
    expect(await keys()).toEqual(['a', 'b']);
  });

  it('fails with what to do when the disk is full, and goes on when there is room', async () => {
    const { page_count: pages } = db.prepare<[], { page_count: number }>('pragma page_count').get() ?? {
      page_count: 0,
    };
    db.pragma(`max_page_count = ${pages + 2}`);
    const long = 'x'.repeat(50_000);
    const settled = await Promise.allSettled([insertBoth('a', 'b'), engine.writeOne(q.insert, { key: long })]);
    expect(settled.at(-1)).toMatchObject({
      status: 'rejected',
      reason: { fault: 'unreachable', message: expect.stringMatching(/full; free some space/) },
    });
    db.pragma('max_page_count = 1000000');
    await engine.writeOne(q.insert, { key: long });
    expect(await keys()).toContain(long);
  });

  it('writes what is queued when it is closed', async () => {
    const written = insertBoth('a', 'b');
    engine.close();
    expect(await written).toBe('both');
    expect(await empty.sql('select key from failure order by key')).toEqual([{ key: 'a' }, { key: 'b' }]);
    await expect(insertBoth('c', 'd')).rejects.toMatchObject({ fault: 'closed' });
    await expect(keys()).rejects.toMatchObject({ fault: 'closed' });
  });

  it('says so when another process holds the lock for too long, and goes on when it is free', async () => {
    const impatient = new SqliteEngine(new Database(empty.database, { timeout: 20 }));
    db.exec('begin immediate');
    await expect(impatient.writeOne(q.insert, { key: 'a' })).rejects.toMatchObject({
      fault: 'busy',
      message: expect.stringMatching(/another process/),
    });
    db.exec('commit');
    await impatient.writeOne(q.insert, { key: 'a' });
    impatient.close();
    expect(await keys()).toEqual(['a']);
  });

  it('answers those who read while another process writes, and writes once that one is done', async () => {
    const other = new Database(empty.database);
    other.exec("begin immediate; insert into failure (key, count, window_ends_at) values ('theirs', 1, 0)");
    const written = engine.writeOne(q.insert, { key: 'ours' });
    // Turns of the event loop in which the lock is asked for, and not to be had.
    for (let turn = 0; turn < 5; turn += 1) {
      await new Promise((later) => setTimeout(later, 15));
      expect(await keys()).toEqual([]);
    }
    const together = engine.writeOne(q.insert, { key: 'too' });
    const commits = engine.commitCount;
    other.exec('commit');
    expect(await Promise.all([written, together])).toEqual([{ key: 'ours' }, { key: 'too' }]);
    expect(engine.commitCount).toBe(commits + 1);
    other.close();
    expect(await keys()).toEqual(['ours', 'theirs', 'too']);
  });

  it('writes what waits for the lock when it is closed', async () => {
    const other = new Database(empty.database);
    other.exec('begin immediate');
    const written = engine.writeOne(q.insert, { key: 'late' });
    await new Promise((later) => setTimeout(later, 15));
    other.exec('commit');
    other.close();
    engine.close();
    expect(await written).toEqual({ key: 'late' });
  });

  it('refuses an undefined argument instead of storing a null', async () => {
    const args = {} as { key: string };
    await expect(engine.writeOne(q.insert, args)).rejects.toThrow('test.insert: key is undefined');
    expect(await engine.readAll(q.list, {})).toEqual([]);
  });
});
