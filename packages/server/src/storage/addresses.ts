/** An account's addresses: implements `AddressStore`. How one becomes verified is `mailed-secrets.ts`. */
import { sql } from 'kysely';
import type { AddressStore } from '../accounts/ports/addresses.ts';
import type { EmailKey } from '../accounts/ports.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { type AccountRow, accountOf } from './accounts.ts';
import { ACCOUNT_COLUMNS } from './accounts-queries.ts';
import { LITERALLY_ONE } from './columns.ts';
import { query, type Statements } from './query.ts';
import { count, type Engine, one, type Transition, Undone } from './transition.ts';

interface Key {
  readonly account_id: AccountId;
  readonly address_key: EmailKey;
}

const queries = {
  list: query((db, p: { account_id: AccountId }) =>
    db
      .selectFrom('account_email')
      .select(['address', 'address_key', 'is_primary', 'verified_at'])
      .where('account_id', '=', p.account_id)
      .orderBy('is_primary', 'desc')
      .orderBy('created_at')
      .orderBy('address_key'),
  ),

  findOwner: query((db, p: { address_key: EmailKey }) =>
    db
      .selectFrom('account_email as sought')
      .innerJoin('account', 'account.id', 'sought.account_id')
      .leftJoin('account_email as email', (join) =>
        join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
      )
      .select(ACCOUNT_COLUMNS)
      .select(['sought.address as sought_address', 'sought.verified_at as sought_verified_at'])
      .where('sought.address_key', '=', p.address_key)
      .orderBy(({ eb }) => eb.case().when('sought.verified_at', 'is not', null).then(0).else(1).end())
      .orderBy('account.created_at')
      .orderBy('account.id')
      .limit(sql.lit(1)),
  ),

  /** On PostgreSQL two writes of one account's addresses wait for each other here. */
  touch: query((db, p: { account_id: AccountId; now: number }) =>
    db.updateTable('account').set({ updated_at: p.now }).where('id', '=', p.account_id).returning('id'),
  ),

  count: query((db, p: { account_id: AccountId }) =>
    db
      .selectFrom('account_email')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', p.account_id),
  ),

  insert: query((db, p: Key & { address: string; is_primary: 0 | 1; verified_at: number | null; now: number }) =>
    db
      .insertInto('account_email')
      .values({
        account_id: p.account_id,
        address: p.address,
        address_key: p.address_key,
        is_primary: p.is_primary,
        verified_at: p.verified_at,
        created_at: p.now,
      })
      .onConflict((on) => on.doNothing()),
  ),

  findOwn: query((db, p: Key) =>
    db
      .selectFrom('account_email')
      .select(['is_primary', 'verified_at'])
      .where('account_id', '=', p.account_id)
      .where('address_key', '=', p.address_key),
  ),

  removeOwn: query((db, p: Key) =>
    db.deleteFrom('account_email').where('account_id', '=', p.account_id).where('address_key', '=', p.address_key),
  ),

  remove: query((db, p: Key) =>
    db
      .deleteFrom('account_email')
      .where('account_id', '=', p.account_id)
      .where('address_key', '=', p.address_key)
      .where('is_primary', '=', sql.lit<0>(0)),
  ),

  dropSecrets: query((db, p: Key) =>
    db.deleteFrom('mailed_secret').where('account_id', '=', p.account_id).where('address_key', '=', p.address_key),
  ),

  findVerified: query((db, p: Key) =>
    db
      .selectFrom('account_email')
      .select('address')
      .where('account_id', '=', p.account_id)
      .where('address_key', '=', p.address_key)
      .where('verified_at', 'is not', null),
  ),

  /** One statement at a time: the unique index of primary ones allows no two. */
  unsetPrimary: query((db, p: { account_id: AccountId }) =>
    db
      .updateTable('account_email')
      .set({ is_primary: sql.lit<0>(0) })
      .where('account_id', '=', p.account_id)
      .where('is_primary', '=', LITERALLY_ONE),
  ),

  setPrimary: query((db, p: Key) =>
    db
      .updateTable('account_email')
      .set({ is_primary: LITERALLY_ONE })
      .where('account_id', '=', p.account_id)
      .where('address_key', '=', p.address_key),
  ),
};

