/** Compares tokens here with the source: whether each that should have come is here and good, unless it was used since. */
import type { ImportContext } from '../part.ts';
import type { StagedRow } from '../staging.ts';
import { keyOf, textOf } from './reading.ts';
import { tokenDigestOf } from './token-tables.ts';

/** What differs in a page, one line each; the counts are in the report. */
export async function verifyTokens(
  kind: 'refresh_token' | 'access_token',
  page: readonly StagedRow[],
  context: ImportContext,
): Promise<readonly string[]> {
  const { target, report } = context;
  const imported = await target.findImported(
    kind,
    page.map((row) => keyOf(row, 'id') ?? ''),
  );
  const rows = page.filter((row) => imported.has(keyOf(row, 'id') ?? ''));
  const digests = rows.map(tokenDigestOf).filter((digest) => digest !== null);
  const here =
    kind === 'refresh_token' ? new Set((await target.findFamilies(digests)).keys()) : await target.findTokens(digests);
  context.advance(page.length);
  report.count(kind, 'leftOut', page.length - rows.length);
  return rows.flatMap((row) => {
    const isHere = here.has(tokenDigestOf(row)?.toString('hex') ?? '');
    report.count(kind, isHere ? 'unchanged' : 'leftOut');
    // An access token that ended here since is cleaned up; a family stays as long as its refresh token may be shown.
    if (isHere || kind === 'access_token') return [];
    return [`refresh token ${textOf(row, 'id')} is not here.`];
  });
}
