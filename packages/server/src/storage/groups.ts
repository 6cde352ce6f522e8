/** Groups of accounts: implements `GroupStore`. */
import type { GroupName, GroupStore } from '../accounts/ports/groups.ts';
import type { UsernameKey } from '../accounts/ports.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { AFTER_ALL } from './accounts.ts';
import { flag } from './columns.ts';
import { query } from './query.ts';
import type { AccountGroupTable, Flag } from './schema.ts';
import { type Engine, one } from './transition.ts';

const GROUP_COLUMNS = ['id', 'name', 'requires_second_factor', 'created_at', 'updated_at'] as const;

/** The statements. */
export const groupQueries = {
  insert: query((db, p: AccountGroupTable) =>
    db
      .insertInto('account_group')
      .values({
        id: p.id,
        name: p.name,
        requires_second_factor: p.requires_second_factor,
        created_at: p.created_at,
        updated_at: p.updated_at,
      })
      .onConflict((on) => on.doNothing())
      .returning('id'),
  ),

  requireSecondFactor: query((db, p: { id: string; requires_second_factor: Flag; now: number }) =>
    db
      .updateTable('account_group')
      .set({ requires_second_factor: p.requires_second_factor, updated_at: p.now })
      .where('id', '=', p.id)
      .returning('id'),
  ),

  delete: query((db, p: { id: string }) => db.deleteFrom('account_group').where('id', '=', p.id).returning('id')),

  find: query((db, p: { name: string }) =>
    db
      .selectFrom('account_group as group')
      .select(GROUP_COLUMNS)
      .select(({ selectFrom }) =>
        selectFrom('account_group_member as member')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .whereRef('member.group_id', '=', 'group.id')
          .as('members'),
      )
      .where('group.name', '=', p.name),
  ),

  findById: query((db, p: { id: string }) =>
    db
      .selectFrom('account_group as group')
      .select(GROUP_COLUMNS)
      .select(({ selectFrom }) =>
        selectFrom('account_group_member as member')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .whereRef('member.group_id', '=', 'group.id')
          .as('members'),
      )
      .where('group.id', '=', p.id),
  ),

  list: query((db) =>
    db
      .selectFrom('account_group as group')
      .select(GROUP_COLUMNS)
      .select(({ selectFrom }) =>
        selectFrom('account_group_member as member')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .whereRef('member.group_id', '=', 'group.id')
          .as('members'),
      )
      .orderBy('group.name'),
  ),

  members: query((db, p: { group_id: string }) =>
    db
      .selectFrom('account_group_member as member')
      .innerJoin('account', 'account.id', 'member.account_id')
      .select(['member.account_id', 'account.username', 'member.added_at'])
      .where('member.group_id', '=', p.group_id)
      .orderBy('account.username_key')
      .orderBy('account.id'),
  ),

  membersPage: query(
    (db, p: { group_id: string; after_key: string; after_id: AccountId; from: string; below: string; limit: number }) =>
      db
        .selectFrom('account_group_member as member')
        .innerJoin('account', 'account.id', 'member.account_id')
        .select(['member.account_id', 'account.username', 'account.username_key', 'member.added_at'])
        .select(['account.first_name', 'account.last_name'])
        .where('member.group_id', '=', p.group_id)
        .where('account.username_key', '>=', p.from as UsernameKey)
        .where('account.username_key', '<', p.below as UsernameKey)
        .where(({ eb, and, or }) =>
          or([
            eb('account.username_key', '>', p.after_key as UsernameKey),
            and([eb('account.username_key', '=', p.after_key as UsernameKey), eb('account.id', '>', p.after_id)]),
          ]),
        )
        .orderBy('account.username_key')
        .orderBy('account.id')
        .limit(p.limit),
  ),

  exists: query((db, p: { group_id: string; account_id: AccountId }) =>
    db
      .selectFrom('account')
      .innerJoin('account_group as group', (join) => join.on('group.id', '=', p.group_id))
      .select('account.id')
      .where('account.id', '=', p.account_id),
  ),

  add: query((db, p: { group_id: string; account_id: AccountId; added_at: number }) =>
    db
      .insertInto('account_group_member')
      .values(({ val }) => ({
        group_id: p.group_id,
        account_id: p.account_id,
        is_imported: val<0>(0),
        added_at: p.added_at,
      }))
      .onConflict((on) => on.doNothing())
      .returning('account_id'),
  ),

  remove: query((db, p: { group_id: string; account_id: AccountId }) =>
    db
      .deleteFrom('account_group_member')
      .where('group_id', '=', p.group_id)
      .where('account_id', '=', p.account_id)
      .returning('account_id'),
  ),

  groupsOf: query((db, p: { account_id: AccountId }) =>
    db
      .selectFrom('account_group_member as member')
      .innerJoin('account_group as group', 'group.id', 'member.group_id')
      .select('group.name')
      .where('member.account_id', '=', p.account_id)
      .orderBy('group.name'),
  ),
};

