/**
 * Access to an application that is for members of certain groups alone.
 *
 * Owns the rule. It is asked where a person signs in, where they let a device in, and at each refresh, so that somebody who is taken
 * out of a group has no access any more once their access token ends. A name that no group has lets nobody in.
 */
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Application } from './application.ts';
import type { GroupReader } from './claims.ts';

/** Whether an application is for some groups alone; where it is not, nobody's groups are read. */
export function isLimitedToGroups({ settings }: Pick<Application, 'settings'>): boolean {
  return settings.allowedGroups.length > 0;
}

/** Whether somebody is in one of the groups that the application is for. */
export async function mayEnter(
  application: Pick<Application, 'settings'>,
  accountId: AccountId,
  groups: GroupReader,
): Promise<boolean> {
  if (!isLimitedToGroups(application)) return true;
  const theirs = await groups.groupsOf(accountId);
  return application.settings.allowedGroups.some((name) => theirs.includes(name));
}
