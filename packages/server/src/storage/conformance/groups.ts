/** Conformance of groups of accounts. */
import assert from 'node:assert/strict';
import type { GroupName, MemberPosition } from '../../accounts/ports/groups.ts';
import type { Digest } from '../../vocabulary/credentials.ts';
import { accountId } from '../../vocabulary/identifiers.ts';
import { type ConformanceCase, fresh, named, newAccount, newApplication, newSession, tally } from './case.ts';

const newGroup = () => ({
  id: fresh('group-id'),
  name: fresh('Group') as GroupName,
  requiresSecondFactor: false,
});

/** The cases. */
export const groupCases: readonly ConformanceCase[] = [
  {
    name: 'groups: members are added once, listed, told and removed',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs);
      await storage.accounts.createAccount(account);
      const [second, first] = [newGroup(), newGroup()].reverse();
      assert.ok(first !== undefined && second !== undefined);
      for (const group of [second, first]) await storage.groups.createGroup(group, nowMs);
      assert.deepEqual(await storage.groups.addMember(first.id, account.id, nowMs), { outcome: 'added' });
      assert.deepEqual(await storage.groups.addMember(first.id, account.id, nowMs + 9), { outcome: 'already_in' });
      await storage.groups.addMember(second.id, account.id, nowMs);
      assert.deepEqual(await storage.groups.groupsOf(account.id), [first.name, second.name].sort());
      assert.deepEqual(await storage.groups.listMembers(first.id), [
        { accountId: account.id, username: account.username, addedAtMs: nowMs },
      ]);
      assert.equal((await storage.groups.findGroup(first.name))?.memberCount, 1);
      assert.deepEqual(await storage.groups.removeMember(first.id, account.id), { outcome: 'removed' });
      assert.deepEqual(await storage.groups.removeMember(first.id, account.id), { outcome: 'not_in' });
      assert.deepEqual(await storage.groups.groupsOf(account.id), [second.name]);
      assert.deepEqual(await storage.groups.addMember(first.id, accountId('nobody'), nowMs), { outcome: 'not_found' });
      assert.deepEqual(await storage.groups.addMember('no-group', account.id, nowMs), { outcome: 'not_found' });
    },
  },
  {
    name: 'groups: members are listed page by page, and found by what their usernames begin with',
    async run(storage, clock) {
      const nowMs = clock.read();
      const group = newGroup();
      await storage.groups.createGroup(group, nowMs);
      const mark = fresh('page');
      const people = ['b', 'a', 'c', 'B-two'].map((name) => newAccount(nowMs, named(`${mark}-${name}`)));
      for (const account of people) {
        await storage.accounts.createAccount(account);
        await storage.groups.addMember(group.id, account.id, nowMs);
      }
      const page = (after: MemberPosition | null, search: string | null) =>
        storage.groups.listMembersPage(group.id, { after, limit: 2, search });
      const names = (members: readonly { readonly username: string }[]) => members.map(({ username }) => username);
      const first = await page(null, null);
      assert.deepEqual(names(first), [`${mark}-a`, `${mark}-b`]);
      assert.deepEqual(names(await page(first.at(-1) ?? null, null)), [`${mark}-B-two`, `${mark}-c`]);
      assert.deepEqual(names(await page(null, `${mark.toUpperCase()}-b`)), [`${mark}-b`, `${mark}-B-two`]);
      assert.deepEqual(await page(null, 'nobody-is-called-so'), []);
      assert.equal((await storage.groups.findGroupById(group.id))?.memberCount, 4);
      assert.equal(await storage.groups.findGroupById('no-group'), null);
    },
  },
  {
    name: 'groups: a name is one group’s, of 50 at once as well, and a deleted group takes its memberships along',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs);
      await storage.accounts.createAccount(account);
      const { name } = newGroup();
      const made = await Promise.all(
        Array.from({ length: 50 }, () => storage.groups.createGroup({ ...newGroup(), name }, nowMs)),
      );
      assert.deepEqual(tally(made), { created: 1, name_taken: 49 });
      const group = await storage.groups.findGroup(name);
      assert.ok(group !== null);
      await storage.groups.addMember(group.id, account.id, nowMs);
      assert.ok((await storage.groups.listGroups()).some((listed) => listed.name === name && listed.memberCount === 1));
      assert.deepEqual(await storage.groups.deleteGroup(group.id), { outcome: 'deleted' });
      assert.deepEqual(await storage.groups.deleteGroup(group.id), { outcome: 'not_found' });
      assert.deepEqual(await storage.groups.groupsOf(account.id), []);
      assert.equal(await storage.groups.findGroup(name), null);
    },
  },
  {
    name: 'groups: one that requires a second factor is seen in every session of its members, at once, and in nobody else’s',
    async run(storage, clock) {
      const nowMs = clock.read();
      const [inside, outside] = [newAccount(nowMs), newAccount(nowMs)];
      const [lax, strict] = [newGroup(), newGroup()];
      for (const group of [lax, strict]) await storage.groups.createGroup(group, nowMs);
      const tokens: Digest[] = [];
      for (const account of [inside, outside]) {
        await storage.accounts.createAccount(account);
        const session = newSession(nowMs, account.id);
        tokens.push(session.tokenDigest);
        await storage.sessions.startSession(session, null);
      }
      const applicationId = newApplication(nowMs).id;
      const required = () =>
        Promise.all(
          tokens.map(async (sessionDigest) => {
            const session = await storage.sessions.findSession(sessionDigest, nowMs);
            const asked = await storage.authorization.readAuthorization({ sessionDigest, applicationId, nowMs });
            assert.equal(session?.groupRequiresSecondFactor, asked?.groupRequiresSecondFactor);
            return session?.groupRequiresSecondFactor;
          }),
        );
      for (const group of [lax, strict]) await storage.groups.addMember(group.id, inside.id, nowMs);
      await storage.groups.addMember(lax.id, outside.id, nowMs);
      assert.deepEqual(await required(), [false, false]);
      assert.deepEqual(await storage.groups.requireSecondFactor(strict.id, true, nowMs), { outcome: 'updated' });
      assert.equal((await storage.groups.findGroup(strict.name))?.requiresSecondFactor, true);
      assert.deepEqual(await required(), [true, false]);
      await storage.groups.removeMember(strict.id, inside.id);
      assert.deepEqual(await required(), [false, false]);
      await storage.groups.addMember(strict.id, inside.id, nowMs);
      await storage.groups.requireSecondFactor(strict.id, false, nowMs);
      assert.deepEqual(await required(), [false, false]);
      assert.deepEqual(await storage.groups.requireSecondFactor('no-group', true, nowMs), { outcome: 'not_found' });
    },
  },
];
