/**
 * `@diapason/client/conformance`: what every account store keeps, as cases that any test runner can run.
 *
 * Owns the cases. Each makes records of its own with random ids, so that a database may hold others; concurrency is part of them,
 * because that is where a store of read-then-write fails. The stores that come with the library pass the same cases.
 *
 * @module @diapason/client/conformance
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AccountStore, NewSocialAccount, NewUser, SocialApp, StoredSession } from './store/account-store.ts';

export { type ApplicationUsersCase, applicationUsersConformance } from './store/application-users-conformance.ts';

/** One thing that a store keeps. */
export interface ConformanceCase {
  /** A sentence about the store. */
  readonly name: string;
  /** @throws AssertionError when the store does not keep it, and whatever the store throws. */
  readonly run: (store: AccountStore) => Promise<void>;
}

const AT_ONCE = 20;

/** The cases, in the order in which they are best read. */
export const accountStoreConformance: readonly ConformanceCase[] = [
  {
    name: 'keeps usernames unique whatever their case and width',
    run: async (store) => {
      const user = newUser({ username: `Name-${randomUUID()}` });
      await create(store, user);
      for (const username of [user.username.toUpperCase(), user.username.replace('N', 'Ｎ')]) {
        deepEqual(await store.createUser(newUser({ username }), null), { kind: 'username_taken' });
        equal((await store.findUserByUsername(username))?.id, user.id);
      }
    },
  },
  {
    name: 'creates one user of many who want a name at once',
    run: async (store) => {
      const { username } = newUser();
      const outcomes = await atOnce(() => store.createUser(newUser({ username }), null));
      equal(outcomes.filter(({ kind }) => kind === 'created').length, 1);
      equal(outcomes.filter(({ kind }) => kind === 'username_taken').length, AT_ONCE - 1);
    },
  },
  {
    name: 'takes a user back with what is linked to them, if it can (removeUser)',
    run: async (store) => {
      if (store.removeUser === undefined) return;
      const [user, account] = [newUser(), newAccount()];
      await create(store, user, account);
      await store.removeUser(user.id);
      await store.removeUser(user.id);
      equal(await store.findUser(user.id), null);
      equal(await store.findSocialAccount(account.issuer, account.subject), null);
      equal((await store.createUser(newUser({ username: user.username }), account)).kind, 'created');
    },
  },
  {
    name: 'creates a user with their social account: both or neither',
    run: async (store) => {
      const account = newAccount();
      const [first, second] = [newUser(), newUser()];
      await create(store, first, account);
      const again = newAccount({ issuer: account.issuer, subject: account.subject });
      deepEqual(await store.createUser(second, again), { kind: 'account_taken' });
      equal(await store.findUser(second.id), null);
      equal((await store.findSocialAccount(account.issuer, account.subject))?.user.id, first.id);
      equal(await store.findSocialAccount('https://other.example', account.subject), null);
    },
  },
  {
    name: 'gives one social account to one of many who arrive with it at once',
    run: async (store) => {
      const { issuer, subject } = newAccount();
      const outcomes = await atOnce(() => store.createUser(newUser(), newAccount({ issuer, subject })));
      equal(outcomes.filter(({ kind }) => kind === 'created').length, 1);
      equal(outcomes.filter(({ kind }) => kind === 'account_taken').length, AT_ONCE - 1);
    },
  },
  {
    name: 'lets one user alone hold an address as verified, whatever its case',
    run: async (store) => {
      const email = `${randomUUID()}@example.org`;
      const holder = newUser({ email, emailVerified: true });
      await create(store, holder);
      await create(store, newUser({ email }));
      const again = newUser({ email: email.toUpperCase(), emailVerified: true });
      deepEqual(await store.createUser(again, null), { kind: 'email_taken' });
      equal((await store.findUserByVerifiedEmail(email.toUpperCase()))?.id, holder.id);
      equal(await store.findUserByVerifiedEmail(`${randomUUID()}@example.org`), null);
    },
  },
  {
    name: 'changes the fields that are given, and no other',
    run: async (store) => {
      const user = newUser({ firstName: 'First', lastName: 'Last', email: 'a@b.example' });
      const other = newUser();
      await create(store, user);
      await create(store, other);
      const changed = await store.updateUser(user.id, { firstName: 'New' });
      equal(changed.kind, 'updated');
      const { firstName, lastName, email } = changed.kind === 'updated' ? changed.user : user;
      deepEqual([firstName, lastName, email], ['New', 'Last', 'a@b.example']);
      equal((await store.updateUser(user.id, {})).kind, 'updated');
      deepEqual(await store.updateUser(randomUUID(), { firstName: 'x' }), { kind: 'not_found' });
      deepEqual(await store.updateUser(user.id, { username: other.username }), { kind: 'username_taken' });
    },
  },
  {
    name: 'answers a password hash for a sign-in alone',
    run: async (store) => {
      const user = newUser({ passwordHash: '$hash' });
      await create(store, user);
      const found = await store.findCredentials(user.username);
      deepEqual([found?.passwordHash, found?.user.hasPassword], ['$hash', true]);
      ok(!JSON.stringify(found?.user).includes('$hash'));
      equal(await store.findCredentials(randomUUID()), null);
    },
  },
  {
    name: 'links, and says to whom an account is linked already',
    run: async (store) => {
      const [one, two] = [newUser(), newUser()];
      await create(store, one);
      await create(store, two);
      const account = newAccount();
      const outcomes = await atOnce(() => store.linkSocialAccount(one.id, { ...account, id: randomUUID() }));
      equal(outcomes.filter(({ kind }) => kind === 'linked').length, 1);
      equal(outcomes.filter(({ kind }) => kind === 'linked_before').length, AT_ONCE - 1);
      deepEqual(await store.linkSocialAccount(two.id, account), { kind: 'linked_to_other' });
      equal((await store.listSocialAccounts(one.id)).length, 1);
    },
  },
  {
    name: 'unlinks, but never the last way in, however many try at once',
    run: async (store) => {
      const user = newUser();
      const [one, two] = [newAccount(), newAccount()];
      await create(store, user, one);
      deepEqual(await store.unlinkSocialAccount(user.id, one.id), { kind: 'last_way_in' });
      await store.linkSocialAccount(user.id, two);
      const outcomes = await Promise.all([one, two].map(({ id }) => store.unlinkSocialAccount(user.id, id)));
      deepEqual(outcomes.map(({ kind }) => kind).sort(), ['last_way_in', 'unlinked']);
      const [left] = await store.listSocialAccounts(user.id);
      deepEqual(await store.unlinkSocialAccount(user.id, randomUUID()), { kind: 'not_found' });
      deepEqual(await store.unlinkSocialAccount(randomUUID(), left?.id ?? ''), { kind: 'not_found' });
      await store.updateUser(user.id, { passwordHash: '$hash' });
      deepEqual(await store.unlinkSocialAccount(user.id, left?.id ?? ''), { kind: 'unlinked' });
    },
  },
  {
    name: 'remembers the last sign-in with a social account',
    run: async (store) => {
      const account = newAccount();
      await create(store, newUser(), account);
      await store.recordSocialSignIn(account.id, 'name there', 77);
      const found = await store.findSocialAccount(account.issuer, account.subject);
      deepEqual([found?.account.providerUsername, found?.account.lastSignInAtMs], ['name there', 77]);
    },
  },
  {
    name: 'keeps sessions, which outlive the account that they name',
    run: async (store) => {
      const [user, account] = [newUser(), newAccount()];
      await create(store, user, account);
      const session = newSession(user, { socialAccountId: account.id, sealedTokens: 'sealed', lastSeenAtMs: NOW_MS });
      await store.createSession(session);
      await store.touchSession(session.tokenDigest, NOW_MS + 30);
      const found = await store.findSession(session.tokenDigest);
      deepEqual(found?.session, { ...session, lastSeenAtMs: NOW_MS + 30 });
      deepEqual([found?.user.id, found?.account?.id], [user.id, account.id]);
      await store.linkSocialAccount(user.id, newAccount());
      await store.unlinkSocialAccount(user.id, account.id);
      equal((await store.findSession(session.tokenDigest))?.account, null);
      await store.deleteSession(session.tokenDigest);
      equal(await store.findSession(session.tokenDigest), null);
    },
  },
  {
    name: 'forgets stale sessions, and no other',
    run: async (store) => {
      const user = newUser();
      await create(store, user);
      // Long ago, so that nobody else's session is touched.
      const old = newSession(user, { createdAtMs: 5, lastSeenAtMs: 100 });
      const idle = newSession(user, { createdAtMs: 50, lastSeenAtMs: 50 });
      const fresh = newSession(user, { createdAtMs: 50, lastSeenAtMs: 100 });
      for (const session of [old, idle, fresh]) await store.createSession(session);
      await store.deleteStaleSessions(10, 60);
      const left = [old, idle, fresh].map(async (each) => (await store.findSession(each.tokenDigest)) !== null);
      deepEqual(await Promise.all(left), [false, false, true]);
      await store.deleteSession(fresh.tokenDigest);
    },
  },
  {
    name: 'gives the right to refresh to one of many at once, until it is given back or over',
    run: async (store) => {
      const user = newUser();
      await create(store, user);
      const { tokenDigest, ...rest } = newSession(user, { sealedTokens: 'first' });
      await store.createSession({ ...rest, tokenDigest });
      const claims = await atOnce(() => store.claimTokenRefresh(tokenDigest, NOW_MS, NOW_MS + 1_000));
      equal(claims.filter((mine) => mine).length, 1);
      equal(await store.claimTokenRefresh(tokenDigest, NOW_MS + 999, NOW_MS + 2_000), false);
      equal(await store.claimTokenRefresh(tokenDigest, NOW_MS + 1_000, NOW_MS + 2_000), true);
      await store.finishTokenRefresh(tokenDigest, 'second');
      equal((await store.findSession(tokenDigest))?.session.sealedTokens, 'second');
      equal(await store.claimTokenRefresh(tokenDigest, NOW_MS, NOW_MS + 1_000), true);
      await store.finishTokenRefresh(tokenDigest, null);
      equal((await store.findSession(tokenDigest))?.session.sealedTokens, 'second');
      equal(await store.claimTokenRefresh(randomUUID(), NOW_MS, NOW_MS + 1_000), false);
      await store.deleteSession(tokenDigest);
    },
  },
  {
    name: 'ends the sessions that a provider names, and no other',
    run: async (store) => {
      const [user, account, provider] = [newUser(), newAccount(), `p-${randomUUID()}`];
      await create(store, user, account);
      const make = async (providerSessionId: string, socialAccountId: string | null, at = provider) => {
        const session = newSession(user, { provider: at, providerSessionId, socialAccountId });
        await store.createSession(session);
        return session.tokenDigest;
      };
      const [one, two, elsewhere] = [
        await make('sid-1', account.id),
        await make('sid-2', account.id),
        await make('sid-1', account.id, `other-${provider}`),
      ];
      const end = (socialAccountId: string | null, providerSessionId: string | null) =>
        store.deleteProviderSessions(provider, { socialAccountId, providerSessionId });
      equal(await end(null, null), 0);
      equal(await end(randomUUID(), 'sid-1'), 0);
      equal(await end(null, 'sid-1'), 1);
      equal(await store.findSession(one), null);
      equal(await end(account.id, null), 1);
      equal(await store.findSession(two), null);
      ok((await store.findSession(elsewhere)) !== null);
      await store.deleteSession(elsewhere);
    },
  },
  {
    name: 'keeps one social app for each provider',
    run: async (store) => {
      const app = newApp();
      deepEqual(await store.createSocialApp(app), { kind: 'saved' });
      deepEqual(await store.createSocialApp(newApp({ provider: app.provider })), { kind: 'provider_taken' });
      const changed = { ...app, name: 'changed', serverUrl: 'https://a.example', scope: 'read', updatedAtMs: 2 };
      deepEqual(await store.updateSocialApp(changed), { kind: 'saved' });
      deepEqual(await store.findSocialApp(app.provider), changed);
      deepEqual(await store.findSocialAppById(app.id), changed);
      ok((await store.listSocialApps()).some(({ id }) => id === app.id));
      const other = newApp();
      deepEqual(await store.updateSocialApp(other), { kind: 'not_found' });
      await store.createSocialApp(other);
      deepEqual(await store.updateSocialApp({ ...other, provider: app.provider }), { kind: 'provider_taken' });
      for (const { id } of [app, other]) await store.deleteSocialApp(id);
      equal(await store.findSocialApp(app.provider), null);
    },
  },
  {
    name: 'counts attempts within a window, however many come at once',
    run: async (store) => {
      const key = randomUUID();
      const reserve = (nowMs: number) => store.reserveAttempt(key, 3, 1_000, nowMs);
      const outcomes = await atOnce(() => reserve(0));
      equal(outcomes.filter(({ kind }) => kind === 'reserved').length, 3);
      deepEqual(await reserve(999), { kind: 'refused', retryAtMs: 1_000 });
      await store.releaseAttempt(key);
      deepEqual(await reserve(999), { kind: 'reserved' });
      deepEqual(await reserve(1_000), { kind: 'reserved' });
      deepEqual(await store.reserveAttempt(randomUUID(), 1, 1_000, 0), { kind: 'reserved' });
    },
  },
];

