/**
 * `diapason export`: everything that `import diapason` takes back, as JSON Lines.
 *
 * Owns the lines around the rows: the first says what the file is, the last how many rows there are, so that one that is cut
 * off shows. What a row says is `fields.ts`. Nothing is held but a page.
 */

import type { ExportStore, KeptKind, KeptRow } from '../ports/kept.ts';
import { KEPT_KINDS } from '../ports/kept-kinds.ts';
import { lineOf } from './fields.ts';

/** The version of the file's form. It changes where an older program would misread a file. */
export const EXPORT_VERSION = 1;
/** What the first line calls the file. */
export const EXPORT_FORMAT = 'diapason-export';

/** What the first line says. */
export interface ExportHeader {
  readonly contents: 'everything' | 'applications';
  readonly madeAtMs: number;
  readonly madeBy: string;
  readonly issuer: string;
  /** Something sealed under the server's secret: who can open it has the same one. */
  readonly secretCheck: Buffer;
}

/** How many rows of each kind were written. */
export type ExportCounts = Readonly<Record<string, number>>;

/** Writes it. @param write gets whole lines, with their ends; it is waited for. */
export async function writeExport(
  store: ExportStore,
  header: ExportHeader,
  write: (lines: string) => Promise<void>,
): Promise<ExportCounts> {
  const counts: Record<string, number> = {};
  await write(`${headerLine(header)}\n`);
  let rows = 0;
  await store.exporting(async (source) => {
    for (const kind of KEPT_KINDS.values()) {
      if (header.contents === 'applications' && !kind.isOfApplications) continue;
      counts[kind.name] = 0;
      for await (const page of source.pages(kind, header.madeAtMs)) {
        const lines = page.map((row) => lineOf(kind, header.contents === 'applications' ? alone(kind, row) : row));
        await write(`${lines.join('\n')}\n`);
        counts[kind.name] = (counts[kind.name] ?? 0) + page.length;
        rows += page.length;
      }
    }
  });
  await write(`${JSON.stringify({ kind: 'end', rows })}\n`);
  return counts;
}

/** Its owner stays behind. */
function alone(kind: KeptKind, row: KeptRow): KeptRow {
  return kind.name === 'application' ? { ...row, owner_id: null } : row;
}

function headerLine({ contents, madeAtMs, madeBy, issuer, secretCheck }: ExportHeader): string {
  return JSON.stringify({
    format: EXPORT_FORMAT,
    version: EXPORT_VERSION,
    contents,
    made_at: new Date(madeAtMs).toISOString(),
    made_by: madeBy,
    issuer,
    secret_check: secretCheck.toString('base64url'),
  });
}
