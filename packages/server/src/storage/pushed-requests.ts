/** Pushed authorization requests (RFC 9126): implements `PushedRequestStore`. */
import type { PushedRequestStore } from '../protocol/ports/authorization.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import { columnsOf, query } from './query.ts';
import type { PushedRequestTable } from './schema.ts';
import type { Engine } from './transition.ts';

const COLUMNS = ['request_digest', 'application_id', 'parameters', 'created_at', 'expires_at', 'answered'] as const;

interface Key {
  readonly request_digest: Digest;
}

const queries = {
  insert: query((db, p: PushedRequestTable) => db.insertInto('pushed_request').values(columnsOf(p, COLUMNS))),
  find: query((db, p: Key) =>
    db.selectFrom('pushed_request').select(COLUMNS).where('request_digest', '=', p.request_digest),
  ),
  consume: query((db, p: Key) =>
    db
      .updateTable('pushed_request')
      .set({ answered: 1 })
      .where('request_digest', '=', p.request_digest)
      .where('answered', '=', 0),
  ),
};

/** Makes the store. */
export function createPushedRequestStore(engine: Engine): PushedRequestStore {
  const q = engine.prepare('pushed_requests', queries);
  return {
    async storePushed(record) {
      await engine.writeCount(q.insert, {
        request_digest: record.requestDigest,
        application_id: record.applicationId,
        parameters: record.parameters,
        created_at: record.createdAtMs,
        expires_at: record.expiresAtMs,
        answered: 0,
      });
    },
    async findPushed(requestDigest) {
      const row = await engine.readOne(q.find, { request_digest: requestDigest });
      if (row === null) return null;
      return {
        requestDigest: row.request_digest,
        applicationId: row.application_id,
        parameters: row.parameters,
        createdAtMs: row.created_at,
        expiresAtMs: row.expires_at,
        answered: row.answered === 1,
      };
    },
    async consumePushed(requestDigest) {
      return (await engine.writeCount(q.consume, { request_digest: requestDigest })) === 1;
    },
  };
}
