/**
 * Accounts and their addresses: implements `AccountStore`.
 *
 * Owns how a name or an address is kept unique: by one conditional statement each, with a unique index for what comes at the same
 * moment. Normalising names and addresses is `accounts/`; sessions are `sessions.ts`.
 */
import type { Account, AccountStore, NewAccount, SignInCandidate, UsernameKey } from '../accounts/ports.ts';
import type { AccountId, SessionId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import { accountQueries } from './accounts-queries.ts';
import { fieldsOf, fieldsText, flag } from './columns.ts';
import { tellOfEndedSessions } from './logout-notices.ts';
import type { Statements } from './query.ts';
import { all, count, type Engine, one, type Step, type Transition, Undone } from './transition.ts';

type Q = Statements<typeof accountQueries>;
/** What is read of an account, as two engines give it. */
export type AccountRow = NonNullable<Q['find']['row']>;
type EmailValue = Parameters<AccountStore['setEmail']>[1];

/** Above every text that begins with what stands before it: the last code point there is. */
export const AFTER_ALL = '\u{10ffff}';

/** Makes the store. */
export function createAccountStore(engine: Engine, clock: Clock): AccountStore {
  const q = engine.prepare('accounts', accountQueries);
  return {
    createAccount: (account) => engine.transition(() => createAccount(q, account)),
    async findAccount(id) {
      const row = await engine.readOne(q.find, { id });
      return row === null ? null : accountOf(row);
    },
    async findByUsername(key, exact) {
      const rows = await engine.readAll(q.findByUsername, { username_key: key, exact });
      const [first, second] = rows;
      if (first === undefined) return null;
      // Bob and bob, imported: whoever types neither exactly is not told apart.
      return first.username === exact || second === undefined ? candidateOf(first) : null;
    },
    async findByEmail(key) {
      const row = await engine.readOne(q.findByEmail, { address_key: key });
      return row === null ? null : candidateOf(row);
    },
    async findPasswordHash(id) {
      return (await engine.readOne(q.find, { id }))?.password_hash ?? null;
    },
    updateProfile: (id, change, nowMs) => engine.transition(() => updateProfile(q, id, change, nowMs)),
    setEmail: (id, email, nowMs) => engine.transition(() => setEmail(q, id, email, nowMs)),
    setPasswordHash: (id, hash, nowMs, endSessionsExcept) =>
      engine.transition(function* () {
        if ((yield* one(q.setPasswordHash, { id, password_hash: hash, now: nowMs })) === null) return NOT_FOUND;
        if (endSessionsExcept !== undefined) yield* endSessions(q, id, endSessionsExcept, nowMs);
        return UPDATED;
      }),
    setFirstPasswordHash: (id, hash, nowMs, endSessionsExcept) =>
      engine.transition(function* () {
        if ((yield* one(q.setFirstPasswordHash, { id, password_hash: hash, now: nowMs })) === null) {
          return (yield* one(q.exists, { id })) === null ? NOT_FOUND : { outcome: 'has_password' as const };
        }
        yield* endSessions(q, id, endSessionsExcept, nowMs);
        return UPDATED;
      }),
    async replacePasswordHash(id, previous, next) {
      await engine.writeCount(q.replacePasswordHash, { id, previous, next });
    },
    async setSuperuser(id, isSuperuser, nowMs) {
      const row = await engine.writeOne(q.setSuperuser, { id, is_superuser: flag(isSuperuser), now: nowMs });
      return row === null ? NOT_FOUND : UPDATED;
    },
    async setFields(id, patch, nowMs) {
      const row = await engine.writeOne(q.patchFields, { id, fields_patch: JSON.stringify(patch), now: nowMs });
      return row === null ? NOT_FOUND : UPDATED;
    },
    disableAccount: (id, nowMs) => engine.transition(() => disableAccount(q, id, nowMs)),
    async enableAccount(id, nowMs) {
      return (await engine.writeOne(q.enable, { id, now: nowMs })) === null ? NOT_FOUND : UPDATED;
    },
    askDeletion: (id, deletesAtMs, keep, nowMs) =>
      engine.transition(function* () {
        if ((yield* one(q.askDeletion, { id, deletes_at: deletesAtMs, now: nowMs })) === null) {
          return (yield* one(q.exists, { id })) === null ? NOT_FOUND : { outcome: 'already_asked' as const };
        }
        yield* endAccess(q, id, keep, nowMs);
        return { outcome: 'asked' as const };
      }),
    async takeBackDeletion(id, nowMs) {
      const row = await engine.writeOne(q.takeBackDeletion, { id, now: nowMs });
      return { outcome: row === null ? 'not_asked' : 'taken_back' };
    },
    deleteAccount: (id) =>
      engine.transition(function* () {
        // Its sessions first: which applications they led to is found by the families, which go with the account.
        yield* endSessions(q, id, null, clock());
        // What belongs to it goes with it by the foreign keys.
        return (yield* one(q.delete, { id })) === null ? NOT_FOUND : { outcome: 'deleted' as const };
      }),
    listAccounts: (page) => listAccounts(engine, q, page),
  };
}

const UPDATED = { outcome: 'updated' } as const;
const NOT_FOUND = { outcome: 'not_found' } as const;

/** The steps of a new account. */
export function* createAccount(
  q: Q,
  account: NewAccount,
): Transition<{ outcome: 'created' | 'username_taken' | 'email_taken' }> {
  const inserted = yield* one(q.insert, {
    id: account.id,
    id_is_number: 0,
    username: account.username,
    username_key: account.usernameKey,
    username_skeleton: account.usernameSkeleton,
    name_is_native: 1,
    first_name: account.firstName,
    last_name: account.lastName,
    password_hash: account.passwordHash,
    locale: account.locale,
    fields: fieldsText(account.fields),
    is_superuser: flag(account.isSuperuser),
    created_at: account.createdAtMs,
    updated_at: account.createdAtMs,
  });
  if (inserted === null) return { outcome: 'username_taken' };
  const stored = yield* insertPrimaryEmail(q, account.id, account.email, account.createdAtMs);
  return stored ? { outcome: 'created' } : new Undone({ outcome: 'email_taken' });
}

/** False where the address is verified at another account and was to be verified here. */
function* insertPrimaryEmail(q: Q, id: AccountId, email: EmailValue, nowMs: number) {
  if (email === null) return true;
  const row = yield* one(q.insertEmail, {
    account_id: id,
    address: email.address,
    address_key: email.key,
    is_primary: 1,
    verified_at: email.verified ? nowMs : null,
    created_at: nowMs,
  });
  return row !== null;
}

function* updateProfile(
  q: Q,
  id: AccountId,
  change: Parameters<AccountStore['updateProfile']>[1],
  nowMs: number,
): Transition<{ outcome: 'updated' | 'username_taken' | 'not_found' }> {
  const updated = yield* one(q.updateProfile, {
    id,
    username: change.username,
    username_key: change.usernameKey,
    username_skeleton: change.usernameSkeleton,
    first_name: change.firstName,
    last_name: change.lastName,
    locale: change.locale,
    zoneinfo: change.zoneInfo,
    fields_patch: JSON.stringify(change.fields ?? {}),
    now: nowMs,
  });
  if (updated !== null) return UPDATED;
  return (yield* one(q.exists, { id })) === null ? NOT_FOUND : { outcome: 'username_taken' };
}

function* setEmail(
  q: Q,
  id: AccountId,
  email: EmailValue,
  nowMs: number,
): Transition<{ outcome: 'updated' | 'email_taken' | 'not_found' }> {
  if ((yield* one(q.touch, { id, now: nowMs })) === null) return NOT_FOUND;
  yield* count(q.deletePrimaryEmail, { account_id: id });
  if (email !== null) yield* count(q.deleteEmail, { account_id: id, address_key: email.key });
  const stored = yield* insertPrimaryEmail(q, id, email, nowMs);
  return stored ? UPDATED : new Undone({ outcome: 'email_taken' });
}

/**
 * ASVS 7.4.2. Codes before families: a redemption under way holds its code's row, and the family that it starts is there
 * to be revoked once that row is released.
 */
export function* disableAccount(
  q: Q,
  id: AccountId,
  nowMs: number,
): Generator<Step, { outcome: 'updated' | 'not_found' }, unknown> {
  if ((yield* one(q.disable, { id, now: nowMs })) === null) return NOT_FOUND;
  yield* endAccess(q, id, null, nowMs);
  return UPDATED;
}

function* endAccess(q: Q, id: AccountId, except: SessionId | null, nowMs: number) {
  yield* endSessions(q, id, except, nowMs);
  yield* count(q.burnCodes, { account_id: id, now: nowMs });
  yield* count(q.revokeFamilies, { account_id: id, now: nowMs });
}

/**
 * Ends the sessions of an account, all but `except`, and queues what its applications are told. Browsers that were spared the
 * second step are asked again: whoever changes a password may do so because one was stolen.
 */
export function* endSessions(q: Q, id: AccountId, except: SessionId | null, nowMs: number) {
  const ended = yield* all(q.endSessions, { account_id: id, except: except ?? '' });
  yield* tellOfEndedSessions(q, ended, nowMs);
  yield* count(q.distrustBrowsers, { account_id: id });
}

async function listAccounts(
  engine: Engine,
  q: Q,
  { after, limit, search }: Parameters<AccountStore['listAccounts']>[0],
): Promise<readonly Account[]> {
  const sought = search?.normalize('NFKC').toLowerCase().trim() ?? '';
  const page = { after: after ?? ('' as UsernameKey), limit };
  const rows =
    sought === ''
      ? await engine.readAll(q.list, page)
      : await engine.readAll(q.search, {
          ...page,
          id: (search ?? '').trim() as AccountId,
          from: sought,
          below: `${sought}${AFTER_ALL}`,
        });
  const last = rows.at(-1);
  // The next page begins after this key, so those that share it belong to this one.
  const more =
    last !== undefined && rows.length === limit && last.username_key.startsWith(sought)
      ? await engine.readAll(q.listSameKey, { username_key: last.username_key, after_id: last.id })
      : [];
  return [...rows, ...more].map(accountOf);
}

function candidateOf(row: AccountRow): SignInCandidate {
  return { account: accountOf(row), passwordHash: row.password_hash };
}

/** The account of a row. */
export function accountOf(row: AccountRow): Account {
  return {
    id: row.id,
    idIsNumber: row.id_is_number === 1,
    username: row.username,
    firstName: row.first_name,
    lastName: row.last_name,
    email: row.email_address,
    emailVerified: row.email_address !== null && row.email_verified_at !== null,
    locale: row.locale,
    zoneInfo: row.zoneinfo,
    fields: fieldsOf(row.fields),
    picture: row.picture,
    isSuperuser: row.is_superuser === 1,
    isImported: row.imported_at !== null,
    hasPassword: row.password_hash !== null,
    disabledAtMs: row.disabled_at,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    lastSignInAtMs: row.last_sign_in_at,
    deletesAtMs: row.deletes_at,
  };
}
