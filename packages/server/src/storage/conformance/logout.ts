/** Conformance of the queue of logout notices: what puts one into it, and who takes it out. */
import assert from 'node:assert/strict';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../../protocol/application-settings.ts';
import type { SessionId } from '../../vocabulary/identifiers.ts';
import type { Storage } from '../storage.ts';
import { type ConformanceCase, newApplication, newSession, redeemedFamily, type Scene, setScene } from './case.ts';

const DAY_MS = 86_400_000;
const TOLD: Partial<ApplicationSettings> = { backchannelLogoutUri: 'https://app.example/logged-out' };

/** A scene whose application is told of sign-outs, or whatever else its settings say. */
async function sceneWith(storage: Storage, nowMs: number, settings = TOLD): Promise<Scene> {
  const scene = await setScene(storage, nowMs);
  const application = { ...scene.application, settings: { ...DEFAULT_SETTINGS, ...settings } };
  await storage.applications.updateApplication(application);
  return { ...scene, application };
}

function sessionsTold(storage: Storage, scene: Scene): Promise<readonly SessionId[]> {
  return storage.logoutNotices
    .listLogoutNotices(scene.application.id, 100)
    .then((notices) => notices.map(({ sessionId }) => sessionId));
}

/** Each way in which a session ends. */
const ENDS: Readonly<Record<string, (storage: Storage, scene: Scene) => Promise<unknown>>> = {
  'sign-out': (storage, { session }) => storage.sessions.endSession(session.id),
  'the page of sessions': (storage, { account, session }) => storage.sessions.endSessionOf(account.id, session.id),
  'the end of all of them': (storage, { account }) => storage.sessions.endSessionsOf(account.id, null),
  'a new sign-in in its place': (storage, { account, session, nowMs }) =>
    storage.sessions.startSession(newSession(nowMs, account.id), session.tokenDigest),
  'a disabled account': (storage, { account, nowMs }) => storage.accounts.disableAccount(account.id, nowMs),
  'a deleted account': (storage, { account }) => storage.accounts.deleteAccount(account.id),
  'expiry, found by the cleanup': (storage, { session }) => storage.cleanup(session.expiresAtMs, { batchSize: 1_000 }),
};

