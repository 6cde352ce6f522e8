/** Writes a backup. Owns the order of its lines; nothing is held but a page of rows. What a line looks like is `format.ts`. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import type { BackupStore } from '../ports/backup.ts';
import { BACKUP_FORMAT, BACKUP_VERSION, type BackupHeader, lineOfRow, lineOfTable } from './format.ts';

/** What the first line says beside what the store knows. */
export interface BackupAbout {
  readonly madeAtMs: number;
  readonly madeBy: string;
  readonly engine: 'sqlite' | 'postgres';
  readonly issuer: string;
  /** Something sealed under the server's secret: who can open it has the same one. */
  readonly secretCheck: Buffer;
  /** HMAC-SHA-256 of the lines. */
  readonly macKey: Buffer;
}

/** What was written. */
export interface BackupWritten {
  readonly rows: number;
  readonly tables: Readonly<Record<string, number>>;
}

/** Writes it. @param append gets octets, and is waited for */
export async function writeBackup(
  store: Pick<BackupStore, 'reading'>,
  about: BackupAbout,
  append: (content: Buffer) => Promise<void>,
): Promise<BackupWritten> {
  const gzip = createGzip({ level: 6 });
  const mac = createHmac('sha256', about.macKey);
  const write = async (text: string) => {
    if (!gzip.write(text)) await once(gzip, 'drain');
  };
  const line = async (text: string) => {
    const whole = `${text}\n`;
    mac.update(whole, 'utf8');
    await write(whole);
  };
  const lines = async (): Promise<BackupWritten> => {
    const written = await store.reading(async (source) => {
      const tables: Record<string, number> = {};
      let rows = 0;
      await line(JSON.stringify(headerOf(about, source.schemaVersion)));
      for (const table of source.tables) {
        await line(lineOfTable(table));
        let inTable = 0;
        for await (const page of source.pages(table)) {
          await line(page.map(lineOfRow).join('\n'));
          inTable += page.length;
        }
        tables[table.name] = inTable;
        rows += inTable;
      }
      return { rows, tables };
    });
    await write(`${JSON.stringify({ end: true, rows: written.rows, hmac_sha256: mac.digest('hex') })}\n`);
    gzip.end();
    return written;
  };
  const sink = async () => {
    for await (const chunk of gzip) await append(chunk as Buffer);
  };
  // Whichever of the two fails ends the other, which would wait for it.
  const ending = (error: unknown) => {
    gzip.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  };
  const [written] = await Promise.all([lines().catch(ending), sink().catch(ending)]);
  return written;
}

function headerOf(about: BackupAbout, schemaVersion: number): BackupHeader {
  return {
    format: BACKUP_FORMAT,
    version: BACKUP_VERSION,
    schema_version: schemaVersion,
    made_at: new Date(about.madeAtMs).toISOString(),
    made_by: about.madeBy,
    engine: about.engine,
    issuer: about.issuer,
    secret_check: about.secretCheck.toString('base64url'),
    note: 'DIAPASON_SECRET is not in this file, and without it the file is of no use.',
  };
}
