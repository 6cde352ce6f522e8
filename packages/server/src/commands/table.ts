/**
 * Text for people: a table of rows, and a record of names and values.
 *
 * Owns alignment. Scripts use `--json`; the look of this may change.
 */

/** Rows under headings, in columns as wide as their widest cell. `empty` stands alone when there are no rows. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  if (rows.length === 0) return empty;
  const all = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_heading, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  return all.map((row) => aligned(row, widths)).join('\n');
}

/** Names and values, one a line. A null value is left out; a list takes one line an entry. */
export function record(entries: readonly (readonly [string, string | readonly string[] | null])[]): string {
  const rows = entries.flatMap(([name, value]) => {
    if (value === null || value.length === 0) return [];
    const lines = typeof value === 'string' ? [value] : value;
    return lines.map((line, index) => [index === 0 ? name : '', printable(line)]);
  });
  const widths = [Math.max(0, ...rows.map((row) => width(row[0] ?? ''))), 0];
  return rows.map((row) => aligned(row, widths)).join('\n');
}

/** An instant as `2026-01-31 14:05 UTC`, or a dash. */
export function instant(epochMs: number | null): string {
  return epochMs === null ? '-' : `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** An instant as ISO 8601 with milliseconds, or null, for JSON. */
export function isoInstant(epochMs: number | null): string | null {
  return epochMs === null ? null : new Date(epochMs).toISOString();
}

/** A name that somebody chose cannot write control sequences to the operator's terminal (ASVS 16.4.1). */
function printable(cell: string): string {
  return cell.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

function width(cell: string): number {
  return [...cell].length;
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
    .join('  ')
    .trimEnd();
}
