/** Conformance of groups of accounts. */
import assert from 'node:assert/strict';
import type { GroupName } from '../../accounts/ports/groups.ts';
import { accountId } from '../../vocabulary/identifiers.ts';
import { type ConformanceCase, fresh, newAccount, tally } from './case.ts';

const newGroup = () => ({ id: fresh('group-id'), name: fresh('Group') as GroupName });

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
    name: 'groups: a name is one group’s, of 50 at once as well, and a deleted group takes its memberships along',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs);
      await storage.accounts.createAccount(account);
      const { name } = newGroup();
      const made = await Promise.all(
        Array.from({ length: 50 }, () => storage.groups.createGroup({ id: fresh('group-id'), name }, nowMs)),
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
];
