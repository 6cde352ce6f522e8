/**
 * Values of a staged row as what they mean: text, whole numbers, flags, instants.
 *
 * Owns how each engine writes them. What a row means is its part's.
 */
import { hash } from 'node:crypto';
import type { Digest } from '../../vocabulary/credentials.ts';
import { type AccountId, accountId } from '../../vocabulary/identifiers.ts';
import type { StagedRow } from '../staging.ts';

/** Text; empty where there is none. U+0000 is left out: PostgreSQL stores none. */
export function textOf(row: StagedRow, column: string): string {
  const value = row[column];
  if (value === null || value === undefined) return '';
  return (Buffer.isBuffer(value) ? value.toString('utf8') : String(value)).replaceAll('\0', '');
}

/** A primary or foreign key as text, a UUID always in the form with hyphens; null where there is none. */
export function keyOf(row: StagedRow, column: string): string | null {
  const text = textOf(row, column);
  if (text === '') return null;
  const uuid = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i.exec(text);
  return uuid === null ? text : uuid.slice(1).join('-').toLowerCase();
}

/** The account that a key names; null where there is none, or it is none that we could keep. */
export function accountIdOf(row: StagedRow, column: string): AccountId | null {
  const key = keyOf(row, column);
  return key === null || key.length > 64 ? null : accountId(key);
}

/** A flag: `1`, `true` and `t` are set. */
export function flagOf(row: StagedRow, column: string): boolean {
  const value = row[column];
  return value === 1 || value === '1' || value === 'true' || value === 't' || value === 'True';
}

/** A number; null where there is none. */
export function numberOf(row: StagedRow, column: string): number | null {
  const value = row[column];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** Django keeps UTC, in a column without a zone where the engine has none for it. */
const INSTANT = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** An instant in epoch milliseconds; null where there is none; `'unreadable'` for what is no instant. */
export function instantOf(row: StagedRow, column: string): number | null | 'unreadable' {
  const value = row[column];
  if (value === null || value === undefined || value === '') return null;
  const parts = INSTANT.exec(String(value).trim());
  if (parts === null) return 'unreadable';
  const [, year, month, day, hours = '00', minutes = '00', seconds = '00', fraction = '', zone = 'Z'] = parts;
  const offset = /^z$/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  const text = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? 'unreadable' : instant;
}

/** SHA-256 of what a row says, in one order: another one means that it changed there. */
export function digestOfJson(value: unknown): Digest {
  return hash('sha256', JSON.stringify(value), 'buffer') as Digest;
}
