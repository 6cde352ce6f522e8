/** Conformance of what happens to an account: a new password, a new role, disabling, its end. */
import assert from 'node:assert/strict';
import type { PasswordHash } from '../../accounts/ports.ts';
import { accountId } from '../../vocabulary/identifiers.ts';
import {
  atOnce,
  type ConformanceCase,
  digest,
  newAccount,
  newApplication,
  newCode,
  newSession,
  redeemedFamily,
  setScene,
  tally,
} from './case.ts';

const NOBODY = accountId('nobody');
const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA' as PasswordHash;
const OTHER_HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$b3RoZXI' as PasswordHash;

/** The cases. */
export const accountLifeCases: readonly ConformanceCase[] = [
  {
    name: 'accounts: a password is set, and a rehash replaces only what it was made from',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs);
      await storage.accounts.createAccount(account);
      assert.deepEqual(await storage.accounts.setPasswordHash(account.id, HASH, nowMs), { outcome: 'updated' });
      await storage.accounts.replacePasswordHash(account.id, OTHER_HASH, HASH, nowMs);
      assert.equal(await storage.accounts.findPasswordHash(account.id), HASH);
      await storage.accounts.replacePasswordHash(account.id, HASH, OTHER_HASH, nowMs);
      assert.equal(await storage.accounts.findPasswordHash(account.id), OTHER_HASH);
      assert.deepEqual(await storage.accounts.setPasswordHash(account.id, null, nowMs), { outcome: 'updated' });
      assert.equal((await storage.accounts.findAccount(account.id))?.hasPassword, false);
      assert.deepEqual(await storage.accounts.setPasswordHash(NOBODY, HASH, nowMs), { outcome: 'not_found' });
    },
  },
  {
    name: 'accounts: a new password ends no session, the others, or all, as asked (ASVS 7.4.3)',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { account, session } = await setScene(storage, nowMs);
      const other = newSession(nowMs, account.id);
      await storage.sessions.startSession(other, null);
      const left = async () => (await storage.sessions.listSessionsOf(account.id, nowMs)).map(({ id }) => id).sort();
      await storage.accounts.setPasswordHash(account.id, HASH, nowMs);
      assert.deepEqual(await left(), [session.id, other.id].sort());
      await storage.accounts.setPasswordHash(account.id, HASH, nowMs, session.id);
      assert.deepEqual(await left(), [session.id]);
      await storage.accounts.setPasswordHash(account.id, HASH, nowMs, null);
      assert.deepEqual(await left(), []);
    },
  },
  {
    name: 'accounts: of 50 first passwords at once one is set, which ends the other sessions, and none where there is one',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { account, session } = await setScene(storage, nowMs);
      await storage.accounts.setPasswordHash(account.id, null, nowMs);
      const other = newSession(nowMs, account.id);
      await storage.sessions.startSession(other, null);
      const set = await atOnce(50, (index) =>
        storage.accounts.setFirstPasswordHash(account.id, `${HASH}${index}` as PasswordHash, nowMs, session.id),
      );
      assert.deepEqual(tally(set), { updated: 1, has_password: 49 });
      const winner = set.findIndex(({ outcome }) => outcome === 'updated');
      assert.equal(await storage.accounts.findPasswordHash(account.id), `${HASH}${winner}`);
      assert.deepEqual(
        (await storage.sessions.listSessionsOf(account.id, nowMs)).map(({ id }) => id),
        [session.id],
      );
      assert.deepEqual(await storage.accounts.setFirstPasswordHash(NOBODY, HASH, nowMs, session.id), {
        outcome: 'not_found',
      });
    },
  },
  {
    name: 'accounts: an account becomes a superuser and stops being one',
    async run(storage, clock) {
      const account = newAccount(clock.read());
      await storage.accounts.createAccount(account);
      for (const isSuperuser of [true, false]) {
        const outcome = await storage.accounts.setSuperuser(account.id, isSuperuser, clock.read());
        assert.deepEqual(outcome, { outcome: 'updated' });
        assert.equal((await storage.accounts.findAccount(account.id))?.isSuperuser, isSuperuser);
      }
      assert.deepEqual(await storage.accounts.setSuperuser(NOBODY, true, clock.read()), { outcome: 'not_found' });
    },
  },
  {
    name: 'accounts: disabling ends every session and family, and enabling brings none back (ASVS 7.4.2)',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { id } = scene.account;
      const { family, refreshDigest } = await redeemedFamily(storage, scene);
      assert.deepEqual(await storage.accounts.disableAccount(id, scene.nowMs + 1), { outcome: 'updated' });
      assert.deepEqual(await storage.accounts.disableAccount(id, scene.nowMs + 2), { outcome: 'updated' });
      assert.equal((await storage.accounts.findAccount(id))?.disabledAtMs, scene.nowMs + 1);
      assert.equal(await storage.sessions.findSession(scene.session.tokenDigest, scene.nowMs), null);
      assert.deepEqual(await storage.accounts.enableAccount(id, scene.nowMs), { outcome: 'updated' });
      assert.equal((await storage.accounts.findAccount(id))?.disabledAtMs, null);
      assert.equal(await storage.sessions.findSession(scene.session.tokenDigest, scene.nowMs), null);
      const refresh = { familyId: family.familyId, digest: refreshDigest };
      assert.equal((await storage.grants.findRefreshToken(refresh))?.revoked, true);
      assert.deepEqual(await storage.accounts.disableAccount(NOBODY, scene.nowMs), { outcome: 'not_found' });
      assert.deepEqual(await storage.accounts.enableAccount(NOBODY, scene.nowMs), { outcome: 'not_found' });
    },
  },
  {
    name: 'accounts: deleting takes all that is the account’s, and leaves its applications to the superusers',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { id } = scene.account;
      const owned = newApplication(scene.nowMs, { ownerId: id });
      await storage.applications.createApplication(owned);
      const { accessToken, family, refreshDigest } = await redeemedFamily(storage, scene);
      const waiting = newCode(scene);
      const browser = digest();
      await storage.grants.issueCode(waiting);
      await storage.consents.allow(id, scene.application.id, ['read'], scene.nowMs);
      await storage.knownBrowsers.rememberBrowser(id, browser, scene.nowMs);
      assert.deepEqual(await storage.accounts.deleteAccount(id), { outcome: 'deleted' });
      assert.deepEqual(await storage.accounts.deleteAccount(id), { outcome: 'not_found' });
      assert.equal(await storage.accounts.findAccount(id), null);
      assert.equal(await storage.sessions.findSession(scene.session.tokenDigest, scene.nowMs), null);
      assert.equal(await storage.grants.findAccessToken(accessToken.tokenDigest), null);
      const refresh = { familyId: family.familyId, digest: refreshDigest };
      assert.equal(await storage.grants.findRefreshToken(refresh), null);
      assert.equal(await storage.grants.findCode(waiting.codeDigest), null);
      assert.equal(await storage.consents.findConsent(id, scene.application.id), null);
      assert.equal(await storage.knownBrowsers.isKnownBrowser(id, browser), false);
      assert.equal((await storage.applications.findApplication(owned.id))?.ownerId, null);
    },
  },
  {
    name: 'accounts: a deletion that is asked for ends other sessions and all tokens, is done when due, and can be taken back',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { nowMs } = scene;
      const { id } = scene.account;
      const other = newSession(nowMs, id);
      await storage.sessions.startSession(other, null);
      const { family, refreshDigest } = await redeemedFamily(storage, scene);
      const dueMs = nowMs + 1_000;
      const ask = (atMs: number) => storage.accounts.askDeletion(id, atMs, scene.session.id, nowMs);
      assert.deepEqual(await ask(dueMs), { outcome: 'asked' });
      assert.deepEqual(await ask(dueMs + 9), { outcome: 'already_asked' });
      assert.equal((await storage.accounts.findAccount(id))?.deletesAtMs, dueMs);
      const left = await storage.sessions.listSessionsOf(id, nowMs);
      assert.deepEqual(
        left.map((session) => session.id),
        [scene.session.id],
      );
      const refresh = { familyId: family.familyId, digest: refreshDigest };
      assert.equal((await storage.grants.findRefreshToken(refresh))?.revoked, true);
      assert.equal((await storage.cleanup(dueMs - 1, { batchSize: 9 })).accounts, 0);
      assert.deepEqual(await storage.accounts.takeBackDeletion(id, nowMs), { outcome: 'taken_back' });
      assert.deepEqual(await storage.accounts.takeBackDeletion(id, nowMs), { outcome: 'not_asked' });
      assert.equal((await storage.cleanup(dueMs, { batchSize: 9 })).accounts, 0);
      assert.notEqual(await storage.accounts.findAccount(id), null);
      await ask(dueMs);
      assert.equal((await storage.cleanup(dueMs, { batchSize: 1 })).accounts, 1);
      assert.equal(await storage.accounts.findAccount(id), null);
      assert.deepEqual(await ask(dueMs), { outcome: 'not_found' });
    },
  },
  {
    name: 'accounts: of 50 at once that ask for the deletion of an account one is the first',
    async run(storage, clock) {
      const scene = await setScene(storage, clock.read());
      const { account, session, nowMs } = scene;
      const asked = await Promise.all(
        Array.from({ length: 50 }, () => storage.accounts.askDeletion(account.id, nowMs + 9e9, session.id, nowMs)),
      );
      assert.deepEqual(tally(asked), { asked: 1, already_asked: 49 });
    },
  },
];
