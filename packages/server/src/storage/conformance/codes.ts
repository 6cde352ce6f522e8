/** Conformance of authorization codes (RFC 6749 §4.1.2). */
import assert from 'node:assert/strict';
import type { Scene } from './case.ts';
import {
  atOnce,
  type ConformanceCase,
  claimsOfScene,
  digest,
  newAccessToken,
  newApplication,
  newCode,
  newFamily,
  redeemedFamily,
  setScene,
  tally,
} from './case.ts';

/** The cases. */
export const codeCases: readonly ConformanceCase[] = [
  {
    name: 'codes: a code is found with all that it is bound to',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const full = newCode(scene);
      const bare = newCode(scene, { codeChallenge: null, nonce: null, redirectUriWasSent: false, scope: [], amr: [] });
      for (const code of [full, bare]) {
        await storage.grants.issueCode(code);
        assert.deepEqual(await storage.grants.findCode(code.codeDigest), {
          code,
          redeemed: false,
          account: claimsOfScene(scene),
          sessionIsActive: true,
        });
      }
      assert.equal(await storage.grants.findCode(digest()), null);
    },
  },
  {
    name: 'codes: a code says when its session has ended and when its account was disabled',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const code = newCode(scene);
      await storage.grants.issueCode(code);
      await storage.sessions.endSession(scene.session.id);
      assert.equal((await storage.grants.findCode(code.codeDigest))?.sessionIsActive, false);
      assert.notEqual((await storage.grants.findCode(code.codeDigest))?.account, null);
      await storage.accounts.disableAccount(scene.account.id, scene.nowMs);
      assert.equal((await storage.grants.findCode(code.codeDigest))?.account, null);
    },
  },
  {
    name: 'codes: for an account or an application that was deleted meanwhile none is stored, and nothing breaks',
    async run(storage, clock) {
      const [withoutAccount, withoutApplication] = [
        await setScene(storage, clock.read()),
        await setScene(storage, clock.read()),
      ];
      await storage.accounts.deleteAccount(withoutAccount.account.id);
      await storage.applications.deleteApplication(withoutApplication.application.id);
      for (const scene of [withoutAccount, withoutApplication]) {
        const code = newCode(scene);
        await storage.grants.issueCode(code);
        assert.equal(await storage.grants.findCode(code.codeDigest), null);
        await storage.consents.allow(scene.account.id, scene.application.id, ['read'], scene.nowMs);
        assert.equal(await storage.consents.findConsent(scene.account.id, scene.application.id), null);
      }
    },
  },
  {
    name: 'codes: redeeming starts the family and stores the first access token',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { code, family, accessToken, refreshDigest } = await redeemedFamily(storage, scene);
      assert.equal((await storage.grants.findCode(code.codeDigest))?.redeemed, true);
      assert.deepEqual(await storage.grants.findAccessToken(accessToken.tokenDigest), {
        token: accessToken,
        clientId: scene.application.clientId,
        isActive: true,
        account: claimsOfScene(scene),
      });
      assert.deepEqual(await storage.grants.findRefreshToken({ familyId: family.familyId, digest: refreshDigest }), {
        familyId: family.familyId,
        applicationId: scene.application.id,
        clientId: scene.application.clientId,
        sessionId: scene.session.id,
        scope: family.scope,
        context: family.context,
        nonce: family.nonce,
        authTimeMs: family.authTimeMs,
        amr: family.amr,
        position: 'current',
        rotatedAtMs: null,
        startedAtMs: scene.nowMs,
        issuedAtMs: scene.nowMs,
        expiresAtMs: family.idleExpiresAtMs,
        revoked: false,
        account: claimsOfScene(scene),
      });
    },
  },
  {
    name: 'codes: a second redemption issues nothing and revokes what the first issued (RFC 6749 §4.1.2)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const first = await redeemedFamily(storage, scene);
      const again = attempt(scene, first.code.codeDigest);
      assert.deepEqual(await storage.grants.redeemCode(again), { outcome: 'already_redeemed' });
      assert.equal(await storage.grants.findAccessToken(again.accessToken.tokenDigest), null);
      assert.equal((await storage.grants.findAccessToken(first.accessToken.tokenDigest))?.isActive, false);
      const refresh = { familyId: first.family.familyId, digest: first.refreshDigest };
      assert.equal((await storage.grants.findRefreshToken(refresh))?.revoked, true);
      // Long after its expiry too: the replay is what tells.
      const late = { ...attempt(scene, first.code.codeDigest), nowMs: scene.nowMs + 600_000 };
      assert.deepEqual(await storage.grants.redeemCode(late), { outcome: 'already_redeemed' });
    },
  },
  {
    name: 'codes: an expired or unknown code is not redeemed',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const code = newCode(scene);
      await storage.grants.issueCode(code);
      const late = { ...attempt(scene, code.codeDigest), nowMs: code.expiresAtMs };
      assert.deepEqual(await storage.grants.redeemCode(late), { outcome: 'expired' });
      assert.equal(await storage.grants.findAccessToken(late.accessToken.tokenDigest), null);
      assert.deepEqual(await storage.grants.redeemCode(attempt(scene, digest())), { outcome: 'not_found' });
      const justInTime = { ...attempt(scene, code.codeDigest), nowMs: code.expiresAtMs - 1 };
      assert.deepEqual(await storage.grants.redeemCode(justInTime), { outcome: 'redeemed' });
    },
  },
  {
    name: 'codes: another application cannot redeem a code, nor spoil it',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const other = newApplication(scene.nowMs);
      await storage.applications.createApplication(other);
      const code = newCode(scene);
      await storage.grants.issueCode(code);
      const foreign = attempt({ ...scene, application: other }, code.codeDigest);
      assert.deepEqual(await storage.grants.redeemCode(foreign), { outcome: 'not_found' });
      const own = attempt(scene, code.codeDigest);
      assert.deepEqual(await storage.grants.redeemCode(own), { outcome: 'redeemed' });
      assert.deepEqual(await storage.grants.redeemCode(foreign), { outcome: 'not_found' });
      assert.equal((await storage.grants.findAccessToken(own.accessToken.tokenDigest))?.isActive, true);
    },
  },
  {
    name: 'codes: a burnt code is of no use, and burning a redeemed one revokes what was issued on it',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const code = newCode(scene);
      await storage.grants.issueCode(code);
      await storage.grants.burnCode(code.codeDigest, scene.nowMs);
      await storage.grants.burnCode(code.codeDigest, scene.nowMs);
      await storage.grants.burnCode(digest(), scene.nowMs);
      assert.equal((await storage.grants.findCode(code.codeDigest))?.redeemed, true);
      assert.deepEqual(await storage.grants.redeemCode(attempt(scene, code.codeDigest)), {
        outcome: 'already_redeemed',
      });
      const redeemed = await redeemedFamily(storage, scene);
      await storage.grants.burnCode(redeemed.code.codeDigest, scene.nowMs);
      assert.equal((await storage.grants.findAccessToken(redeemed.accessToken.tokenDigest))?.isActive, false);
    },
  },
  {
    name: 'codes: no code is redeemed after its session has ended (ASVS 7.4.1)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const code = newCode(scene);
      await storage.grants.issueCode(code);
      await storage.sessions.endSession(scene.session.id);
      assert.deepEqual(await storage.grants.redeemCode(attempt(scene, code.codeDigest)), { outcome: 'not_found' });
    },
  },
  {
    name: 'codes: no code is redeemed after its account was disabled, not even when it is enabled again (ASVS 7.4.2)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const code = newCode(scene);
      await storage.grants.issueCode(code);
      await storage.accounts.disableAccount(scene.account.id, scene.nowMs);
      const refused = await storage.grants.redeemCode(attempt(scene, code.codeDigest));
      assert.equal(refused.outcome, 'already_redeemed');
      await storage.accounts.enableAccount(scene.account.id, scene.nowMs);
      const step = attempt(scene, code.codeDigest);
      assert.equal((await storage.grants.redeemCode(step)).outcome, 'already_redeemed');
      assert.equal(await storage.grants.findAccessToken(step.accessToken.tokenDigest), null);
    },
  },
  {
    name: 'codes: of 50 redemptions at once one wins, and the 49 replays revoke what it got',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const code = newCode(scene);
      await storage.grants.issueCode(code);
      const steps = Array.from({ length: 50 }, () => attempt(scene, code.codeDigest));
      const outcomes = await Promise.all(steps.map((step) => storage.grants.redeemCode(step)));
      assert.deepEqual(tally(outcomes), { redeemed: 1, already_redeemed: 49 });
      const tokens = await Promise.all(
        steps.map((step) => storage.grants.findAccessToken(step.accessToken.tokenDigest)),
      );
      assert.deepEqual(
        tokens.map((token) => token !== null),
        outcomes.map(({ outcome }) => outcome === 'redeemed'),
      );
      assert.equal(tokens.find((token) => token !== null)?.isActive, false);
    },
  },
  {
    name: 'codes: 50 different codes are redeemed at once',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const families = await atOnce(50, () => redeemedFamily(storage, scene));
      for (const { accessToken } of families) {
        assert.equal((await storage.grants.findAccessToken(accessToken.tokenDigest))?.isActive, true);
      }
    },
  },
  {
    name: 'codes: whichever comes first, a redemption beside a disabling leaves no token that works',
    async run(storage, clock) {
      for (let round = 0; round < 10; round += 1) {
        const scene = await setScene(storage, clock.read());
        const code = newCode(scene);
        await storage.grants.issueCode(code);
        const step = attempt(scene, code.codeDigest);
        await Promise.all([
          storage.grants.redeemCode(step),
          storage.accounts.disableAccount(scene.account.id, scene.nowMs),
        ]);
        await storage.accounts.enableAccount(scene.account.id, scene.nowMs);
        const token = await storage.grants.findAccessToken(step.accessToken.tokenDigest);
        assert.equal(token?.isActive ?? false, false);
      }
    },
  },
  {
    name: 'codes: whichever comes first, a burning beside a redemption leaves no token that works',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      for (let round = 0; round < 10; round += 1) {
        const code = newCode(scene);
        await storage.grants.issueCode(code);
        const step = attempt(scene, code.codeDigest);
        await Promise.all([storage.grants.redeemCode(step), storage.grants.burnCode(code.codeDigest, scene.nowMs)]);
        const token = await storage.grants.findAccessToken(step.accessToken.tokenDigest);
        assert.equal(token?.isActive ?? false, false);
      }
    },
  },
  {
    name: 'codes: a code without a challenge is noted at its application, at most once a minute',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { id } = scene.application;
      const noted = async () => (await storage.applications.findApplication(id))?.lastWithoutPkceAtMs;
      await storage.grants.issueCode(newCode(scene));
      assert.equal(await noted(), null);
      await storage.grants.issueCode(newCode(scene, { codeChallenge: null }));
      assert.equal(await noted(), scene.nowMs);
      await storage.grants.issueCode(newCode(scene, { codeChallenge: null, issuedAtMs: scene.nowMs + 59_999 }));
      assert.equal(await noted(), scene.nowMs);
      await storage.grants.issueCode(newCode(scene, { codeChallenge: null, issuedAtMs: scene.nowMs + 60_000 }));
      assert.equal(await noted(), scene.nowMs + 60_000);
    },
  },
  {
    name: 'codes: a code of an OpenID request without a redirect URI is noted at its application, at most once a minute',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { id } = scene.application;
      const noted = async () => {
        const found = await storage.applications.findApplication(id);
        return [found?.lastWithoutRedirectUriAtMs, found?.lastWithoutPkceAtMs];
      };
      await storage.grants.issueCode(newCode(scene, { scope: ['openid'] }));
      await storage.grants.issueCode(newCode(scene, { scope: ['read'], redirectUriWasSent: false }));
      assert.deepEqual(await noted(), [null, null]);
      const without = { scope: ['openid'], redirectUriWasSent: false };
      await storage.grants.issueCode(newCode(scene, without));
      assert.deepEqual(await noted(), [scene.nowMs, null]);
      await storage.grants.issueCode(newCode(scene, { ...without, issuedAtMs: scene.nowMs + 59_999 }));
      assert.deepEqual(await noted(), [scene.nowMs, null]);
      const later = scene.nowMs + 60_000;
      await storage.grants.issueCode(newCode(scene, { ...without, codeChallenge: null, issuedAtMs: later }));
      assert.deepEqual(await noted(), [later, later]);
    },
  },
];

/** A redemption of a code in the scene, with a family and a token of its own. */
function attempt(scene: Scene, codeDigest: ReturnType<typeof digest>) {
  const family = newFamily(scene);
  return {
    codeDigest,
    applicationId: scene.application.id,
    family,
    accessToken: newAccessToken(scene.application.id, scene.nowMs, family),
    nowMs: scene.nowMs,
  };
}
