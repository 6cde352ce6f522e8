/** Opening a database: every way in which it can be wrong, said in one line that tells what to do. */
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/storage.ts';
import { newPostgresDatabase } from '../postgres.ts';
import { type EmptyDatabase, emptyDatabase } from './databases.ts';

const clock = () => 1_900_000_000_000;
let empty: EmptyDatabase | undefined;

afterEach(async () => {
  await empty?.remove();
  empty = undefined;
});

async function newFolder(): Promise<string> {
  empty = await emptyDatabase('sqlite');
  return join(empty.database, '..');
}

async function refusal(database: string): Promise<string> {
  const error: unknown = await openStorage({ database, clock }).then(
    (storage) => storage.close(),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'StorageError', fault: 'cannot_open' });
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message;
}

async function letsIn(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

describe('opening an embedded database', () => {
  it('makes the file and its folder, for its owner alone', async () => {
    const path = join(await newFolder(), 'deep', 'down', 'diapason.db');
    const storage = await openStorage({ database: path, clock });
    expect(storage.engine).toBe('sqlite');
    await storage.ping();
    await storage.close();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
  });

  it('says that the path is a directory', async () => {
    const path = join(await newFolder(), 'folder.db');
    await mkdir(path);
    expect(await refusal(path)).toBe(
      `cannot open the database ${path}: it is a directory; name a file in it, such as diapason.db`,
    );
  });

  it('says that the file is not a database', async () => {
    const path = join(await newFolder(), 'diapason.db');
    await writeFile(path, 'These are my notes, and not a database at all.\n'.repeat(100));
    expect(await refusal(path)).toBe(
      `cannot open the database ${path}: the file is not an SQLite database; set another path, or restore a backup`,
    );
  });

  it('says that a part of the path is a file', async () => {
    const path = join(await newFolder(), 'file');
    await writeFile(path, '');
    expect(await refusal(join(path, 'diapason.db'))).toMatch(/a part of the path is a file, not a folder/);
  });

  // Nothing is forbidden to root.
  it.skipIf(process.getuid?.() === 0)('says that permission is denied', async () => {
    const folder = join(await newFolder(), 'closed');
    await mkdir(folder);
    await chmod(folder, 0o500);
    expect(await refusal(join(folder, 'diapason.db'))).toMatch(/permission denied; give this user write permission/);
  });

  it('refuses calls after it was closed, and closes twice without complaint', async () => {
    empty = await emptyDatabase('sqlite');
    const storage = await openStorage({ database: empty.database, clock });
    await storage.migrate();
    await storage.close();
    await storage.close();
    await expect(storage.ping()).rejects.toMatchObject({ fault: 'closed' });
    await expect(storage.serverKeys.findServerKey('any')).rejects.toMatchObject({ fault: 'closed' });
    await expect(storage.serverKeys.insertServerKey('any', Buffer.from('x'))).rejects.toMatchObject({
      fault: 'closed',
    });
  });
});

describe('opening PostgreSQL', () => {
  it('says that nothing listens there, and shows no password', async () => {
    const message = await refusal('postgres://ada:hidden-password@127.0.0.1:1/diapason');
    expect(message).toBe(
      'cannot open the database postgres://127.0.0.1:1/diapason: nothing listens there; start PostgreSQL, or correct host and port',
    );
  });

  it('says that the password is wrong, without showing it', async ({ skip }) => {
    const url = new URL(await newPostgresDatabase());
    url.password = 'a-wrong-password';
    skip(await letsIn(url.href), 'this server was set up to ask nobody for a password');
    const message = await refusal(url.href);
    expect(message).toMatch(/wrong user or password; correct them in the URL$/);
    expect(message).not.toContain('a-wrong-password');
  });

  it('says that there is no such database', async () => {
    const url = new URL(await newPostgresDatabase());
    url.pathname = '/no_such_database';
    expect(await refusal(url.href)).toMatch(/no_such_database: there is no such database; create it/);
  });

  it('says that the host is not known', async () => {
    expect(await refusal('postgres://ada@no-such-host.invalid/diapason')).toMatch(/the host name is not known/);
  });

  it('says that the URL is none', async () => {
    expect(await refusal('postgres://[bad/diapason')).toMatch(/this is not a URL; write postgres:/);
  });

  it('refuses calls after it was closed, once what was under way is done', async () => {
    const storage = await openStorage({ database: await newPostgresDatabase(), clock, poolSize: 2 });
    expect(storage.engine).toBe('postgres');
    await storage.migrate();
    const underWay = Array.from({ length: 8 }, (_, index) =>
      storage.serverKeys.insertServerKey(`key ${index}`, Buffer.from('x')),
    );
    await storage.close();
    await storage.close();
    const settled = await Promise.allSettled(underWay);
    expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
    await expect(storage.ping()).rejects.toMatchObject({ fault: 'closed' });
    await expect(storage.serverKeys.findServerKey('any')).rejects.toMatchObject({ fault: 'closed' });
  });

  it('goes on after the server has closed its connections', async () => {
    const database = await newPostgresDatabase();
    const storage = await openStorage({ database, clock });
    await storage.migrate();
    await storage.ping();
    const client = new pg.Client(database);
    await client.connect();
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await client.end();
    // What was asked of a connection at the moment it was lost fails, and says so; the next is answered.
    await storage.ping().catch((error: unknown) => expect(error).toMatchObject({ fault: 'unreachable' }));
    await storage.ping();
    expect((await storage.serverKeys.insertServerKey('after', Buffer.from('x'))).toString()).toBe('x');
    await storage.close();
  });

  it('takes back what a transition wrote whose connection was lost in the middle', async () => {
    const database = await newPostgresDatabase();
    const storage = await openStorage({ database, clock });
    await storage.migrate();
    const client = new pg.Client(database);
    await client.connect();
    // Somebody holds the second key, so that the transition waits in its middle.
    await client.query('begin');
    await client.query("insert into failure values ('b', 1, 9000000000000)");
    const keys = ['a', 'b'].map((key) => ({ key, windowMs: 1_000 }));
    const refused = expect(storage.failures.recordFailures(keys, clock())).rejects.toMatchObject({
      fault: 'unreachable',
    });
    const blocked = 'select pid from pg_stat_activity where wait_event_type = $1 and datname = current_database()';
    let pid: number | undefined;
    while (pid === undefined) pid = (await client.query(blocked, ['Lock'])).rows[0]?.pid;
    await client.query('select pg_terminate_backend($1)', [pid]);
    await refused;
    await client.query('rollback');
    await client.end();
    expect((await storage.failures.readFailures(keys, clock())).map(({ count }) => count)).toEqual([0, 0]);
    await storage.close();
  });
});
