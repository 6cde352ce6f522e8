/** The statements of accounts and their addresses. What they add up to is `accounts.ts`. */
import { type QueryCreator, sql } from 'kysely';
import type { EmailKey, PasswordHash, UsernameKey, UsernameSkeleton } from '../accounts/ports.ts';
import type { AccountId, SessionId } from '../vocabulary/identifiers.ts';
import { LITERALLY_ONE } from './columns.ts';
import { logoutQueries } from './logout-notices.ts';
import { columnsOf, query } from './query.ts';
import type { AccountEmailTable, AccountTable, ExternalIdentityTable, Flag, Schema } from './schema.ts';

/** What the account's owner and the operator see, with its primary address joined as `email`. */
export const ACCOUNT_COLUMNS = [
  'account.id',
  'account.id_is_number',
  'account.username',
  'account.first_name',
  'account.last_name',
  'account.password_hash',
  'account.locale',
  'account.zoneinfo',
  'account.fields',
  'account.picture',
  'account.is_superuser',
  'account.disabled_at',
  'account.created_at',
  'account.updated_at',
  'account.last_sign_in_at',
  'account.deletes_at',
  'account.imported_at',
  'email.address as email_address',
  'email.verified_at as email_verified_at',
] as const;

const INSERTED_COLUMNS = [
  'id',
  'id_is_number',
  'username',
  'username_key',
  'username_skeleton',
  'name_is_native',
  'first_name',
  'last_name',
  'password_hash',
  'locale',
  'fields',
  'is_superuser',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof AccountTable)[];

/** A new account's row. */
export type NewAccountRow = Pick<AccountTable, (typeof INSERTED_COLUMNS)[number]>;

const EMAIL_COLUMNS = ['account_id', 'address', 'address_key', 'is_primary', 'verified_at', 'created_at'] as const;

const IDENTITY_COLUMNS = [
  'provider',
  'subject',
  'account_id',
  'provider_id',
  'label',
  'linked_at',
  'last_sign_in_at',
] as const;

interface NameArgs {
  readonly id: AccountId;
  readonly username_key: UsernameKey;
  readonly username_skeleton: UsernameSkeleton;
}

/** A change of an account that is a matter of one column. */
interface ChangeArgs {
  readonly id: AccountId;
  readonly now: number;
}