type Q = Statements<typeof queries>;

/** Makes the store. */
export function createAddressStore(engine: Engine): AddressStore {
  const q = engine.prepare('addresses', queries);
  return {
    async listAddresses(accountId) {
      const rows = await engine.readAll(q.list, { account_id: accountId });
      return rows.map((row) => ({
        address: row.address,
        key: row.address_key,
        isPrimary: row.is_primary === 1,
        verifiedAtMs: row.verified_at,
      }));
    },
    async findAddressOwner(key) {
      const row = await engine.readOne(q.findOwner, { address_key: key });
      if (row === null || row.disabled_at !== null) return null;
      const { sought_address: address, sought_verified_at: verifiedAt } = row;
      return { account: accountOf(row as AccountRow), address, verified: verifiedAt !== null };
    },
    addAddress: (id, { address, key }, max, nowMs) =>
      engine.transition(() => addAddress(q, { account_id: id, address, address_key: key, max, now: nowMs })),
    addVerifiedAddress: (id, { address, key }, max, nowMs) =>
      engine.transition(() => addVerified(q, { account_id: id, address, address_key: key, max, now: nowMs })),
    removeAddress: (id, key, nowMs) =>
      engine.transition(function* (): Transition<{ outcome: 'removed' | 'not_found' }> {
        if ((yield* one(q.touch, { account_id: id, now: nowMs })) === null) return { outcome: 'not_found' };
        const removed = yield* count(q.remove, { account_id: id, address_key: key });
        if (removed === 0) return new Undone({ outcome: 'not_found' });
        yield* count(q.dropSecrets, { account_id: id, address_key: key });
        return { outcome: 'removed' };
      }),
    makePrimary: (id, key, nowMs) =>
      engine.transition(function* (): Transition<{ outcome: 'updated' | 'not_found' }> {
        if ((yield* one(q.touch, { account_id: id, now: nowMs })) === null) return { outcome: 'not_found' };
        if ((yield* one(q.findVerified, { account_id: id, address_key: key })) === null) {
          return new Undone({ outcome: 'not_found' });
        }
        yield* count(q.unsetPrimary, { account_id: id });
        yield* count(q.setPrimary, { account_id: id, address_key: key });
        return { outcome: 'updated' };
      }),
  };
}

function* addAddress(
  q: Q,
  step: Key & { readonly address: string; readonly max: number; readonly now: number },
): Transition<{ outcome: 'added' | 'there' | 'too_many' | 'not_found' }> {
  const { account_id, address, address_key, max, now } = step;
  if ((yield* one(q.touch, { account_id, now })) === null) return { outcome: 'not_found' };
  const present = Number((yield* one(q.count, { account_id }))?.count ?? 0);
  if (present >= max) return new Undone({ outcome: 'too_many' });
  const inserted = yield* count(q.insert, {
    account_id,
    address,
    address_key,
    is_primary: present === 0 ? 1 : 0,
    verified_at: null,
    now,
  });
  return inserted === 1 ? { outcome: 'added' } : new Undone({ outcome: 'there' });
}

function* addVerified(
  q: Q,
  step: Key & { readonly address: string; readonly max: number; readonly now: number },
): Transition<{ outcome: 'added' | 'there' | 'too_many' | 'email_taken' | 'not_found' }> {
  const { account_id, address, address_key, max, now } = step;
  const key = { account_id, address_key };
  if ((yield* one(q.touch, { account_id, now })) === null) return { outcome: 'not_found' };
  const own = yield* one(q.findOwn, key);
  if (own !== null && own.verified_at !== null) return new Undone({ outcome: 'there' });
  const present = Number((yield* one(q.count, { account_id }))?.count ?? 0);
  if (own === null && present >= max) return new Undone({ outcome: 'too_many' });
  // Written anew: of two accounts that verify it at once the unique index lets one, and an insert says which.
  if (own !== null) yield* count(q.removeOwn, key);
  const is_primary = own?.is_primary === 1 || present === 0 ? 1 : 0;
  const inserted = yield* count(q.insert, { ...key, address, is_primary, verified_at: now, now });
  if (inserted === 0) return new Undone({ outcome: 'email_taken' });
  yield* count(q.dropSecrets, key);
  return { outcome: 'added' };
}
