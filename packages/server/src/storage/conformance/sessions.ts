/** Conformance of sessions, and of the joined read of an authorization. */
import assert from 'node:assert/strict';
import { eventOf } from './account-events.ts';
import {
  type ConformanceCase,
  claimsOfScene,
  digest,
  NO_SESSION,
  newAccount,
  newApplication,
  newSession,
  setScene,
} from './case.ts';

const DAY_MS = 86_400_000;

/** The cases. */
export const sessionCases: readonly ConformanceCase[] = [
  {
    name: 'sessions: a started one is found with its account, and noted as its last sign-in',
    async run(storage, clock) {
      const { account, session, nowMs } = await setScene(storage, clock.read());
      const found = await storage.sessions.findSession(session.tokenDigest, nowMs);
      assert.deepEqual(found?.session, session);
      assert.deepEqual(found?.account, await storage.accounts.findAccount(account.id));
      assert.equal(found?.account.lastSignInAtMs, nowMs);
      assert.equal(await storage.sessions.findSession(digest(), nowMs), null);
    },
  },
  {
    name: 'sessions: a new one ends the one that it replaces, in the same step (ASVS 7.2.4)',
    async run(storage, clock) {
      const { account, session, nowMs } = await setScene(storage, clock.read());
      const next = newSession(nowMs, account.id);
      await storage.sessions.startSession(next, session.tokenDigest);
      assert.equal(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
      assert.deepEqual((await storage.sessions.findSession(next.tokenDigest, nowMs))?.session, next);
      await storage.sessions.startSession(newSession(nowMs, account.id), digest());
      assert.equal((await storage.sessions.listSessionsOf(account.id, nowMs)).length, 2);
    },
  },
  {
    name: 'sessions: the start writes its line of the log, and that a known browser was seen',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      const { account, nowMs } = await setScene(storage, clock.read());
      const [known, stranger] = [digest(), digest()];
      await storage.knownBrowsers.rememberBrowser(account.id, known, nowMs);
      const laterMs = nowMs + 1;
      const event = eventOf(account.id, laterMs);
      await storage.sessions.startSession(newSession(laterMs, account.id), null, { event, browser: known });
      await storage.sessions.startSession(newSession(laterMs, account.id), null, {
        event: eventOf(account.id, laterMs + 1),
        browser: stranger,
      });
      const log = await storage.accountEvents.listEvents(account.id, { before: null, limit: 9 });
      assert.deepEqual(log[1], event);
      assert.equal(log.length, 2);
      // Who was merely seen is not known by it.
      assert.equal(await storage.knownBrowsers.isKnownBrowser(account.id, stranger), false);
      await storage.cleanup(nowMs + 400 * DAY_MS, { batchSize: 1_000 });
      assert.equal(await storage.knownBrowsers.isKnownBrowser(account.id, known), true);
      await storage.cleanup(laterMs + 400 * DAY_MS, { batchSize: 1_000 });
      assert.equal(await storage.knownBrowsers.isKnownBrowser(account.id, known), false);
    },
  },
  {
    name: 'sessions: where none starts, nothing of it is in the log',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      await storage.accounts.disableAccount(account.id, nowMs);
      const event = eventOf(account.id, nowMs);
      await storage.sessions.startSession(newSession(nowMs, account.id), null, { event, browser: null });
      assert.deepEqual(await storage.accountEvents.listEvents(account.id, { before: null, limit: 9 }), []);
    },
  },
  {
    name: 'sessions: one is over at the earlier of its limits (ASVS 7.3.1, 7.3.2)',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      for (const limits of [
        { expiresAtMs: nowMs + 10, idleExpiresAtMs: nowMs + 20 },
        { expiresAtMs: nowMs + 20, idleExpiresAtMs: nowMs + 10 },
      ]) {
        const session = newSession(nowMs, account.id, limits);
        await storage.sessions.startSession(session, null);
        const at = async (instantMs: number) =>
          (await storage.sessions.findSession(session.tokenDigest, instantMs))?.session.id;
        assert.equal(await at(nowMs + 9), session.id);
        assert.equal(await at(nowMs + 10), undefined);
        const listed = await storage.sessions.listSessionsOf(account.id, nowMs + 10);
        assert.equal(
          listed.some(({ id }) => id === session.id),
          false,
        );
      }
    },
  },
  {
    name: 'sessions: use moves the inactivity limit, up to the absolute one and never back',
    async run(storage, clock) {
      const { session, nowMs } = await setScene(storage, clock.read());
      const find = (instantMs: number) => storage.sessions.findSession(session.tokenDigest, instantMs);
      await storage.sessions.touchSession(session.id, nowMs + 60_000, nowMs + 3 * 3_600_000);
      const touched = await find(nowMs + 3 * 3_600_000 - 1);
      assert.equal(touched?.session.lastSeenAtMs, nowMs + 60_000);
      assert.equal(touched?.session.idleExpiresAtMs, nowMs + 3 * 3_600_000);
      await storage.sessions.touchSession(session.id, nowMs + 30_000, nowMs + 1);
      assert.equal((await find(nowMs + 2))?.session.lastSeenAtMs, nowMs + 60_000);
      await storage.sessions.touchSession(session.id, nowMs + 90_000, nowMs + 100 * 3_600_000);
      assert.notEqual(await find(session.expiresAtMs - 1), null);
      assert.equal(await find(session.expiresAtMs), null);
      await storage.sessions.touchSession(NO_SESSION, nowMs, nowMs);
    },
  },
  {
    name: 'sessions: one is renewed under a new secret, once, while it lives (ASVS 7.2.4)',
    async run(storage, clock) {
      const { account, session, nowMs } = await setScene(storage, clock.read());
      const renewal = { previous: session.tokenDigest, authTimeMs: nowMs + 5, amr: ['pwd', 'otp', 'mfa'] };
      const next = digest();
      assert.deepEqual(
        await storage.sessions.renewSession(session.id, { ...renewal, tokenDigest: next }, session.idleExpiresAtMs),
        { outcome: 'not_found' },
      );
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          storage.sessions.renewSession(
            session.id,
            { ...renewal, tokenDigest: index === 0 ? next : digest() },
            nowMs + 5,
          ),
        ),
      );
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'renewed').length, 1);
      assert.equal(await storage.sessions.findSession(session.tokenDigest, nowMs + 5), null);
      const [found, ...others] = await storage.sessions.listSessionsOf(account.id, nowMs + 5);
      assert.equal(others.length, 0);
      assert.equal(found?.id, session.id);
      assert.equal(found?.authTimeMs, nowMs + 5);
      assert.deepEqual(found?.amr, ['pwd', 'otp', 'mfa']);
      assert.equal(found?.expiresAtMs, session.expiresAtMs);
    },
  },
  {
    name: 'sessions: ended means ended (ASVS 7.4.1)',
    async run(storage, clock) {
      const { session, nowMs } = await setScene(storage, clock.read());
      await storage.sessions.endSession(session.id);
      await storage.sessions.endSession(session.id);
      assert.equal(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
      await storage.sessions.touchSession(session.id, nowMs + 1, nowMs + 10_000);
      assert.equal(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
    },
  },
  {
    name: 'sessions: one ends one’s own and nobody else’s (ASVS 7.5.2)',
    async run(storage, clock) {
      const mine = await setScene(storage, clock.read());
      const theirs = await setScene(storage, clock.read());
      const end = (id: typeof mine.session.id) => storage.sessions.endSessionOf(mine.account.id, id);
      assert.deepEqual(await end(theirs.session.id), { outcome: 'not_found' });
      assert.notEqual(await storage.sessions.findSession(theirs.session.tokenDigest, mine.nowMs), null);
      assert.deepEqual(await end(mine.session.id), { outcome: 'ended' });
      assert.deepEqual(await end(mine.session.id), { outcome: 'not_found' });
    },
  },
  {
    name: 'sessions: all of an account, or all but one, end at once, and say how many',
    async run(storage, clock) {
      const { account, session, nowMs } = await setScene(storage, clock.read());
      const other = await setScene(storage, nowMs);
      for (const ageMs of [3, 2, 1]) {
        await storage.sessions.startSession(newSession(nowMs - ageMs, account.id), null);
      }
      const listed = await storage.sessions.listSessionsOf(account.id, nowMs);
      assert.deepEqual(
        listed.map(({ lastSeenAtMs }) => nowMs - lastSeenAtMs),
        [0, 1, 2, 3],
      );
      assert.deepEqual(listed[0], session);
      assert.equal(await storage.sessions.endSessionsOf(account.id, session.id), 3);
      assert.deepEqual(await storage.sessions.listSessionsOf(account.id, nowMs), [session]);
      assert.equal(await storage.sessions.endSessionsOf(account.id, null), 1);
      assert.equal(await storage.sessions.endSessionsOf(account.id, null), 0);
      assert.notEqual(await storage.sessions.findSession(other.session.tokenDigest, nowMs), null);
    },
  },
  {
    name: 'sessions: none begins for an account that was disabled or deleted meanwhile',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs);
      await storage.accounts.createAccount(account);
      await storage.accounts.disableAccount(account.id, nowMs);
      const refused = newSession(nowMs, account.id);
      await storage.sessions.startSession(refused, null);
      await storage.accounts.enableAccount(account.id, nowMs);
      assert.equal(await storage.sessions.findSession(refused.tokenDigest, nowMs), null);
      assert.equal((await storage.accounts.findAccount(account.id))?.lastSignInAtMs, null);
      await storage.accounts.deleteAccount(account.id);
      await storage.sessions.startSession(newSession(nowMs, account.id), null);
    },
  },
  {
    name: 'sessions: whichever comes first, a sign-in beside a disabling leaves no session',
    async run(storage, clock) {
      for (let round = 0; round < 10; round += 1) {
        const { account, nowMs } = await setScene(storage, clock.read());
        const session = newSession(nowMs, account.id);
        await Promise.all([
          storage.sessions.startSession(session, null),
          storage.accounts.disableAccount(account.id, nowMs),
        ]);
        await storage.accounts.enableAccount(account.id, nowMs);
        assert.deepEqual(await storage.sessions.listSessionsOf(account.id, nowMs), []);
      }
    },
  },
  {
    name: 'authorization: one read gives the session, the person and what they allowed',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { account, application, session, nowMs } = scene;
      const read = (change: { sessionDigest?: typeof session.tokenDigest; nowMs?: number } = {}) =>
        storage.authorization.readAuthorization({
          sessionDigest: session.tokenDigest,
          applicationId: application.id,
          nowMs,
          ...change,
        });
      const expected = {
        session: { sessionId: session.id, accountId: account.id, authTimeMs: nowMs, amr: session.amr },
        account: claimsOfScene(scene),
        consent: null,
        groupRequiresSecondFactor: false,
        sessionLastSeenAtMs: nowMs,
      };
      assert.deepEqual(await read(), expected);
      const other = newApplication(nowMs);
      await storage.applications.createApplication(other);
      await storage.consents.allow(account.id, other.id, ['write'], nowMs);
      assert.deepEqual(await read(), expected);
      await storage.consents.allow(account.id, application.id, ['read'], nowMs);
      assert.deepEqual(await read(), { ...expected, consent: { scope: ['read'], details: [], grantedAtMs: nowMs } });
      assert.equal(await read({ sessionDigest: digest() }), null);
      assert.equal(await read({ nowMs: session.idleExpiresAtMs }), null);
      await storage.accounts.disableAccount(account.id, nowMs);
      assert.equal(await read(), null);
    },
  },
];
