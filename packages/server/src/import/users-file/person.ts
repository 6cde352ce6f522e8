/** A person of a file, whatever its format; and reading one whose fields are ours. */

/** A person. */
export interface FilePerson {
  /** null: made from the name. */
  readonly id: string | null;
  readonly username: string | null;
  readonly email: string | null;
  readonly isEmailVerified: boolean;
  readonly firstName: string;
  readonly lastName: string;
  /** Empty: none. */
  readonly passwordHash: string;
  readonly isSuperuser: boolean;
  readonly isActive: boolean;
  /** ISO 8601; null: not said. */
  readonly createdAt: string | null;
  readonly lastSignInAt: string | null;
  readonly groups: readonly string[];
}

/** What is the matter with a row. */
export class BadRow extends Error {}

/** The fields of a row of ours. */
export const FIELDS: readonly string[] = [
  'id',
  'username',
  'email',
  'email_verified',
  'first_name',
  'last_name',
  'password_hash',
  'is_superuser',
  'is_active',
  'created_at',
  'last_sign_in_at',
  'groups',
];

/** A row as it is read. */
export type Row = Readonly<Record<string, unknown>>;

/** Whether a value is an object of JSON. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A person by our own fields. @throws BadRow */
export function personOf(row: Row): FilePerson {
  const unknown = Object.keys(row).filter((field) => !FIELDS.includes(field));
  if (unknown.length > 0) {
    throw new BadRow(`there is no field ${unknown.slice(0, 5).map(shown).join(', ')} (there are ${FIELDS.join(', ')})`);
  }
  return expectName({
    id: idOf(row, 'id'),
    username: textOf(row, 'username'),
    email: textOf(row, 'email'),
    isEmailVerified: flagOf(row, 'email_verified', false),
    firstName: textOf(row, 'first_name') ?? '',
    lastName: textOf(row, 'last_name') ?? '',
    passwordHash: textOf(row, 'password_hash') ?? '',
    isSuperuser: flagOf(row, 'is_superuser', false),
    isActive: flagOf(row, 'is_active', true),
    createdAt: dateOf(row, 'created_at'),
    lastSignInAt: dateOf(row, 'last_sign_in_at'),
    groups: groupsOf(row),
  });
}

/** Everybody has a name or an id, by which a second run knows them. @throws BadRow */
export function expectName(person: FilePerson): FilePerson {
  if (person.id === null && person.username === null && person.email === null) {
    throw new BadRow('it has neither id nor username nor email');
  }
  return person;
}

/** An id: text, or a whole number. @throws BadRow */
export function idOf(row: Row, field: string): string | null {
  const value = row[field];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  const text = textOf(row, field);
  if (text !== null && text.length > 64) throw new BadRow(`its ${field} has more than 64 characters`);
  return text;
}

/** Text; null where it is empty or there is none. @throws BadRow */
export function textOf(row: Row, field: string): string | null {
  const value = row[field] ?? '';
  if (typeof value !== 'string') throw new BadRow(`its ${field} is no text`);
  return value === '' ? null : value;
}

/** True or false, in CSV by any of the usual words. @throws BadRow */
export function flagOf(row: Row, field: string, unlessSaid: boolean): boolean {
  const value = row[field] ?? '';
  if (value === '') return unlessSaid;
  const word = String(value).toLowerCase();
  if (['true', '1', 't', 'yes'].includes(word)) return true;
  if (['false', '0', 'f', 'no'].includes(word)) return false;
  throw new BadRow(`its ${field} is neither true nor false: ${shown(word)}`);
}

/** Epoch milliseconds, as a number or its digits, as ISO 8601. @throws BadRow */
export function millisecondsOf(row: Row, field: string): string | null {
  const value = row[field] ?? '';
  if (value === '') return null;
  const ms = Number(value);
  if (!(ms >= 0 && ms < 8.64e15)) throw new BadRow(`its ${field} is no instant: ${shown(String(value))}`);
  return new Date(ms).toISOString();
}

/** Hostile text as it may be shown. */
export function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

function dateOf(row: Row, field: string): string | null {
  const text = textOf(row, field);
  if (text === null) return null;
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new BadRow(`its ${field} is no date as 2026-03-01T12:00:00Z: ${shown(text)}`);
  }
  return text;
}

/** An array of names, or in CSV names between semicolons. */
function groupsOf(row: Row): readonly string[] {
  const value = row['groups'] ?? [];
  const names: readonly unknown[] = Array.isArray(value) ? value : String(value).split(';');
  if (typeof value === 'object' && !Array.isArray(value)) throw new BadRow('its groups are no list of names');
  return names.flatMap((name) => {
    if (typeof name !== 'string') throw new BadRow('its groups are no list of names');
    return name.trim() === '' ? [] : [name.trim()];
  });
}
