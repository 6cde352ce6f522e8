/** Conformance of consents and of the applications that a person is connected to. */
import assert from 'node:assert/strict';
import type { AuthorizationDetail } from '../../protocol/token-context.ts';
import {
  atOnce,
  type ConformanceCase,
  digest,
  newAccessToken,
  newCode,
  newFamily,
  redeemedFamily,
  setScene,
} from './case.ts';

/** The cases. */
export const consentCases: readonly ConformanceCase[] = [
  {
    name: 'consents: allowing more keeps what was allowed before',
    async run(storage, clock) {
      const { account, application, nowMs } = await setScene(storage, clock.read());
      const find = () => storage.consents.findConsent(account.id, application.id);
      const allow = (scope: readonly string[], atMs: number) =>
        storage.consents.allow(account.id, application.id, scope, atMs);
      assert.equal(await find(), null);
      await allow(['openid', 'read'], nowMs);
      assert.deepEqual(await find(), { scope: ['openid', 'read'], details: [], grantedAtMs: nowMs });
      await allow(['read'], nowMs + 1);
      await allow(['email', 'openid'], nowMs + 2);
      assert.deepEqual(await find(), { scope: ['openid', 'read', 'email'], details: [], grantedAtMs: nowMs });
    },
  },
  {
    name: 'consents: of ten at once none is lost',
    async run(storage, clock) {
      const { account, application, nowMs } = await setScene(storage, clock.read());
      const scopes = Array.from({ length: 10 }, (_, index) => `scope${index}`);
      await atOnce(10, (index) => storage.consents.allow(account.id, application.id, [`scope${index}`], nowMs));
      const found = await storage.consents.findConsent(account.id, application.id);
      assert.deepEqual([...(found?.scope ?? [])].sort(), scopes);
    },
  },
  {
    name: 'consents: details are kept beside the scope, each as often as it was allowed at once, the latest 50',
    async run(storage, clock) {
      const { account, application, nowMs } = await setScene(storage, clock.read());
      const allow = (details: readonly AuthorizationDetail[], scope: readonly string[] = []) =>
        storage.consents.allow(account.id, application.id, scope, nowMs, details);
      const find = async () => (await storage.consents.findConsent(account.id, application.id))?.details;
      const detail = (value: string) => ({ type: 'payment', amount: { value } });
      await allow([detail('1')], ['read']);
      await allow([], ['email']);
      assert.deepEqual(await find(), [detail('1')]);
      await allow([detail('2'), detail('1')]);
      assert.deepEqual(await find(), [detail('2'), detail('1')]);
      await allow([detail('1'), detail('1')]);
      assert.deepEqual(await find(), [detail('2'), detail('1'), detail('1')]);
      await atOnce(10, (index) => allow([detail(`at once ${index}`)]));
      assert.equal((await find())?.length, 13);
      await allow(Array.from({ length: 50 }, (_, index) => detail(`late ${index}`)));
      assert.deepEqual((await find())?.[0], detail('late 0'));
      assert.equal((await find())?.length, 50);
      const found = await storage.consents.findConsent(account.id, application.id);
      assert.deepEqual(found?.scope, ['read', 'email']);
    },
  },
  {
    name: 'connections: details of living tokens are listed beside those of the consent',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { account, application, nowMs } = scene;
      const [allowed, held] = [
        { type: 'files', actions: ['read'] },
        { type: 'transfer', number: '06' },
      ];
      await storage.consents.allow(account.id, application.id, ['read'], nowMs, [allowed]);
      const context = { authorizationDetails: [held, allowed] };
      const { family } = await redeemedFamily(storage, scene, { context });
      await redeemedFamily(storage, scene, { context: { ...context, confirmation: { jkt: 'another key' } } });
      const list = async () =>
        (await storage.connections.listConnections(account.id, nowMs)).map(({ details }) => details);
      assert.deepEqual(await list(), [[held, allowed]]);
      await storage.grants.revokeFamily(family.familyId, nowMs);
      assert.deepEqual(await list(), [[held, allowed]]);
    },
  },
  {
    name: 'connections: what was allowed is listed by name, with its last use',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { account, application, nowMs } = scene;
      const list = () => storage.connections.listConnections(account.id, nowMs);
      assert.deepEqual(await list(), []);
      await storage.consents.allow(account.id, application.id, ['openid'], nowMs - 5);
      const connection = {
        applicationId: application.id,
        name: application.name,
        scope: ['openid'],
        details: [],
        grantedAtMs: nowMs - 5,
        lastUsedAtMs: null,
      };
      assert.deepEqual(await list(), [connection]);
      const stored = await redeemedFamily(storage, scene);
      const used = { ...connection, scope: ['openid', 'read'], lastUsedAtMs: nowMs };
      assert.deepEqual(await list(), [used]);
      const later = nowMs + 1_000;
      await storage.grants.rotateRefreshToken({
        familyId: stored.family.familyId,
        applicationId: application.id,
        presentedDigest: stored.refreshDigest,
        successorDigest: digest(),
        formerSuccessorDigests: [],
        accessToken: newAccessToken(application.id, later, stored.family),
        nowMs: later,
        windowMs: 30_000,
        idleExpiresAtMs: null,
      });
      assert.deepEqual(await list(), [{ ...used, lastUsedAtMs: later }]);
    },
  },
  {
    name: 'connections: an application that nobody was asked about is listed while it holds tokens',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { account, application, nowMs } = scene;
      const { family } = await redeemedFamily(storage, scene);
      const listed = await storage.connections.listConnections(account.id, nowMs);
      assert.deepEqual(listed, [
        {
          applicationId: application.id,
          name: application.name,
          scope: family.scope,
          details: [],
          grantedAtMs: nowMs,
          lastUsedAtMs: nowMs,
        },
      ]);
      await storage.grants.revokeFamily(family.familyId, nowMs);
      assert.deepEqual(await storage.connections.listConnections(account.id, nowMs), []);
    },
  },
  {
    name: 'connections: disconnecting ends the consent, the tokens and the codes, there and nowhere else (ASVS 10.7.3)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const elsewhere = await setScene(storage, scene.nowMs);
      const { account, application, nowMs } = scene;
      await storage.consents.allow(account.id, application.id, ['read'], nowMs);
      const { accessToken } = await redeemedFamily(storage, scene);
      const kept = await redeemedFamily(storage, { ...scene, application: elsewhere.application });
      const waiting = newCode(scene);
      await storage.grants.issueCode(waiting);
      const disconnect = () => storage.connections.disconnect(account.id, application.id, nowMs);
      assert.deepEqual(await disconnect(), { outcome: 'disconnected' });
      assert.deepEqual(await disconnect(), { outcome: 'not_found' });
      assert.equal(await storage.consents.findConsent(account.id, application.id), null);
      assert.equal((await storage.grants.findAccessToken(accessToken.tokenDigest))?.isActive, false);
      assert.equal((await storage.grants.findAccessToken(kept.accessToken.tokenDigest))?.isActive, true);
      const family = newFamily(scene);
      const redemption = await storage.grants.redeemCode({
        codeDigest: waiting.codeDigest,
        applicationId: application.id,
        family,
        accessToken: newAccessToken(application.id, nowMs, family),
        nowMs,
      });
      assert.equal(redemption.outcome, 'already_redeemed');
    },
  },
];
