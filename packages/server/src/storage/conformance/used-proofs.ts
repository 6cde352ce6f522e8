/** Conformance of proofs that count once: client assertions and DPoP proofs. */
import assert from 'node:assert/strict';
import { atOnce, type ConformanceCase, digest } from './case.ts';

/** The cases. */
export const usedProofCases: readonly ConformanceCase[] = [
  {
    name: 'used proofs: each counts once among those of its kind',
    async run(storage, clock) {
      const expiresAtMs = clock.read() + 60_000;
      const proofDigest = digest();
      const use = (kind: 'client_assertion' | 'dpop_proof') =>
        storage.replays.useOnce({ kind, proofDigest, expiresAtMs });
      assert.equal(await use('client_assertion'), true);
      assert.equal(await use('client_assertion'), false);
      assert.equal(await use('dpop_proof'), true);
      assert.equal(await use('dpop_proof'), false);
      clock.advance(120_000);
      // What has expired is refused for its age; until the cleanup it is still known.
      assert.equal(await use('client_assertion'), false);
    },
  },
  {
    name: 'used proofs: of 50 uses at once one counts (GHSA-3p3g-vpw6-4w66)',
    async run(storage, clock) {
      for (const kind of ['client_assertion', 'dpop_proof'] as const) {
        const proof = { kind, proofDigest: digest(), expiresAtMs: clock.read() + 60_000 };
        const uses = await atOnce(50, () => storage.replays.useOnce(proof));
        assert.equal(uses.filter((counts) => counts).length, 1);
      }
    },
  },
  {
    name: 'used proofs: the cleanup forgets those that have expired, and no others',
    async run(storage, clock) {
      const nowMs = clock.read();
      const kind = 'dpop_proof';
      const [over, alive] = [digest(), digest()];
      await storage.replays.useOnce({ kind, proofDigest: over, expiresAtMs: nowMs });
      await storage.replays.useOnce({ kind, proofDigest: alive, expiresAtMs: nowMs + 1 });
      assert.ok((await storage.cleanup(nowMs, { batchSize: 10 })).usedProofs >= 1);
      assert.equal(await storage.replays.useOnce({ kind, proofDigest: over, expiresAtMs: nowMs }), true);
      assert.equal(await storage.replays.useOnce({ kind, proofDigest: alive, expiresAtMs: nowMs }), false);
    },
  },
];
