/**
 * A file of people as a source: it shows them as the tables in which Django keeps users, so that the part of accounts brings them
 * with the same report, dry run, comparison and second run.
 *
 * Owns which format a file is of (known by how it begins) and the ids of those without one. A row that cannot be read is named by its
 * line, and nothing comes of a file that has one.
 */
import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import type { FirebaseParameters } from '../../accounts/hash-forms/firebase-scrypt.ts';
import type { FieldValues } from '../../vocabulary/profile-field.ts';
import type { Finding } from '../report.ts';
import { type Source, SourceError, type SourceValue } from '../sources/source.ts';
import { firebaseLeftOut, firebaseParameters, firebasePerson } from './firebase.ts';
import { keycloakLeftOut, keycloakPerson } from './keycloak.ts';
import { BadRow, type FilePerson, type FileReading, isRow, personOf, type Row, shown } from './person.ts';

/** The whole of a file is in memory; a larger one comes in parts, as JSON Lines or CSV. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;
const BAD_ROWS_SHOWN = 20;
const BATCH = 500;

/** A row with its place, such as `line 3`. */
interface Placed {
  readonly place: string;
  readonly row: unknown;
}

/** How the rows of a file are read. */
interface Format {
  readonly rows: readonly Placed[];
  readonly person: (row: Row, reading: FileReading) => FilePerson;
  readonly leftOut: (row: Row, reading: FileReading) => readonly string[];
}

/**
 * Opens a file of people.
 * @param firebaseConfig the file with the parameters of Firebase's hashes
 * @throws SourceError
 */
export async function openUsersFile(
  path: string,
  firebaseConfig: string | null,
  reading: FileReading,
): Promise<Source & { readonly findings: readonly Finding[] }> {
  const parameters = firebaseConfig === null ? null : await parametersOf(firebaseConfig);
  const { rows, person, leftOut } = formatOf(await textOf(path), path, { parameters, reading });
  const people: FilePerson[] = [];
  const findings: Finding[] = [];
  const bad: string[] = [];
  for (const { place, row } of rows) {
    try {
      if (!isRow(row)) throw new BadRow('it is no object');
      const one = person(row, reading);
      people.push(one);
      const left = leftOut(row, reading);
      if (left.length > 0) findings.push(leftOutFinding(place, one, left));
      if (one.profile.unspoken !== null) findings.push(languageFinding(place, one, one.profile.unspoken));
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      bad.push(`${place}: ${error.message}`);
    }
  }
  if (bad.length > 0) {
    const more = bad.length > BAD_ROWS_SHOWN ? `; and ${bad.length - BAD_ROWS_SHOWN} more` : '';
    throw new SourceError('damaged', `${path}: ${bad.slice(0, BAD_ROWS_SHOWN).join('; ')}${more}.`);
  }
  return { ...sourceOf(path, people), findings };
}

function leftOutFinding(place: string, person: FilePerson, left: readonly string[]): Finding {
  return {
    severity: 'warning',
    code: 'left-behind',
    row: rowName(place, person),
    what: `It has ${left.join(' and ')}.`,
    outcome: 'They stay behind; the account comes without.',
  };
}

function languageFinding(place: string, person: FilePerson, language: string): Finding {
  return {
    severity: 'note',
    code: 'language-unknown',
    row: rowName(place, person),
    what: `Its language is ${shown(language)}, which these pages do not have.`,
    outcome: 'The account comes without one: pages are in the language of the browser.',
  };
}

function rowName(place: string, { username, email, id }: FilePerson): string {
  return `${place} (${shown(username ?? email ?? id ?? '')})`;
}

