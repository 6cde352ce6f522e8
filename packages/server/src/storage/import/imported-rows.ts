/** What earlier runs brought: implements `ImportedRows`. */
import { BATCH_ROWS, type ImportedKind, type ImportedRow, type ImportedRows } from '../../import/ports.ts';
import type { Digest } from '../../vocabulary/credentials.ts';
import type { Dialect } from '../dialect.ts';
import { all, count, type Perform } from '../transition.ts';
import { overRows } from './json-rows.ts';

interface FoundRow {
  readonly source_key: string;
  readonly digest: Digest;
  readonly secret_digest: Digest | null;
  readonly imported_at: number;
}

/** Compiles the statements. Once a process. */
export function importedRowStatements(dialect: Dialect) {
  return {
    find: overRows<{ kind: string; key: string }, FoundRow>(
      'find-imported',
      dialect,
      { kind: 'text', key: 'text' },
      (r) => `select i.source_key, i.digest, i.secret_digest, i.imported_at from ${r}
        join imported_row i on i.kind = r.kind and i.source_key = r.key`,
    ),
    record: overRows<
      { kind: string; source_key: string; digest: string; secret_digest: string | null; imported_at: number },
      never
    >(
      'record-imported',
      dialect,
      { kind: 'text', source_key: 'text', digest: 'octets', secret_digest: 'octets', imported_at: 'integer' },
      (r) => `insert into imported_row (kind, source_key, digest, secret_digest, imported_at)
        select kind, source_key, digest, secret_digest, imported_at from ${r} where true
        on conflict (kind, source_key) do update set digest = excluded.digest, secret_digest = excluded.secret_digest,
        imported_at = excluded.imported_at`,
    ),
    list: overRows<{ kind: string; after: string }, { source_key: string }>(
      'list-imported',
      dialect,
      { kind: 'text', after: 'text' },
      (r) => `select i.source_key from ${r} join imported_row i on i.kind = r.kind and i.source_key > r.after
        order by i.source_key limit ${BATCH_ROWS}`,
    ),
  };
}

/** The port over an open transaction. */
export function importedRows(q: ReturnType<typeof importedRowStatements>, perform: Perform): ImportedRows {
  return {
    async findImported(kind, sourceKeys) {
      const rows = await perform(all(q.find, { rows: sourceKeys.map((key) => ({ kind, key })) }));
      return new Map(rows.map((row) => [row.source_key, importedRowOf(kind, row)]));
    },
    async recordImported(rows) {
      await perform(count(q.record, { rows: rows.map(jsonOf) }));
    },
    async listImported(kind, after) {
      const rows = await perform(all(q.list, { rows: [{ kind, after }] }));
      return rows.map(({ source_key }) => source_key);
    },
  };
}

function importedRowOf(kind: ImportedKind, row: FoundRow): ImportedRow {
  return {
    kind,
    sourceKey: row.source_key,
    digest: row.digest,
    secretDigest: row.secret_digest,
    importedAtMs: row.imported_at,
  };
}

function jsonOf(row: ImportedRow) {
  return {
    kind: row.kind,
    source_key: row.sourceKey,
    digest: row.digest.toString('hex'),
    secret_digest: row.secretDigest?.toString('hex') ?? null,
    imported_at: row.importedAtMs,
  };
}
