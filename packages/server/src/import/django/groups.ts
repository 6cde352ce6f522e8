/**
 * Groups and who is in them. Django's flag `is_staff` opens its admin pages, which there are none of here: it becomes membership of a
 * group `staff`, which an organisation may release as a claim. Superusers are superusers here too.
 */
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { DjangoOptions, ImportContext } from '../part.ts';
import { BATCH_ROWS, type GroupRow } from '../ports.ts';
import type { SourceValue } from '../sources/source.ts';
import { flagOf, keyOf, textOf } from './reading.ts';
import { userIdOf } from './users.ts';

/** The columns of the result `member_of`: `group_id` is the group's id here. */
export const MEMBER_COLUMNS = ['account', 'group_id'] as const;

const STAFF_ID = 'django-staff';

/** Makes the table `member_of` in the staging database, and answers the groups there are. */
export function arrangeGroups(context: ImportContext): readonly GroupRow[] {
  const { staging } = context;
  staging.create('member_of', MEMBER_COLUMNS, MEMBER_COLUMNS);
  const groups = readGroups(context);
  readMembers(context, new Set(groups.map(({ id }) => id)));
  const staff = readStaff(context, new Set(groups.map(({ name }) => name)));
  staging.arrange('create index member_of_by_account on member_of (account)');
  return staff === null ? groups : [...groups, staff];
}

/** An installation has tens of groups, some thousands: they are held at once. */
function readGroups({ staging, report, options }: ImportContext): readonly GroupRow[] {
  const groups = new Map<string, GroupRow>();
  const names = new Set<string>();
  for (const row of staging.all('select id, name from auth_group order by id')) {
    const [key, name] = [keyOf(row, 'id'), textOf(row, 'name')];
    if (key === null || name === '' || names.has(name) || groups.has(key)) {
      report.count('group', 'leftOut');
      report.find({
        severity: 'refusal',
        code: 'group-unclear',
        row: `group ${key ?? '-'} (${JSON.stringify(name)})`,
        what: 'It has no id or no name, or another has the same.',
        outcome: 'Nothing is written. Correct it at the source.',
      });
      continue;
    }
    names.add(name);
    groups.set(key, { id: groupIdOf(key, options.origin), name });
  }
  return [...groups.values()];
}

function readMembers({ staging, report, options }: ImportContext, known: ReadonlySet<string>): void {
  const query = {
    columns: 't.user_id, t.group_id, u.id as known',
    join: 'left join auth_user u on u.id = t.user_id',
  };
  for (const page of staging.pages('auth_user_groups', query, BATCH_ROWS)) {
    const rows: SourceValue[][] = [];
    for (const row of page) {
      const account = row['known'] === null ? null : userIdOf(row);
      const group = groupIdOf(keyOf(row, 'group_id') ?? '', options.origin);
      if (account !== null && known.has(group)) {
        rows.push([account, group]);
        continue;
      }
      report.find({
        severity: 'warning',
        code: 'owner-unknown',
        row: `membership of user ${textOf(row, 'user_id')} in group ${textOf(row, 'group_id')}`,
        what: 'The user or the group is not there.',
        outcome: 'It is left out.',
      });
    }
    staging.insert('member_of', MEMBER_COLUMNS, rows);
  }
}

function readStaff({ staging, report }: ImportContext, names: ReadonlySet<string>): GroupRow | null {
  let staff = 0;
  for (const page of staging.pages('auth_user', { columns: 'id, is_staff' }, BATCH_ROWS)) {
    const ids = page
      .filter((row) => flagOf(row, 'is_staff'))
      .map((row) => userIdOf(row, 'id'))
      .filter((id): id is AccountId => id !== null);
    staging.insert(
      'member_of',
      MEMBER_COLUMNS,
      ids.map((id) => [id, STAFF_ID]),
    );
    staff += ids.length;
  }
  if (staff === 0) return null;
  const name = ['staff', 'Django staff', STAFF_ID].find((candidate) => !names.has(candidate)) ?? `${STAFF_ID} (flag)`;
  report.find({
    severity: 'note',
    code: 'staff',
    row: `users with is_staff (${staff})`,
    what: 'The flag let them into the admin pages of the old server.',
    outcome: `They are in the group ${JSON.stringify(name)}, which allows nothing here; superusers administer.`,
  });
  return { id: STAFF_ID, name };
}

function groupIdOf(key: string, origin: DjangoOptions['origin']): string {
  return `${origin}-${key}`;
}
