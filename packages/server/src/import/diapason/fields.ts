/**
 * One row as a line of an export, and back: the forms of `ports/kept.ts`.
 *
 * Owns what a value may be. A file can be edited by hand or come from anywhere, so everything is checked; which rows belong
 * together is `read.ts`.
 */

import { parseEmailAddress } from '../../accounts/email-address.ts';
import { judgeHash } from '../../accounts/password-hash-forms.ts';
import type { PasswordHash } from '../../accounts/ports.ts';
import { storedUsername } from '../../accounts/username.ts';
import type { KeptField, KeptKind, KeptRow } from '../ports/kept.ts';

type Value = string | number | Buffer | null;

/** The line of a row, without its end. */
export function lineOf(kind: KeptKind, row: KeptRow): string {
  const fields = Object.entries(kind.fields).map(([name, field]) => [fileName(name), said(field, row[name] ?? null)]);
  return JSON.stringify({ kind: kind.name, ...Object.fromEntries(fields) });
}

/** `kind` is what each line says first; the column of that name goes by another. */
function fileName(column: string): string {
  return column === 'kind' ? 'of_kind' : column;
}

/** An instant that a calendar has no date for stays a number. */
const DATES_END_MS = 8.64e15;

function said({ form }: KeptField, value: Value): unknown {
  if (value === null) return null;
  switch (form) {
    case 'flag':
      return value === 1;
    case 'instant':
      return Math.abs(Number(value)) > DATES_END_MS ? value : new Date(Number(value)).toISOString();
    case 'octets':
      return Buffer.isBuffer(value) ? value.toString('base64url') : null;
    case 'words':
      return value === '' ? [] : String(value).split(' ');
    case 'list':
    case 'object':
      return JSON.parse(String(value));
    default:
      return value;
  }
}

/** The row of what a line holds; or what is the matter with it, as the end of a sentence. */
export function rowOf(kind: KeptKind, line: Readonly<Record<string, unknown>>): KeptRow | string {
  const row: Record<string, Value> = {};
  const known = new Set(Object.keys(kind.fields).map(fileName));
  const strange = Object.keys(line).find((name) => name !== 'kind' && !known.has(name));
  if (strange !== undefined) return `has a field ${JSON.stringify(strange.slice(0, 60))}, which no ${kind.name} has`;
  for (const [name, field] of Object.entries(kind.fields)) {
    const value = line[fileName(name)];
    if (value === undefined) return `has no ${JSON.stringify(fileName(name))}`;
    if (value === null) {
      if (!field.nullable) return `has null as its ${JSON.stringify(fileName(name))}`;
      row[name] = null;
      continue;
    }
    const read = heard(field, value);
    if (read === null) return `has a ${JSON.stringify(fileName(name))} that is not ${expected(field)}`;
    row[name] = read;
  }
  return withDerived(kind, row);
}

function heard(field: KeptField, value: unknown): Value {
  switch (field.form) {
    case 'text':
      return isText(value) && (field.oneOf?.includes(value) ?? true) ? value : null;
    case 'integer':
      return Number.isSafeInteger(value) ? Number(value) : null;
    case 'instant':
      return instant(value);
    case 'flag':
      return typeof value === 'boolean' ? Number(value) : null;
    case 'octets':
      return typeof value === 'string' && /^[A-Za-z0-9_-]{1,1000000}$/.test(value)
        ? Buffer.from(value, 'base64url')
        : null;
    case 'words':
      return isTexts(value) && value.every((word) => /^\S+$/.test(word)) ? value.join(' ') : null;
    case 'list':
      return isTexts(value) ? JSON.stringify(value) : null;
    case 'object': {
      const text = typeof value === 'object' ? JSON.stringify(value) : '';
      return text !== '' && !text.includes('\\u0000') && text.isWellFormed() ? text : null;
    }
  }
}

function isText(value: unknown): value is string {
  // PostgreSQL stores no U+0000, and neither engine half a character.
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function instant(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) || new Date(ms).toISOString() !== value ? null : ms;
}

function expected({ form, oneOf }: KeptField): string {
  if (oneOf !== undefined) return `one of ${oneOf.join(', ')}`;
  const names = {
    text: 'text',
    integer: 'a whole number',
    instant: 'an instant such as "2026-01-31T12:00:00.000Z"',
    flag: 'true or false',
    octets: 'base64url',
    words: 'a list of texts without spaces',
    list: 'a list of texts',
    object: 'an object',
  };
  return names[form];
}

/** Adds the columns that follow from the others, by the rules of today. */
function withDerived(kind: KeptKind, row: Record<string, Value>): KeptRow | string {
  if (kind.name === 'account') {
    const { key, skeleton } = storedUsername(String(row['username']));
    const hash = row['password_hash'] as PasswordHash | null;
    if (hash !== null && judgeHash(hash) !== 'verifiable') return 'has a password hash that cannot be verified here';
    if (String(row['id']).length > 64) return 'has an id of more than 64 characters';
    return { ...row, username_key: key, username_skeleton: skeleton };
  }
  if (kind.name === 'address' || kind.name === 'invitation') {
    const parsed = parseEmailAddress(String(row['address']));
    return parsed.outcome === 'valid'
      ? { ...row, address_key: parsed.key }
      : 'has an address to which no mail can be sent';
  }
  if (kind.name === 'client_secret' && (row['mac'] === null) === (row['imported_hash'] === null)) {
    return 'has both of "mac" and "imported_hash", or neither';
  }
  return row;
}
