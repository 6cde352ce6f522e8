/** `diapason group …`. Owns output and the words of refusals; the rules are `admin/groups.ts`. */

import { accountEvents } from '../accounts/events.ts';
import type { Group } from '../accounts/ports/groups.ts';
import type { Account } from '../accounts/ports.ts';
import * as admin from '../admin/groups.ts';
import { findUser } from '../admin/users.ts';
import { systemRandomness } from '../vocabulary/credentials.ts';
import { withDatabase } from './database.ts';
import { operatorOfMachine } from './operator.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import { refusedFor } from './problems.ts';
import { askToGoOn } from './questions.ts';
import { instant, isoInstant, table } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Json {
  readonly json?: true;
}

interface SecondFactor {
  readonly secondFactor?: 'optional' | 'required';
}

/** `group create`. */
export async function createGroup(name: string, options: Json & SecondFactor, terminal: Terminal): Promise<Outcome> {
  return withGroups(terminal, async (deps) => {
    const result = await admin.createGroup({ name, requiresSecondFactor: options.secondFactor === 'required' }, deps);
    if (result.outcome === 'refused') return refusedFor(result);
    return options.json ? json(groupJson(result.group)) : done(`The group ${result.group.name} is made.`);
  });
}

/** `group update`. */
export async function updateGroup(
  name: string,
  options: Json & Required<SecondFactor>,
  terminal: Terminal,
): Promise<Outcome> {
  return withGroup(name, terminal, async (group, deps) => {
    const required = options.secondFactor === 'required';
    const result = await admin.requireSecondFactor(group, required, deps);
    if (result.outcome === 'not_found') return notFound(name);
    if (options.json) return json(groupJson(result.group));
    return done(
      required
        ? `The group ${group.name} requires a second factor: members without one set it up when they next come by.`
        : `The group ${group.name} leaves a second factor to its members.`,
    );
  });
}

/** `group list`. */
export async function listGroups(options: Json, terminal: Terminal): Promise<Outcome> {
  return withGroups(terminal, async ({ groups }) => {
    const all = await groups.listGroups();
    if (options.json) return json(all.map(groupJson));
    const rows = all.map((group) => [
      group.name,
      String(group.memberCount),
      secondFactorOf(group),
      instant(group.createdAtMs),
    ]);
    return done(table(['NAME', 'MEMBERS', 'SECOND FACTOR', 'CREATED'], rows, 'No groups.'));
  });
}

/** `group show`: who is in it. */
export async function showGroup(name: string, options: Json, terminal: Terminal): Promise<Outcome> {
  return withGroup(name, terminal, async (group, { groups }) => {
    const members = await groups.listMembers(group.id);
    if (options.json) {
      const shown = members.map(({ username, addedAtMs }) => ({ username, added_at: isoInstant(addedAtMs) }));
      return json({ ...groupJson(group), members: shown });
    }
    const rows = members.map(({ username, addedAtMs }) => [username, instant(addedAtMs)]);
    const required = group.requiresSecondFactor ? 'Its members have to have a second factor.\n\n' : '';
    return done(`${required}${table(['USERNAME', 'ADDED'], rows, 'Nobody is in it.')}`);
  });
}

/** `group add`. */
export async function addToGroup(name: string, user: string, terminal: Terminal): Promise<Outcome> {
  return withMember(name, user, terminal, async (group, account, deps) => {
    const { outcome } = await admin.addMember(group, account.id, deps);
    if (outcome === 'not_found') return refused('The group or the account was deleted meanwhile.');
    return done(`${account.username} is ${outcome === 'added' ? 'now' : 'already'} in ${group.name}.`);
  });
}

/** `group remove`. */
export async function removeFromGroup(name: string, user: string, terminal: Terminal): Promise<Outcome> {
  return withMember(name, user, terminal, async (group, account, deps) => {
    const { outcome } = await admin.removeMember(group, account.id, deps);
    return outcome === 'removed'
      ? done(`${account.username} is no longer in ${group.name}.`)
      : refused(`${account.username} is not in ${group.name}.`);
  });
}

/** `group delete`. Asks a person at a terminal first. */
export async function deleteGroup(
  name: string,
  options: { readonly yes?: true },
  terminal: Terminal,
): Promise<Outcome> {
  return withGroup(name, terminal, async (group, deps) => {
    const goOn = await askToGoOn(options, `Delete the group ${group.name}, with ${group.memberCount} in it?`, terminal);
    if ('end' in goOn) return goOn.end;
    if (!goOn.value) return refused('Nothing was changed.');
    const { outcome } = await admin.deleteGroup(group, deps);
    return outcome === 'not_found' ? notFound(name) : done(`The group ${group.name} is deleted. Its members stay.`);
  });
}

type Deps = admin.GroupDeps & admin.MembershipDeps & Parameters<typeof findUser>[1];

async function withGroups(terminal: Terminal, work: (deps: Deps) => Promise<Outcome>): Promise<Outcome> {
  return withDatabase(terminal, async ({ administration, accounts, accountEvents: store }) => {
    const { clock } = terminal;
    const randomness = systemRandomness;
    const events = accountEvents({ accountEvents: store, clock, randomness });
    const { groups } = administration(operatorOfMachine());
    return work({ groups, accounts, events, clock, randomness });
  });
}

async function withGroup(
  name: string,
  terminal: Terminal,
  work: (group: Group, deps: Deps) => Promise<Outcome>,
): Promise<Outcome> {
  return withGroups(terminal, async (deps) => {
    const group = await admin.findGroup(name, deps);
    return group === null ? notFound(name) : work(group, deps);
  });
}

async function withMember(
  name: string,
  user: string,
  terminal: Terminal,
  work: (group: Group, account: Account, deps: Deps) => Promise<Outcome>,
): Promise<Outcome> {
  return withGroup(name, terminal, async (group, deps) => {
    const account = await findUser(user, deps);
    return account === null
      ? refused(`No account has the username, address or id ${JSON.stringify(user)}. See: diapason user list`)
      : work(group, account, deps);
  });
}

function notFound(name: string): Outcome {
  return refused(`There is no group ${JSON.stringify(name)}. See: diapason group list`);
}

function groupJson(group: Group) {
  const { name, memberCount, createdAtMs } = group;
  return {
    name,
    member_count: memberCount,
    second_factor: secondFactorOf(group),
    created_at: isoInstant(createdAtMs),
  };
}

function secondFactorOf({ requiresSecondFactor }: Group): 'optional' | 'required' {
  return requiresSecondFactor ? 'required' : 'optional';
}
