/** The statements of imported accounts and of what hangs on them, hundreds of rows each. What they add up to is `store.ts`. */
import type { AccountPart } from '../../import/ports.ts';
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { Dialect } from '../dialect.ts';
import type { Statement } from '../query.ts';
import { overRows } from './json-rows.ts';

/** Rows of one column. */
interface Key {
  readonly key: string;
}

const ACCOUNT = {
  id: 'text',
  id_is_number: 'integer',
  username: 'text',
  username_key: 'text',
  username_skeleton: 'text',
  first_name: 'text',
  last_name: 'text',
  password_hash: 'text',
  is_superuser: 'integer',
  disabled_at: 'integer',
  created_at: 'integer',
  last_sign_in_at: 'integer',
  locale: 'text',
  zoneinfo: 'text',
  fields: 'text',
  with_password: 'integer',
  now: 'integer',
} as const;

/** An account as the statements take it. */
export type AccountJson = { readonly [Name in keyof typeof ACCOUNT]: string | number | null };

const ADDRESS = {
  account_id: 'text',
  address: 'text',
  address_key: 'text',
  is_primary: 'integer',
  is_verified: 'integer',
  now: 'integer',
} as const;
const IDENTITY = {
  account_id: 'text',
  provider: 'text',
  subject: 'text',
  linked_at: 'integer',
  last_sign_in_at: 'integer',
} as const;
const TOTP = {
  id: 'text',
  account_id: 'text',
  label: 'text',
  sealed_seed: 'octets',
  digits: 'integer',
  created_at: 'integer',
} as const;

type Json<Columns> = { readonly [Name in keyof Columns]: string | number | null };

