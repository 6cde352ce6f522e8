/** Conformance of devices that wait (RFC 8628). */
import assert from 'node:assert/strict';
import type { DeviceGrantRecord, DeviceVisitor } from '../../protocol/ports/devices.ts';
import { sessionId } from '../../vocabulary/identifiers.ts';
import type { Storage } from '../storage.ts';
import {
  atOnce,
  type ConformanceCase,
  claimsOfScene,
  digest,
  fresh,
  newAccessToken,
  newApplication,
  newDeviceGrant,
  newFamily,
  type Scene,
  setScene,
  tally,
} from './case.ts';

/** The cases. */
export const deviceGrantCases: readonly ConformanceCase[] = [
  {
    name: 'device grants: one is found by its device code, and opened by its user code',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const grant = await issued(storage, scene);
      assert.deepEqual(await storage.deviceGrants.findDeviceGrant(grant.deviceCodeDigest), {
        applicationId: scene.application.id,
        scope: grant.scope,
        context: grant.context,
        expiresAtMs: grant.expiresAtMs,
        redeemed: false,
        decision: null,
      });
      assert.deepEqual(await storage.deviceGrants.openDeviceGrant(grant.userCodeMac, visitor(scene), scene.nowMs), {
        clientId: scene.application.clientId,
        applicationId: scene.application.id,
        scope: grant.scope,
        context: grant.context,
        networkAddress: grant.networkAddress,
        userAgent: grant.userAgent,
        issuedAtMs: grant.issuedAtMs,
      });
      assert.equal(await storage.deviceGrants.findDeviceGrant(digest()), null);
    },
  },
  {
    name: 'device grants: a user code is given once, and none to an application that is gone',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { userCodeMac } = await issued(storage, scene);
      const again = newDeviceGrant(scene, { userCodeMac });
      assert.deepEqual(await storage.deviceGrants.issueDeviceGrant(again), { outcome: 'not_issued' });
      assert.equal(await storage.deviceGrants.findDeviceGrant(again.deviceCodeDigest), null);
      const gone = newDeviceGrant({ ...scene, application: newApplication(scene.nowMs) });
      assert.deepEqual(await storage.deviceGrants.issueDeviceGrant(gone), { outcome: 'not_issued' });
    },
  },
  {
    name: 'device grants: of 50 sessions that type a code at once one gets it, again and again (CVE-2026-45337)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const grant = await issued(storage, scene);
      const visitors = Array.from({ length: 50 }, () => ({
        ...visitor(scene),
        sessionId: sessionId(fresh('session')),
      }));
      const open = (who: DeviceVisitor) => storage.deviceGrants.openDeviceGrant(grant.userCodeMac, who, scene.nowMs);
      const opened = await atOnce(50, (index) => open(visitors[index] ?? visitor(scene)));
      const winner = visitors[opened.findIndex((found) => found !== null)];
      assert.ok(winner);
      assert.equal(opened.filter((found) => found !== null).length, 1);
      assert.notEqual(await open(winner), null);
      const other = await setScene(storage, clock.read());
      assert.equal(await open({ ...winner, accountId: other.account.id }), null);
      assert.deepEqual(await decide(storage, scene, grant, true, visitor(other)), { outcome: 'not_found' });
      assert.deepEqual(await decide(storage, scene, grant, true, winner), { outcome: 'decided' });
    },
  },
  {
    name: 'device grants: nobody decides what they have not opened, nor twice, nor after its end',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const unopened = await issued(storage, scene);
      assert.deepEqual(await decide(storage, scene, unopened, true), { outcome: 'not_found' });
      const grant = await opened(storage, scene);
      const decisions = await atOnce(50, (index) => decide(storage, scene, grant, index % 2 === 0));
      assert.deepEqual(tally(decisions), { decided: 1, not_found: 49 });
      assert.equal(await storage.deviceGrants.openDeviceGrant(grant.userCodeMac, visitor(scene), scene.nowMs), null);
      const late = await opened(storage, scene);
      const nowMs = late.expiresAtMs;
      assert.equal(await storage.deviceGrants.openDeviceGrant(late.userCodeMac, visitor(scene), nowMs), null);
      assert.deepEqual(await decide(storage, { ...scene, nowMs }, late, true), { outcome: 'not_found' });
    },
  },
  {
    name: 'device grants: polls in time keep the interval, early ones make it longer (RFC 8628 §3.5)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const grant = await issued(storage, scene);
      const poll = async (seconds: number) => {
        const at = scene.nowMs + seconds * 1_000;
        return (await storage.deviceGrants.pollDeviceGrant(grant.deviceCodeDigest, at)).outcome;
      };
      assert.equal(await poll(0), 'in_time');
      assert.equal(await poll(5), 'in_time');
      assert.equal(await poll(9), 'in_time');
      // Ten seconds from here on.
      assert.equal(await poll(12), 'too_early');
      assert.equal(await poll(20), 'too_early');
      // Fifteen, counted from the last poll.
      assert.equal(await poll(35), 'in_time');
      assert.equal(await poll(48), 'too_early');
    },
  },
  {
    name: 'device grants: the interval grows to a minute and no further',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const grant = await issued(storage, scene);
      const poll = async (seconds: number) => {
        const at = scene.nowMs + seconds * 1_000;
        return (await storage.deviceGrants.pollDeviceGrant(grant.deviceCodeDigest, at)).outcome;
      };
      assert.equal(await poll(0), 'in_time');
      for (let second = 1; second <= 100; second += 1) assert.equal(await poll(second), 'too_early');
      assert.equal(await poll(158), 'too_early');
      assert.equal(await poll(218), 'in_time');
    },
  },
  {
    name: 'device grants: of 50 polls that fetch the tokens at once one gets them',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const grant = await opened(storage, scene);
      const early = attempt(scene, grant);
      assert.deepEqual(await storage.deviceGrants.redeemDeviceCode(early), { outcome: 'not_redeemable' });
      await decide(storage, scene, grant, true);
      const foreign = { ...attempt(scene, grant), applicationId: newApplication(scene.nowMs).id };
      assert.deepEqual(await storage.deviceGrants.redeemDeviceCode(foreign), { outcome: 'not_redeemable' });
      const attempts = Array.from({ length: 50 }, () => attempt(scene, grant));
      const outcomes = await atOnce(50, (index) => storage.deviceGrants.redeemDeviceCode(attempts[index] ?? early));
      assert.deepEqual(tally(outcomes), { redeemed: 1, not_redeemable: 49 });
      const found = await atOnce(50, (index) =>
        storage.grants.findAccessToken((attempts[index] ?? early).accessToken.tokenDigest),
      );
      assert.equal(found.filter((token) => token?.isActive === true).length, 1);
      assert.deepEqual(await storage.deviceGrants.findDeviceGrant(grant.deviceCodeDigest), {
        applicationId: scene.application.id,
        scope: grant.scope,
        context: grant.context,
        expiresAtMs: grant.expiresAtMs,
        redeemed: true,
        decision: {
          allowed: true,
          sessionId: scene.session.id,
          account: claimsOfScene(scene),
          authTimeMs: scene.nowMs,
          amr: ['pwd'],
        },
      });
    },
  },
  {
    name: 'device grants: denied, expired, of a disabled person or taken back, one brings nothing',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const redeem = async (grant: DeviceGrantRecord, nowMs = scene.nowMs) =>
        (await storage.deviceGrants.redeemDeviceCode({ ...attempt(scene, grant), nowMs })).outcome;
      const denied = await opened(storage, scene);
      await decide(storage, scene, denied, false);
      assert.equal(await redeem(denied), 'not_redeemable');
      const allowed = await opened(storage, scene);
      await decide(storage, scene, allowed, true);
      assert.equal(await redeem(allowed, allowed.expiresAtMs), 'not_redeemable');
      await storage.accounts.disableAccount(scene.account.id, scene.nowMs);
      assert.equal(await redeem(allowed), 'not_redeemable');
      const found = await storage.deviceGrants.findDeviceGrant(allowed.deviceCodeDigest);
      assert.equal(found?.decision?.account, null);
      await storage.accounts.enableAccount(scene.account.id, scene.nowMs);
      await storage.connections.disconnect(scene.account.id, scene.application.id, scene.nowMs);
      assert.equal(await redeem(allowed), 'not_redeemable');
    },
  },
];

