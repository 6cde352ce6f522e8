/** Conformance of pushed authorization requests: found as they were stored, answered once. */
import assert from 'node:assert/strict';
import { applicationId } from '../../vocabulary/identifiers.ts';
import { atOnce, type ConformanceCase, digest, fresh } from './case.ts';

const HOUR_MS = 3_600_000;

/** The cases. */
export const pushedRequestCases: readonly ConformanceCase[] = [
  {
    name: 'pushed requests: one is found as it was stored, and answered once',
    async run(storage, clock) {
      const record = pushed(clock.read());
      await storage.pushedRequests.storePushed(record);
      const { requestDigest } = record;
      assert.deepEqual(await storage.pushedRequests.findPushed(requestDigest), { ...record, answered: false });
      assert.equal(await storage.pushedRequests.findPushed(digest()), null);
      assert.equal(await storage.pushedRequests.consumePushed(digest()), false);
      assert.equal(await storage.pushedRequests.consumePushed(requestDigest), true);
      assert.equal(await storage.pushedRequests.consumePushed(requestDigest), false);
      assert.equal((await storage.pushedRequests.findPushed(requestDigest))?.answered, true);
    },
  },
  {
    name: 'pushed requests: of 50 answers at once one counts',
    async run(storage, clock) {
      const record = pushed(clock.read());
      await storage.pushedRequests.storePushed(record);
      const answers = await atOnce(50, () => storage.pushedRequests.consumePushed(record.requestDigest));
      assert.equal(answers.filter((answer) => answer).length, 1);
    },
  },
  {
    name: 'pushed requests: one goes at a cleanup once no sign-in can still be waiting for it, an hour after its expiry',
    async run(storage, clock) {
      const record = pushed(clock.read());
      await storage.pushedRequests.storePushed(record);
      const { requestDigest, expiresAtMs } = record;
      await storage.cleanup(expiresAtMs + HOUR_MS - 1, { batchSize: 1_000 });
      assert.notEqual(await storage.pushedRequests.findPushed(requestDigest), null);
      await storage.cleanup(expiresAtMs + HOUR_MS, { batchSize: 1_000 });
      assert.equal(await storage.pushedRequests.findPushed(requestDigest), null);
    },
  },
];

function pushed(nowMs: number) {
  return {
    requestDigest: digest(),
    applicationId: applicationId(fresh('application')),
    parameters: 'client_id=x&state=%C3%A9',
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 90_000,
  };
}
