/** Proofs that were used: implements `ReplayStore`, and `OneTimeStore` beside it. */
import type { OneTimeStore } from '../accounts/ports/factors.ts';
import type { ReplayStore } from '../protocol/ports/applications.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import { query } from './query.ts';
import type { UsedProofTable } from './schema.ts';
import type { Engine } from './transition.ts';

const queries = {
  /** One statement: of any number of simultaneous uses the primary key lets one in. */
  use: query((db, p: { kind: UsedProofTable['kind']; proof_digest: Digest; expires_at: number }) =>
    db
      .insertInto('used_proof')
      .values({ kind: p.kind, proof_digest: p.proof_digest, expires_at: p.expires_at })
      .onConflict((on) => on.doNothing()),
  ),
};

/** Makes the store. */
export function createReplayStore(engine: Engine): ReplayStore & OneTimeStore {
  const q = engine.prepare('used_proofs', queries);
  return {
    async useOnce({ kind, proofDigest, expiresAtMs }) {
      return (await engine.writeCount(q.use, { kind, proof_digest: proofDigest, expires_at: expiresAtMs })) === 1;
    },
  };
}
