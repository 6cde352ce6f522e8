/**
 * What an operator does with groups: `diapason group …`. A group's name is what applications are told, so it is compared as it is
 * written, and an imported one is kept as its Django had it.
 *
 * Owns the rules of names. Printing is `commands/`'.
 */
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { Group, GroupName, GroupStore } from '../accounts/ports/groups.ts';
import { fieldProblem, type Refused, refused } from '../accounts/problems.ts';
import type { Audited } from '../vocabulary/audited.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';

/** As Django's (`auth_group.name`). */
const NAME_CHARACTERS_MAX = 150;

/** What managing groups needs. */
export interface GroupDeps {
  readonly groups: Audited<GroupStore>;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Makes a group. Field of problems: `name`. */
export async function createGroup(
  { name, requiresSecondFactor = false }: { readonly name: string; readonly requiresSecondFactor?: boolean },
  deps: GroupDeps,
): Promise<{ readonly outcome: 'created'; readonly group: Group } | Refused> {
  const text = name.normalize('NFC').trim();
  if (text === '') return refused(fieldProblem('name', 'problem.required'));
  if ([...text].length > NAME_CHARACTERS_MAX) {
    return refused(fieldProblem('name', 'problem.text.tooLong', { maximum: NAME_CHARACTERS_MAX }));
  }
  if (/\p{C}/u.test(text)) return refused(fieldProblem('name', 'problem.text.controlCharacters'));
  const id = deps.randomness(16).toString('hex');
  const nowMs = deps.clock();
  const { outcome } = await deps.groups.createGroup({ id, name: text as GroupName, requiresSecondFactor }, nowMs);
  return outcome === 'name_taken'
    ? refused(fieldProblem('name', 'problem.group.taken'))
    : {
        outcome: 'created',
        group: { id, name: text as GroupName, memberCount: 0, requiresSecondFactor, createdAtMs: nowMs },
      };
}

/**
 * Says whether whoever is in a group has to have a second factor. In force at once: a member without one is led to set one up before
 * anything else opens, in sessions that there are as well.
 */
export async function requireSecondFactor(
  group: Group,
  required: boolean,
  deps: Pick<GroupDeps, 'groups' | 'clock'>,
): Promise<{ readonly outcome: 'updated'; readonly group: Group } | { readonly outcome: 'not_found' }> {
  const { outcome } = await deps.groups.requireSecondFactor(group.id, required, deps.clock());
  return outcome === 'updated' ? { outcome, group: { ...group, requiresSecondFactor: required } } : { outcome };
}

/** The group that a command's argument names; null: none. */
export async function findGroup(
  name: string,
  deps: { readonly groups: Pick<GroupStore, 'findGroup'> },
): Promise<Group | null> {
  const exact = await deps.groups.findGroup(name as GroupName);
  return exact ?? deps.groups.findGroup(name.normalize('NFC').trim() as GroupName);
}

/** What changing who is in a group needs. */
export interface MembershipDeps extends Pick<GroupDeps, 'groups' | 'clock'> {
  /** The log of whoever is put in or taken out. */
  readonly events: AccountEvents;
}

/** Puts somebody in a group. */
export async function addMember(group: Pick<Group, 'id' | 'name'>, account: AccountId, deps: MembershipDeps) {
  const result = await deps.groups.addMember(group.id, account, deps.clock());
  if (result.outcome === 'added') await deps.events.record(account, { kind: 'group-joined', detail: group.name }, null);
  return result;
}

/** Takes somebody out of a group. */
export async function removeMember(
  group: Pick<Group, 'id' | 'name'>,
  account: AccountId,
  deps: Pick<MembershipDeps, 'groups' | 'events'>,
) {
  const result = await deps.groups.removeMember(group.id, account);
  if (result.outcome === 'removed') await deps.events.record(account, { kind: 'group-left', detail: group.name }, null);
  return result;
}

/** Events are written so many at a time. */
const EVENTS_AT_A_TIME = 100;

/** Deletes a group; its members stay, and their logs say that they left it. */
export async function deleteGroup(
  group: Pick<Group, 'id' | 'name'>,
  deps: Pick<MembershipDeps, 'groups' | 'events'>,
): Promise<{ readonly outcome: 'deleted' | 'not_found' }> {
  const members = await deps.groups.listMembers(group.id);
  const result = await deps.groups.deleteGroup(group.id);
  if (result.outcome === 'not_found') return result;
  for (let from = 0; from < members.length; from += EVENTS_AT_A_TIME) {
    const some = members.slice(from, from + EVENTS_AT_A_TIME);
    await Promise.all(
      some.map(({ accountId }) => deps.events.record(accountId, { kind: 'group-left', detail: group.name }, null)),
    );
  }
  return result;
}
