/** What opens dynamic registration and its management: implements `RegistrationStore`. */
import { sql } from 'kysely';
import type { RegistrationStore } from '../admin/ports.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { ApplicationId } from '../vocabulary/identifiers.ts';
import { columnsOf, query } from './query.ts';
import type { InitialAccessTable } from './schema.ts';
import type { Engine } from './transition.ts';

const queries = {
  create: query((db, p: InitialAccessTable) =>
    db.insertInto('initial_access').values(columnsOf(p, ['token_digest', 'uses_left', 'created_at', 'expires_at'])),
  ),

  find: query((db, p: { token_digest: Digest; now: number }) =>
    db
      .selectFrom('initial_access')
      .select('uses_left')
      .where('token_digest', '=', p.token_digest)
      .where('uses_left', '>', sql.lit(0))
      .where('expires_at', '>', p.now),
  ),

  spend: query((db, p: { token_digest: Digest; now: number }) =>
    db
      .updateTable('initial_access')
      .set(({ eb }) => ({ uses_left: eb('uses_left', '-', sql.lit(1)) }))
      .where('token_digest', '=', p.token_digest)
      .where('uses_left', '>', sql.lit(0))
      .where('expires_at', '>', p.now),
  ),

  giveBack: query((db, p: { token_digest: Digest }) =>
    db
      .updateTable('initial_access')
      .set(({ eb }) => ({ uses_left: eb('uses_left', '+', sql.lit(1)) }))
      .where('token_digest', '=', p.token_digest),
  ),

  store: query((db, p: { application_id: ApplicationId; token_digest: Digest }) =>
    db.insertInto('registration_access').values(columnsOf(p, ['application_id', 'token_digest'])),
  ),

  findByAccess: query((db, p: { token_digest: Digest }) =>
    db.selectFrom('registration_access').select('application_id').where('token_digest', '=', p.token_digest),
  ),

  rotate: query((db, p: { application_id: ApplicationId; presented: Digest; next: Digest }) =>
    db
      .updateTable('registration_access')
      .set({ token_digest: p.next })
      .where('application_id', '=', p.application_id)
      .where('token_digest', '=', p.presented),
  ),
};

/** Makes the store. */
export function createRegistrationStore(engine: Engine): RegistrationStore {
  const q = engine.prepare('registrations', queries);
  return {
    async createInitialAccess({ tokenDigest, uses, createdAtMs, expiresAtMs }) {
      await engine.writeCount(q.create, {
        token_digest: tokenDigest,
        uses_left: uses,
        created_at: createdAtMs,
        expires_at: expiresAtMs,
      });
    },
    async isInitialAccess(tokenDigest, nowMs) {
      return (await engine.readOne(q.find, { token_digest: tokenDigest, now: nowMs })) !== null;
    },
    async spendInitialAccess(tokenDigest, nowMs) {
      return (await engine.writeCount(q.spend, { token_digest: tokenDigest, now: nowMs })) === 1;
    },
    async returnInitialAccess(tokenDigest) {
      await engine.writeCount(q.giveBack, { token_digest: tokenDigest });
    },
    async storeAccess(applicationId, tokenDigest) {
      await engine.writeCount(q.store, { application_id: applicationId, token_digest: tokenDigest });
    },
    async findByAccess(tokenDigest) {
      return (await engine.readOne(q.findByAccess, { token_digest: tokenDigest }))?.application_id ?? null;
    },
    async rotateAccess(applicationId, presented, next) {
      return (await engine.writeCount(q.rotate, { application_id: applicationId, presented, next })) === 1;
    },
  };
}
