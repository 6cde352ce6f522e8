/** Conformance of what guards a sign-in: pending requests, counts of failures, known browsers. */
import assert from 'node:assert/strict';
import { atOnce, type ConformanceCase, digest, fresh, newAccount } from './case.ts';

/** The cases. */
export const attemptCases: readonly ConformanceCase[] = [
  {
    name: 'pending requests: one is found by the browser that it came from, and by no other (CVE-2022-39222)',
    async run(storage, clock) {
      const record = pending(clock.read());
      await storage.pendingRequests.storePending(record);
      const { pendingDigest, browserDigest } = record;
      assert.deepEqual(await storage.pendingRequests.findPending(pendingDigest, browserDigest), {
        ...record,
        answered: false,
      });
      assert.equal(await storage.pendingRequests.findPending(pendingDigest, digest()), null);
      assert.equal(await storage.pendingRequests.findPending(digest(), browserDigest), null);
      assert.equal(await storage.pendingRequests.consumePending(pendingDigest, digest()), false);
      assert.equal(await storage.pendingRequests.consumePending(digest(), browserDigest), false);
      assert.equal(await storage.pendingRequests.consumePending(pendingDigest, browserDigest), true);
      assert.equal(await storage.pendingRequests.consumePending(pendingDigest, browserDigest), false);
      const found = await storage.pendingRequests.findPending(pendingDigest, browserDigest);
      assert.equal(found?.answered, true);
    },
  },
  {
    name: 'pending requests: of 20 answers at once one counts',
    async run(storage, clock) {
      const record = pending(clock.read());
      await storage.pendingRequests.storePending(record);
      const answers = await atOnce(20, () =>
        storage.pendingRequests.consumePending(record.pendingDigest, record.browserDigest),
      );
      assert.equal(answers.filter((answer) => answer).length, 1);
    },
  },
  {
    name: 'failures: each is counted under each of its keys, in their order, until the window is over',
    async run(storage, clock) {
      const nowMs = clock.read();
      const [slow, fast] = [
        { key: fresh('b-slow'), windowMs: 1_000 },
        { key: fresh('a-fast'), windowMs: 100 },
      ];
      const { failures } = storage;
      assert.deepEqual(await failures.readFailures([slow, fast], nowMs), [
        { count: 0, windowEndsAtMs: nowMs + 1_000 },
        { count: 0, windowEndsAtMs: nowMs + 100 },
      ]);
      assert.deepEqual(await failures.recordFailures([slow], nowMs), [1]);
      assert.deepEqual(await failures.recordFailures([slow, fast], nowMs + 10), [2, 1]);
      assert.deepEqual(await failures.readFailures([fast, slow], nowMs + 50), [
        { count: 1, windowEndsAtMs: nowMs + 110 },
        { count: 2, windowEndsAtMs: nowMs + 1_000 },
      ]);
      assert.deepEqual(await failures.recordFailures([slow, fast], nowMs + 110), [3, 1]);
      assert.deepEqual(
        (await failures.readFailures([slow, fast], nowMs + 1_000)).map(({ count }) => count),
        [0, 0],
      );
      await failures.clearFailures([slow.key]);
      assert.deepEqual(
        (await failures.readFailures([slow, fast], nowMs + 111)).map(({ count }) => count),
        [0, 1],
      );
      assert.deepEqual(await failures.recordFailures([], nowMs), []);
      assert.deepEqual(await failures.readFailures([], nowMs), []);
    },
  },
  {
    name: 'failures: one is taken back, never more than were counted',
    async run(storage, clock) {
      const nowMs = clock.read();
      const key = { key: fresh('counted "quoted" é'), windowMs: 1_000 };
      const count = async () => (await storage.failures.readFailures([key], nowMs))[0]?.count;
      await storage.failures.recordFailures([key], nowMs);
      await storage.failures.recordFailures([key], nowMs);
      await storage.failures.takeBackFailures([key.key, fresh('unknown')], nowMs);
      assert.equal(await count(), 1);
      await storage.failures.takeBackFailures([key.key], nowMs + 1_000);
      assert.equal(await count(), 1);
      await storage.failures.takeBackFailures([key.key], nowMs);
      await storage.failures.takeBackFailures([key.key], nowMs);
      assert.equal(await count(), 0);
    },
  },
  {
    name: 'failures: 50 at once are 50',
    async run(storage, clock) {
      const nowMs = clock.read();
      const keys = [fresh('account'), fresh('network')].map((key) => ({ key, windowMs: 60_000 }));
      const counts = await atOnce(50, (index) =>
        // In either order: two that share their keys must not wait for each other for ever.
        storage.failures.recordFailures(index % 2 === 0 ? keys : keys.toReversed(), nowMs),
      );
      const inOrder = Array.from({ length: 50 }, (_, index) => index + 1);
      const byNumber = (left: number, right: number) => left - right;
      assert.deepEqual(counts.map((both, index) => both[index % 2] ?? 0).sort(byNumber), inOrder);
      assert.deepEqual(
        (await storage.failures.readFailures(keys, nowMs)).map(({ count }) => count),
        [50, 50],
      );
    },
  },
  {
    name: 'known browsers: one is known at the account that it was remembered for',
    async run(storage, clock) {
      const [account, other] = [newAccount(clock.read()), newAccount(clock.read())];
      await storage.accounts.createAccount(account);
      await storage.accounts.createAccount(other);
      const browser = digest();
      const known = (id: typeof account.id) => storage.knownBrowsers.isKnownBrowser(id, browser);
      assert.equal(await known(account.id), false);
      await storage.knownBrowsers.rememberBrowser(account.id, browser, clock.read());
      await storage.knownBrowsers.rememberBrowser(account.id, browser, clock.read() + 1);
      assert.equal(await known(account.id), true);
      assert.equal(await known(other.id), false);
      await storage.accounts.deleteAccount(other.id);
      await storage.knownBrowsers.rememberBrowser(other.id, browser, clock.read());
      assert.equal(await known(other.id), false);
    },
  },
];

function pending(nowMs: number) {
  return {
    pendingDigest: digest(),
    browserDigest: digest(),
    query: 'client_id=a%20b&scope=openid+read&state=%C3%A9"\'\\',
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 600_000,
  };
}
