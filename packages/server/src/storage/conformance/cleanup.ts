/**
 * Conformance of the cleanup. What it deletes is what earlier cases left as well, so counts are compared from below, and each
 * case looks at its own.
 */
import assert from 'node:assert/strict';
import type { GroupName } from '../../accounts/ports/groups.ts';
import {
  type ConformanceCase,
  digest,
  email,
  fresh,
  newAccessToken,
  newAccount,
  newApplication,
  newDeviceGrant,
  newSession,
  redeemedFamily,
  setScene,
} from './case.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The cases. Each moves the clock to where nothing of the cases before it is alive. */
export const cleanupCases: readonly ConformanceCase[] = [
  {
    name: 'cleanup: expired tokens, sessions, pending requests and failures go, in small steps; living ones stay',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      await storage.cleanup(clock.read(), { batchSize: 1_000 });
      const scene = await setScene(storage, clock.read());
      const { account, application, session, nowMs } = scene;
      const device = newDeviceGrant(scene, { expiresAtMs: nowMs - HOUR_MS + 1 });
      await storage.deviceGrants.issueDeviceGrant(device);
      const pending = (expiresAtMs: number) => ({
        pendingDigest: digest(),
        browserDigest: digest(),
        query: '',
        createdAtMs: nowMs,
        expiresAtMs,
      });
      const token = newAccessToken(application.id, nowMs);
      await storage.grants.issueAccessToken(token);
      const kept = pending(nowMs + HOUR_MS);
      await storage.pendingRequests.storePending(kept);
      const failure = { key: fresh('failure'), windowMs: HOUR_MS };
      await storage.failures.recordFailures([failure], nowMs);
      for (let index = 0; index < 7; index += 1) {
        await storage.grants.issueAccessToken({ ...newAccessToken(application.id, nowMs), expiresAtMs: nowMs });
        await storage.pendingRequests.storePending(pending(nowMs));
        await storage.deviceGrants.issueDeviceGrant(newDeviceGrant(scene, { expiresAtMs: nowMs - HOUR_MS }));
        await storage.failures.recordFailures([{ key: fresh('failure'), windowMs: 0 }], nowMs);
        await storage.sessions.startSession(newSession(nowMs, account.id, { idleExpiresAtMs: nowMs }), null);
      }
      assert.deepEqual(await storage.cleanup(nowMs, { batchSize: 3 }), {
        accessTokens: 7,
        accountEvents: 0,
        accounts: 0,
        abandonedSignUps: 0,
        deviceGrants: 7,
        tokenFamilies: 0,
        authorizationCodes: 0,
        sessions: 7,
        logoutNotices: 0,
        pendingRequests: 7,
        pushedRequests: 0,
        usedProofs: 0,
        failures: 7,
        initialAccessTokens: 0,
        outgoingMail: 0,
        mailedSecrets: 0,
        invitations: 0,
        knownBrowsers: 0,
        unverifiedApplications: 0,
        auditLines: 0,
        flowAttempts: 0,
      });
      assert.equal((await storage.grants.findAccessToken(token.tokenDigest))?.isActive, true);
      assert.notEqual(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
      assert.notEqual(await storage.pendingRequests.findPending(kept.pendingDigest, kept.browserDigest), null);
      assert.notEqual(await storage.deviceGrants.findDeviceGrant(device.deviceCodeDigest), null);
      assert.equal((await storage.failures.readFailures([failure], nowMs))[0]?.count, 1);
      await assert.rejects(storage.cleanup(nowMs, { batchSize: 0 }), RangeError);
    },
  },
  {
    name: 'cleanup: a sign-up that nobody confirmed goes and frees its username; what anybody used, made or brought stays',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      const nowMs = clock.read();
      const PERIOD = { batchSize: 2, abandonedSignUpMs: 7 * DAY_MS };
      await storage.cleanup(nowMs, PERIOD);
      const unconfirmed = () => newAccount(nowMs, { email: email(`${fresh('person')}@example.test`, false) });
      const abandoned = [unconfirmed(), unconfirmed(), unconfirmed()];
      const confirmed = newAccount(nowMs, { email: email(`${fresh('person')}@example.test`, true) });
      const withoutAddress = newAccount(nowMs);
      const superuser = { ...unconfirmed(), isSuperuser: true };
      const [signedIn, inGroup, disabled] = [unconfirmed(), unconfirmed(), unconfirmed()];
      const kept = [confirmed, withoutAddress, superuser, signedIn, inGroup, disabled];
      for (const account of [...abandoned, ...kept]) await storage.accounts.createAccount(account);
      await storage.sessions.startSession(newSession(nowMs, signedIn.id), null);
      const group = { id: fresh('group-id'), name: fresh('Group') as GroupName, requiresSecondFactor: false };
      await storage.groups.createGroup(group, nowMs);
      await storage.groups.addMember(group.id, inGroup.id, nowMs);
      await storage.accounts.disableAccount(disabled.id, nowMs);
      assert.equal((await storage.cleanup(nowMs + 7 * DAY_MS - 1, PERIOD)).abandonedSignUps, 0);
      assert.equal((await storage.cleanup(nowMs + 8 * DAY_MS, { batchSize: 2 })).abandonedSignUps, 0);
      assert.equal((await storage.cleanup(nowMs + 7 * DAY_MS, PERIOD)).abandonedSignUps, 3);
      for (const { id } of abandoned) assert.equal(await storage.accounts.findAccount(id), null);
      for (const { id } of kept) assert.notEqual(await storage.accounts.findAccount(id), null);
      const [first] = abandoned;
      assert.ok(first);
      assert.deepEqual(await storage.accounts.createAccount({ ...first, id: newAccount(nowMs).id }), {
        outcome: 'created',
      });
    },
  },
  {
    name: 'cleanup: a redeemed code is kept for a day, so that a replay of it still revokes',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      const scene = await setScene(storage, clock.read());
      const { code } = await redeemedFamily(storage, scene);
      await storage.cleanup(code.expiresAtMs + DAY_MS - 1, { batchSize: 1_000 });
      assert.equal((await storage.grants.findCode(code.codeDigest))?.redeemed, true);
      const counts = await storage.cleanup(code.expiresAtMs + DAY_MS, { batchSize: 1_000 });
      assert.equal(counts.authorizationCodes, 1);
      assert.equal(await storage.grants.findCode(code.codeDigest), null);
    },
  },
  {
    name: 'cleanup: a family goes when it can neither be rotated nor hold a living access token',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      await storage.cleanup(clock.read(), { batchSize: 1_000 });
      const scene = await setScene(storage, clock.read());
      const { nowMs } = scene;
      const limits = (expiresAtMs: number | null, idleExpiresAtMs: number | null) => ({ expiresAtMs, idleExpiresAtMs });
      const stored = {
        absolute: await redeemedFamily(storage, scene, limits(nowMs + 10 * DAY_MS, null)),
        idle: await redeemedFamily(storage, scene, limits(null, nowMs + 10 * DAY_MS)),
        endless: await redeemedFamily(storage, scene, limits(null, null)),
        revoked: await redeemedFamily(storage, scene, limits(null, null)),
        withoutRefresh: await redeemedFamily(storage, scene, { refreshDigest: null }),
        soonOver: await redeemedFamily(storage, scene, limits(nowMs + 1, null)),
      };
      await storage.grants.revokeFamily(stored.revoked.family.familyId, nowMs);
      // While its session lives a family stays, so that its application can be told of the end.
      await storage.sessions.endSession(scene.session.id);
      const left = async (atMs: number) => {
        await storage.cleanup(atMs, { batchSize: 2 });
        const names: string[] = [];
        for (const [name, { family, refreshDigest, accessToken }] of Object.entries(stored)) {
          const refresh = { familyId: family.familyId, digest: refreshDigest };
          if ((await storage.grants.findRefreshToken(refresh)) !== null) names.push(name);
          else if ((await storage.grants.findAccessToken(accessToken.tokenDigest)) !== null) names.push(name);
        }
        return names.sort().join(' ');
      };
      // soonOver is over; its access token is not yet.
      assert.equal(await left(nowMs + HOUR_MS - 1), 'absolute endless idle revoked soonOver withoutRefresh');
      assert.equal(await left(nowMs + 3 * HOUR_MS), 'absolute endless idle revoked');
      assert.equal(await left(nowMs + 10 * DAY_MS - 1), 'absolute endless idle revoked');
      assert.equal(await left(nowMs + 10 * DAY_MS), 'endless revoked');
      // A revoked one stays for a month, so that what is left of it is told so.
      assert.equal(await left(nowMs + 30 * DAY_MS), 'endless');
      assert.equal(await left(nowMs + 300 * DAY_MS), 'endless');
      await storage.grants.revokeFamily(stored.endless.family.familyId, nowMs);
      assert.equal(await left(nowMs + 331 * DAY_MS), '');
    },
  },
  {
    name: 'cleanup: a family that was used since is not taken for idle',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      const scene = await setScene(storage, clock.read());
      const { nowMs } = scene;
      const stored = await redeemedFamily(storage, scene, { expiresAtMs: null, idleExpiresAtMs: nowMs + DAY_MS });
      const successor = digest();
      const usedAtMs = nowMs + DAY_MS - 1;
      await storage.grants.rotateRefreshToken({
        familyId: stored.family.familyId,
        applicationId: scene.application.id,
        presentedDigest: stored.refreshDigest,
        successorDigest: successor,
        formerSuccessorDigests: [],
        accessToken: newAccessToken(scene.application.id, usedAtMs, stored.family),
        nowMs: usedAtMs,
        windowMs: 30_000,
        idleExpiresAtMs: usedAtMs + DAY_MS,
      });
      const refresh = { familyId: stored.family.familyId, digest: successor };
      await storage.cleanup(usedAtMs + DAY_MS - 1, { batchSize: 1_000 });
      assert.equal((await storage.grants.findRefreshToken(refresh))?.position, 'current');
      await storage.cleanup(usedAtMs + DAY_MS, { batchSize: 1_000 });
      assert.equal(await storage.grants.findRefreshToken(refresh), null);
    },
  },
  {
    name: 'cleanup: a browser that was not seen for 400 days is forgotten',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      const { account, nowMs } = await setScene(storage, clock.read());
      const browser = digest();
      await storage.knownBrowsers.rememberBrowser(account.id, browser, nowMs);
      await storage.cleanup(nowMs + 400 * DAY_MS - 1, { batchSize: 1_000 });
      assert.equal(await storage.knownBrowsers.isKnownBrowser(account.id, browser), true);
      await storage.cleanup(nowMs + 400 * DAY_MS, { batchSize: 1_000 });
      assert.equal(await storage.knownBrowsers.isKnownBrowser(account.id, browser), false);
    },
  },
  {
    name: 'cleanup: two at once delete each row once',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      await storage.cleanup(clock.read(), { batchSize: 1_000 });
      const nowMs = clock.read();
      const application = newApplication(nowMs);
      await storage.applications.createApplication(application);
      for (let index = 0; index < 20; index += 1) {
        await storage.grants.issueAccessToken({ ...newAccessToken(application.id, nowMs), expiresAtMs: nowMs });
      }
      const counts = await Promise.all([0, 1].map(() => storage.cleanup(nowMs, { batchSize: 3 })));
      const rest = await storage.cleanup(nowMs, { batchSize: 1_000 });
      const deleted = [...counts, rest].reduce((sum, { accessTokens }) => sum + accessTokens, 0);
      assert.equal(deleted, 20);
    },
  },
];
