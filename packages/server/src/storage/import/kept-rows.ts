/**
 * Every row of an export, read and written: implements `ExportStore` and `KeptTarget`.
 *
 * Owns which tokens are good, and reading in pages by the primary key, so that memory is bounded and no index is missing. What the
 * columns mean is `import/ports/kept.ts`.
 */

import type {
  ExportSource,
  ExportStore,
  KeptKind,
  KeptKindName,
  KeptRow,
  KeptTarget,
} from '../../import/ports/kept.ts';
import { KEPT_KINDS } from '../../import/ports/kept-kinds.ts';
import { BATCH_ROWS } from '../../import/ports.ts';
import { textList } from '../columns.ts';
import type { Dialect } from '../dialect.ts';
import type { Statement } from '../query.ts';
import { all, count, type Engine, one, type Perform } from '../transition.ts';
import { type JsonColumn, overRows, type RowsStatement } from './json-rows.ts';

type Values = Readonly<Record<string, string | number | Buffer | null>>;
type PageStatement = Statement<{ readonly after: Values; readonly now: number }, KeptRow>;

/** Makes the store. */
export function createExportStore(engine: Engine): ExportStore {
  const statements = new Map(
    [...KEPT_KINDS.values()].map((kind) => [
      kind.name,
      { first: pageStatement(kind, true, engine.dialect), next: pageStatement(kind, false, engine.dialect) },
    ]),
  );
  return {
    exporting: (work) =>
      engine.snapshot((perform) => {
        const source: ExportSource = {
          async *pages(kind, nowMs) {
            const { first, next } = statementsOf(statements, kind.name);
            let page = await perform(all(first, { after: {}, now: nowMs }));
            for (;;) {
              const last = page.at(-1);
              if (last === undefined) return;
              yield page;
              page = await perform(all(next, { after: last, now: nowMs }));
            }
          },
        };
        return work(source);
      }),
  };
}

/** Which rows of a table can still be used. Each has one `?` for the instant, or none. */
const LIVE: Partial<Record<KeptKindName, { readonly where: string; readonly instants: number }>> = {
  // A family without a refresh token goes with its access tokens.
  token_family: {
    where: `revoked_at is null and coalesce(expires_at > ?, true) and coalesce(idle_expires_at > ?, true)
      and (current_digest is not null or check_at > ?)`,
    instants: 3,
  },
  access_token: {
    where: `revoked_at is null and expires_at > ? and exists (
        select 1 from application where application.id = access_token.application_id
      ) and (family_id is null or exists (
        select 1 from token_family f where f.family_id = access_token.family_id and f.revoked_at is null
        and coalesce(f.expires_at > ?, true) and coalesce(f.idle_expires_at > ?, true)
        and (f.current_digest is not null or f.check_at > ?)
      ))`,
    instants: 4,
  },
  invitation: { where: 'accepted_at is null and revoked_at is null and expires_at > ?', instants: 1 },
  signing_key: { where: '(retires_at is null or retires_at > ?)', instants: 1 },
};

function pageStatement(kind: KeptKind, isFirst: boolean, dialect: Dialect): PageStatement {
  const columns = [...Object.keys(kind.fields), ...kind.key.filter((column) => !(column in kind.fields))];
  const live = LIVE[kind.name] ?? { where: 'true', instants: 0 };
  const keys = kind.key.join(', ');
  const after = isFirst ? '' : `and (${keys}) > (${kind.key.map(() => '?').join(', ')})`;
  const text = `select ${columns.join(', ')} from ${kind.table} where ${live.where} ${after}
    order by ${keys} limit ${BATCH_ROWS}`;
  let place = 0;
  const sql = dialect.name === 'sqlite' ? text : text.replaceAll('?', () => `$${++place}`);
  return {
    name: `export.${kind.name}-${isFirst ? 'first' : 'next'}`,
    sql,
    bind: (args) => [
      ...Array.from({ length: live.instants }, () => args.now),
      ...(isFirst ? [] : kind.key.map((column) => args.after[column])),
    ],
  };
}

/** Compiles the statements that write. Once a process. */
export function keptStatements(dialect: Dialect) {
  const inserts = new Map<KeptKindName, RowsStatement<Record<string, string | number | null>, never>>();
  for (const kind of KEPT_KINDS.values()) {
    const columns = Object.fromEntries([
      ...Object.entries(kind.fields).map(([name, { form }]): [string, JsonColumn] => [name, columnOf(form)]),
      ...kind.derived.map((name): [string, JsonColumn] => [name, 'text']),
    ]);
    const names = Object.keys(columns).join(', ');
    const conflict = KEPT_AS_HERE.has(kind.name) ? 'on conflict do nothing' : '';
    inserts.set(
      kind.name,
      overRows<Record<string, string | number | null>, never>(
        `keep-${kind.name}`,
        dialect,
        columns,
        (r) => `insert into ${kind.table} (${names}) select ${names} from ${r} where true ${conflict}`,
      ),
    );
  }
  const origins = overRows<{ origin: string; application_id: string }, never>(
    'keep-origins',
    dialect,
    { origin: 'text', application_id: 'text' },
    (r) => `insert into application_origin (origin, application_id) select origin, application_id from ${r} where true
      on conflict do nothing`,
  );
  const isEmpty: Statement<object, { used: number }> = {
    name: 'import.is-empty',
    sql: `select case when exists (select 1 from account) or exists (select 1 from account_group)
      or exists (select 1 from application) then 1 else 0 end as used`,
    bind: () => [],
  };
  return { inserts, origins, isEmpty };
}

const KEPT_AS_HERE: ReadonlySet<KeptKindName> = new Set(['declared_scope', 'signing_key']);

/** The port over an open transaction. */
export function keptTarget(q: ReturnType<typeof keptStatements>, perform: Perform): KeptTarget {
  return {
    isEmpty: async () => (await perform(one(q.isEmpty, {})))?.used === 0,
    async insertKept(kind, rows) {
      await perform(count(statementsOf(q.inserts, kind.name), { rows: rows.map(hexadecimal) }));
      if (kind.name !== 'application') return;
      const origins = rows.flatMap((row) =>
        originsOf(row).map((origin) => ({ origin, application_id: String(row['id']) })),
      );
      if (origins.length > 0) await perform(count(q.origins, { rows: origins }));
    },
  };
}

function columnOf(form: string): JsonColumn {
  if (form === 'octets') return 'octets';
  return form === 'integer' || form === 'instant' || form === 'flag' ? 'integer' : 'text';
}

function hexadecimal(row: KeptRow): Record<string, string | number | null> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Buffer.isBuffer(value) ? value.toString('hex') : value]),
  );
}

function originsOf(row: KeptRow): readonly string[] {
  return textList(String(row['allowed_origins']));
}

function statementsOf<Found>(statements: ReadonlyMap<KeptKindName, Found>, name: KeptKindName): Found {
  const found = statements.get(name);
  if (found === undefined) throw new Error(`there are no statements of ${name}`);
  return found;
}
