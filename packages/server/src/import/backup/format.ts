/**
 * The form of a backup: gzip over lines of JSON. The first says what the file is, then each table has a line and its rows theirs, the last
 * line holds how many rows there are and an HMAC-SHA-256 over all lines before it, under a key of the server's secret. So a file that was
 * cut off or changed is refused, by accident or on purpose; and who has another secret is told so by the first line already.
 *
 * Owns lines and values. Writing is `write.ts`, reading `read.ts`.
 */
import { z } from 'zod';
import type { BackupRow, BackupTable, BackupValue } from '../ports/backup.ts';

/** It changes where an older program would misread a file. */
export const BACKUP_VERSION = 1;
/** What the first line calls the file. */
export const BACKUP_FORMAT = 'diapason-backup';

/** The first line. */
export const headerLine = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.number().int(),
  schema_version: z.number().int(),
  made_at: z.string(),
  made_by: z.string(),
  engine: z.string(),
  issuer: z.string(),
  secret_check: z.base64url(),
  note: z.string(),
});
/** What it says. */
export type BackupHeader = z.infer<typeof headerLine>;

/** A table's line. */
export const tableLine = z.object({ table: z.string().max(63), columns: z.array(z.string().max(63)).min(1).max(200) });

/** The last line. */
export const endLine = z.object({ end: z.literal(true), rows: z.number().int().min(0), hmac_sha256: z.string() });

/** A row's line: octets as `{"b":"…"}` in base64. */
export const rowLine = z.array(
  z.union([
    z.string(),
    z.number(),
    z.null(),
    z.object({ b: z.base64() }).transform(({ b }) => Buffer.from(b, 'base64')),
  ]),
);

/** To its line, without its end. */
export function lineOfRow(row: BackupRow): string {
  return JSON.stringify(row.map(shown));
}

function shown(value: BackupValue): unknown {
  return Buffer.isBuffer(value) ? { b: value.toString('base64') } : value;
}

/** To its line, without its end. */
export function lineOfTable({ name, columns }: BackupTable): string {
  return JSON.stringify({ table: name, columns });
}
