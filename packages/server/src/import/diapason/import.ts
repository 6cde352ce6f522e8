/**
 * `diapason import diapason`: brings back what `export` wrote, into either engine: all of it or nothing.
 *
 * Everything comes into a database that holds nothing yet: accounts of two servers are not mixed, since clients know them by ids.
 * Applications alone come beside others; one that is here already stays as it is here.
 *
 * What only the secret of the server that made the file opens (client secrets' HMACs, seeds, recovery codes, signing keys) comes
 * where this server has the same secret. Otherwise that is refused, or left out where the operator says so.
 */
import type { ApplicationId, ClientId } from '../../vocabulary/identifiers.ts';
import type { KeptKind, KeptRow } from '../ports/kept.ts';
import { KEPT_KINDS } from '../ports/kept-kinds.ts';
import { BATCH_ROWS, type ImportStore, type ImportTarget } from '../ports.ts';
import { type ImportReport, ReportWriter } from '../report.ts';
import { Staging } from '../staging.ts';
import { columnsOf, readExport } from './read.ts';

/** What a run needs. */
export interface ImportExportDeps {
  readonly store: ImportStore;
  /** Whether this server's secret sealed it. */
  readonly opensSecretCheck: (sealed: Buffer) => boolean;
  /** Hears how many rows of how many are done. */
  readonly progress?: (done: number, total: number) => void;
}

/** What the operator asked for. */
export interface ImportExportOptions {
  readonly keep: boolean;
  /** Whether to leave out what only another secret opens, instead of refusing the file. */
  readonly dropSealed: boolean;
}

/** Brings it. @throws SourceError for a file that cannot be read, is none or is cut off; nothing was written. */
export async function importExport(
  path: string,
  { keep, dropSealed }: ImportExportOptions,
  deps: ImportExportDeps,
): Promise<ImportReport> {
  const staging = new Staging();
  const report = new ReportWriter();
  try {
    const { contents, secretCheck } = await readExport(path, staging, report);
    for (const kind of KEPT_KINDS.values()) report.kind(kind.name);
    if (!report.isRefused && !deps.opensSecretCheck(secretCheck)) leaveSealed(dropSealed, staging, report);
    return await deps.store.importing(async (target) => {
      if (contents === 'everything') await expectEmpty(target, report);
      else await leaveKnown(staging, target, report);
      if (!report.isRefused) await write(staging, target, report, deps);
      const result = report.read();
      return { keep: keep && !result.isRefused, result };
    });
  } finally {
    staging.close();
  }
}

/** What only the secret opens, in the order of the kinds. */
const SEALED: readonly (readonly [string, string, string])[] = [
  ['totp', 'true', 'second factors (TOTP)'],
  ['recovery_code', 'true', 'recovery codes'],
  ['client_secret', 'mac is not null', 'client secrets'],
  ['signing_key', 'true', 'signing keys'],
];

const LOST: Readonly<Record<string, string>> = {
  totp: 'Their owners set them up again.',
  recovery_code: 'Their owners make new ones.',
  client_secret: 'Their applications cannot authenticate until each has a new one: diapason app secret add ID.',
  signing_key: 'This server makes its own; ID tokens that are out cannot be verified any more.',
};

function leaveSealed(dropSealed: boolean, staging: Staging, report: ReportWriter): void {
  let sealed = 0;
  for (const [kind, where, noun] of SEALED) {
    const [row] = staging.all(`select count(*) as rows from "${kind}" where ${where}`);
    const rows = Number(row?.['rows'] ?? 0);
    sealed += rows;
    if (rows === 0 || !dropSealed) continue;
    staging.arrange(`delete from "${kind}" where ${where}`);
    report.count(kind, 'leftOut', rows);
    report.find({
      severity: 'warning',
      code: 'sealed-left-out',
      row: `${noun} (${rows})`,
      what: 'Only the secret of the server that made the file opens them.',
      outcome: `They are left out. ${LOST[kind] ?? ''}`,
    });
  }
  if (sealed === 0 || dropSealed) return;
  report.find({
    severity: 'refusal',
    code: 'other-secret',
    row: 'line 1',
    what: 'The file was made under another DIAPASON_SECRET, without which its client secrets, second factors and signing keys are of no use.',
    outcome:
      'Nothing is written. Give this server that secret (of an embedded database: <database>.secret), or leave them out with --drop-sealed.',
  });
}

async function expectEmpty(target: ImportTarget, report: ReportWriter): Promise<void> {
  if (await target.isEmpty()) return;
  report.find({
    severity: 'refusal',
    code: 'not-empty',
    row: 'this database',
    what: 'It has accounts, groups or applications already, and an export of everything is not mixed with them.',
    outcome: 'Nothing is written. Name a new database in DIAPASON_DATABASE.',
  });
}

/** An application that is here stays as it is here. One that would be two is refused. */
async function leaveKnown(staging: Staging, target: ImportTarget, report: ReportWriter): Promise<void> {
  for (const page of [...staging.pages('application', { columns: 'line, id, client_id' }, BATCH_ROWS)]) {
    const ids = await target.findApplications(page.map((row) => String(row['id']) as ApplicationId));
    const clientIds = await target.findClientIds(page.map((row) => String(row['client_id']) as ClientId));
    for (const { line, id, client_id: clientId } of page) {
      const owner = clientIds.get(String(clientId) as ClientId);
      const isHere = ids.has(String(id) as ApplicationId);
      if (!isHere && owner === undefined) continue;
      const row = `line ${line}: application ${id} (${JSON.stringify(clientId)})`;
      if (owner === id) {
        report.find({
          severity: 'note',
          code: 'kept-as-here',
          row,
          what: 'It is here already.',
          outcome: 'It stays as it is here, with its secrets.',
        });
        leaveApplication(String(id), staging, report);
        continue;
      }
      report.find({
        severity: 'refusal',
        code: 'application-taken',
        row,
        what: isHere ? 'Another application here has this id.' : `The application ${owner} here has this client id.`,
        outcome: 'Nothing is written. Delete one of them, or take this one out of the file.',
      });
    }
  }
}

function leaveApplication(id: string, staging: Staging, report: ReportWriter): void {
  for (const [kind, column] of [
    ['application', 'id'],
    ['client_secret', 'application_id'],
    ['registration_access', 'application_id'],
  ] as const) {
    const gone = staging.all(`delete from "${kind}" where ${column} = ? returning line`, id);
    report.count(kind, 'keptAsHere', gone.length);
  }
}

async function write(
  staging: Staging,
  target: ImportTarget,
  report: ReportWriter,
  { progress }: ImportExportDeps,
): Promise<void> {
  const kinds = [...KEPT_KINDS.values()];
  const total = kinds.reduce((rows, kind) => rows + staging.countOf(kind.name), 0);
  let done = 0;
  for (const kind of kinds) {
    for (const page of staging.pages(kind.name, { columns: columnsOf(kind).join(', ') }, BATCH_ROWS)) {
      await target.insertKept(
        kind,
        page.map((row) => keptRow(kind, row)),
      );
      report.count(kind.name, 'brought', page.length);
      done += page.length;
      progress?.(done, total);
    }
  }
}

function keptRow(kind: KeptKind, row: KeptRow): KeptRow {
  return Object.fromEntries([...Object.keys(kind.fields), ...kind.derived].map((name) => [name, row[name] ?? null]));
}
