/** Conformance of opaque access tokens. */
import assert from 'node:assert/strict';
import {
  atOnce,
  type ConformanceCase,
  digest,
  newAccessToken,
  newApplication,
  redeemedFamily,
  setScene,
} from './case.ts';

/** The cases. */
export const accessTokenCases: readonly ConformanceCase[] = [
  {
    name: 'access tokens: one of client credentials is found, with nobody behind it',
    async run(storage, clock) {
      const application = newApplication(clock.read());
      await storage.applications.createApplication(application);
      const token = newAccessToken(application.id, clock.read());
      await storage.grants.issueAccessToken(token);
      assert.deepEqual(await storage.grants.findAccessToken(token.tokenDigest), {
        token,
        clientId: application.clientId,
        isActive: true,
        account: null,
      });
      assert.equal(await storage.grants.findAccessToken(digest()), null);
    },
  },
  {
    name: 'access tokens: a hundred are issued at once',
    async run(storage, clock) {
      const application = newApplication(clock.read());
      await storage.applications.createApplication(application);
      const tokens = await atOnce(100, async () => {
        const token = newAccessToken(application.id, clock.read());
        await storage.grants.issueAccessToken(token);
        return token;
      });
      for (const { tokenDigest } of tokens) {
        assert.equal((await storage.grants.findAccessToken(tokenDigest))?.isActive, true);
      }
    },
  },
  {
    name: 'access tokens: those of a disabled application work no more, those of a deleted one are not found',
    async run(storage, clock) {
      const nowMs = clock.read();
      const application = newApplication(nowMs);
      await storage.applications.createApplication(application);
      const token = newAccessToken(application.id, nowMs);
      await storage.grants.issueAccessToken(token);
      const isActive = async () => (await storage.grants.findAccessToken(token.tokenDigest))?.isActive;
      await storage.applications.setDisabled(application.id, nowMs, nowMs);
      assert.equal(await isActive(), false);
      await storage.applications.setDisabled(application.id, null, nowMs);
      assert.equal(await isActive(), true);
      await storage.applications.deleteApplication(application.id);
      assert.equal(await isActive(), undefined);
    },
  },
  {
    name: 'access tokens: those of a disabled account work no more, also once it is enabled again (ASVS 7.4.2)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { accessToken } = await redeemedFamily(storage, scene);
      await storage.accounts.disableAccount(scene.account.id, scene.nowMs);
      const found = await storage.grants.findAccessToken(accessToken.tokenDigest);
      assert.equal(found?.isActive, false);
      assert.equal(found?.account, null);
      await storage.accounts.enableAccount(scene.account.id, scene.nowMs);
      assert.equal((await storage.grants.findAccessToken(accessToken.tokenDigest))?.isActive, false);
    },
  },
  {
    name: 'access tokens: revoking one revokes its whole family (RFC 7009 §2.1)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { accessToken, family, refreshDigest } = await redeemedFamily(storage, scene);
      await storage.grants.revokeAccessToken(accessToken.tokenDigest, scene.application.id, scene.nowMs);
      await storage.grants.revokeAccessToken(accessToken.tokenDigest, scene.application.id, scene.nowMs);
      assert.equal((await storage.grants.findAccessToken(accessToken.tokenDigest))?.isActive, false);
      const refresh = { familyId: family.familyId, digest: refreshDigest };
      assert.equal((await storage.grants.findRefreshToken(refresh))?.revoked, true);
    },
  },
  {
    name: 'access tokens: revoking one without a family revokes it alone',
    async run(storage, clock) {
      const application = newApplication(clock.read());
      await storage.applications.createApplication(application);
      const [revoked, other] = await atOnce(2, async () => {
        const token = newAccessToken(application.id, clock.read());
        await storage.grants.issueAccessToken(token);
        return token;
      });
      assert.ok(revoked && other);
      await storage.grants.revokeAccessToken(revoked.tokenDigest, application.id, clock.read());
      assert.equal((await storage.grants.findAccessToken(revoked.tokenDigest))?.isActive, false);
      assert.equal((await storage.grants.findAccessToken(other.tokenDigest))?.isActive, true);
    },
  },
  {
    name: 'access tokens: another application revokes nothing (DOT#727)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const other = newApplication(scene.nowMs);
      await storage.applications.createApplication(other);
      const { accessToken, family, refreshDigest } = await redeemedFamily(storage, scene);
      await storage.grants.revokeAccessToken(accessToken.tokenDigest, other.id, scene.nowMs);
      await storage.grants.revokeAccessToken(digest(), other.id, scene.nowMs);
      assert.equal((await storage.grants.findAccessToken(accessToken.tokenDigest))?.isActive, true);
      const refresh = { familyId: family.familyId, digest: refreshDigest };
      assert.equal((await storage.grants.findRefreshToken(refresh))?.revoked, false);
    },
  },
];
