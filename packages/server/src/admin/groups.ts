/**
 * What an operator does with groups: `diapason group …`. A group's name is what applications are told, so it is compared as it is
 * written, and an imported one is kept as its Django had it.
 *
 * Owns the rules of names. Printing is `commands/`'.
 */
import type { Group, GroupName, GroupStore } from '../accounts/ports/groups.ts';
import { fieldProblem, type Refused, refused } from '../accounts/problems.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';

/** As Django's (`auth_group.name`). */
const NAME_CHARACTERS_MAX = 150;

/** What managing groups needs. */
export interface GroupDeps {
  readonly groups: GroupStore;
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
export async function findGroup(name: string, deps: Pick<GroupDeps, 'groups'>): Promise<Group | null> {
  const exact = await deps.groups.findGroup(name as GroupName);
  return exact ?? deps.groups.findGroup(name.normalize('NFC').trim() as GroupName);
}

/** Puts somebody in a group. */
export async function addMember(group: Group, account: AccountId, deps: Pick<GroupDeps, 'groups' | 'clock'>) {
  return deps.groups.addMember(group.id, account, deps.clock());
}

/** Takes somebody out of a group. */
export async function removeMember(group: Group, account: AccountId, deps: Pick<GroupDeps, 'groups'>) {
  return deps.groups.removeMember(group.id, account);
}
