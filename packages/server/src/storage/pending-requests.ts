/** Authorization requests that wait for their person: implements `PendingRequestStore`. */
import type { PendingRequestFound, PendingRequestStore } from '../protocol/ports/authorization.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import { columnsOf, query } from './query.ts';
import type { PendingRequestTable } from './schema.ts';
import type { Engine } from './transition.ts';

const COLUMNS = ['pending_digest', 'browser_digest', 'query', 'created_at', 'expires_at', 'answered'] as const;

interface Key {
  readonly pending_digest: Digest;
  readonly browser_digest: Digest;
}

const queries = {
  insert: query((db, p: PendingRequestTable) => db.insertInto('pending_request').values(columnsOf(p, COLUMNS))),
  find: query((db, p: Key) =>
    db
      .selectFrom('pending_request')
      .select(COLUMNS)
      .where('pending_digest', '=', p.pending_digest)
      .where('browser_digest', '=', p.browser_digest),
  ),
  consume: query((db, p: Key) =>
    db
      .updateTable('pending_request')
      .set({ answered: 1 })
      .where('pending_digest', '=', p.pending_digest)
      .where('browser_digest', '=', p.browser_digest)
      .where('answered', '=', 0),
  ),
};

/** Makes the store. */
export function createPendingRequestStore(engine: Engine): PendingRequestStore {
  const q = engine.prepare('pending_requests', queries);
  return {
    async storePending(record) {
      await engine.writeCount(q.insert, {
        pending_digest: record.pendingDigest,
        browser_digest: record.browserDigest,
        query: record.query,
        created_at: record.createdAtMs,
        expires_at: record.expiresAtMs,
        answered: 0,
      });
    },
    async findPending(pendingDigest, browserDigest): Promise<PendingRequestFound | null> {
      const row = await engine.readOne(q.find, { pending_digest: pendingDigest, browser_digest: browserDigest });
      if (row === null) return null;
      return {
        pendingDigest: row.pending_digest,
        browserDigest: row.browser_digest,
        query: row.query,
        createdAtMs: row.created_at,
        expiresAtMs: row.expires_at,
        answered: row.answered === 1,
      };
    },
    async consumePending(pendingDigest, browserDigest) {
      const consumed = await engine.writeCount(q.consume, {
        pending_digest: pendingDigest,
        browser_digest: browserDigest,
      });
      return consumed === 1;
    },
  };
}
