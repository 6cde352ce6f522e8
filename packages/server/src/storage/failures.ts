/** Counts of failures in windows: implements `FailureStore`. Which keys and which limits is `accounts/`'s. */
import type { FailureKey, FailureStore } from '../accounts/ports.ts';
import { listText } from './columns.ts';
import { query, type Statements } from './query.ts';
import { count, type Engine, one, type Transition } from './transition.ts';

const queries = {
  /** One statement: of simultaneous failures each is counted. A window that is over begins anew. */
  record: query((db, p: { key: string; now: number; window_ends_at: number }) =>
    db
      .insertInto('failure')
      .values({ key: p.key, count: 1, window_ends_at: p.window_ends_at })
      .onConflict((on) =>
        on.column('key').doUpdateSet(({ eb, ref }) => ({
          count: eb
            .case()
            .when('failure.window_ends_at', '<=', p.now)
            .then(eb.lit(1))
            .else(eb(ref('failure.count'), '+', eb.lit(1)))
            .end(),
          window_ends_at: eb
            .case()
            .when('failure.window_ends_at', '<=', p.now)
            .then(ref('excluded.window_ends_at'))
            .else(ref('failure.window_ends_at'))
            .end(),
        })),
      )
      .returning('count'),
  ),

  read: query((db, p: { keys: string; now: number }, dialect) =>
    db
      .selectFrom('failure')
      .select(['key', 'count', 'window_ends_at'])
      .where('key', 'in', dialect.textsOf(p.keys))
      .where('window_ends_at', '>', p.now),
  ),

  takeBack: query((db, p: { key: string; now: number }) =>
    db
      .updateTable('failure')
      .set(({ eb, ref }) => ({ count: eb(ref('count'), '-', eb.lit(1)) }))
      .where('key', '=', p.key)
      .where('count', '>', 0)
      .where('window_ends_at', '>', p.now),
  ),

  clear: query((db, p: { keys: string }, dialect) =>
    db.deleteFrom('failure').where('key', 'in', dialect.textsOf(p.keys)),
  ),
};

type Q = Statements<typeof queries>;

/** Makes the store. */
export function createFailureStore(engine: Engine): FailureStore {
  const q = engine.prepare('failures', queries);
  return {
    recordFailures: (keys, nowMs) => engine.transition(() => recordFailures(q, keys, nowMs)),
    async readFailures(keys, nowMs) {
      const rows = await engine.readAll(q.read, { keys: listText(keys.map(({ key }) => key)), now: nowMs });
      const found = new Map(rows.map((row) => [row.key, row]));
      return keys.map(({ key, windowMs }) => {
        const row = found.get(key);
        return { count: row?.count ?? 0, windowEndsAtMs: row?.window_ends_at ?? nowMs + windowMs };
      });
    },
    takeBackFailures: (keys, nowMs) =>
      engine.transition(function* () {
        for (const key of [...keys].sort()) yield* count(q.takeBack, { key, now: nowMs });
      }),
    async clearFailures(keys) {
      await engine.writeCount(q.clear, { keys: listText([...keys].sort()) });
    },
  };
}

function* recordFailures(q: Q, keys: readonly FailureKey[], nowMs: number): Transition<readonly number[]> {
  const counts = new Array<number>(keys.length).fill(0);
  // In one order for everybody, so that two transactions that share keys wait for each other and never in a circle.
  const inOrder = keys.map((key, index) => ({ ...key, index })).sort((left, right) => (left.key < right.key ? -1 : 1));
  for (const { key, windowMs, index } of inOrder) {
    const row = yield* one(q.record, { key, now: nowMs, window_ends_at: nowMs + windowMs });
    counts[index] = row?.count ?? 0;
  }
  return counts;
}
