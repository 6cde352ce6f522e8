/**
 * docs/security.md says where each entry is enforced and which test says so. Owns that these places exist, and that an
 * entry without a test gives a reason.
 */
import { describe, expect, it } from 'vitest';
import { faultsOf, readTables } from './tables.ts';

const rows = readTables('docs/security.md');

describe('docs/security.md', () => {
  it('has its three lists', () => {
    expect(rows.filter(({ cells }) => cells[0]?.startsWith('RFC 9700 #'))).toHaveLength(25);
    expect(rows.length).toBeGreaterThan(120);
    expect(new Set(rows.map(({ cells }) => cells[0])).size).toBe(rows.length);
  });

  it.each(rows.map((row) => [row.cells[0], row] as const))('%s: names files and tests that exist', (_entry, row) => {
    expect(row.cells).toHaveLength(4);
    expect(faultsOf(row)).toEqual([]);
  });

  it.each(rows.filter(({ tests }) => tests.length === 0).map((row) => [row.cells[0], row] as const))(
    '%s: has no test, and says why',
    (_entry, row) => {
      expect(row.cells[3]).toMatch(/^(Does not apply|Not yet|No |There is |The |It )/);
    },
  );
});
