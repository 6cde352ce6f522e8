/** Conformance of refresh tokens: rotation, repetition, reuse (RFC 9700 §4.14.2). */
import assert from 'node:assert/strict';
import type { Digest } from '../../vocabulary/credentials.ts';
import { familyId } from '../../vocabulary/identifiers.ts';
import type { Storage } from '../storage.ts';
import {
  atOnce,
  type ConformanceCase,
  digest,
  fresh,
  newAccessToken,
  newApplication,
  redeemedFamily,
  type Scene,
  type StoredFamily,
  setScene,
  tally,
} from './case.ts';

const WINDOW_MS = 30_000;

/** The cases. */
export const refreshTokenCases: readonly ConformanceCase[] = [
  {
    name: 'refresh tokens: a rotation makes the successor current and stores its access token',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const successor = digest();
      const later = scene.nowMs + 5_000;
      const step = rotation(scene, stored, stored.refreshDigest, successor, later);
      const idleExpiresAtMs = later + 1_000_000;
      const outcome = await storage.grants.rotateRefreshToken({ ...step, idleExpiresAtMs });
      assert.deepEqual(outcome, { outcome: 'rotated' });
      const current = await find(storage, stored, successor);
      assert.equal(current?.position, 'current');
      assert.equal(current?.rotatedAtMs, later);
      assert.equal(current?.issuedAtMs, later);
      assert.equal(current?.expiresAtMs, idleExpiresAtMs);
      assert.equal((await find(storage, stored, stored.refreshDigest))?.position, 'predecessor');
      assert.equal((await find(storage, stored, digest()))?.position, 'older');
      const token = await storage.grants.findAccessToken(step.accessToken.tokenDigest);
      assert.equal(token?.isActive, true);
      // The token from before the rotation goes on to its own end.
      assert.equal((await storage.grants.findAccessToken(stored.accessToken.tokenDigest))?.isActive, true);
    },
  },
  {
    name: 'refresh tokens: the predecessor inside its window gets an access token of its own, and the same successor',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const successor = digest();
      const first = rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs);
      await storage.grants.rotateRefreshToken(first);
      const again = rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs + WINDOW_MS - 1);
      assert.deepEqual(await storage.grants.rotateRefreshToken(again), {
        outcome: 'repeated',
        successorDigest: successor,
      });
      for (const { accessToken } of [first, again]) {
        assert.equal((await storage.grants.findAccessToken(accessToken.tokenDigest))?.isActive, true);
      }
      assert.equal((await find(storage, stored, successor))?.position, 'current');
      assert.equal((await find(storage, stored, successor))?.rotatedAtMs, scene.nowMs);
    },
  },
  {
    name: 'refresh tokens: the predecessor after its window ends the family (ASVS 10.4.5)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const successor = digest();
      await storage.grants.rotateRefreshToken(rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs));
      const late = rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs + WINDOW_MS);
      assert.deepEqual(await storage.grants.rotateRefreshToken(late), { outcome: 'reused' });
      assert.equal(await storage.grants.findAccessToken(late.accessToken.tokenDigest), null);
      assert.equal((await storage.grants.findAccessToken(stored.accessToken.tokenDigest))?.isActive, false);
      assert.equal((await find(storage, stored, successor))?.revoked, true);
      const next = rotation(scene, stored, successor, digest(), scene.nowMs + WINDOW_MS);
      assert.deepEqual(await storage.grants.rotateRefreshToken(next), { outcome: 'revoked' });
    },
  },
  {
    name: 'refresh tokens: the window is over as soon as the successor is used',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const [second, third] = [digest(), digest()];
      const { nowMs } = scene;
      await storage.grants.rotateRefreshToken(rotation(scene, stored, stored.refreshDigest, second, nowMs));
      await storage.grants.rotateRefreshToken(rotation(scene, stored, second, third, nowMs));
      assert.equal((await find(storage, stored, stored.refreshDigest))?.position, 'older');
      const old = rotation(scene, stored, stored.refreshDigest, second, nowMs);
      assert.deepEqual(await storage.grants.rotateRefreshToken(old), { outcome: 'reused' });
      assert.equal((await find(storage, stored, third))?.revoked, true);
    },
  },
  {
    name: 'refresh tokens: a window of nothing shields nobody, not within the same millisecond either (CVE-2026-9802)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const successor = digest();
      const step = rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs);
      await storage.grants.rotateRefreshToken(step);
      const again = rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs);
      assert.deepEqual(await storage.grants.rotateRefreshToken({ ...again, windowMs: 0 }), { outcome: 'reused' });
    },
  },
  {
    name: 'refresh tokens: a repetition after the server key changed finds the successor of the former key',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const [former, renewed] = [digest(), digest()];
      await storage.grants.rotateRefreshToken(rotation(scene, stored, stored.refreshDigest, former, scene.nowMs));
      const again = rotation(scene, stored, stored.refreshDigest, renewed, scene.nowMs);
      assert.deepEqual(
        await storage.grants.rotateRefreshToken({ ...again, formerSuccessorDigests: [digest(), former] }),
        { outcome: 'repeated', successorDigest: former },
      );
      assert.equal((await find(storage, stored, former))?.position, 'current');
    },
  },
  {
    name: 'refresh tokens: another successor than the stored one is no repetition',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      await storage.grants.rotateRefreshToken(rotation(scene, stored, stored.refreshDigest, digest(), scene.nowMs));
      const other = rotation(scene, stored, stored.refreshDigest, digest(), scene.nowMs);
      assert.deepEqual(await storage.grants.rotateRefreshToken(other), { outcome: 'reused' });
    },
  },
  {
    name: 'refresh tokens: a revoked family rotates and repeats no more',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const successor = digest();
      await storage.grants.rotateRefreshToken(rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs));
      await storage.grants.revokeFamily(stored.family.familyId, scene.nowMs);
      await storage.grants.revokeFamily(stored.family.familyId, scene.nowMs + 1);
      await storage.grants.revokeFamily(familyId(fresh('family')), scene.nowMs);
      for (const presented of [stored.refreshDigest, successor, digest()]) {
        const step = rotation(scene, stored, presented, successor, scene.nowMs);
        assert.deepEqual(await storage.grants.rotateRefreshToken(step), { outcome: 'revoked' });
        assert.equal(await storage.grants.findAccessToken(step.accessToken.tokenDigest), null);
      }
    },
  },
  {
    name: 'refresh tokens: a family past one of its limits rotates no more',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const endsAtMs = scene.nowMs + 10_000;
      for (const limits of [
        { expiresAtMs: endsAtMs, idleExpiresAtMs: null },
        { expiresAtMs: null, idleExpiresAtMs: endsAtMs },
      ]) {
        const stored = await redeemedFamily(storage, scene, limits);
        const late = rotation(scene, stored, stored.refreshDigest, digest(), endsAtMs);
        assert.deepEqual(await storage.grants.rotateRefreshToken(late), { outcome: 'expired' });
        assert.equal((await find(storage, stored, stored.refreshDigest))?.expiresAtMs, endsAtMs);
        const inTime = rotation(scene, stored, stored.refreshDigest, digest(), endsAtMs - 1);
        assert.deepEqual(await storage.grants.rotateRefreshToken(inTime), { outcome: 'rotated' });
      }
      const endless = await redeemedFamily(storage, scene, { expiresAtMs: null, idleExpiresAtMs: null });
      const muchLater = rotation(scene, endless, endless.refreshDigest, digest(), scene.nowMs + 10 * 365 * 86_400_000);
      assert.deepEqual(await storage.grants.rotateRefreshToken(muchLater), { outcome: 'rotated' });
    },
  },
  {
    name: 'refresh tokens: an unknown family, and another application, rotate and spoil nothing',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const unknown = familyId(fresh('family'));
      assert.equal(await storage.grants.findRefreshToken({ familyId: unknown, digest: digest() }), null);
      assert.equal(await storage.grants.findRefreshToken({ familyId: null, digest: stored.refreshDigest }), null);
      const step = rotation(scene, stored, stored.refreshDigest, digest(), scene.nowMs);
      assert.deepEqual(await storage.grants.rotateRefreshToken({ ...step, familyId: unknown }), {
        outcome: 'not_found',
      });
      const other = newApplication(scene.nowMs);
      await storage.applications.createApplication(other);
      for (const presented of [stored.refreshDigest, digest()]) {
        const foreign = rotation({ ...scene, application: other }, stored, presented, digest(), scene.nowMs);
        assert.deepEqual(await storage.grants.rotateRefreshToken(foreign), { outcome: 'not_found' });
      }
      assert.deepEqual(await storage.grants.rotateRefreshToken(step), { outcome: 'rotated' });
    },
  },
  {
    name: 'refresh tokens: a family without a refresh token has none to find or rotate',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene, { refreshDigest: null });
      assert.equal(await find(storage, stored, digest()), null);
      const step = rotation(scene, stored, digest(), digest(), scene.nowMs);
      assert.deepEqual(await storage.grants.rotateRefreshToken(step), { outcome: 'not_found' });
      assert.equal((await storage.grants.findAccessToken(stored.accessToken.tokenDigest))?.isActive, true);
    },
  },
  {
    name: 'refresh tokens: a disabled account has none behind it',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      await storage.accounts.disableAccount(scene.account.id, scene.nowMs);
      const found = await find(storage, stored, stored.refreshDigest);
      assert.equal(found?.account, null);
      assert.equal(found?.revoked, true);
    },
  },
  {
    name: 'refresh tokens: of 50 rotations at once one rotates, 49 repeat, and all get the successor that is current',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const stored = await redeemedFamily(storage, scene);
      const successor = digest();
      const steps = Array.from({ length: 50 }, () =>
        rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs),
      );
      const outcomes = await Promise.all(steps.map((step) => storage.grants.rotateRefreshToken(step)));
      assert.deepEqual(tally(outcomes), { rotated: 1, repeated: 49 });
      const found = await find(storage, stored, successor);
      assert.equal(found?.position, 'current');
      assert.equal(found?.revoked, false);
      for (const { accessToken } of steps) {
        assert.equal((await storage.grants.findAccessToken(accessToken.tokenDigest))?.isActive, true);
      }
    },
  },
  {
    name: 'refresh tokens: a rotation beside a revocation leaves nothing that works (CVE-2026-1035)',
    async run(storage, clock) {
      for (let round = 0; round < 10; round += 1) {
        const scene = await setScene(storage, clock.read());
        const stored = await redeemedFamily(storage, scene);
        const successor = digest();
        const steps = Array.from({ length: 4 }, () =>
          rotation(scene, stored, stored.refreshDigest, successor, scene.nowMs),
        );
        const [outcomes] = await Promise.all([
          Promise.all(steps.map((step) => storage.grants.rotateRefreshToken(step))),
          storage.grants.revokeFamily(stored.family.familyId, scene.nowMs),
        ]);
        for (const { outcome } of outcomes) assert.match(outcome, /^(rotated|repeated|revoked)$/);
        assert.equal((await find(storage, stored, successor))?.revoked, true);
        for (const { accessToken } of steps) {
          const token = await storage.grants.findAccessToken(accessToken.tokenDigest);
          assert.equal(token?.isActive ?? false, false);
        }
      }
    },
  },
  {
    name: 'refresh tokens: families rotate at once without minding each other',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const families = await atOnce(50, () => redeemedFamily(storage, scene));
      const outcomes = await Promise.all(
        families.map((stored) =>
          storage.grants.rotateRefreshToken(rotation(scene, stored, stored.refreshDigest, digest(), scene.nowMs)),
        ),
      );
      assert.deepEqual(tally(outcomes), { rotated: 50 });
    },
  },
];

function rotation(scene: Scene, stored: StoredFamily, presented: Digest, successor: Digest, nowMs: number) {
  return {
    familyId: stored.family.familyId,
    applicationId: scene.application.id,
    presentedDigest: presented,
    successorDigest: successor,
    formerSuccessorDigests: [],
    accessToken: newAccessToken(scene.application.id, nowMs, stored.family),
    nowMs,
    windowMs: WINDOW_MS,
    idleExpiresAtMs: null,
  };
}

function find(storage: Storage, { family }: StoredFamily, presented: Digest) {
  return storage.grants.findRefreshToken({ familyId: family.familyId, digest: presented });
}