/** Every statement of `accounts.ts`. */
export const accountQueries = {
  /**
   * A new name shares its key and its skeleton with no name, imported ones included, which the partial unique indexes do
   * not hold: hence the condition. Of two new names at the same time the indexes let one in. An imported account that
   * is written at the same moment is as if it came after: imported names are exempt, so no lock is needed for them.
   */
  insert: query((db, p: NewAccountRow) =>
    db
      .insertInto('account')
      .columns(INSERTED_COLUMNS)
      .expression(
        db
          .selectNoFrom(({ val }) => INSERTED_COLUMNS.map((name) => val(p[name]).as(name)))
          .where(({ not, exists }) => not(exists(sameName(db, p)))),
      )
      .onConflict((on) => on.doNothing())
      .returning('id'),
  ),

  /** Verified at another account: nothing is inserted. */
  insertEmail: query((db, p: AccountEmailTable) =>
    db
      .insertInto('account_email')
      .values(columnsOf(p, EMAIL_COLUMNS))
      .onConflict((on) => on.doNothing())
      .returning('account_id'),
  ),

  /** Linked to another account, or under an imported name: nothing is inserted. */
  insertIdentity: query((db, p: ExternalIdentityTable) =>
    db
      .insertInto('external_identity')
      .values(columnsOf(p, IDENTITY_COLUMNS))
      .onConflict((on) => on.doNothing())
      .returning('account_id'),
  ),

  find: query((db, p: { id: AccountId }) => accounts(db).where('account.id', '=', p.id)),

  findByUsername: query((db, p: { username_key: UsernameKey; exact: string }) =>
    accounts(db)
      .where('account.username_key', '=', p.username_key)
      .orderBy(({ eb }) => eb.case().when('account.username', '=', p.exact).then(0).else(1).end())
      .limit(sql.lit(2)),
  ),

  findByEmail: query((db, p: { address_key: EmailKey }) =>
    accounts(db)
      .innerJoin('account_email as sought', 'sought.account_id', 'account.id')
      .where('sought.address_key', '=', p.address_key)
      .orderBy(({ eb }) => eb.case().when('sought.verified_at', 'is not', null).then(0).else(1).end())
      .orderBy('account.created_at')
      .orderBy('account.id')
      .limit(sql.lit(1)),
  ),

  exists: query((db, p: { id: AccountId }) => db.selectFrom('account').select('id').where('id', '=', p.id)),

  /** An imported name stays exempt until it is changed; the new one is then a new name like any other. */
  updateProfile: query(
    (
      db,
      p: NameArgs &
        Pick<AccountTable, 'username' | 'first_name' | 'last_name' | 'locale' | 'zoneinfo'> & {
          readonly fields_patch: string;
          readonly now: number;
        },
      dialect,
    ) =>
      db
        .updateTable('account')
        .set(({ eb, ref }) => ({
          name_is_native: eb
            .case()
            .when('username', '=', p.username)
            .then(ref('name_is_native'))
            .else(LITERALLY_ONE)
            .end(),
          username: p.username,
          username_key: p.username_key,
          username_skeleton: p.username_skeleton,
          first_name: p.first_name,
          last_name: p.last_name,
          locale: p.locale,
          zoneinfo: p.zoneinfo,
          fields: dialect.mergedObject(ref('fields'), p.fields_patch),
          updated_at: p.now,
        }))
        .where('id', '=', p.id)
        .where(({ eb, or, not, exists }) =>
          or([eb('username', '=', p.username), not(exists(sameName(db, p).where('other.id', '<>', p.id)))]),
        )
        .returning('id'),
  ),

  /** Every write of an address begins here: on PostgreSQL it makes two writes of one account wait for each other. */
  touch: query((db, p: ChangeArgs) =>
    db.updateTable('account').set({ updated_at: p.now }).where('id', '=', p.id).returning('id'),
  ),

  deletePrimaryEmail: query((db, p: { account_id: AccountId }) =>
    db.deleteFrom('account_email').where('account_id', '=', p.account_id).where('is_primary', '=', LITERALLY_ONE),
  ),

  deleteEmail: query((db, p: { account_id: AccountId; address_key: EmailKey }) =>
    db.deleteFrom('account_email').where('account_id', '=', p.account_id).where('address_key', '=', p.address_key),
  ),

  setPasswordHash: query((db, p: ChangeArgs & { password_hash: PasswordHash | null }) =>
    db
      .updateTable('account')
      .set({ password_hash: p.password_hash, updated_at: p.now })
      .where('id', '=', p.id)
      .returning('id'),
  ),

  setFirstPasswordHash: query((db, p: ChangeArgs & { password_hash: PasswordHash }) =>
    db
      .updateTable('account')
      .set({ password_hash: p.password_hash, updated_at: p.now })
      .where('id', '=', p.id)
      .where('password_hash', 'is', null)
      .returning('id'),
  ),

  replacePasswordHash: query((db, p: { id: AccountId; previous: PasswordHash; next: PasswordHash }) =>
    db
      .updateTable('account')
      .set({ password_hash: p.next })
      .where('id', '=', p.id)
      .where('password_hash', '=', p.previous),
  ),

  setSuperuser: query((db, p: ChangeArgs & { is_superuser: Flag }) =>
    db
      .updateTable('account')
      .set({ is_superuser: p.is_superuser, updated_at: p.now })
      .where('id', '=', p.id)
      .returning('id'),
  ),

  patchFields: query((db, p: ChangeArgs & { readonly fields_patch: string }, dialect) =>
    db
      .updateTable('account')
      .set(({ ref }) => ({ fields: dialect.mergedObject(ref('fields'), p.fields_patch), updated_at: p.now }))
      .where('id', '=', p.id)
      .returning('id'),
  ),

  disable: query((db, p: ChangeArgs) =>
    db
      .updateTable('account')
      .set(({ ref, fn, val }) => ({ disabled_at: fn.coalesce(ref('disabled_at'), val(p.now)), updated_at: p.now }))
      .where('id', '=', p.id)
      .returning('id'),
  ),

  enable: query((db, p: ChangeArgs) =>
    db.updateTable('account').set({ disabled_at: null, updated_at: p.now }).where('id', '=', p.id).returning('id'),
  ),

  askDeletion: query((db, p: ChangeArgs & { deletes_at: number }) =>
    db
      .updateTable('account')
      .set({ deletes_at: p.deletes_at, updated_at: p.now })
      .where('id', '=', p.id)
      .where('deletes_at', 'is', null)
      .returning('id'),
  ),

  takeBackDeletion: query((db, p: ChangeArgs) =>
    db
      .updateTable('account')
      .set({ deletes_at: null, updated_at: p.now })
      .where('id', '=', p.id)
      .where('deletes_at', 'is not', null)
      .returning('id'),
  ),

  delete: query((db, p: { id: AccountId }) => db.deleteFrom('account').where('id', '=', p.id).returning('id')),

  endSessions: query((db, p: { account_id: AccountId; except: SessionId | '' }) =>
    db
      .deleteFrom('session')
      .where('account_id', '=', p.account_id)
      .where('id', '<>', p.except as SessionId)
      .returning(['id', 'account_id']),
  ),

  ...logoutQueries,

  distrustBrowsers: query((db, p: { account_id: AccountId }) =>
    db
      .updateTable('known_browser')
      .set({ trusted_until: sql`null` })
      .where('account_id', '=', p.account_id)
      .where('trusted_until', 'is not', null),
  ),

  burnCodes: query((db, p: { account_id: AccountId; now: number }) =>
    db
      .updateTable('authorization_code')
      .set({ redeemed_at: p.now })
      .where('account_id', '=', p.account_id)
      .where('redeemed_at', 'is', null),
  ),

  revokeFamilies: query((db, p: { account_id: AccountId; now: number }) =>
    db
      .updateTable('token_family')
      .set({ revoked_at: p.now })
      .where('account_id', '=', p.account_id)
      .where('revoked_at', 'is', null),
  ),

  list: query((db, p: { after: string; limit: number }) =>
    accounts(db)
      .where('account.username_key', '>', p.after as UsernameKey)
      .orderBy('account.username_key')
      .orderBy('account.id')
      .select('account.username_key')
      .limit(p.limit),
  ),

  /** Prefixes, which an index serves; a match inside a name would read every account. */
  search: query((db, p: { after: string; limit: number; id: AccountId; from: string; below: string }) =>
    accounts(db)
      .where('account.username_key', '>', p.after as UsernameKey)
      .where('account.id', 'in', ({ selectFrom }) =>
        selectFrom('account as named')
          .select('named.id')
          .where('named.username_key', '>=', p.from as UsernameKey)
          .where('named.username_key', '<', p.below as UsernameKey)
          .union(
            selectFrom('account_email as addressed')
              .select('addressed.account_id as id')
              .where('addressed.address_key', '>=', p.from as EmailKey)
              .where('addressed.address_key', '<', p.below as EmailKey),
          )
          .union(selectFrom('account as numbered').select('numbered.id').where('numbered.id', '=', p.id)),
      )
      .orderBy('account.username_key')
      .orderBy('account.id')
      .select('account.username_key')
      .limit(p.limit),
  ),

  /** The rest of those that share the last key of a page: names that Django held apart by case. */
  listSameKey: query((db, p: { username_key: UsernameKey; after_id: AccountId }) =>
    accounts(db)
      .where('account.username_key', '=', p.username_key)
      .where('account.id', '>', p.after_id)
      .orderBy('account.id')
      .select('account.username_key'),
  ),
};

function accounts(db: QueryCreator<Schema>) {
  return db
    .selectFrom('account')
    .leftJoin('account_email as email', (join) =>
      join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
    )
    .select(ACCOUNT_COLUMNS);
}

function sameName(db: QueryCreator<Schema>, p: NameArgs | NewAccountRow) {
  return db
    .selectFrom('account as other')
    .select(LITERALLY_ONE.as('found'))
    .where(({ eb, or }) =>
      or([eb('other.username_key', '=', p.username_key), eb('other.username_skeleton', '=', p.username_skeleton)]),
    );
}
