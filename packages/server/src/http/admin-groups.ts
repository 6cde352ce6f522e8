/**
 * `/admin/groups/` and below: superusers make groups, look for members, put people in and take them out.
 *
 * Owns these pages' forms. The rules are `admin/groups.ts`.
 */
import type { GroupStore, MemberPosition } from '../accounts/ports/groups.ts';
import type { AccountStore, UsernameKey } from '../accounts/ports.ts';
import { fieldProblem } from '../accounts/problems.ts';
import {
  addMember,
  createGroup,
  deleteGroup,
  type GroupDeps,
  type MembershipDeps,
  removeMember,
  requireSecondFactor,
} from '../admin/groups.ts';
import { findUser } from '../admin/users.ts';
import { type AccountId, accountId } from '../vocabulary/identifiers.ts';
import { noticeOf } from './account.ts';
import { type AdministrationDeps, administrationOf } from './administration.ts';
import { NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import type { People } from './people.ts';
import { forSuperusers } from './superusers.ts';
import { type Answer, errorAnswer, type SignedInVisit } from './visit.ts';

/** What they use. */
export interface AdminGroupRouteDeps
  extends Omit<GroupDeps, 'groups'>,
    Omit<MembershipDeps, 'groups'>,
    AdministrationDeps {
  readonly groups: GroupStore;
  readonly accounts: AccountStore;
}

const PATH = '/admin/groups/';
/** Members on a page. */
const PAGE_LENGTH = 50;
/** As much of what was looked for as can be a username. */
const SEARCH_CHARACTERS_MAX = 150;

/** Registers the routes. */
export function adminGroupRoutes(people: People, deps: AdminGroupRouteDeps): void {
  forSuperusers(people, PATH, {
    get: (visit) => listAnswer(visit, '', NO_PROBLEMS, deps),
    post: (visit) => postGroup(visit, deps),
  });
  forSuperusers(people, `${PATH}:id/`, {
    get: (visit) => withGroup(visit, deps, (group) => groupAnswer(visit, group, '', NO_PROBLEMS, deps)),
    post: (visit) =>
      withGroup(visit, deps, (group) => {
        if (visit.form.has('remove')) return postRemoval(visit, group, deps);
        return visit.form.has('second_factor') ? postSecondFactor(visit, group, deps) : postMember(visit, group, deps);
      }),
  });
  forSuperusers(people, `${PATH}:id/delete/`, {
    get: (visit) =>
      withGroup(visit, deps, async ({ id, name, memberCount }) => ({
        page: { page: 'confirm', question: { kind: 'delete-group', id, name, memberCount } },
      })),
    post: (visit) =>
      withGroup(visit, deps, async (group) => {
        await deleteGroup(group, changing(visit, deps));
        note(visit, 'group_deleted', group.id);
        return { seeOther: `${PATH}?done=group-deleted` };
      }),
  });
}

/** What changes something does it in the name of the visit. */
function changing(visit: SignedInVisit, deps: AdminGroupRouteDeps): GroupDeps & MembershipDeps {
  return { ...deps, groups: administrationOf(visit, deps).groups };
}

type Group = NonNullable<Awaited<ReturnType<GroupStore['findGroupById']>>>;

async function withGroup(
  visit: SignedInVisit,
  deps: AdminGroupRouteDeps,
  answer: (group: Group) => Promise<Answer>,
): Promise<Answer> {
  const { id } = visit.request.params as { id: string };
  const group = await deps.groups.findGroupById(id.slice(0, 64));
  return group === null ? errorAnswer(404, { kind: 'not-found' }) : answer(group);
}

async function listAnswer(
  visit: SignedInVisit,
  name: string,
  problems: ShownProblems<'name'>,
  deps: AdminGroupRouteDeps,
): Promise<Answer> {
  const groups = await deps.groups.listGroups();
  return { page: { page: 'groups', form: { values: { name }, ...problems }, groups, notice: noticeOf(visit) } };
}

async function postGroup(visit: SignedInVisit, deps: AdminGroupRouteDeps): Promise<Answer> {
  const name = text(visit.form, 'name');
  const result = await createGroup({ name }, changing(visit, deps));
  if (result.outcome === 'refused') return listAnswer(visit, name, shownProblems(result.problems, ['name']), deps);
  note(visit, 'group_created', result.group.id);
  return { seeOther: `${PATH}${result.group.id}/?done=group-made` };
}

async function groupAnswer(
  visit: SignedInVisit,
  { id, name, memberCount, requiresSecondFactor }: Group,
  user: string,
  problems: ShownProblems<'user'>,
  deps: AdminGroupRouteDeps,
): Promise<Answer> {
  const search = (visit.query.get('search') ?? '').trim().slice(0, SEARCH_CHARACTERS_MAX);
  const after = positionIn(visit.query.get('after'));
  const sought = search === '' ? null : search;
  const found = await deps.groups.listMembersPage(id, { after, limit: PAGE_LENGTH + 1, search: sought });
  const members = found.slice(0, PAGE_LENGTH);
  const last = found.length > PAGE_LENGTH ? members.at(-1) : undefined;
  const query = new URLSearchParams({
    ...(sought === null ? {} : { search: sought }),
    ...(last === undefined ? {} : { after: `${last.accountId} ${last.usernameKey}` }),
  });
  return {
    page: {
      page: 'group',
      id,
      name,
      memberCount,
      requiresSecondFactor,
      form: { values: { user }, ...problems },
      search,
      members: members.map((member) => ({
        id: member.accountId,
        username: member.username,
        fullName: `${member.firstName} ${member.lastName}`.trim(),
        addedAtMs: member.addedAtMs,
      })),
      moreUrl: last === undefined ? null : `${PATH}${encodeURIComponent(id)}/?${query}`,
      notice: noticeOf(visit),
    },
  };
}

/** A position as the link to further members writes it: the id, which holds no space, and the name's key. */
function positionIn(text: string | null): MemberPosition | null {
  const [, id, key] = /^(\S{1,64}) (.{1,600})$/u.exec(text ?? '') ?? [];
  return id === undefined || key === undefined ? null : { accountId: accountId(id), usernameKey: key as UsernameKey };
}

async function postMember(visit: SignedInVisit, group: Group, deps: AdminGroupRouteDeps): Promise<Answer> {
  const user = text(visit.form, 'user').slice(0, 320);
  const account = user.trim() === '' ? null : await findUser(user, deps);
  if (account === null) {
    const code = user.trim() === '' ? 'problem.required' : 'problem.user.unknown';
    return groupAnswer(visit, group, user, shownProblems([fieldProblem('user', code)], ['user']), deps);
  }
  const { outcome } = await addMember(group, account.id, changing(visit, deps));
  if (outcome === 'not_found') return errorAnswer(404, { kind: 'not-found' });
  if (outcome === 'added') note(visit, 'group_member_added', group.id, account.id);
  const done = outcome === 'added' ? 'member-added' : 'member-there';
  return { seeOther: `${PATH}${encodeURIComponent(group.id)}/?done=${done}` };
}

async function postRemoval(visit: SignedInVisit, group: Group, deps: AdminGroupRouteDeps): Promise<Answer> {
  const member = accountId(text(visit.form, 'remove').slice(0, 64));
  const { outcome } = await removeMember(group, member, changing(visit, deps));
  if (outcome === 'removed') note(visit, 'group_member_removed', group.id, member);
  // Taken out by somebody else meanwhile: it is what was wanted.
  return { seeOther: `${PATH}${encodeURIComponent(group.id)}/?done=member-removed` };
}

async function postSecondFactor(visit: SignedInVisit, group: Group, deps: AdminGroupRouteDeps): Promise<Answer> {
  const required = text(visit.form, 'second_factor') === 'required';
  const { outcome } = await requireSecondFactor(group, required, changing(visit, deps));
  if (outcome === 'not_found') return errorAnswer(404, { kind: 'not-found' });
  note(visit, required ? 'group_second_factor_required' : 'group_second_factor_optional', group.id);
  return { seeOther: `${PATH}${encodeURIComponent(group.id)}/?done=group-saved` };
}

/** ASVS 16.3.3: who did what, to whom. */
function note(visit: SignedInVisit, event: string, groupId: string, member?: AccountId): void {
  visit.request.log.info({ event, by: visit.signedIn.account.id, groupId, accountId: member }, 'groups changed');
}
