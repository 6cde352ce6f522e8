/** Pictures of accounts: implements `PictureStore`. The row of the account is written first, so that two changes come one after the other. */
import type { PictureStore } from '../accounts/ports/pictures.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { columnsOf, query } from './query.ts';
import type { AccountPictureTable } from './schema.ts';
import { count, type Engine, one } from './transition.ts';

const COLUMNS = ['account_id', 'name', 'content', 'created_at'] as const;

const queries = {
  name: query((db, p: { id: AccountId; name: string; now: number }) =>
    db.updateTable('account').set({ picture: p.name, updated_at: p.now }).where('id', '=', p.id).returning('id'),
  ),

  unname: query((db, p: { id: AccountId; now: number }) =>
    db
      .updateTable('account')
      .set({ picture: null, updated_at: p.now })
      .where('id', '=', p.id)
      .where('picture', 'is not', null)
      .returning('id'),
  ),

  delete: query((db, p: { id: AccountId }) => db.deleteFrom('account_picture').where('account_id', '=', p.id)),

  insert: query((db, p: AccountPictureTable) => db.insertInto('account_picture').values(columnsOf(p, COLUMNS))),

  find: query((db, p: { name: string }) =>
    db.selectFrom('account_picture').select('content').where('name', '=', p.name),
  ),
};

/** Makes the store. */
export function createPictureStore(engine: Engine): PictureStore {
  const q = engine.prepare('pictures', queries);
  return {
    setPicture: (id, { name, content }, nowMs) =>
      engine.transition(function* () {
        if ((yield* one(q.name, { id, name, now: nowMs })) === null) return { outcome: 'not_found' as const };
        yield* count(q.delete, { id });
        yield* count(q.insert, { account_id: id, name, content, created_at: nowMs });
        return { outcome: 'set' as const };
      }),
    removePicture: (id, nowMs) =>
      engine.transition(function* () {
        if ((yield* one(q.unname, { id, now: nowMs })) === null) return { outcome: 'none' as const };
        yield* count(q.delete, { id });
        return { outcome: 'removed' as const };
      }),
    async findPicture(name) {
      return (await engine.readOne(q.find, { name }))?.content ?? null;
    },
  };
}
