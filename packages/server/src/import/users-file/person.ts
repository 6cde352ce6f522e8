/** A person of a file, whatever its format; and reading one whose fields are ours. */

import type { FieldProblem } from '../../accounts/problems.ts';
import { readFields } from '../../accounts/profile-fields.ts';
import type { FieldValues, ProfileField, ProfileFields } from '../../vocabulary/profile-field.ts';
import { timeZoneNamed } from '../../vocabulary/time.ts';

/** What this server has for what a file says. */
export interface FileReading {
  /** The fields of profiles that the operator declares. */
  readonly profileFields: ProfileFields;
  /** The languages of pages, as BCP 47 tags. */
  readonly locales: readonly string[];
}

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
  /** How somebody reads their pages, and the fields that the operator declares. */
  readonly profile: FileProfile;
}

/** What of a person is neither name nor way in. */
export interface FileProfile {
  /** A language of ours; null: none said, or one that is none of ours. */
  readonly locale: string | null;
  /** The language that is none of ours; null: there is none such. */
  readonly unspoken: string | null;
  /** IANA name; null: none said. */
  readonly zoneInfo: string | null;
  readonly fields: FieldValues;
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
  'locale',
  'zoneinfo',
  'fields',
];

/** A row as it is read. */
export type Row = Readonly<Record<string, unknown>>;

/** Whether a value is an object of JSON. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A person by our own fields. A declared field stands under its own name, in the object `fields` as `user show --json` prints it, or as
 * `fields.name`, where its name means something else here.
 * @throws BadRow
 */
export function personOf(row: Row, reading: FileReading): FilePerson {
  const declared = [...reading.profileFields.keys()].filter((name) => !FIELDS.includes(name));
  const unknown = Object.keys(row).filter(
    (field) => !FIELDS.includes(field) && !declared.includes(field) && !field.startsWith(DOTTED),
  );
  if (unknown.length > 0) {
    const known = [...FIELDS, ...declared].join(', ');
    throw new BadRow(`there is no field ${unknown.slice(0, 5).map(shown).join(', ')} (there are ${known})`);
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
    profile: profileOf(row, ownFieldsOf(row, declared), reading),
  });
}

const DOTTED = 'fields.';

/** Each field once, under whichever of its names. @throws BadRow */
function ownFieldsOf(row: Row, declared: readonly string[]): Row {
  const object = row['fields'] ?? '';
  if (object !== '' && !isRow(object)) throw new BadRow('its fields are no object');
  const given: readonly (readonly [string, unknown])[] = [
    ...declared.filter((name) => Object.hasOwn(row, name)).map((name) => [name, row[name]] as const),
    ...Object.entries(row).flatMap(([name, value]) =>
      name.startsWith(DOTTED) ? [[name.slice(DOTTED.length), value] as const] : [],
    ),
    ...(object === '' ? [] : Object.entries(object)),
  ];
  const twice = given.find(([name], index) => given.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) throw new BadRow(`it has the profile field ${shown(twice[0])} twice`);
  return Object.fromEntries(given);
}

/**
 * Language, time zone and declared fields. Required ones may be missing: whose they are is asked for them with their profile.
 * @param row where `locale` and `zoneinfo` stand
 * @throws BadRow
 */
export function profileOf(row: Row, fields: Row, { profileFields, locales }: FileReading): FileProfile {
  const named = Object.keys(fields);
  const unknown = named.filter((name) => !profileFields.has(name));
  if (unknown.length > 0) {
    const known = profileFields.size === 0 ? 'no field' : [...profileFields.keys()].join(', ');
    throw new BadRow(
      `there is no profile field ${unknown.slice(0, 5).map(shown).join(', ')} (DIAPASON_PROFILE_FIELDS declares ${known})`,
    );
  }
  const typed = Object.fromEntries(named.map((name) => [name, textOf(fields, name) ?? '']));
  const asked = [...profileFields.values()].filter(({ name }) => Object.hasOwn(typed, name));
  const { patch, problems } = readFields(
    asked.map((field) => ({ ...field, required: false })),
    typed,
    {},
  );
  const [problem] = problems;
  if (problem !== undefined) throw new BadRow(fieldFault(problem, asked, typed));
  const given = Object.entries(patch).filter((entry): entry is [string, string] => entry[1] !== null);
  return { ...languageOf(row, locales), zoneInfo: zoneOf(row), fields: Object.fromEntries(given) };
}

/** Of what another server knows of somebody, what is a declared field here. */
export function declaredOf(known: Row, { profileFields }: FileReading): Row {
  return Object.fromEntries(Object.entries(known).filter(([name]) => profileFields.has(name)));
}

/** Of what another server knows of somebody, what is nothing here: names as they may be shown, ten at most. */
export function otherThanRead(known: Row, { profileFields }: FileReading): readonly string[] {
  const others = Object.keys(known).filter((name) => !profileFields.has(name) && !READ_ELSEWHERE.includes(name));
  return others.length > 10 ? [...others.slice(0, 10).map(shown), '…'] : others.map(shown);
}

const READ_ELSEWHERE = ['locale', 'zoneinfo'];

/** The words of a problem of a field (`accounts/profile-fields.ts`). */
function fieldFault(
  { field: wireName, code, values }: FieldProblem,
  asked: readonly ProfileField[],
  typed: Readonly<Record<string, string>>,
): string {
  const field = asked.find(({ name }) => `field_${name}` === wireName);
  const words: Readonly<Record<string, string>> = {
    'problem.text.tooLong': `has more than ${values?.['maximum']} characters`,
    'problem.text.controlCharacters': 'has characters that cannot be shown',
    'problem.choice.unknown': `is none of ${[...(field?.choices.keys() ?? [])].map(shown).join(', ')}`,
    'problem.date.invalid': 'is no date such as 2026-01-31',
    'problem.address.invalid': 'is no web address such as https://example.org/',
  };
  const name = field?.name ?? '';
  return `its ${name} ${words[code] ?? 'is not allowed'}: ${shown(typed[name] ?? '')}`;
}

function languageOf(row: Row, locales: readonly string[]): Pick<FileProfile, 'locale' | 'unspoken'> {
  const text = textOf(row, 'locale')?.trim() ?? '';
  if (text === '') return { locale: null, unspoken: null };
  if (!/^[a-z]{2,8}([-_][a-z0-9]{1,8})*$/i.test(text)) {
    throw new BadRow(`its locale is no language such as en or fr-CA: ${shown(text)}`);
  }
  const tag = text.replaceAll('_', '-').toLowerCase();
  const spoken =
    locales.find((locale) => locale.toLowerCase() === tag) ??
    locales.find((locale) => locale.toLowerCase() === tag.split('-')[0]);
  return spoken === undefined ? { locale: null, unspoken: text } : { locale: spoken, unspoken: null };
}

function zoneOf(row: Row): string | null {
  const text = textOf(row, 'zoneinfo')?.trim() ?? '';
  const zone = text === '' ? null : timeZoneNamed(text);
  if (text !== '' && zone === null)
    throw new BadRow(`its zoneinfo is no time zone such as Europe/Paris: ${shown(text)}`);
  return zone;
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
