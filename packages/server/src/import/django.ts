/**
 * `diapason import django`: reads a Django installation's database and carries over what is in it, part by part.
 *
 * Owns the order: the source is copied into the staging database, the parts work from there within one transaction, and that is
 * committed only where nothing stands against it. A dry run is the same run, rolled back. What the parts bring is each one's own.
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import { stageTable } from './django/tables.ts';
import type { DjangoOptions, ImportContext, ImportPart, ImportSecrets } from './part.ts';
import type { ImportStore } from './ports.ts';
import { type Finding, type ImportReport, ReportWriter } from './report.ts';
import { type Source, SourceError } from './sources/source.ts';
import { Staging } from './staging.ts';

/** What a run needs. */
export interface ImportDeps {
  readonly store: ImportStore;
  readonly parts: readonly ImportPart[];
  readonly secrets: ImportSecrets;
  readonly randomness: Randomness;
  readonly nowMs: number;
  /** What reading the source found already. */
  readonly findings?: readonly Finding[];
  /** Hears how many rows of how many are done. */
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Carries over everything, or nothing: where the report is refused, or with `keep: false`, the database is as it was.
 * @throws SourceError for a source that cannot be read or is not Django's; nothing was written.
 */
export async function importDjango(
  source: Source,
  options: DjangoOptions & { readonly keep: boolean },
  deps: ImportDeps,
): Promise<ImportReport> {
  return withContext(source, options, deps, async (context) => {
    for (const part of deps.parts) await part.carry(context);
    const report = context.report.read();
    return { keep: options.keep && !report.isRefused, result: report };
  });
}

/**
 * Compares what is here with the source, and answers what differs, one line each. Writes nothing.
 * @throws SourceError
 */
export async function verifyDjango(
  source: Source,
  options: DjangoOptions,
  deps: ImportDeps,
): Promise<{ readonly differences: readonly string[]; readonly report: ImportReport }> {
  return withContext(source, options, deps, async (context) => {
    const differences: string[] = [];
    for (const part of deps.parts) differences.push(...(await part.verify(context)));
    return { keep: false, result: { differences, report: context.report.read() } };
  });
}

async function withContext<Result>(
  source: Source,
  options: DjangoOptions,
  deps: ImportDeps,
  work: (context: ImportContext) => Promise<{ keep: boolean; result: Result }>,
): Promise<Result> {
  if (options.origin === 'django') await expectDjango(source, options);
  const staging = new Staging();
  try {
    for (const part of deps.parts) {
      for (const spec of part.tables(options)) await stageTable(spec, source, staging);
    }
    const total = deps.parts.reduce((rows, part) => rows + part.rowCount(staging), 0);
    let done = 0;
    return await deps.store.importing((target) =>
      work({
        staging,
        target,
        options,
        report: reportWith(deps.findings ?? []),
        secrets: deps.secrets,
        randomness: deps.randomness,
        nowMs: deps.nowMs,
        advance(rows) {
          done += rows;
          deps.progress?.(done, total);
        },
      }),
    );
  } finally {
    staging.close();
  }
}

function reportWith(findings: readonly Finding[]): ReportWriter {
  const report = new ReportWriter();
  for (const finding of findings) report.find(finding);
  return report;
}

/** What is in a database that is Django's, and in no other. @throws SourceError `not_django`, `no_table` */
async function expectDjango(source: Source, { userTable }: DjangoOptions): Promise<void> {
  if ((await source.columnsOf(userTable ?? 'auth_user')) !== null) return;
  const tables = await source.tables();
  const candidates: string[] = [];
  for (const table of tables) {
    const columns = (await source.columnsOf(table)) ?? [];
    if (columns.includes('password') && columns.includes('last_login')) candidates.push(table);
  }
  if (candidates.length > 0) {
    const named = candidates.map((table) => `--user-table ${table}`).join(' or ');
    throw new SourceError(
      'no_table',
      `${source.name} has no table ${JSON.stringify(userTable ?? 'auth_user')}. It has a user model of its own? Give ${named}.`,
    );
  }
  throw new SourceError(
    'not_django',
    `${source.name} is not the database of a Django installation: it has ${tables.length === 0 ? 'no tables' : `no table ${JSON.stringify(userTable ?? 'auth_user')}, nor one like it`}.`,
  );
}