/** Makes the store. */
export function createGroupStore(engine: Engine): GroupStore {
  const q = engine.prepare('groups', groupQueries);
  return {
    async createGroup({ id, name, requiresSecondFactor }, nowMs) {
      const row = await engine.writeOne(q.insert, {
        id,
        name,
        requires_second_factor: flag(requiresSecondFactor),
        created_at: nowMs,
        updated_at: nowMs,
      });
      return { outcome: row === null ? 'name_taken' : 'created' };
    },
    async requireSecondFactor(id, requiresSecondFactor, nowMs) {
      const values = { id, requires_second_factor: flag(requiresSecondFactor), now: nowMs };
      return { outcome: (await engine.writeOne(q.requireSecondFactor, values)) === null ? 'not_found' : 'updated' };
    },
    async deleteGroup(id) {
      return { outcome: (await engine.writeOne(q.delete, { id })) === null ? 'not_found' : 'deleted' };
    },
    async findGroup(name) {
      const row = await engine.readOne(q.find, { name });
      return row === null ? null : groupOf(row);
    },
    async findGroupById(id) {
      const row = await engine.readOne(q.findById, { id });
      return row === null ? null : groupOf(row);
    },
    async listMembersPage(groupId, { after, limit, search }) {
      const from = search?.normalize('NFKC').toLowerCase().trim() ?? '';
      const rows = await engine.readAll(q.membersPage, {
        group_id: groupId,
        after_key: after?.usernameKey ?? '',
        after_id: after?.accountId ?? ('' as AccountId),
        from,
        below: `${from}${AFTER_ALL}`,
        limit,
      });
      return rows.map((row) => ({
        accountId: row.account_id,
        username: row.username,
        usernameKey: row.username_key,
        firstName: row.first_name,
        lastName: row.last_name,
        addedAtMs: row.added_at,
      }));
    },
    async listGroups() {
      return (await engine.readAll(q.list, {})).map(groupOf);
    },
    async listMembers(groupId) {
      const rows = await engine.readAll(q.members, { group_id: groupId });
      return rows.map((row) => ({ accountId: row.account_id, username: row.username, addedAtMs: row.added_at }));
    },
    addMember: (groupId, accountId, nowMs) =>
      engine.transition(function* () {
        const key = { group_id: groupId, account_id: accountId };
        if ((yield* one(q.exists, key)) === null) return { outcome: 'not_found' as const };
        const row = yield* one(q.add, { ...key, added_at: nowMs });
        return { outcome: row === null ? ('already_in' as const) : ('added' as const) };
      }),
    async removeMember(groupId, accountId) {
      const row = await engine.writeOne(q.remove, { group_id: groupId, account_id: accountId });
      return { outcome: row === null ? 'not_in' : 'removed' };
    },
    async groupsOf(accountId) {
      return (await engine.readAll(q.groupsOf, { account_id: accountId })).map(({ name }) => name);
    },
  };
}

function groupOf(row: AccountGroupTable & { readonly members: number | string | null }) {
  return {
    id: row.id,
    name: row.name as GroupName,
    // A count comes as text from one driver.
    memberCount: Number(row.members ?? 0),
    requiresSecondFactor: row.requires_second_factor === 1,
    createdAtMs: row.created_at,
  };
}
