/**
 * What every account store keeps, against SQLite: in memory, and as one file that two processes open.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../src/sqlite.ts';
import type { AccountStore, NewSocialAccount, NewUser, SocialApp } from '../src/store/account-store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diapason-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let number = 0;
function newUser(fields: Partial<NewUser> = {}): NewUser {
  number += 1;
  const defaults = {
    firstName: '',
    lastName: '',
    email: '',
    emailVerified: false,
    passwordHash: null,
    isSuperuser: false,
  };
  return { ...defaults, id: `user-${number}`, username: `name-${number}`, createdAtMs: 1_000, ...fields };
}
function newAccount(fields: Partial<NewSocialAccount> = {}): NewSocialAccount {
  number += 1;
  const defaults = { provider: 'p', issuer: 'https://issuer.example', providerUsername: null };
  return {
    ...defaults,
    id: `account-${number}`,
    subject: `sub-${number}`,
    createdAtMs: 1,
    lastSignInAtMs: 1,
    ...fields,
  };
}
function newApp(fields: Partial<SocialApp> = {}): SocialApp {
  number += 1;
  const empty = {
    sealedSecret: null,
    serverUrl: null,
    backChannelUrl: null,
    scope: null,
    createdAtMs: 1,
    updatedAtMs: 1,
  };
  return { ...empty, id: `app-${number}`, provider: `provider-${number}`, name: 'n', clientId: 'c', ...fields };
}

describe.each([
  ['in memory', () => openSqliteStore({ path: ':memory:' })],
  ['in a file', () => openSqliteStore({ path: join(folder, 'deep', 'client.db') })],
])('a SQLite store %s', (_where, openStore) => {
  let store: AccountStore;
  beforeAll(() => {
    store = openStore();
  });
  afterAll(() => store.close());

  it('keeps usernames unique whatever their case and width', async () => {
    const { username } = newUser();
    expect((await store.createUser(newUser({ username }), null)).kind).toBe('created');
    expect(await store.createUser(newUser({ username: username.toUpperCase() }), null)).toEqual({
      kind: 'username_taken',
    });
    expect(await store.createUser(newUser({ username: username.replace('n', 'ｎ') }), null)).toEqual({
      kind: 'username_taken',
    });
    expect((await store.findUserByUsername(username.toUpperCase()))?.username).toBe(username);
  });

  it('creates a user with their social account: both or neither', async () => {
    const account = newAccount();
    const first = newUser();
    expect((await store.createUser(first, account)).kind).toBe('created');
    const second = newUser();
    expect(await store.createUser(second, newAccount({ subject: account.subject }))).toEqual({ kind: 'account_taken' });
    expect(await store.findUser(second.id)).toBeNull();
    expect((await store.findSocialAccount(account.issuer, account.subject))?.user.id).toBe(first.id);
    expect(await store.findSocialAccount('https://other.example', account.subject)).toBeNull();
  });

  it('lets one user alone hold an address as verified', async () => {
    const email = `e${number}@example.org`;
    const holder = newUser({ email, emailVerified: true });
    await store.createUser(holder, null);
    expect((await store.createUser(newUser({ email }), null)).kind).toBe('created');
    const again = newUser({ email: email.toUpperCase(), emailVerified: true });
    expect(await store.createUser(again, null)).toEqual({ kind: 'email_taken' });
    expect((await store.findUserByVerifiedEmail(email.toUpperCase()))?.id).toBe(holder.id);
    expect(await store.findUserByVerifiedEmail('nobody@example.org')).toBeNull();
  });

  it('changes the fields that are given, and no other', async () => {
    const user = newUser({ firstName: 'First', lastName: 'Last', email: 'a@b.example' });
    await store.createUser(user, null);
    const outcome = await store.updateUser(user.id, { firstName: 'New' });
    expect(outcome).toMatchObject({
      kind: 'updated',
      user: { firstName: 'New', lastName: 'Last', email: 'a@b.example' },
    });
    expect(await store.updateUser(user.id, {})).toMatchObject({ kind: 'updated' });
    expect(await store.updateUser('nobody', { firstName: 'x' })).toEqual({ kind: 'not_found' });
    const other = newUser();
    await store.createUser(other, null);
    expect(await store.updateUser(user.id, { username: other.username })).toEqual({ kind: 'username_taken' });
  });

  it('answers a password hash for a sign-in alone', async () => {
    const user = newUser({ passwordHash: '$hash' });
    await store.createUser(user, null);
    const found = await store.findCredentials(user.username);
    expect(found).toMatchObject({ passwordHash: '$hash', user: { hasPassword: true } });
    expect(JSON.stringify(found?.user)).not.toContain('$hash');
    expect(await store.findCredentials('nobody at all')).toBeNull();
  });

  it('links, and says to whom an account is linked already', async () => {
    const [one, two] = [newUser(), newUser()];
    await store.createUser(one, null);
    await store.createUser(two, null);
    const account = newAccount();
    expect(await store.linkSocialAccount(one.id, account)).toEqual({ kind: 'linked' });
    expect(await store.linkSocialAccount(one.id, { ...account, id: 'again' })).toEqual({ kind: 'linked_before' });
    expect(await store.linkSocialAccount(two.id, { ...account, id: 'again' })).toEqual({ kind: 'linked_to_other' });
  });

  it('unlinks, but never the last way in', async () => {
    const user = newUser();
    const [one, two] = [newAccount(), newAccount()];
    await store.createUser(user, one);
    expect(await store.unlinkSocialAccount(user.id, one.id)).toEqual({ kind: 'last_way_in' });
    await store.linkSocialAccount(user.id, two);
    const outcomes = await Promise.all([
      store.unlinkSocialAccount(user.id, one.id),
      store.unlinkSocialAccount(user.id, two.id),
    ]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['last_way_in', 'unlinked']);
    expect(await store.unlinkSocialAccount(user.id, 'nothing')).toEqual({ kind: 'not_found' });
    expect(await store.unlinkSocialAccount('somebody else', two.id)).toEqual({ kind: 'not_found' });

    await store.updateUser(user.id, { passwordHash: '$hash' });
    expect(await store.unlinkSocialAccount(user.id, two.id)).toEqual({ kind: 'unlinked' });
  });

  it('keeps sessions, and ends them with the account that they name unlinked', async () => {
    const user = newUser();
    const account = newAccount();
    await store.createUser(user, account);
    const session = {
      userId: user.id,
      socialAccountId: account.id,
      provider: 'p',
      providerSessionId: null,
      sealedTokens: 'sealed',
      createdAtMs: 10,
      lastSeenAtMs: 20,
    };
    await store.createSession({ ...session, tokenDigest: 'd1' });
    await store.touchSession('d1', 30);
    expect(await store.findSession('d1')).toMatchObject({
      session: { lastSeenAtMs: 30, sealedTokens: 'sealed' },
      user: { id: user.id },
      account: { id: account.id },
    });
    await store.linkSocialAccount(user.id, newAccount());
    await store.unlinkSocialAccount(user.id, account.id);
    expect((await store.findSession('d1'))?.account).toBeNull();
    await store.deleteSession('d1');
    expect(await store.findSession('d1')).toBeNull();

    await store.createSession({
      ...session,
      socialAccountId: null,
      provider: null,
      tokenDigest: 'old',
      createdAtMs: 5,
      lastSeenAtMs: 100,
    });
    await store.createSession({
      ...session,
      socialAccountId: null,
      provider: null,
      tokenDigest: 'idle',
      createdAtMs: 50,
      lastSeenAtMs: 50,
    });
    await store.createSession({
      ...session,
      socialAccountId: null,
      provider: null,
      tokenDigest: 'new',
      createdAtMs: 50,
      lastSeenAtMs: 100,
    });
    await store.deleteStaleSessions(10, 60);
    expect(
      await Promise.all(['old', 'idle', 'new'].map(async (each) => (await store.findSession(each)) !== null)),
    ).toEqual([false, false, true]);
  });

  it('keeps one social app for each provider', async () => {
    const app = newApp();
    expect(await store.createSocialApp(app)).toEqual({ kind: 'saved' });
    expect(await store.createSocialApp(newApp({ provider: app.provider }))).toEqual({ kind: 'provider_taken' });
    const changed = { ...app, name: 'changed', serverUrl: 'https://a.example', scope: 'read', updatedAtMs: 2 };
    expect(await store.updateSocialApp(changed)).toEqual({ kind: 'saved' });
    expect(await store.findSocialApp(app.provider)).toEqual(changed);
    expect(await store.findSocialAppById(app.id)).toEqual(changed);
    expect(await store.updateSocialApp(newApp())).toEqual({ kind: 'not_found' });
    await store.deleteSocialApp(app.id);
    expect(await store.findSocialApp(app.provider)).toBeNull();
    expect(await store.listSocialApps()).toEqual([]);
  });

  it('counts attempts within a window, however many come at once', async () => {
    const reserve = (nowMs: number) => store.reserveAttempt('key', 3, 1_000, nowMs);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => reserve(0)));
    expect(outcomes.filter(({ kind }) => kind === 'reserved')).toHaveLength(3);
    expect(await reserve(999)).toEqual({ kind: 'refused', retryAtMs: 1_000 });
    await store.releaseAttempt('key');
    expect(await reserve(999)).toEqual({ kind: 'reserved' });
    expect(await reserve(1_000)).toEqual({ kind: 'reserved' });
    expect(await store.reserveAttempt('other', 1, 1_000, 0)).toEqual({ kind: 'reserved' });
  });
});

describe('a file', () => {
  it('is for its owner alone, and two processes may have it open', async () => {
    const path = join(folder, 'shared.db');
    const [one, two] = [openSqliteStore({ path }), openSqliteStore({ path })];
    expect((await stat(path)).mode & 0o077).toBe(0);
    const user = newUser();
    await one.createUser(user, null);
    expect(await two.createUser(newUser({ username: user.username }), null)).toEqual({ kind: 'username_taken' });
    await one.close();
    await two.close();
  });

  it('of a newer version of the library is refused', () => {
    const path = join(folder, 'newer.db');
    const database = new Database(path);
    database.pragma('user_version = 999');
    database.close();
    expect(() => openSqliteStore({ path })).toThrow(/schema 999/);
  });

  it('that is no database is refused', () => {
    expect(() => openSqliteStore({ path: folder })).toThrow();
  });
});
