/**
 * How lists and flags lie in columns, and the columns that several aggregates read of a person.
 *
 * Owns the encoding alone. The meaning of the values is the ports'.
 */
import { sql } from 'kysely';
import type { AccountClaims } from '../protocol/ports/people.ts';
import type { AuthorizationDetail, TokenContext } from '../protocol/token-context.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { FieldValues } from '../vocabulary/profile-field.ts';
import type { Flag } from './schema.ts';

/** A flag as a literal in the SQL. A placeholder in its stead would keep the engines from using a partial index. */
export const LITERALLY_ONE = sql.lit<Flag>(1);

/** Whether one of the groups of whoever the session is of requires a second factor of its members; null: none does. Beside the table `session`. */
export const GROUP_REQUIRES_SECOND_FACTOR = sql<Flag | null>`(
  select 1 from account_group_member as member
  inner join account_group as requiring on requiring.id = member.group_id
  where member.account_id = session.account_id and requiring.requires_second_factor = 1
  limit 1
)`.as('group_requires_second_factor');

/** A boolean to its column. */
export function flag(value: boolean): Flag {
  return value ? 1 : 0;
}

/** Scopes to their column. RFC 6749 §3.3: none holds a space. */
export function scopeText(scope: readonly string[]): string {
  return scope.join(' ');
}

/** Scopes from their column. */
export function scopeList(text: string): readonly string[] {
  return text === '' ? [] : text.split(' ');
}

/** A list of texts to its column. */
export function listText(list: readonly string[]): string {
  return JSON.stringify(list);
}

/** A list of texts from its column. */
export function textList<Text extends string = string>(json: string): readonly Text[] {
  return JSON.parse(json) as Text[];
}

/** A token's context to its column. */
export function contextText(context: TokenContext | null): string | null {
  return context === null ? null : JSON.stringify(context);
}

/** A token's context from its column. */
export function contextOf(json: string | null): TokenContext | null {
  return json === null ? null : (JSON.parse(json) as TokenContext);
}

/** Authorization details to their column. */
export function detailsText(details: readonly AuthorizationDetail[]): string | null {
  return details.length === 0 ? null : JSON.stringify(details);
}

/** Authorization details from their column. */
export function detailsOf(json: string | null): readonly AuthorizationDetail[] {
  return json === null ? [] : (JSON.parse(json) as AuthorizationDetail[]);
}

/** Values of the operator's fields to their column. */
export function fieldsText(fields: FieldValues | undefined): string | null {
  return fields === undefined || Object.keys(fields).length === 0 ? null : JSON.stringify(fields);
}

/** Values of the operator's fields from their column. */
export function fieldsOf(json: string | null): FieldValues {
  return json === null ? {} : (JSON.parse(json) as FieldValues);
}

/** What claims are made from: of the table `account`, with its primary address joined as `email`. */
export const CLAIMS_COLUMNS = [
  'account.id as person_id',
  'account.id_is_number as person_id_is_number',
  'account.username as person_username',
  'account.first_name as person_first_name',
  'account.last_name as person_last_name',
  'account.locale as person_locale',
  'account.zoneinfo as person_zoneinfo',
  'account.fields as person_fields',
  'account.picture as person_picture',
  'account.updated_at as person_updated_at',
  'email.address as person_email',
  'email.verified_at as person_email_verified_at',
] as const;

/** {@link CLAIMS_COLUMNS} as read. All null where a left join found nobody. */
export interface ClaimsRow {
  readonly person_id: AccountId | null;
  readonly person_id_is_number: Flag | null;
  readonly person_username: string | null;
  readonly person_first_name: string | null;
  readonly person_last_name: string | null;
  readonly person_locale: string | null;
  readonly person_zoneinfo: string | null;
  readonly person_fields: string | null;
  readonly person_picture: string | null;
  readonly person_updated_at: number | null;
  readonly person_email: string | null;
  readonly person_email_verified_at: number | null;
}

/** The person of a row, null where there is none. */
export function claimsOf(row: ClaimsRow): AccountClaims | null {
  if (row.person_id === null) return null;
  return {
    accountId: row.person_id,
    idIsNumber: row.person_id_is_number === 1,
    username: row.person_username ?? '',
    firstName: row.person_first_name ?? '',
    lastName: row.person_last_name ?? '',
    email: row.person_email,
    emailVerified: row.person_email !== null && row.person_email_verified_at !== null,
    locale: row.person_locale,
    zoneInfo: row.person_zoneinfo,
    fields: fieldsOf(row.person_fields),
    picture: row.person_picture,
    updatedAtMs: row.person_updated_at ?? 0,
  };
}
