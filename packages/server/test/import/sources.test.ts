/** Sources: the same rows from each kind, and what is said of one that cannot be read. Nothing is written in any of these cases. */
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSource } from '../../src/import/sources/open.ts';
import { type Source, SourceError, type SourceValue } from '../../src/import/sources/source.ts';
import { newPostgresDatabase } from '../postgres.ts';
import { djangoOnPostgres, FIXTURES, openTarget, type Target } from './installation.ts';

let folder: string;
let target: Target;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diapason-sources-'));
  target = await openTarget('sqlite');
});

afterAll(async () => {
  await target.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs an import of it, which has to end with that fault, and answers the line. */
async function faultOf(from: string, fault: string, options = {}): Promise<string> {
  const ended = await target.bring(from, options).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(ended instanceof SourceError)) throw new Error(`no SourceError: ${ended}`);
  expect(ended.fault).toBe(fault);
  expect(await target.sql('select count(*) as n from account')).toEqual([{ n: 0 }]);
  return ended.message;
}

async function rowsOf(source: Source, table: string, columns: readonly string[]) {
  const rows: (readonly SourceValue[])[] = [];
  for await (const batch of source.read(table, columns)) rows.push(...batch);
  return rows.map((row) => row.map(String).join('|')).sort();
}

async function sqlite(name: string, sql: string): Promise<string> {
  const path = join(folder, name);
  const db = new Database(path);
  db.exec(sql);
  db.close();
  return path;
}

describe('sources', () => {
  it('give the same rows', async () => {
    const compressed = join(folder, 'dumpdata.json.gz');
    await writeFile(compressed, gzipSync(await readFile(join(FIXTURES, 'dumpdata.json'))));
    const froms = [
      join(FIXTURES, 'django.sqlite3'),
      join(FIXTURES, 'dumpdata.json'),
      compressed,
      await djangoOnPostgres(),
    ];
    const read = await Promise.all(
      froms.map(async (from) => {
        const source = await openSource(from);
        try {
          return {
            users: await rowsOf(source, 'auth_user', [
              'id',
              'username',
              'email',
              'first_name',
              'last_name',
              'password',
            ]),
            groups: await rowsOf(source, 'auth_user_groups', ['user_id', 'group_id']),
            tokens: await rowsOf(source, 'oauth2_provider_accesstoken', ['id', 'token', 'user_id', 'application_id']),
            none: await source.columnsOf('auth_usr'),
          };
        } finally {
          await source.close();
        }
      }),
    );
    expect(read[0]?.users).toHaveLength(26);
    expect(read[0]?.tokens).not.toHaveLength(0);
    for (const other of read) expect(other).toEqual(read[0]);
  });

  it('are of one moment: what is written meanwhile does not show', async () => {
    const path = await sqlite(
      'moving.sqlite3',
      'pragma journal_mode = wal; create table t (id integer); insert into t values (1)',
    );
    const source = await openSource(path);
    const db = new Database(path);
    db.exec('insert into t values (2)');
    expect(await rowsOf(source, 't', ['id'])).toEqual(['1']);
    await source.close();
    db.close();
  });

  it('keep whole numbers that a number does not hold, and quote every name', async () => {
    const path = await sqlite(
      'odd.sqlite3',
      'create table "a""b; drop" ("c""d" integer); insert into "a""b; drop" values (9007199254740993)',
    );
    const source = await openSource(path);
    expect(await source.columnsOf('a"b; drop')).toEqual(['c"d']);
    expect(await rowsOf(source, 'a"b; drop', ['c"d'])).toEqual(['9007199254740993']);
    await source.close();
  });
});

describe('a file that is no source', () => {
  it.each([
    ['is not there', 'not_found', async () => join(folder, 'nowhere.sqlite3')],
    ['is a directory', 'not_a_database', async () => folder],
    ['is empty', 'not_a_database', () => file('empty', '')],
    ['is text', 'not_a_database', () => file('text', 'username,email\nalice,a@b.c\n')],
    ['is a JSON object', 'not_a_database', () => file('object.json', '{"users": []}')],
    [
      'is SQLite by its first octets alone',
      'not_a_database',
      () => file('half', `SQLite format 3\0${'x'.repeat(2_000)}`),
    ],
    ['is a list of something else', 'not_django', () => file('list.json', '[{"username": "alice"}]')],
    ['is a fixture that ends in the middle', 'cut_off', () => cutFixture()],
    ['is a fixture whose compression ends in the middle', 'cut_off', () => cutCompressed()],
    [
      'is no JSON further down',
      'damaged',
      () => file('bad.json', '[{"model": "auth.user", "pk": 1, "fields": {}}, nonsense]'),
    ],
    [
      'is made with --natural-primary',
      'not_django',
      () => file('np.json', '[{"model": "auth.user", "fields": {"password": "!"}}]'),
    ],
    ['is SQLite cut off', 'damaged', () => cutSqlite()],
  ])('because it %s is named', async (_what, fault, make) => {
    const path = await make();
    expect(await faultOf(path, fault)).toContain(path);
  });

  async function file(name: string, content: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  async function cutFixture(): Promise<string> {
    const whole = await readFile(join(FIXTURES, 'dumpdata.json'));
    const path = join(folder, 'cut.json');
    await writeFile(path, whole.subarray(0, whole.length / 2));
    return path;
  }

  async function cutCompressed(): Promise<string> {
    const whole = gzipSync(await readFile(join(FIXTURES, 'dumpdata.json')));
    const path = join(folder, 'cut.json.gz');
    await writeFile(path, whole.subarray(0, whole.length / 2));
    return path;
  }

  async function cutSqlite(): Promise<string> {
    const path = join(folder, 'cut.sqlite3');
    await writeFile(path, await readFile(join(FIXTURES, 'django.sqlite3')));
    await truncate(path, 40_960);
    return path;
  }

  it('because another program holds it is named', { timeout: 30_000 }, async () => {
    const path = await sqlite('locked.sqlite3', 'create table auth_user (id integer, password text)');
    const holder = new Database(path);
    holder.exec('begin exclusive');
    expect(await faultOf(path, 'locked')).toContain('end what writes it');
    holder.exec('rollback');
    holder.close();
  });

  it('names the object of a fixture that names others by natural keys', async () => {
    const object = {
      model: 'account.emailaddress',
      pk: 7,
      fields: { user: ['alice'], email: 'a@b.c', verified: true, primary: true },
    };
    const user = { model: 'auth.user', pk: 1, fields: { password: '!', username: 'alice' } };
    const path = await file('natural.json', JSON.stringify([user, object]));
    expect(await faultOf(path, 'not_django')).toContain('account.emailaddress 7 names its user by ["alice"]');
  });
});

describe('an address that is no source', () => {
  it.each([
    ['oracle://host/db', 'bad_url', 'oracle'],
    ['postgres://', 'bad_url', 'postgres://user'],
    ['mysql://user:geheim@', 'bad_url', 'mysql://user'],
    ['postgres://user:geheim@127.0.0.1:1/db', 'unreachable', '127.0.0.1:1/db'],
    ['mysql://user:geheim@127.0.0.1:1/db', 'unreachable', '127.0.0.1:1/db'],
    ['postgres://user:geheim@nowhere.invalid/db', 'unreachable', 'nowhere.invalid'],
  ])('%s is named, without its password', async (url, fault, part) => {
    const line = await faultOf(url, fault);
    expect(line).toContain(part);
    expect(line).not.toContain('geheim');
  });

  it('names a database that is not there, and one that holds nothing of Django', async () => {
    const url = await newPostgresDatabase();
    expect(await faultOf(url, 'not_django')).toContain('no tables');
    expect(await faultOf(`${url}-other`, 'refused')).toContain('no such database');
  });
});

describe('a database that is not quite Django’s', () => {
  it('is named where it has other tables alone', async () => {
    const path = await sqlite('other.sqlite3', 'create table customer (id integer, name text)');
    expect(await faultOf(path, 'not_django')).toContain('no table "auth_user"');
  });

  it('is asked for its user model where it has one of its own', async () => {
    const path = await sqlite(
      'own.sqlite3',
      'create table members_person (id integer, password text, last_login text, email text)',
    );
    expect(await faultOf(path, 'no_table')).toContain('--user-table members_person');
    expect(await faultOf(path, 'no_table', { userTable: 'members_persn' })).toContain('"members_persn"');
  });

  it('is named with the column that is missing', async () => {
    const path = await sqlite('columns.sqlite3', 'create table auth_user (id integer, passwd text, username text)');
    expect(await faultOf(path, 'no_column')).toContain('"password"');
    const allauth = await sqlite(
      'allauth.sqlite3',
      'create table auth_user (id integer, password text, username text); create table account_emailaddress (id integer, user_id integer, address text)',
    );
    expect(await faultOf(allauth, 'no_column')).toContain('"email", "verified", "primary"');
  });
});

describe('a user model of an organisation’s own', () => {
  it('comes with addresses for usernames, UUIDs for ids and groups by its own name', async () => {
    const path = await sqlite(
      'uuid.sqlite3',
      `create table members_person (id char(32), password text, last_login text, email text, is_superuser bool);
       create table auth_group (id integer, name text);
       create table members_person_groups (id integer, person_id char(32), group_id integer);
       insert into members_person values ('8f5a0c4e6c1b4f6e9b57a1b2c3d4e5f6', '!', null, 'Ann@example.org', 1);
       insert into members_person values ('00000000000000000000000000000002', '!', null, '', 0);
       insert into auth_group values (1, 'staff');
       insert into members_person_groups values (1, '8f5a0c4e6c1b4f6e9b57a1b2c3d4e5f6', 1);`,
    );
    const own = await openTarget('sqlite');
    const report = await own.bring(path, { userTable: 'members_person' });
    expect(report.kinds).toMatchObject({ account: { brought: 2 }, membership: { brought: 1 } });
    const rows = await own.sql('select id, id_is_number, username, is_superuser, disabled_at from account order by id');
    expect(rows).toEqual([
      {
        id: '00000000-0000-0000-0000-000000000002',
        id_is_number: 0,
        username: 'user-00000000-0000-0000-0000-000000000002',
        is_superuser: 0,
        disabled_at: null,
      },
      {
        id: '8f5a0c4e-6c1b-4f6e-9b57-a1b2c3d4e5f6',
        id_is_number: 0,
        username: 'Ann@example.org',
        is_superuser: 1,
        disabled_at: null,
      },
    ]);
    await own.close();
  });
});
