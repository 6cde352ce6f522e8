/**
 * Reads the tables of docs/security.md and docs/protocol.md, for the tests that hold them to the sources.
 *
 * Owns their form: a file stands in backticks, a test as a file, a colon and a part of its title in quotation marks.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** One row of a table. */
export interface TableRow {
  readonly cells: readonly string[];
  /** Every file that is named, from the root of the repository. */
  readonly files: readonly string[];
  /** Every test that is named, with its file. */
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** The rows of every table of a document, headings left out. @param document its path from the root. */
export function readTables(document: string): readonly TableRow[] {
  const lines = sourceOf(document).split('\n');
  return lines
    .filter((line, index) => line.startsWith('|') && !isHeading(line, lines[index + 1]))
    .map((line) => ({
      cells: line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim()),
      files: [...line.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.\w+)`/g)].map(([, file = '']) => file),
      tests: [...line.matchAll(/`([^`]+)`: “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title })),
    }));
}

/** What is wrong with a row: files that do not exist, tests without that title. Empty: nothing. */
export function faultsOf(row: TableRow): readonly string[] {
  const missing = row.files.filter((file) => !existsSync(ROOT + file)).map((file) => `${file} does not exist`);
  const untitled = row.tests
    .filter(({ file, title }) => existsSync(ROOT + file) && !titlesOf(file).includes(title))
    .map(({ file, title }) => `${file} has no “${title}”`);
  return [...missing, ...untitled];
}

function titlesOf(file: string): string {
  return sourceOf(file).replaceAll('\\u2019', '’').replaceAll("\\'", "'");
}

function isHeading(line: string, next: string | undefined): boolean {
  const rule = /^\|[ :|-]+\|$/;
  return rule.test(line) || (next !== undefined && rule.test(next));
}

function sourceOf(file: string): string {
  return readFileSync(ROOT + file, 'utf8');
}
