/**
 * Reads a backup, twice: once to check that it is whole and what it says, and once to put its rows back. What was checked is checked
 * again while it is put back, in one transaction: a file that changes meanwhile leaves nothing.
 *
 * Owns what is wrong with a file. What a line looks like is `format.ts`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { BACKUP_PAGE_ROWS, type BackupRow, type BackupStore, type BackupTable } from '../ports/backup.ts';
import { BACKUP_VERSION, type BackupHeader, endLine, headerLine, rowLine, tableLine } from './format.ts';

/** Why nothing is put back: one line for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** What opens a file. */
export interface BackupOpening {
  opensSecretCheck(sealed: Buffer): boolean;
  readonly macKey: Buffer;
}

/** A file that was read to its end. */
export interface BackupRead {
  readonly header: BackupHeader;
  readonly rows: number;
}

/** Longer than any row that this program writes, a picture's included. */
const LINE_CHARACTERS_MAX = 16 * 1_024 * 1_024;

/** Reads it to its end. @throws BackupError */
export function checkBackup(path: string, opening: BackupOpening): Promise<BackupRead> {
  return readBackup(path, opening, { table: async () => undefined, rows: async () => undefined });
}

/**
 * Puts it back in the place of what is there, as one transaction.
 * @param force false: only where there is nothing that somebody would miss
 * @throws BackupError
 */
export async function restoreBackup(
  path: string,
  opening: BackupOpening,
  force: boolean,
  store: Pick<BackupStore, 'restoring'>,
): Promise<BackupRead> {
  const checked = await checkBackup(path, opening);
  return store.restoring(async (target) => {
    if (checked.header.schema_version !== target.schemaVersion) {
      throw new BackupError(
        `The backup has schema ${checked.header.schema_version} and this version of diapason has ${target.schemaVersion}. Restore it with the version that made it (${checked.header.made_by}), then upgrade.`,
      );
    }
    if (!force && !(await target.isEmpty())) {
      throw new BackupError(
        'The database is not empty. With --force everything in it is replaced; take a backup of it first.',
      );
    }
    await target.clear();
    let into: BackupTable | null = null;
    const read = await readBackup(path, opening, {
      async table(table) {
        const own = target.tables.find(({ name }) => name === table.name);
        if (own === undefined || own.columns.join() !== table.columns.toSorted().join()) {
          throw new BackupError(
            `The backup has a table ${JSON.stringify(table.name)} that this version does not have so.`,
          );
        }
        into = table;
      },
      async rows(rows) {
        if (into !== null) await target.insert(into, rows);
      },
    });
    const { made_at, issuer, engine } = read.header;
    const detail = { made_at, issuer, engine, rows: read.rows };
    await target.note({
      action: 'installation.restore',
      subject: { kind: 'installation', id: '', label: null },
      detail,
    });
    return { keep: true, result: read };
  });
}

interface Reader {
  table(table: BackupTable): Promise<void>;
  rows(rows: readonly BackupRow[]): Promise<void>;
}

async function readBackup(path: string, opening: BackupOpening, reader: Reader): Promise<BackupRead> {
  const mac = createHmac('sha256', opening.macKey);
  let header: BackupHeader | null = null;
  let end: { rows: number; hmac_sha256: string } | null = null;
  let table: BackupTable | null = null;
  let page: BackupRow[] = [];
  let rows = 0;
  const flush = async () => {
    if (page.length > 0) await reader.rows(page);
    page = [];
  };
  for await (const line of linesOf(path)) {
    if (end !== null) throw torn(path);
    const value = jsonOf(line);
    if (header === null) {
      header = headerOf(value, path, opening);
    } else if (Array.isArray(value)) {
      const row = rowLine.safeParse(value);
      if (!row.success || table === null || row.data.length !== table.columns.length) throw torn(path);
      page.push(row.data);
      rows += 1;
      if (page.length === BACKUP_PAGE_ROWS) await flush();
    } else {
      await flush();
      const last = endLine.safeParse(value);
      if (last.success) {
        end = last.data;
        continue;
      }
      const next = tableLine.safeParse(value);
      if (!next.success) throw torn(path);
      table = { name: next.data.table, columns: next.data.columns };
      await reader.table(table);
    }
    mac.update(`${line}\n`, 'utf8');
  }
  if (header === null) throw notOne(path);
  const given = Buffer.from(end?.hmac_sha256 ?? '', 'hex');
  const own = mac.digest();
  if (end === null || end.rows !== rows || given.length !== own.length || !timingSafeEqual(given, own))
    throw torn(path);
  return { header, rows };
}

function headerOf(value: unknown, path: string, opening: BackupOpening): BackupHeader {
  const read = headerLine.safeParse(value);
  if (!read.success) throw notOne(path);
  const { version, made_by, secret_check } = read.data;
  if (version !== BACKUP_VERSION) {
    throw new BackupError(
      `${path} has form ${version}, and this version reads ${BACKUP_VERSION}. Use diapason ${made_by}.`,
    );
  }
  if (!opening.opensSecretCheck(Buffer.from(secret_check, 'base64url'))) {
    throw new BackupError(
      `${path} was made under another DIAPASON_SECRET. Set the one of the server that made it (beside an embedded database: its .secret file).`,
    );
  }
  return read.data;
}

function torn(path: string): BackupError {
  return new BackupError(
    `${path} is cut off or was changed since it was written. Nothing of it is of use; take another one.`,
  );
}

function notOne(path: string): BackupError {
  return new BackupError(`${path} is no backup of diapason.`);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const gunzip = createGunzip();
  file.on('error', (error) => gunzip.destroy(error));
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for await (const chunk of file.pipe(gunzip)) {
      rest += decoder.decode(chunk as Buffer, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_CHARACTERS_MAX) throw torn(path);
      yield* lines;
    }
    if (rest !== '') throw torn(path);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const code = errorCodeOf(error);
    if (error instanceof Error && error.message === 'incorrect header check') throw notOne(path);
    if (code.startsWith('Z_') || code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw torn(path);
    if (/^E[A-Z]+$/.test(code)) throw new BackupError(`${path} cannot be read (${code}).`);
    throw error;
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