function visitor(scene: Scene): DeviceVisitor {
  return { sessionId: scene.session.id, accountId: scene.account.id };
}

async function issued(storage: Storage, scene: Scene): Promise<DeviceGrantRecord> {
  const grant = newDeviceGrant(scene);
  assert.deepEqual(await storage.deviceGrants.issueDeviceGrant(grant), { outcome: 'issued' });
  return grant;
}

async function opened(storage: Storage, scene: Scene): Promise<DeviceGrantRecord> {
  const grant = await issued(storage, scene);
  await storage.deviceGrants.openDeviceGrant(grant.userCodeMac, visitor(scene), scene.nowMs);
  return grant;
}

function decide(
  storage: Storage,
  scene: Scene,
  { userCodeMac }: DeviceGrantRecord,
  allowed: boolean,
  who: DeviceVisitor = visitor(scene),
) {
  const { nowMs } = scene;
  const event = { authTimeMs: nowMs, amr: ['pwd'] };
  return storage.deviceGrants.decideDeviceGrant({ userCodeMac, visitor: { ...who, ...event }, allowed, nowMs });
}

function attempt(scene: Scene, { deviceCodeDigest }: DeviceGrantRecord) {
  const family = newFamily(scene);
  return {
    deviceCodeDigest,
    applicationId: scene.application.id,
    family,
    accessToken: newAccessToken(scene.application.id, scene.nowMs, family),
    nowMs: scene.nowMs,
  };
}
