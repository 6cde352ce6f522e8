/**
 * Reads an export into the staging database and checks what can be checked without the target: that it is whole, each line, and
 * that rows name others that are there.
 *
 * Owns what is wrong with a file. Each fault names its line.
 */
import { createReadStream } from 'node:fs';
import type { KeptKind, KeptRow } from '../ports/kept.ts';
import { KEPT_KINDS } from '../ports/kept-kinds.ts';
import type { ReportWriter } from '../report.ts';
import { SourceError, type SourceValue } from '../sources/source.ts';
import type { Staging } from '../staging.ts';
import { EXPORT_FORMAT, EXPORT_VERSION } from './export.ts';
import { rowOf } from './fields.ts';

/** What the first line says that matters. */
export interface ReadHeader {
  readonly contents: 'everything' | 'applications';
  readonly secretCheck: Buffer;
}

const ROWS_AT_A_TIME = 1_000;
/** A line is a row, and none of ours comes near it. In characters. */
const LINE_MAX = 4 * 1024 * 1024;

/** Reads the file. What is wrong with a row is in the report. @throws SourceError for a file that is none, or is cut off */
export async function readExport(path: string, staging: Staging, report: ReportWriter): Promise<ReadHeader> {
  for (const kind of KEPT_KINDS.values()) staging.create(kind.name, columnsOf(kind), columnsOf(kind));
  let header: ReadHeader | null = null;
  let end: number | null = null;
  let number = 0;
  const pending = new Map<KeptKind, SourceValue[][]>();
  const flush = (kind: KeptKind, rows: SourceValue[][]) => {
    staging.insert(kind.name, columnsOf(kind), rows);
    rows.length = 0;
  };
  for await (const line of linesOf(path)) {
    number += 1;
    if (header === null) {
      header = headerOf(path, objectOf(line));
      continue;
    }
    if (end !== null)
      throw new SourceError('damaged', `${path}, line ${number}: there is something after its last line.`);
    const object = objectOf(line);
    if (object?.['kind'] === 'end') {
      end = Number(object['rows']);
      continue;
    }
    const kind = KEPT_KINDS.get(String(object?.['kind']));
    const row =
      object === null ? 'is no JSON object' : kind === undefined ? 'is of no kind that there is' : rowOf(kind, object);
    if (kind === undefined || typeof row === 'string') {
      refuse(report, `line ${number}`, kind?.name ?? 'export', `It ${row}.`);
      continue;
    }
    const rows = pending.get(kind) ?? [];
    pending.set(kind, rows);
    rows.push([number, ...valuesOf(kind, row)]);
    if (rows.length >= ROWS_AT_A_TIME) flush(kind, rows);
  }
  for (const [kind, rows] of pending) flush(kind, rows);
  if (header === null) throw new SourceError('not_a_database', `${path} is empty.`);
  if (end === null || end !== number - 2) {
    throw new SourceError('cut_off', `${path} is cut off after line ${number}: make it again with "diapason export".`);
  }
  for (const kind of KEPT_KINDS.values()) checkKind(kind, staging, report);
  return header;
}

/** The columns of a kind in the staging database, after the line's number. */
export function columnsOf(kind: KeptKind): readonly string[] {
  return ['line', ...Object.keys(kind.fields), ...kind.derived];
}

function valuesOf(kind: KeptKind, row: KeptRow): SourceValue[] {
  return [...Object.keys(kind.fields), ...kind.derived].map((name) => row[name] ?? null);
}

/** Of one kind so many faults are named. */
const FAULTS_MAX = 50;

function checkKind(kind: KeptKind, staging: Staging, report: ReportWriter): void {
  staging.arrange(`create index "${kind.name}_by_key" on "${kind.name}" (${kind.key.join(', ')})`);
  for (const { columns, where } of [{ columns: kind.key, where: 'true' }, ...kind.unique]) {
    const repeated = staging.all(
      `select min(line) as line, max(line) as other from "${kind.name}" where ${where}
       group by ${columns.join(', ')} having count(*) > 1 order by 1 limit ${FAULTS_MAX}`,
    );
    for (const { line, other } of repeated) {
      refuse(report, `lines ${line} and ${other}`, kind.name, `They have the same ${columns.join(' and ')}.`);
    }
  }
  for (const [column, name] of Object.entries(kind.references)) {
    const key = KEPT_KINDS.get(name)?.key[0];
    const lost = staging.all(
      `select t.line from "${kind.name}" t where t.${column} is not null
       and not exists (select 1 from "${name}" o where o.${key} = t.${column}) order by 1 limit ${FAULTS_MAX}`,
    );
    for (const { line } of lost) refuse(report, `line ${line}`, kind.name, `Its ${column} is in no line of the file.`);
  }
}

function refuse(report: ReportWriter, row: string, kind: string, what: string): void {
  const outcome = 'Nothing is written. Make the export again, or correct the line.';
  report.find({ severity: 'refusal', code: 'line-unusable', row: `${row} (${kind})`, what, outcome });
}

function headerOf(path: string, object: Record<string, unknown> | null): ReadHeader {
  if (object?.['format'] !== EXPORT_FORMAT) {
    throw new SourceError('not_a_database', `${path} is no export of this program: its first line does not say so.`);
  }
  if (object['version'] !== EXPORT_VERSION) {
    throw new SourceError(
      'not_a_database',
      `${path} is an export of version ${JSON.stringify(object['version'])}, and this program reads version ${EXPORT_VERSION}: use the program that made it (${JSON.stringify(object['made_by'])}), or a newer one.`,
    );
  }
  const { contents, secret_check: check } = object;
  if ((contents !== 'everything' && contents !== 'applications') || typeof check !== 'string') {
    throw new SourceError('damaged', `${path}, line 1: it does not say what the file holds.`);
  }
  return { contents, secretCheck: Buffer.from(check, 'base64url') };
}

function objectOf(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 });
  let rest = '';
  try {
    for await (const chunk of file) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_MAX)
        throw new SourceError('not_a_database', `${path} is no export: it has a line without end.`);
      yield* lines;
    }
  } catch (error) {
    if (error instanceof SourceError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new SourceError('not_found', `There is no file ${path}.`);
    throw new SourceError('not_readable', `${path} cannot be read (${code}).`, { cause: error });
  } finally {
    file.destroy();
  }
  if (rest !== '') yield rest;
}
