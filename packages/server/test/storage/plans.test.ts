/**
 * How the engines find rows: no statement of storage reads a table that grows from its beginning to its end, and no
 * deletion does so by a foreign key.
 */
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccountEventStore } from '../../src/storage/account-events.ts';
import { createAccountStore } from '../../src/storage/accounts.ts';
import { createAddressStore } from '../../src/storage/addresses.ts';
import { createApplicationStore } from '../../src/storage/applications.ts';
import { createAuthorizationReader } from '../../src/storage/authorization.ts';
import { createCleanup } from '../../src/storage/cleanup.ts';
import { createConsentStores } from '../../src/storage/consents.ts';
import { createDeviceGrantStore } from '../../src/storage/device-grants.ts';
import type { Dialect } from '../../src/storage/dialect.ts';
import { createFailureStore } from '../../src/storage/failures.ts';
import { createFlowTraceStore } from '../../src/storage/flow-trace.ts';
import { createGrantStore } from '../../src/storage/grants.ts';
import { createGroupStore } from '../../src/storage/groups.ts';
import { createKeyStores } from '../../src/storage/keys.ts';
import { createKnownBrowserStore } from '../../src/storage/known-browsers.ts';
import { createLogoutNoticeStore } from '../../src/storage/logout-notices.ts';
import { createMailedSecretStore } from '../../src/storage/mailed-secrets.ts';
import { createNotesOfUse } from '../../src/storage/notes-of-use.ts';
import { createOutboxStore } from '../../src/storage/outbox.ts';
import { createPendingRequestStore } from '../../src/storage/pending-requests.ts';
import { createPersonalDataStore } from '../../src/storage/personal-data.ts';
import { postgresDialect } from '../../src/storage/postgres/dialect.ts';
import { createHotGrantSteps } from '../../src/storage/postgres/grants-in-one.ts';
import { createPushedRequestStore } from '../../src/storage/pushed-requests.ts';
import { compile, type Statement } from '../../src/storage/query.ts';
import { createRegistrationStore } from '../../src/storage/registrations.ts';
import { createSessionStore } from '../../src/storage/sessions.ts';
import { sqliteDialect } from '../../src/storage/sqlite/dialect.ts';
import { openStorage } from '../../src/storage/storage.ts';
import type { Engine } from '../../src/storage/transition.ts';
import { type EmptyDatabase, emptyDatabase } from './databases.ts';

/** Lists of a whole table that is small by its nature, or that the caller asked for whole. */
const READS_ALL = new Set([
  'applications.list',
  'groups.list',
  'keys.list',
  'keys.insertFirst',
  'keys.retirePredecessors',
  'keys.deleteRetired',
  // By an index that holds nothing else, and whose size is a setting.
  'registrations.countUnverified',
  'cleanup.unusedApplications',
  // What the operator looks at: two weeks of mail, the latest first, as many as are asked for.
  'outbox.list',
  'outbox.listKept',
  'outbox.retryAll',
  // By an index that holds what waits and nothing else.
  'outbox.countWaiting',
]);

/** Planned anew for each page, whose length decides: for an unknown one PostgreSQL would read a tenth of the table. */
const PLANNED_FOR = new Map([['accounts.list', "('', 20)"]]);

/** Every statement of an engine. */
function statementsOf(dialect: Dialect): readonly Statement<never, unknown>[] {
  const statements: Statement<never, unknown>[] = [];
  const unused = () => Promise.reject(new Error('this engine only compiles'));
  const engine: Engine = {
    dialect,
    prepare(group, queries) {
      const compiled = compile(group, queries, dialect);
      statements.push(...(Object.values(compiled) as Statement<never, unknown>[]));
      return compiled;
    },
    readOne: unused,
    readAll: unused,
    writeOne: unused,
    writeCount: unused,
    transition: unused,
    whole: unused,
    snapshot: unused,
  };
  createGrantStore(engine);
  createAccountEventStore(engine);
  createAccountStore(engine, () => 0);
  createAddressStore(engine);
  createOutboxStore(engine);
  createMailedSecretStore(engine);
  createAuthorizationReader(engine);
  createCleanup(engine);
  createNotesOfUse(engine);
  createConsentStores(engine);
  createDeviceGrantStore(engine);
  createFailureStore(engine);
  createFlowTraceStore(engine);
  createGroupStore(engine);
  createKeyStores(engine);
  createKnownBrowserStore(engine);
  createPendingRequestStore(engine);
  createPersonalDataStore(engine);
  createPushedRequestStore(engine);
  createSessionStore(engine, () => 0);
  createLogoutNoticeStore(engine);
  createRegistrationStore(engine, createApplicationStore(engine, () => 0).steps);
  if (dialect.name === 'postgres') createHotGrantSteps(engine);
  return statements;
}

