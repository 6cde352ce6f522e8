/** Conformance of accounts: their names and addresses. */
import assert from 'node:assert/strict';
import type { PasswordHash, UsernameKey } from '../../accounts/ports.ts';
import { accountId } from '../../vocabulary/identifiers.ts';
import { atOnce, type ConformanceCase, email, fresh, named, newAccount, tally } from './case.ts';

const NOBODY = accountId('nobody');
const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA' as PasswordHash;

/** The cases. */
export const accountCases: readonly ConformanceCase[] = [
  {
    name: 'accounts: fields of the operator are changed one by one, at the same time too, and taken out',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs, { fields: { first: '"é', second: '2' } });
      await storage.accounts.createAccount(account);
      const read = async () => (await storage.accounts.findAccount(account.id))?.fields;
      assert.deepEqual(await read(), { first: '"é', second: '2' });
      await atOnce(20, (index) => storage.accounts.setFields(account.id, { [`n${index}`]: String(index) }, nowMs));
      assert.equal(Object.keys((await read()) ?? {}).length, 22);
      const none = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`n${index}`, null]));
      await storage.accounts.setFields(account.id, { ...none, second: null, third: '3' }, nowMs);
      assert.deepEqual(await read(), { first: '"é', third: '3' });
      const names = { ...named(fresh('Person')), firstName: '', lastName: '', locale: null, zoneInfo: null };
      await storage.accounts.updateProfile(account.id, names, nowMs);
      assert.deepEqual(await read(), { first: '"é', third: '3' });
      await storage.accounts.updateProfile(account.id, { ...names, fields: { first: null } }, nowMs);
      assert.deepEqual(await read(), { third: '3' });
      assert.deepEqual(await storage.accounts.setFields(accountId('nobody'), {}, nowMs), { outcome: 'not_found' });
    },
  },
  {
    name: 'accounts: a new account is found by its id, its name and its address',
    async run(storage, clock) {
      const nowMs = clock.read();
      const address = email(`${fresh('Person')}@Example.test`, true);
      const account = newAccount(nowMs, { email: address, passwordHash: HASH, locale: 'fr', isSuperuser: true });
      assert.deepEqual(await storage.accounts.createAccount(account), { outcome: 'created' });
      const expected = {
        id: account.id,
        idIsNumber: false,
        username: account.username,
        firstName: 'Ada',
        lastName: 'Lovelace',
        email: address.address,
        emailVerified: true,
        locale: 'fr',
        zoneInfo: null,
        fields: {},
        picture: null,
        isSuperuser: true,
        isImported: false,
        hasPassword: true,
        disabledAtMs: null,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        lastSignInAtMs: null,
        deletesAtMs: null,
      };
      assert.deepEqual(await storage.accounts.findAccount(account.id), expected);
      const candidate = { account: expected, passwordHash: HASH };
      const { usernameKey, username } = account;
      assert.deepEqual(await storage.accounts.findByUsername(usernameKey, username), candidate);
      assert.deepEqual(await storage.accounts.findByUsername(usernameKey, username.toUpperCase()), candidate);
      assert.deepEqual(await storage.accounts.findByEmail(address.key), candidate);
      assert.equal(await storage.accounts.findPasswordHash(account.id), HASH);
    },
  },
  {
    name: 'accounts: who is not there is not found',
    async run(storage, clock) {
      assert.equal(await storage.accounts.findAccount(NOBODY), null);
      assert.equal(await storage.accounts.findByUsername(fresh('nobody') as UsernameKey, 'nobody'), null);
      assert.equal(await storage.accounts.findByEmail(email(fresh('nobody'), false).key), null);
      assert.equal(await storage.accounts.findPasswordHash(NOBODY), null);
      const bare = newAccount(clock.read());
      await storage.accounts.createAccount(bare);
      const found = await storage.accounts.findByUsername(bare.usernameKey, bare.username);
      assert.equal(found?.passwordHash, null);
      assert.equal(found?.account.hasPassword, false);
      assert.equal(found?.account.email, null);
    },
  },
  {
    name: 'accounts: a name whose key or skeleton is taken makes no account (UTS #39)',
    async run(storage, clock) {
      const nowMs = clock.read();
      const word = fresh('paypal');
      const skeleton = `skeleton-${word}`;
      await storage.accounts.createAccount(newAccount(nowMs, named(word, skeleton)));
      const sameKey = newAccount(nowMs, { ...named(word.toUpperCase(), fresh('other')), email: email(word, true) });
      assert.deepEqual(await storage.accounts.createAccount(sameKey), { outcome: 'username_taken' });
      const lookAlike = newAccount(nowMs, named(fresh('paypa1'), skeleton));
      assert.deepEqual(await storage.accounts.createAccount(lookAlike), { outcome: 'username_taken' });
      assert.equal(await storage.accounts.findAccount(sameKey.id), null);
      assert.equal(await storage.accounts.findByEmail(email(word, true).key), null);
    },
  },
  {
    name: 'accounts: of two sign-ups at once for one name, or for two that look alike, one is created',
    async run(storage, clock) {
      const nowMs = clock.read();
      for (let round = 0; round < 5; round += 1) {
        const word = fresh('twin');
        const sameName = [named(word, fresh('a')), named(word.toUpperCase(), fresh('b'))];
        const skeleton = fresh('skeleton');
        const lookAlike = [named(fresh('o'), skeleton), named(fresh('0'), skeleton)];
        for (const names of [sameName, lookAlike]) {
          const outcomes = await Promise.all(
            names.map((name) => storage.accounts.createAccount(newAccount(nowMs, name))),
          );
          assert.deepEqual(tally(outcomes), { created: 1, username_taken: 1 });
        }
      }
    },
  },
  {
    name: 'accounts: an address is verified at one account only, and unverified copies may stand beside it',
    async run(storage, clock) {
      const nowMs = clock.read();
      const address = `${fresh('shared')}@example.test`;
      const early = newAccount(nowMs - 2, { email: email(address, false) });
      const owner = newAccount(nowMs, { email: email(address, true) });
      const late = newAccount(nowMs, { email: email(address, false) });
      const second = newAccount(nowMs, { email: email(address.toUpperCase(), true) });
      await storage.accounts.createAccount(early);
      assert.equal((await storage.accounts.findByEmail(email(address, true).key))?.account.id, early.id);
      assert.deepEqual(await storage.accounts.createAccount(owner), { outcome: 'created' });
      assert.deepEqual(await storage.accounts.createAccount(late), { outcome: 'created' });
      assert.deepEqual(await storage.accounts.createAccount(second), { outcome: 'email_taken' });
      assert.equal(await storage.accounts.findAccount(second.id), null);
      // Its name is free again.
      assert.deepEqual(await storage.accounts.createAccount({ ...second, email: null }), { outcome: 'created' });
      assert.equal((await storage.accounts.findByEmail(email(address, true).key))?.account.id, owner.id);
    },
  },
  {
    name: 'accounts: of two that verify one address at once one does',
    async run(storage, clock) {
      const nowMs = clock.read();
      for (let round = 0; round < 5; round += 1) {
        const address = `${fresh('contested')}@example.test`;
        const created = await Promise.all(
          [0, 1].map(() => storage.accounts.createAccount(newAccount(nowMs, { email: email(address, true) }))),
        );
        assert.deepEqual(tally(created), { created: 1, email_taken: 1 });
        const [left, right] = [newAccount(nowMs), newAccount(nowMs)];
        await storage.accounts.createAccount(left);
        await storage.accounts.createAccount(right);
        const other = email(`${fresh('contested')}@example.test`, true);
        const set = await Promise.all([left, right].map(({ id }) => storage.accounts.setEmail(id, other, nowMs)));
        assert.deepEqual(tally(set), { updated: 1, email_taken: 1 });
      }
    },
  },
  {
    name: 'accounts: the profile changes, its name only to one that is free',
    async run(storage, clock) {
      const nowMs = clock.read();
      const taken = newAccount(nowMs);
      const account = newAccount(nowMs);
      await storage.accounts.createAccount(taken);
      await storage.accounts.createAccount(account);
      const profile = { firstName: 'Grace', lastName: 'Hopper', locale: 'en', zoneInfo: 'Europe/Paris' };
      const renamed = { ...profile, ...named(fresh('Renamed')) };
      assert.deepEqual(await storage.accounts.updateProfile(account.id, renamed, nowMs + 1), { outcome: 'updated' });
      const found = await storage.accounts.findAccount(account.id);
      assert.equal(found?.username, renamed.username);
      assert.equal(found?.firstName, 'Grace');
      assert.equal(found?.lastName, 'Hopper');
      assert.equal(found?.locale, 'en');
      assert.equal(found?.zoneInfo, 'Europe/Paris');
      assert.equal(found?.updatedAtMs, nowMs + 1);
      assert.equal(await storage.accounts.findByUsername(account.usernameKey, account.username), null);
      const clash = { ...profile, ...named(taken.username.toUpperCase(), fresh('x')) };
      assert.deepEqual(await storage.accounts.updateProfile(account.id, clash, nowMs), { outcome: 'username_taken' });
      const lookAlike = { ...profile, ...named(fresh('y'), taken.usernameSkeleton) };
      assert.deepEqual(await storage.accounts.updateProfile(account.id, lookAlike, nowMs), {
        outcome: 'username_taken',
      });
      // Another spelling of one's own name is free.
      const own = { ...profile, ...named(renamed.username.toUpperCase()) };
      assert.deepEqual(await storage.accounts.updateProfile(account.id, own, nowMs), { outcome: 'updated' });
      assert.deepEqual(await storage.accounts.updateProfile(NOBODY, renamed, nowMs), { outcome: 'not_found' });
    },
  },
  {
    name: 'accounts: of two that take one name at once one gets it',
    async run(storage, clock) {
      const nowMs = clock.read();
      for (let round = 0; round < 5; round += 1) {
        const pair = [newAccount(nowMs), newAccount(nowMs)];
        for (const account of pair) await storage.accounts.createAccount(account);
        const change = { ...named(fresh('wanted')), firstName: '', lastName: '', locale: null, zoneInfo: null };
        const outcomes = await Promise.all(pair.map(({ id }) => storage.accounts.updateProfile(id, change, nowMs)));
        assert.deepEqual(tally(outcomes), { updated: 1, username_taken: 1 });
      }
    },
  },
  {
    name: 'accounts: the primary address is replaced, verified, and taken away',
    async run(storage, clock) {
      const nowMs = clock.read();
      const before = email(`${fresh('before')}@example.test`, true);
      const account = newAccount(nowMs, { email: before });
      await storage.accounts.createAccount(account);
      const after = email(`${fresh('after')}@example.test`, false);
      assert.deepEqual(await storage.accounts.setEmail(account.id, after, nowMs + 1), { outcome: 'updated' });
      const changed = await storage.accounts.findAccount(account.id);
      assert.equal(changed?.email, after.address);
      assert.equal(changed?.emailVerified, false);
      assert.equal(changed?.updatedAtMs, nowMs + 1);
      assert.equal(await storage.accounts.findByEmail(before.key), null);
      await storage.accounts.setEmail(account.id, { ...after, verified: true }, nowMs);
      assert.equal((await storage.accounts.findAccount(account.id))?.emailVerified, true);
      // The former address is free.
      await storage.accounts.createAccount(newAccount(nowMs, { email: before }));
      assert.deepEqual(await storage.accounts.setEmail(account.id, before, nowMs), { outcome: 'email_taken' });
      assert.equal((await storage.accounts.findAccount(account.id))?.email, after.address);
      assert.deepEqual(await storage.accounts.setEmail(account.id, null, nowMs), { outcome: 'updated' });
      assert.equal((await storage.accounts.findAccount(account.id))?.email, null);
      assert.deepEqual(await storage.accounts.setEmail(NOBODY, after, nowMs), { outcome: 'not_found' });
    },
  },
  {
    name: 'accounts: they are listed by name, in pages, and sought by the beginning of a name or an address',
    async run(storage, clock) {
      const prefix = fresh('list');
      const accounts = ['c', 'a', 'b'].map((letter) =>
        newAccount(clock.read(), {
          ...named(`${prefix}-${letter}`),
          email: email(`${letter}.${prefix}@example.test`, false),
        }),
      );
      for (const account of accounts) await storage.accounts.createAccount(account);
      const names = async (page: { after?: string; limit?: number; search: string | null }) => {
        const { after, limit = 10, search } = page;
        const found = await storage.accounts.listAccounts({ after: (after ?? null) as UsernameKey, limit, search });
        return found.map(({ username }) => username.slice(prefix.length + 1));
      };
      assert.deepEqual(await names({ search: prefix }), ['a', 'b', 'c']);
      assert.deepEqual(await names({ search: prefix.toUpperCase(), limit: 2 }), ['a', 'b']);
      assert.deepEqual(await names({ search: prefix, after: `${prefix}-b` }), ['c']);
      assert.deepEqual(await names({ search: null, after: `${prefix}-`, limit: 2 }), ['a', 'b']);
      assert.deepEqual(await names({ search: null, after: `${prefix}-a`, limit: 1 }), ['b']);
      assert.deepEqual(await names({ search: `b.${prefix}@` }), ['b']);
      assert.deepEqual(await names({ search: accounts[0]?.id ?? '' }), ['c']);
      assert.deepEqual(await names({ search: `${prefix}_` }), []);
      assert.deepEqual(await names({ search: '%' }), []);
    },
  },
];
