/** Groups of accounts: managed by superusers, told to applications by the scope `groups`. Owns the shapes. */
import type { AccountId, Branded } from '../../vocabulary/identifiers.ts';
import type { UsernameKey } from '../ports.ts';

/** A group's name as it is kept: made by `admin/groups.ts`. */
export type GroupName = Branded<string, 'GroupName'>;

/** A group, with how many are in it. */
export interface Group {
  readonly id: string;
  readonly name: GroupName;
  readonly memberCount: number;
  /** Whoever is in it has to have a second factor. */
  readonly requiresSecondFactor: boolean;
  readonly createdAtMs: number;
}

/** Somebody in a group. */
export interface GroupMember {
  readonly accountId: AccountId;
  readonly username: string;
  readonly addedAtMs: number;
}

/** Where a page of members begins: after this one. */
export interface MemberPosition {
  readonly usernameKey: UsernameKey;
  readonly accountId: AccountId;
}

/** Somebody in a group, as a list of them says it. */
export interface ListedMember extends GroupMember, MemberPosition {
  readonly firstName: string;
  readonly lastName: string;
}

/** Groups and who is in them. */
export interface GroupStore {
  createGroup(
    group: { readonly id: string; readonly name: GroupName; readonly requiresSecondFactor: boolean },
    nowMs: number,
  ): Promise<{ readonly outcome: 'created' | 'name_taken' }>;
  /** In force at once, for sessions that there are as well. */
  requireSecondFactor(
    id: string,
    requiresSecondFactor: boolean,
    nowMs: number,
  ): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  /** With its memberships. */
  deleteGroup(id: string): Promise<{ readonly outcome: 'deleted' | 'not_found' }>;
  findGroup(name: GroupName): Promise<Group | null>;
  findGroupById(id: string): Promise<Group | null>;
  /** In the order of names. */
  listGroups(): Promise<readonly Group[]>;
  /** In the order of usernames. */
  listMembers(groupId: string): Promise<readonly GroupMember[]>;
  /** In the order of usernames. @param search what usernames begin with; null: all of them. */
  listMembersPage(
    groupId: string,
    page: { readonly after: MemberPosition | null; readonly limit: number; readonly search: string | null },
  ): Promise<readonly ListedMember[]>;
  /** One that is in it already stays as it is. */
  addMember(
    groupId: string,
    accountId: AccountId,
    nowMs: number,
  ): Promise<{ readonly outcome: 'added' | 'already_in' | 'not_found' }>;
  removeMember(groupId: string, accountId: AccountId): Promise<{ readonly outcome: 'removed' | 'not_in' }>;
  /** The names of the groups that an account is in, in their order. */
  groupsOf(accountId: AccountId): Promise<readonly string[]>;
}
