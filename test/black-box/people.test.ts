/** How superusers manage people, from outside: invitations and groups, by pages that need no script. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, wordsOf } from '../person.ts';
import { failures } from './judge.ts';
import { openSite, PASSWORD, type Site } from './site.ts';

const PATH = '/admin/invitations/';
let site: Site;
let admin: Person;
beforeAll(async () => {
  site = await openSite('SQLite', { DIAPASON_SIGN_UP: 'invitation' });
  await site.perform(
    ['create-superuser', '--username', 'admin', '--email', 'admin@example.org', '--password-stdin'],
    PASSWORD,
  );
  await site.perform(
    ['user', 'create', '--username', 'alice', '--email', 'alice@example.org', '--password-stdin'],
    PASSWORD,
  );
  admin = site.person();
  await admin.signIn('admin', PASSWORD);
});
afterAll(async () => {
  const failed = site === undefined ? [] : failures(site);
  await site?.dispose();
  expect(failed).toEqual([]);
});

/** Invites on the page, and gives the path of the link in the mail. */
async function invite(email: string, values: Record<string, string | string[]> = {}): Promise<string> {
  const page = await admin.open(PATH);
  const sent = await admin.submit(formOf(page, { field: 'email' }), { email, ...values });
  expect(wordsOf(sent)).toContain('The invitation is on its way.');
  const kept = await site.person().open('/dev/mail/');
  const link = new RegExp(`${site.url}(/invitation/\\?token=[\\w-]{43})`).exec(kept.text)?.[1];
  if (link === undefined) throw new Error('no link was mailed');
  return link;
}

describe('pages for superusers', () => {
  it.each([PATH, '/admin/groups/', '/admin/groups/x/', '/admin/groups/x/delete/'])(
    '%s: nobody else sees it',
    async (path) => {
      const alice = site.person();
      expect((await alice.open(path)).url).toContain('/login/');
      await alice.signIn('alice', PASSWORD);
      expect((await alice.open(path)).status).toBe(403);
      expect(wordsOf(await alice.open('/account/'))).not.toContain('Invitations');
    },
  );
});

describe('groups', () => {
  it('are made, filled, searched, emptied and deleted', async () => {
    const page = await admin.open('/admin/groups/');
    const made = await admin.submit(formOf(page, { field: 'name' }), { name: 'Équipe' });
    expect(wordsOf(made)).toContain('The group is made.');
    const path = new URL(made.url).pathname;
    const unknown = await admin.submit(formOf(made, { field: 'user' }), { user: 'nobody' });
    expect(wordsOf(unknown)).toContain('No account has this username or address.');
    const added = await admin.submit(formOf(made, { field: 'user' }), { user: 'alice@example.org' });
    expect(wordsOf(added)).toContain('One person is in it.');
    expect(wordsOf(await admin.open(`${path}?search=AL`))).toContain('alice');
    expect(wordsOf(await admin.open(`${path}?search=zz`))).toContain('No member');
    const alice = site.person();
    await alice.signIn('alice', PASSWORD);
    expect(wordsOf(await alice.open('/account/log/'))).toContain('Joined a group');
    const required = await admin.submit(formOf(added, { button: 'Require it' }), {}, 'Require it');
    expect(await site.command(['group', 'show', 'Équipe'])).toMatchObject({ second_factor: 'required' });
    await admin.submit(formOf(required, { button: 'Leave it to members' }), {}, 'Leave it to members');
    expect(await site.command(['group', 'show', 'Équipe'])).toMatchObject({ second_factor: 'optional' });
    const removed = await admin.submit(formOf(added, { button: 'Remove' }), {}, 'Remove');
    expect(wordsOf(removed)).toContain('Nobody is in this group.');
    expect(wordsOf(await alice.open('/account/log/'))).toContain('Taken out of a group');
    const question = await admin.open(`${path}delete/`);
    const gone = await admin.submit(formOf(question, { button: 'Confirm' }), {}, 'Confirm');
    expect(wordsOf(gone)).toContain('The group is deleted.');
    expect((await admin.open(path)).status).toBe(404);
  });

  it('are listed fifty members at a time', async () => {
    const page = await admin.open('/admin/groups/');
    const made = await admin.submit(formOf(page, { field: 'name' }), { name: 'many' });
    const path = new URL(made.url).pathname;
    for (let number = 0; number < 3; number += 1) {
      await site.perform(['user', 'create', '--username', `m${number}`, '--email', `m${number}@example.org`]);
      await site.perform(['group', 'add', 'many', `m${number}`]);
    }
    const after = await admin.open(`${path}?after=${encodeURIComponent('0 m1')}`);
    expect(after.document.querySelectorAll('main .rows li')).toHaveLength(2);
    expect((await admin.open(`${path}?after=nonsense`)).document.querySelectorAll('main .rows li')).toHaveLength(3);
  });
});

describe('invitations', () => {
  it('are the way in where sign-up is by invitation', async () => {
    const person = site.person();
    expect(wordsOf(await person.open('/signup/'))).toContain('Accounts are made by invitation');
    expect(wordsOf(await person.open('/'))).not.toContain('Create an account');
    await site.perform(['group', 'create', 'staff']);
    const link = await invite('new@example.com', { groups: ['staff'] });
    const page = await person.open(link);
    expect(wordsOf(page)).toContain('new@example.com');
    expect(wordsOf(page)).toContain('staff');
    const refused = await person.submit(formOf(page, { field: 'username' }), { username: 'alice', password: PASSWORD });
    expect([refused.status, wordsOf(refused).includes('taken')]).toEqual([200, true]);
    const home = await person.submit(formOf(page, { field: 'username' }), { username: 'newcomer', password: PASSWORD });
    expect(wordsOf(home)).toContain('Your account is made.');
    expect(await site.command(['user', 'show', 'newcomer'])).toMatchObject({
      email_verified: true,
      is_superuser: false,
    });
    expect(await site.command(['group', 'show', 'staff'])).toMatchObject({ members: [{ username: 'newcomer' }] });
    const again = await site.person().open(link);
    expect([again.status, wordsOf(again).includes('was accepted')]).toEqual([410, true]);
  });

  it('are accepted with an account that somebody has, after sign-in', async () => {
    const link = await invite('alice@example.org', { groups: ['staff'] });
    const alice = site.person();
    const page = await alice.open(link);
    expect(wordsOf(page)).toContain('There is an account with this address.');
    const signIn = page.document.querySelector('main a.button-primary')?.getAttribute('href') ?? '';
    const back = await alice.signIn('alice', PASSWORD, await alice.open(signIn));
    expect(wordsOf(back)).toContain('You are signed in as alice.');
    const done = await alice.submit(formOf(back, { button: 'Accept' }), {}, 'Accept');
    expect(wordsOf(done)).toContain('You have accepted the invitation.');
  });

  it('are taken back', async () => {
    const link = await invite('gone@example.com');
    const list = await admin.open(PATH);
    const after = await admin.submit(formOf(list, { button: 'Take back' }), {}, 'Take back');
    expect(wordsOf(after)).toContain('The invitation is taken back.');
    expect((await site.person().open(link)).status).toBe(410);
    expect((await site.person().open('/invitation/')).status).toBe(410);
  });
});