/** Later than any clock of a test, so that cases about stale sessions of others leave these alone. */
const NOW_MS = 10_000_000_000_000;

function newUser(fields: Partial<NewUser> = {}): NewUser {
  const id = randomUUID();
  const names = { username: `name-${id}`, firstName: '', lastName: '', email: '', emailVerified: false };
  return { id, ...names, passwordHash: null, isSuperuser: false, createdAtMs: 1_000, ...fields };
}

function newAccount(fields: Partial<NewSocialAccount> = {}): NewSocialAccount {
  const where = { provider: 'p', issuer: 'https://issuer.example', subject: randomUUID(), providerUsername: null };
  return { id: randomUUID(), ...where, createdAtMs: 1, lastSignInAtMs: 1, ...fields };
}

function newSession(user: NewUser, fields: Partial<StoredSession> = {}): StoredSession {
  const empty = { socialAccountId: null, provider: null, providerSessionId: null, sealedTokens: null };
  const times = { createdAtMs: NOW_MS, lastSeenAtMs: NOW_MS };
  return { tokenDigest: randomUUID(), userId: user.id, ...empty, ...times, ...fields };
}

function newApp(fields: Partial<SocialApp> = {}): SocialApp {
  const empty = { sealedSecret: null, serverUrl: null, backChannelUrl: null, scope: null, settings: { team: 'a' } };
  const times = { createdAtMs: 1, updatedAtMs: 1 };
  return { id: randomUUID(), provider: `p-${randomUUID()}`, name: 'n', clientId: 'c', ...empty, ...times, ...fields };
}

async function create(store: AccountStore, user: NewUser, account: NewSocialAccount | null = null): Promise<void> {
  const outcome = await store.createUser(user, account);
  equal(outcome.kind, 'created');
}

function atOnce<Result>(work: () => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: AT_ONCE }, work));
}
