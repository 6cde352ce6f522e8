/**
 * docs/protocol.md says which specification is where. Owns that its files exist, and that it has every member and every word
 * of the metadata, and none that is not published.
 */
import { describe, expect, it } from 'vitest';
import { LOCALES } from '../packages/server/src/pages/messages.ts';
import { providerMetadata } from '../packages/server/src/protocol/metadata.ts';
import { scopeRegistry } from '../packages/server/src/protocol/scopes.ts';
import { detailTypes } from '../packages/server/test/protocol/detail-types.ts';
import { faultsOf, readTables } from './tables.ts';

const metadata = providerMetadata({
  baseUrl: 'https://accounts.example',
  scopes: scopeRegistry([]),
  profileClaims: new Map(),
  detailTypes: detailTypes(),
  uiLocales: LOCALES,
  registration: true,
  clientDocuments: true,
  mutualTls: { authorities: [], baseUrl: 'https://mtls.accounts.example' },
});
const rows = readTables('docs/protocol.md');
const specifications = rows.filter(({ cells }) => cells.length === 4);
const others = rows.filter(({ cells }) => cells.length === 3);
const codeWords = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

/** Lists that are the installation's, not the protocol's. */
const OPEN_LISTS: readonly string[] = [
  'scopes_supported',
  'claims_supported',
  'ui_locales_supported',
  'authorization_details_types_supported',
];

describe('docs/protocol.md', () => {
  it.each(rows.map((row) => [row.cells.slice(0, 2).join(', '), row] as const))(
    '%s: names files that exist',
    (_what, row) => {
      expect(row.files.length).toBeGreaterThan(0);
      expect(faultsOf(row)).toEqual([]);
    },
  );

  it.each(specifications.map((row) => [row.cells.slice(0, 2).join(', '), row] as const))(
    '%s: names its test',
    (_what, row) => {
      expect(row.files.some((file) => file.endsWith('.test.ts'))).toBe(true);
    },
  );

  it('has every member of the metadata, and no other', () => {
    const documented = others.map(({ cells }) => codeWords(cells[0])).filter((words) => words.length === 1);
    const members = documented.flat().filter((word) => /_|^issuer$/.test(word));
    const advertised = new Set(Object.keys(metadata));
    expect([...advertised].filter((member) => !members.includes(member))).toEqual([]);
    const endings = /_(endpoint|uri|supported|requests|object)$/;
    expect(members.filter((member) => endings.test(member) && !advertised.has(member))).toEqual([]);
  });

  it('has every word of its lists, and no other', () => {
    const advertised = new Set(
      Object.entries(metadata).flatMap(([name, value]) =>
        Array.isArray(value) && !OPEN_LISTS.includes(name) ? value.map(String) : [],
      ),
    );
    const documented = new Set(others.flatMap(({ cells }) => codeWords(cells[0])));
    expect([...advertised].filter((word) => !documented.has(word))).toEqual([]);
    const members = new Set(Object.keys(metadata));
    expect([...documented].filter((word) => !members.has(word) && !advertised.has(word))).toEqual([]);
  });
});