/** The cases. */
export const logoutCases: readonly ConformanceCase[] = [
  ...Object.entries(ENDS).map(([how, end]) => ({
    name: `logout: ${how} tells the applications that got tokens in the session, once (D21)`,
    async run(storage: Storage, clock: { readonly read: () => number }) {
      const scene = await sceneWith(storage, clock.read());
      await redeemedFamily(storage, scene);
      await redeemedFamily(storage, scene);
      assert.deepEqual(await sessionsTold(storage, scene), []);
      await end(storage, scene);
      await storage.sessions.endSession(scene.session.id);
      const [notice, ...rest] = await storage.logoutNotices.listLogoutNotices(scene.application.id, 10);
      assert.deepEqual(rest, []);
      assert.equal(notice?.sessionId, scene.session.id);
      assert.equal(notice?.accountId, scene.account.id);
      assert.equal(notice?.clientId, scene.application.clientId);
      assert.equal(notice?.reason, 'session_ended');
      assert.equal(notice?.state, 'waiting');
      assert.equal(notice?.attempt, 0);
    },
  })),
  {
    name: 'logout: applications of another session, of none, or without an address are not told',
    async run(storage, clock) {
      const scene = await sceneWith(storage, clock.read());
      const other = await sceneWith(storage, clock.read());
      const silent = await sceneWith(storage, clock.read(), { accessTokenFormat: 'jwt' });
      for (const each of [scene, other, silent]) await redeemedFamily(storage, each);
      await redeemedFamily(storage, { ...scene, application: silent.application });
      await storage.sessions.endSession(scene.session.id);
      assert.deepEqual(await sessionsTold(storage, scene), [scene.session.id]);
      assert.deepEqual(await sessionsTold(storage, other), []);
      assert.deepEqual(await sessionsTold(storage, silent), []);
    },
  },
  {
    name: 'logout: an access that its person revokes is told to that application alone',
    async run(storage, clock) {
      const scene = await sceneWith(storage, clock.read());
      const other = newApplication(scene.nowMs, { settings: { ...DEFAULT_SETTINGS, ...TOLD } });
      await storage.applications.createApplication(other);
      await redeemedFamily(storage, scene);
      await redeemedFamily(storage, { ...scene, application: other });
      await storage.connections.disconnect(scene.account.id, scene.application.id, scene.nowMs);
      const [notice] = await storage.logoutNotices.listLogoutNotices(scene.application.id, 10);
      assert.equal(notice?.reason, 'access_revoked');
      assert.deepEqual(await storage.logoutNotices.listLogoutNotices(other.id, 10), []);
    },
  },
  {
    name: 'logout: tokens outlive the session, unless the application says that refresh tokens end with it (D20)',
    async run(storage, clock) {
      const revoked = async (settings: Partial<ApplicationSettings>, scope: readonly string[]) => {
        const scene = await sceneWith(storage, clock.read(), settings);
        const { family, refreshDigest } = await redeemedFamily(storage, scene, { scope });
        await storage.sessions.endSession(scene.session.id);
        const refresh = { familyId: family.familyId, digest: refreshDigest };
        return (await storage.grants.findRefreshToken(refresh))?.revoked;
      };
      assert.equal(await revoked({}, ['openid']), false);
      assert.equal(await revoked(TOLD, ['openid']), false);
      assert.equal(await revoked({ refreshEndsWithSession: true }, ['openid']), true);
      assert.equal(await revoked({ refreshEndsWithSession: true }, ['openid', 'offline_access']), false);
    },
  },
  {
    name: 'logout: a family stays while its session lives, so that its application is found at the end of it',
    async run(storage, clock) {
      const scene = await sceneWith(storage, clock.read());
      const { accessToken } = await redeemedFamily(storage, scene, { refreshDigest: null });
      await storage.cleanup(accessToken.expiresAtMs + 3 * 3_600_000, { batchSize: 1_000 });
      const { account, session, application } = scene;
      const found = () => storage.logoutNotices.findSessionApplications(account.id, session.id);
      assert.deepEqual(await found(), [application.clientId]);
      await storage.sessions.endSession(session.id);
      assert.deepEqual(await sessionsTold(storage, scene), [session.id]);
    },
  },
  {
    name: 'logout: of 50 that ask at once one gets a notice; after its lease another does',
    async run(storage, clock) {
      const { logoutNotices } = storage;
      const nowMs = clock.read();
      // What other cases left.
      await logoutNotices.claimLogoutNotices({ nowMs: nowMs + 400 * DAY_MS, leaseMs: 4_000 * DAY_MS, limit: 1_000 });
      const scene = await sceneWith(storage, nowMs);
      await redeemedFamily(storage, scene);
      await storage.sessions.endSession(scene.session.id);
      const claim = (atMs: number) => logoutNotices.claimLogoutNotices({ nowMs: atMs, leaseMs: 60_000, limit: 10 });
      const claimed = (await Promise.all(Array.from({ length: 50 }, () => claim(nowMs)))).flat();
      assert.equal(claimed.length, 1);
      const [first] = claimed;
      assert.equal(first?.attempt, 1);
      assert.deepEqual(await claim(nowMs + 59_999), []);
      const [second] = await claim(nowMs + 60_000);
      assert.equal(second?.attempt, 2);
      if (first === undefined || second === undefined) throw new Error('nothing claimed');
      // The one that came back too late changes nothing.
      const delivered = { state: 'delivered', detail: '200', nowMs } as const;
      assert.equal(await logoutNotices.settleLogoutNotice(first, delivered), false);
      const later = { state: 'waiting', detail: '503', nextAttemptAtMs: nowMs + 3_600_000 } as const;
      assert.equal(await logoutNotices.settleLogoutNotice(second, later), true);
      assert.deepEqual(await claim(nowMs + 3_599_999), []);
      const [third] = await claim(nowMs + 3_600_000);
      if (third === undefined) throw new Error('nothing claimed');
      assert.equal(await logoutNotices.settleLogoutNotice(third, delivered), true);
      assert.equal(await logoutNotices.settleLogoutNotice(third, delivered), false);
      const [record] = await logoutNotices.listLogoutNotices(scene.application.id, 10);
      assert.equal(record?.state, 'delivered');
      assert.equal(record?.detail, '200');
      assert.equal(record?.settledAtMs, nowMs);
      assert.deepEqual(await claim(nowMs + 30 * DAY_MS), []);
      const counts = await storage.cleanup(nowMs + 30 * DAY_MS, { batchSize: 1_000 });
      assert.ok(counts.logoutNotices >= 1);
      assert.deepEqual(await logoutNotices.listLogoutNotices(scene.application.id, 10), []);
    },
  },
];