/** Compiles them. Once a process: their names are unique. */
export function accountStatements(dialect: Dialect) {
  // PostgreSQL takes `where true` for nothing; SQLite needs it between a `select` and `on conflict`.
  return {
    find: overRows<Key, { id: AccountId; updated_at: number }>(
      'find-accounts',
      dialect,
      { key: 'text' },
      (r) => `select id, updated_at from account where id in (select key from ${r})`,
    ),
    duplicates: plain<{ username: string; id: AccountId; other_id: AccountId }>(
      'duplicate-usernames',
      `select a.username, min(a.id) as id, max(a.id) as other_id from account a
       group by a.username_key, a.username having count(*) > 1 order by 1 limit 51`,
    ),
    insert: overRows<AccountJson, never>(
      'insert-accounts',
      dialect,
      ACCOUNT,
      (
        r,
      ) => `insert into account (id, id_is_number, username, username_key, username_skeleton, name_is_native, first_name,
        last_name, password_hash, locale, zoneinfo, fields, is_superuser, disabled_at, created_at, updated_at, last_sign_in_at, imported_at)
        select id, id_is_number, username, username_key, username_skeleton, 0, first_name, last_name, password_hash, locale,
        zoneinfo, fields, is_superuser, disabled_at, created_at, now, last_sign_in_at, now from ${r}`,
    ),
    update: overRows<AccountJson, never>(
      'update-accounts',
      dialect,
      ACCOUNT,
      (r) => `update account set username = r.username, username_key = r.username_key,
        username_skeleton = r.username_skeleton, first_name = r.first_name, last_name = r.last_name,
        locale = r.locale, zoneinfo = r.zoneinfo, fields = r.fields,
        password_hash = case when r.with_password = 1 then r.password_hash else account.password_hash end,
        is_superuser = r.is_superuser,
        disabled_at = case when r.disabled_at is null then null else coalesce(account.disabled_at, r.disabled_at) end,
        created_at = r.created_at, updated_at = r.now, imported_at = r.now,
        last_sign_in_at = case when account.last_sign_in_at is null or r.last_sign_in_at > account.last_sign_in_at
          then r.last_sign_in_at else account.last_sign_in_at end
        from ${r} where account.id = r.id`,
    ),
    clear: [
      ...['account_email', 'external_identity', 'totp', 'recovery_code'].map((table) =>
        overRows<Key, never>(
          `clear-${table}`,
          dialect,
          { key: 'text' },
          (r) => `delete from ${table} where account_id in (select key from ${r})`,
        ),
      ),
      overRows<Key, never>(
        'clear-members',
        dialect,
        { key: 'text' },
        (r) => `delete from account_group_member where is_imported = 1 and account_id in (select key from ${r})`,
      ),
    ],
    insertAddresses: overRows<
      Json<typeof ADDRESS>,
      { account_id: string; address_key: string; verified_at: number | null }
    >(
      'insert-addresses',
      dialect,
      ADDRESS,
      (r) => `insert into account_email (account_id, address, address_key, is_primary, verified_at, created_at)
        select account_id, address, address_key, is_primary, case when is_verified = 1 and not exists (
          select 1 from account_email other where other.address_key = r.address_key and other.verified_at is not null
        ) then now else null end, now from ${r}
        returning account_id, address_key, verified_at`,
    ),
    findGroupNames: overRows<Key, { id: string; name: string }>(
      'find-group-names',
      dialect,
      { key: 'text' },
      (r) => `select id, name from account_group where name in (select key from ${r})`,
    ),
    insertMembers: overRows<{ group_id: string; account_id: string; now: number }, never>(
      'insert-members',
      dialect,
      { group_id: 'text', account_id: 'text', now: 'integer' },
      (r) => `insert into account_group_member (group_id, account_id, is_imported, added_at)
        select group_id, account_id, 1, now from ${r}
        where exists (select 1 from account_group g where g.id = r.group_id) on conflict do nothing`,
    ),
    upsertGroups: overRows<{ id: string; name: string; now: number }, never>(
      'upsert-groups',
      dialect,
      { id: 'text', name: 'text', now: 'integer' },
      (
        r,
      ) => `insert into account_group (id, name, requires_second_factor, created_at, updated_at) select id, name, 0, now, now from ${r} where true
        on conflict (id) do update set name = excluded.name, updated_at = excluded.updated_at`,
    ),
    insertIdentities: overRows<Json<typeof IDENTITY>, { provider: string; subject: string }>(
      'insert-identities',
      dialect,
      IDENTITY,
      (r) => `insert into external_identity (provider, subject, account_id, label, linked_at, last_sign_in_at)
        select provider, subject, account_id, '', linked_at, last_sign_in_at from ${r} where true
        on conflict do nothing returning provider, subject`,
    ),
    insertTotps: overRows<Json<typeof TOTP>, never>(
      'insert-totps',
      dialect,
      TOTP,
      (r) => `insert into totp (id, account_id, label, sealed_seed, digits, created_at)
        select id, account_id, label, sealed_seed, digits, created_at from ${r}`,
    ),
    insertRecoveryCodes: overRows<{ account_id: string; code_mac: string }, never>(
      'insert-recovery-codes',
      dialect,
      { account_id: 'text', code_mac: 'octets' },
      (r) => `insert into recovery_code (account_id, code_mac) select account_id, code_mac from ${r} where true
        on conflict do nothing`,
    ),
    samples: overRows<Key, SampleRow>(
      'account-samples',
      dialect,
      { key: 'text' },
      (
        r,
      ) => `select id, username, first_name, last_name, password_hash, is_superuser, disabled_at, locale, zoneinfo, fields,
        updated_at, imported_at from account where id in (select key from ${r})`,
    ),
    parts: overRows<Key, { account_id: AccountId; kind: AccountPart['kind']; value: string }>(
      'account-parts',
      dialect,
      { key: 'text' },
      (r) => `with wanted as (select key from ${r})
        select account_id, 'address' as kind, address_key as value from account_email
        where account_id in (select key from wanted)
        union all select account_id, 'membership', group_id from account_group_member
        where is_imported = 1 and account_id in (select key from wanted)
        union all select account_id, 'social_account', provider || ' ' || subject from external_identity
        where account_id in (select key from wanted)
        union all select account_id, 'totp', '' from totp where account_id in (select key from wanted)
        union all select account_id, 'recovery_code', '' from recovery_code where account_id in (select key from wanted)`,
    ),
  };
}

interface SampleRow {
  readonly id: AccountId;
  readonly username: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly password_hash: string | null;
  readonly is_superuser: number;
  readonly disabled_at: number | null;
  readonly locale: string | null;
  readonly zoneinfo: string | null;
  readonly fields: string | null;
  readonly updated_at: number;
  readonly imported_at: number | null;
}

function plain<Row>(name: string, sql: string): Statement<object, Row> {
  return { name: `import.${name}`, sql, bind: () => [] };
}
