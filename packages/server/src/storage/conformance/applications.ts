/** Conformance of applications: their settings, secrets, cache and use. */
import assert from 'node:assert/strict';
import type { ClientSecretRecord, ImportedSecretHash } from '../../protocol/application.ts';
import { applicationId, clientId } from '../../vocabulary/identifiers.ts';
import {
  type ConformanceCase,
  fresh,
  newAccount,
  newApplication,
  newCode,
  newSecret,
  redeemedFamily,
  setScene,
  tally,
} from './case.ts';

const NONE = applicationId('no-such-application');

/** The cases. */
export const applicationCases: readonly ConformanceCase[] = [
  {
    name: 'applications: one is found as it was registered, its lists in their order',
    async run(storage, clock) {
      const nowMs = clock.read();
      const owner = newAccount(nowMs);
      await storage.accounts.createAccount(owner);
      const full = newApplication(nowMs, {
        ownerId: owner.id,
        secrets: [newSecret(nowMs), newSecret(nowMs + 1)],
        refreshTokenLifetimeSeconds: null,
        refreshTokenIdleSeconds: 60,
      });
      const bare = newApplication(nowMs, {
        type: 'public',
        grants: [],
        redirectUris: [],
        postLogoutRedirectUris: [],
        allowedOrigins: [],
        scopes: [],
        requirePkce: true,
        skipConsent: true,
        idTokenAlgorithm: 'EdDSA',
        disabledAtMs: nowMs,
      });
      for (const application of [full, bare]) {
        assert.deepEqual(await storage.applications.createApplication(application), { outcome: 'created' });
        assert.deepEqual(await storage.applications.findApplication(application.id), application);
        assert.deepEqual(await storage.applications.findApplicationByClientId(application.clientId), application);
        assert.deepEqual(await storage.applications.findByClientId(application.clientId), application);
      }
      assert.equal(await storage.applications.findApplication(NONE), null);
      assert.equal(await storage.applications.findApplicationByClientId('none'), null);
      assert.equal(await storage.applications.findByClientId(clientId('none')), null);
    },
  },
  {
    name: 'applications: of two registrations of one client id at once one is created',
    async run(storage, clock) {
      const taken = clientId(fresh('client'));
      const pair = [0, 1].map(() =>
        newApplication(clock.read(), { clientId: taken, secrets: [newSecret(clock.read())] }),
      );
      const outcomes = await Promise.all(pair.map((it) => storage.applications.createApplication(it)));
      assert.deepEqual(tally(outcomes), { created: 1, id_taken: 1 });
      const winner = pair[outcomes.findIndex(({ outcome }) => outcome === 'created')];
      assert.deepEqual(await storage.applications.findApplicationByClientId(taken), winner);
    },
  },
  {
    name: 'applications: a change is in force at once, and leaves identity, secrets and evidence alone',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { application, nowMs } = scene;
      await storage.applications.findByClientId(application.clientId);
      await storage.grants.issueCode(newCode(scene, { codeChallenge: null }));
      const changed = {
        ...application,
        name: 'Renamed',
        redirectUris: ['https://new.example/callback'],
        requirePkce: true,
        skipConsent: true,
        refreshTokenLifetimeSeconds: null,
        updatedAtMs: nowMs + 1,
      };
      const attempted = {
        ...changed,
        clientId: clientId(fresh('other')),
        secrets: [newSecret(nowMs)],
        createdAtMs: 1,
        provenance: 'self-registered' as const,
        lastUsedAtMs: 1,
        // A form that was opened before the operator disabled it does not bring it back.
        disabledAtMs: 1,
        lastWithoutPkceAtMs: null,
      };
      assert.deepEqual(await storage.applications.updateApplication(attempted), { outcome: 'updated' });
      const expected = { ...changed, lastWithoutPkceAtMs: nowMs };
      assert.deepEqual(await storage.applications.findByClientId(application.clientId), expected);
      assert.deepEqual(await storage.applications.findApplication(application.id), expected);
      assert.deepEqual(await storage.applications.updateApplication({ ...changed, id: NONE }), {
        outcome: 'not_found',
      });
    },
  },
  {
    name: 'applications: one is disabled and enabled again, in force at once',
    async run(storage, clock) {
      const nowMs = clock.read();
      const application = newApplication(nowMs);
      await storage.applications.createApplication(application);
      const disabledAtMs = async () => (await storage.applications.findByClientId(application.clientId))?.disabledAtMs;
      assert.equal(await disabledAtMs(), null);
      assert.deepEqual(await storage.applications.setDisabled(application.id, nowMs, nowMs), { outcome: 'updated' });
      assert.equal(await disabledAtMs(), nowMs);
      assert.deepEqual(await storage.applications.setDisabled(application.id, null, nowMs), { outcome: 'updated' });
      assert.equal(await disabledAtMs(), null);
      assert.deepEqual(await storage.applications.setDisabled(NONE, null, nowMs), { outcome: 'not_found' });
    },
  },
  {
    name: 'applications: secrets are added and removed, each application’s its own',
    async run(storage, clock) {
      const nowMs = clock.read();
      const [application, other] = [newApplication(nowMs), newApplication(nowMs)];
      await storage.applications.createApplication(application);
      await storage.applications.createApplication(other);
      const [first, second] = [newSecret(nowMs), newSecret(nowMs + 1)];
      const secrets = async () => (await storage.applications.findByClientId(application.clientId))?.secrets;
      assert.deepEqual(await storage.applications.addSecret(application.id, first), { outcome: 'added' });
      assert.deepEqual(await secrets(), [first]);
      assert.deepEqual(await storage.applications.addSecret(application.id, second), { outcome: 'added' });
      assert.deepEqual(await secrets(), [first, second]);
      assert.deepEqual(await storage.applications.addSecret(NONE, newSecret(nowMs)), { outcome: 'not_found' });
      const again = { ...newSecret(nowMs), id: second.id };
      assert.deepEqual(await storage.applications.addSecret(application.id, again), { outcome: 'id_taken' });
      assert.deepEqual(await secrets(), [first, second]);
      assert.deepEqual(await storage.applications.removeSecret(other.id, first.id), { outcome: 'not_found' });
      assert.deepEqual(await storage.applications.removeSecret(application.id, first.id), { outcome: 'removed' });
      assert.deepEqual(await storage.applications.removeSecret(application.id, first.id), { outcome: 'not_found' });
      assert.deepEqual(await secrets(), [second]);
    },
  },
  {
    name: 'applications: deleting takes secrets, codes, tokens and consents',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { application, account, nowMs } = scene;
      const { accessToken, family, refreshDigest } = await redeemedFamily(storage, scene);
      const waiting = newCode(scene);
      await storage.grants.issueCode(waiting);
      await storage.consents.allow(account.id, application.id, ['read'], nowMs);
      await storage.applications.addSecret(application.id, newSecret(nowMs));
      await storage.applications.findByClientId(application.clientId);
      assert.deepEqual(await storage.applications.deleteApplication(application.id), { outcome: 'deleted' });
      assert.deepEqual(await storage.applications.deleteApplication(application.id), { outcome: 'not_found' });
      assert.equal(await storage.applications.findByClientId(application.clientId), null);
      assert.equal(await storage.grants.findAccessToken(accessToken.tokenDigest), null);
      const refresh = { familyId: family.familyId, digest: refreshDigest };
      assert.equal(await storage.grants.findRefreshToken(refresh), null);
      assert.equal(await storage.grants.findCode(waiting.codeDigest), null);
      assert.equal(await storage.consents.findConsent(account.id, application.id), null);
      // Its client id is free again.
      const again = newApplication(nowMs, { clientId: application.clientId });
      assert.deepEqual(await storage.applications.createApplication(again), { outcome: 'created' });
      assert.deepEqual((await storage.applications.findByClientId(application.clientId))?.secrets, []);
    },
  },
  {
    name: 'applications: they are listed by name, all of them or an owner’s',
    async run(storage, clock) {
      const nowMs = clock.read();
      const owner = newAccount(nowMs);
      await storage.accounts.createAccount(owner);
      const prefix = fresh('Listed');
      const made = ['b', 'C', 'a'].map((letter) =>
        newApplication(nowMs, { name: `${prefix} ${letter}`, ownerId: owner.id, secrets: [newSecret(nowMs)] }),
      );
      const foreign = newApplication(nowMs, { name: `${prefix} d` });
      for (const application of [...made, foreign]) await storage.applications.createApplication(application);
      const own = await storage.applications.listApplications(owner.id);
      assert.deepEqual(own, [made[2], made[0], made[1]]);
      const every = await storage.applications.listApplications();
      assert.deepEqual(
        every.filter(({ name }) => name.startsWith(prefix)),
        [made[2], made[0], made[1], foreign],
      );
    },
  },
  {
    name: 'applications: a read answer is at most a second old',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const cached = async () =>
        (await storage.applications.findByClientId(scene.application.clientId))?.lastWithoutPkceAtMs;
      assert.equal(await cached(), null);
      // What notes the evidence is no change of the application: the cache shows it when its second is over.
      await storage.grants.issueCode(newCode(scene, { codeChallenge: null }));
      clock.advance(1_000);
      assert.equal(await cached(), scene.nowMs);
    },
  },
  {
    name: 'applications: an origin is allowed while an enabled application has registered it',
    async run(storage, clock) {
      const origin = `https://${fresh('origin')}.example`;
      const allowed = () => storage.applications.isAllowedOrigin(origin);
      assert.equal(await allowed(), false);
      const pair = [0, 1].map(() => newApplication(clock.read(), { allowedOrigins: [origin, origin] }));
      for (const application of pair) await storage.applications.createApplication(application);
      assert.equal(await allowed(), true);
      assert.equal(await storage.applications.isAllowedOrigin(`${origin}/`), false);
      for (const [index, application] of pair.entries()) {
        if (index === 0) await storage.applications.setDisabled(application.id, 1, 1);
        else {
          await storage.applications.updateApplication({ ...application, allowedOrigins: ['https://other.example'] });
        }
        assert.equal(await allowed(), index === 0);
      }
    },
  },
  {
    name: 'client secrets: the last use is noted, at most once a minute',
    async run(storage, clock) {
      const nowMs = clock.read();
      const secret = newSecret(nowMs);
      const application = newApplication(nowMs, { secrets: [secret] });
      await storage.applications.createApplication(application);
      const noted = async (instantMs: number) => {
        storage.secretUse.secretWasUsed(secret.id, instantMs);
        // It holds nobody up, so nobody hears when it is done: what is written after it, is written after it.
        for (let turn = 0; turn < 100; turn += 1) {
          await storage.applications.addSecret(application.id, newSecret(nowMs));
          const found = await storage.applications.findApplication(application.id);
          const lastUsedAtMs = found?.secrets.find(({ id }) => id === secret.id)?.lastUsedAtMs;
          if (lastUsedAtMs === instantMs || turn > 5) return lastUsedAtMs;
        }
        return undefined;
      };
      assert.equal(await noted(nowMs), nowMs);
      assert.equal(await noted(nowMs + 59_999), nowMs);
      assert.equal(await noted(nowMs + 60_000), nowMs + 60_000);
      storage.secretUse.secretWasUsed('no-such-secret', nowMs);
    },
  },
  {
    name: 'client secrets: an imported hash gives way to the HMAC of the first use, and to that alone',
    async run(storage, clock) {
      const nowMs = clock.read();
      const importedHash = 'pbkdf2_sha256$1$salt$hash' as ImportedSecretHash;
      const [imported, other] = [0, 1].map(
        (): ClientSecretRecord => ({ ...newSecret(nowMs), mac: null, importedHash }),
      );
      assert.ok(imported !== undefined && other !== undefined);
      const application = newApplication(nowMs, { secrets: [imported, other] });
      await storage.applications.createApplication(application);
      const kept = async () => {
        const found = await storage.applications.findApplication(application.id);
        return [imported, other].map(({ id }) => found?.secrets.find((secret) => secret.id === id));
      };
      assert.deepEqual(await kept(), [imported, other]);
      const { mac } = newSecret(nowMs);
      assert.ok(mac !== null);
      storage.secretUse.secretWasProven(other.id, 'pbkdf2_sha256$1$salt$another' as ImportedSecretHash, mac);
      storage.secretUse.secretWasProven(imported.id, importedHash, mac);
      // It holds nobody up, so nobody hears when it is done: what is written after it, is written after it.
      for (let turn = 0; turn < 100 && (await kept())[0]?.mac === null; turn += 1) {
        await storage.applications.addSecret(application.id, newSecret(nowMs));
      }
      assert.deepEqual(await kept(), [{ ...imported, mac, importedHash: null }, other]);
    },
  },
];