function formatOf(
  text: string,
  path: string,
  { parameters, reading }: { readonly parameters: FirebaseParameters | null; readonly reading: FileReading },
): Format {
  const own = { person: personOf, leftOut: () => [] };
  if (text.trim() === '') throw new SourceError('damaged', `${path} is empty.`);
  if (/^\s*\[/.test(text)) return { ...own, rows: numbered(wholeJson(text, path)) };
  if (!/^\s*\{/.test(text)) return { ...own, rows: csvRows(text, path, reading) };
  const whole = tryJson(text);
  if (!isRow(whole) || !Array.isArray(whole['users'])) return { ...own, rows: jsonLines(text) };
  const rows = numbered(whole['users']);
  return rows.some(({ row }) => isRow(row) && row['localId'] !== undefined)
    ? { rows, person: (row) => firebasePerson(row, parameters, reading), leftOut: firebaseLeftOut }
    : { rows, person: keycloakPerson, leftOut: keycloakLeftOut };
}

function numbered(rows: unknown): readonly Placed[] {
  return Array.isArray(rows) ? rows.map((row, index) => ({ place: `user ${index + 1}`, row })) : [];
}

function jsonLines(text: string): readonly Placed[] {
  return text.split('\n').flatMap((line, index) => {
    return line.trim() === '' ? [] : [{ place: `line ${index + 1}`, row: tryJson(line) }];
  });
}

function csvRows(text: string, path: string, reading: FileReading): readonly Placed[] {
  let lines: readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
  try {
    lines = parse(text, { info: true, relax_column_count: true, skip_empty_lines: true }) as unknown as typeof lines;
  } catch (error) {
    if (error instanceof CsvError) throw new SourceError('damaged', `${path} is no CSV: ${error.message}.`);
    throw error;
  }
  const header = lines[0]?.record.map((name) => name.trim()) ?? [];
  // A file without a header, or with one of other names: said once, and not of each line.
  const twice = header.filter((name, index) => header.indexOf(name) !== index);
  if (twice.length > 0) throw new SourceError('no_column', `${path} has the column ${shown(twice[0] ?? '')} twice.`);
  try {
    const empty = Object.fromEntries(header.filter((name) => name !== 'id').map((name) => [name, '']));
    personOf({ id: '1', ...empty }, reading);
  } catch (error) {
    if (error instanceof BadRow) throw new SourceError('no_column', `${path}, line 1: ${error.message}.`);
    throw error;
  }
  return lines.slice(1).map(({ record, info }) => ({
    place: `line ${info.lines}`,
    // Told apart from a row of the right length, which is an object.
    row: record.length === header.length ? Object.fromEntries(header.map((name, at) => [name, record[at]])) : null,
  }));
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function wholeJson(text: string, path: string): unknown {
  const value = tryJson(text);
  if (value === null) throw new SourceError('damaged', `${path} is no whole JSON: it is cut off or has an error.`);
  return value;
}

async function parametersOf(path: string): Promise<FirebaseParameters> {
  const value = tryJson(await textOf(path));
  try {
    if (!isRow(value)) throw new BadRow('it is no JSON object');
    return firebaseParameters(value);
  } catch (error) {
    if (error instanceof BadRow) throw new SourceError('damaged', `${path}: ${error.message}.`);
    throw error;
  }
}

async function textOf(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) {
      throw new SourceError(
        'not_readable',
        `${path} has more than 256 MiB; bring it in parts, each a file of its own.`,
      );
    }
    return (await readFile(path, 'utf8')).replace(/^\ufeff/, '');
  } catch (error) {
    if (error instanceof SourceError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new SourceError('not_found', `There is no file ${path}.`);
    throw new SourceError('not_readable', `${path} cannot be read (${code}).`, { cause: error });
  }
}

type Table = readonly Readonly<Record<string, SourceValue>>[];

function sourceOf(path: string, people: readonly FilePerson[]): Source {
  const groups = new Set(people.flatMap((person) => person.groups));
  const withIds = people.map((person) => ({
    ...person,
    id: person.id ?? stableId(person.username ?? person.email ?? ''),
  }));
  const tables: Readonly<Record<string, Table>> = {
    auth_user: withIds.map((person) => ({
      id: person.id,
      username: person.username,
      first_name: person.firstName,
      last_name: person.lastName,
      email: person.email,
      is_superuser: person.isSuperuser,
      is_active: person.isActive,
      date_joined: person.createdAt,
      last_login: person.lastSignInAt,
      password: person.passwordHash,
      locale: person.profile.locale,
      zoneinfo: person.profile.zoneInfo,
      fields: fieldsText(person.profile.fields),
    })),
    auth_group: [...groups].map((name) => ({ id: stableId(name), name })),
    auth_user_groups: withIds.flatMap(({ id, groups }) =>
      [...new Set(groups)].map((name) => ({ user_id: id, group_id: stableId(name) })),
    ),
    account_emailaddress: withIds
      .filter(({ email, isEmailVerified }) => email !== null && isEmailVerified)
      .map(({ id, email }) => ({ id, user_id: id, email, verified: true, primary: true })),
  };
  const tableOf = (name: string): Table | null => (Object.hasOwn(tables, name) ? (tables[name] ?? null) : null);
  return {
    name: path,
    columnsOf: async (name) => (tableOf(name) === null ? null : (COLUMNS[name] ?? [])),
    tables: async () => Object.keys(tables),
    async *read(name, columns) {
      const rows = tableOf(name) ?? [];
      for (let start = 0; start < rows.length; start += BATCH) {
        yield rows.slice(start, start + BATCH).map((row) => columns.map((column) => row[column] ?? null));
      }
    },
    close: async () => undefined,
  };
}

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  auth_user: [
    'id',
    'username',
    'first_name',
    'last_name',
    'email',
    'is_superuser',
    'is_active',
    'date_joined',
    'last_login',
    'password',
    'locale',
    'zoneinfo',
    'fields',
  ],
  auth_group: ['id', 'name'],
  auth_user_groups: ['user_id', 'group_id'],
  account_emailaddress: ['id', 'user_id', 'email', 'verified', 'primary'],
};

/** In one order, whatever the file's: another text means that it changed there. */
function fieldsText(fields: FieldValues): string | null {
  const entries = Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
}

/** The same for the same name in each run: 32 hexadecimal digits of its SHA-256. */
function stableId(name: string): string {
  return hash('sha256', name, 'hex').slice(0, 32);
}