async function migrated(engine: 'sqlite' | 'postgres'): Promise<EmptyDatabase> {
  const empty = await emptyDatabase(engine);
  const storage = await openStorage({ database: empty.database, clock: () => 0 });
  await storage.migrate();
  await storage.close();
  return empty;
}

describe('plans on SQLite', () => {
  let empty: EmptyDatabase;
  let db: Database.Database;
  beforeAll(async () => {
    empty = await migrated('sqlite');
    db = new Database(empty.database);
  });
  afterAll(async () => {
    db.close();
    await empty.remove();
  });

  it.each(statementsOf(sqliteDialect).map(({ name, sql }) => [name, sql] as const))(
    '%s reads by an index',
    (name, text) => {
      const plan = db.prepare<[], { detail: string }>(`explain query plan ${text.replaceAll('?', 'null')}`).all();
      // A scan of `json_each` is one of the arguments; one "USING" the rows of a sub-select, of what an index found.
      const scans = plan.map(({ detail }) => detail).filter((line) => /^SCAN (?!json_each|CONSTANT ROW)/.test(line));
      if (READS_ALL.has(name)) return;
      expect(scans).toEqual([]);
    },
  );

  it('has an index that begins with each foreign key', () => {
    const tables = db.prepare<[], { name: string }>("select name from sqlite_schema where type = 'table'").all();
    const bare: string[] = [];
    let found = 0;
    for (const { name: table } of tables) {
      const keys = db.pragma(`foreign_key_list(${table})`) as { from: string }[];
      const indexes = db.pragma(`index_list(${table})`) as { name: string }[];
      const first = indexes.map(({ name }) => (db.pragma(`index_info(${name})`) as { name: string }[])[0]?.name);
      found += keys.length;
      bare.push(...keys.filter(({ from }) => !first.includes(from)).map(({ from }) => `${table}.${from}`));
    }
    expect(found).toBeGreaterThan(8);
    expect(bare).toEqual([]);
  });
});

/** Enough accounts for the planner to see that reading all of them is dear. */
const SEED = `
  with seeded as (
    insert into account (id, id_is_number, username, username_key, username_skeleton, name_is_native, first_name,
      last_name, is_superuser, created_at, updated_at)
    select n, 0, n, n, n, 1, '', '', 0, 0, 0 from generate_series(1, 5000) as n returning id
  )
  insert into account_email select id, id, id, 1, null, 0 from seeded`;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

describe('plans on PostgreSQL', () => {
  let empty: EmptyDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    empty = await migrated('postgres');
    client = new pg.Client(empty.database);
    await client.connect();
    await client.query(SEED);
    await client.query('analyze account, account_email');
    // An index wherever one can serve: an empty table would be read whole otherwise.
    await client.query('set enable_seqscan = off');
  });
  afterAll(() => client.end());

  it.each(statementsOf(postgresDialect).map(({ name, sql }) => [name, sql] as const))(
    '%s reads by an index',
    async (name, text) => {
      await client.query(`prepare planned as ${text}`);
      const parameters = new Set(text.match(/\$\d+/g)).size;
      const nulls = parameters === 0 ? '' : `(${new Array(parameters).fill('null').join(', ')})`;
      const args = PLANNED_FOR.get(name);
      await client.query(`set plan_cache_mode = ${args === undefined ? 'force_generic_plan' : 'force_custom_plan'}`);
      const { rows } = await client.query(`explain (format json) execute planned${args ?? nulls}`);
      await client.query('deallocate planned');
      if (READS_ALL.has(name)) return;
      expect(wholeReads(rows[0]['QUERY PLAN'][0].Plan)).toEqual([]);
    },
  );

  it('has an index that begins with each foreign key', async () => {
    const { rows } = await client.query(`
      select c.conrelid::regclass || '.' || a.attname as name,
        exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]) as indexed
      from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
      where c.contype = 'f'`);
    expect(rows.length).toBeGreaterThan(8);
    expect(rows.filter(({ indexed }) => !indexed)).toEqual([]);
  });
});

/** The tables that a plan reads whole: without an index, or through one without a condition on it. */
function wholeReads(node: PlanNode): readonly string[] {
  const reads = (node.Plans ?? []).flatMap((child) => wholeReads(child));
  const type = node['Node Type'];
  const whole = type === 'Seq Scan' || (/^(Index|Bitmap Index)/.test(type) && node['Index Cond'] === undefined);
  return whole ? [...reads, `${type} ${node['Relation Name'] ?? ''}`] : reads;
}
