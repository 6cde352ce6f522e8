/** A person's own account, from outside: the security log, their data, the end of the account. */
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, wordsOf } from '../person.ts';
import { failures } from './judge.ts';
import { openSite, PASSWORD, register, type Site } from './site.ts';

let site: Site;
let developer: Person;
beforeAll(async () => {
  site = await openSite('SQLite');
  developer = await site.member('developer');
});
afterAll(async () => {
  const failed = site === undefined ? [] : failures(site);
  await site?.dispose();
  expect(failed).toEqual([]);
});

describe('the security log', () => {
  it('ASVS 6.3.5: says what happened, the newest first, where and in which browser', async () => {
    const person = await site.member('logged');
    const application = await register(developer, { name: 'Letters' });
    const ask = `/o/authorize/?client_id=${application.clientId}&response_type=code&scope=read`;
    await person.allow(await person.open(ask));
    const form = formOf(await person.open('/account/password/'), { field: 'current_password' });
    await person.submit(form, { current_password: PASSWORD, password: `${PASSWORD} 2` });
    const elsewhere = site.person({
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    });
    await elsewhere.signIn('logged', `${PASSWORD} 2`);
    const sessions = await person.open('/account/sessions/');
    await person.submit({ ...formOf(sessions, { action: '/account/sessions/' }), buttons: [] }, { end: 'others' });
    const page = await person.open('/account/log/');
    const titles = page.document.querySelectorAll('main h2').map((title) => title.text.trim());
    expect(titles.slice(0, 4)).toEqual([
      'All other devices were signed out',
      'Signed in',
      'Password changed',
      'Application allowed',
    ]);
    expect(titles).toContain('Account created');
    expect(wordsOf(page)).toContain('Letters');
    expect(wordsOf(page)).toContain('Firefox on Linux');
    expect(wordsOf(page)).toContain('with the password');
    // Nobody else's.
    expect(wordsOf(await developer.open('/account/log/'))).not.toContain('Letters');
  });

  it('is the newest page for a position that is none', async () => {
    for (const before of ['', 'x', '1-2', `${'9'.repeat(40)}-${'a'.repeat(32)}`]) {
      const page = await developer.open(`/account/log/?before=${encodeURIComponent(before)}`);
      expect([page.status, wordsOf(page).includes('Account created')]).toEqual([200, true]);
    }
    const past = await developer.open(`/account/log/?before=1-${'a'.repeat(32)}`);
    expect(wordsOf(past)).toContain('Nothing has happened yet');
  });
});

describe('my data', () => {
  it('is downloaded as one JSON file, which is kept nowhere on the way', async () => {
    const person = await site.member('copied');
    const form = formOf(await person.open('/account/data/'), { button: 'Download' });
    const copy = await person.submit(form, {}, 'Download');
    expect(copy.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(copy.headers.get('content-disposition')).toBe('attachment; filename="my-data.json"');
    expect(copy.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(copy.text)).toMatchObject({ account: { username: 'copied' } });
    expect(wordsOf(await person.open('/account/log/'))).toContain('Your data was downloaded');
  });

  it('goes to nobody who sends no form of ours', async () => {
    const person = await site.member('lured');
    expect((await person.send('/account/data/download/')).headers.get('location')).toBe('/account/data/');
    const answer = await person.send('/account/data/download/', {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    });
    expect(answer.status).toBe(403);
  });
});

describe('deleting one’s own account', () => {
  it('ends other sessions at once, is shown on every page, and is taken back', async () => {
    const person = await site.member('leaves');
    const other = site.person();
    await other.signIn('leaves', PASSWORD);
    const ask = await person.open('/account/data/delete/');
    const asked = await person.submit(formOf(ask, { button: 'Confirm' }), {}, 'Confirm');
    expect(wordsOf(asked)).toContain('This account will be deleted');
    expect((await other.open('/account/')).url).toContain('/login/');
    expect(wordsOf(await person.open('/account/sessions/'))).toContain('This account will be deleted on');
    expect(await site.command(['user', 'show', 'leaves'])).toMatchObject({ deletion_due_at: expect.any(String) });
    // Signing in again is how it is taken back elsewhere.
    await other.signIn('leaves', PASSWORD);
    const page = await other.open('/account/data/');
    const kept = await other.submit(formOf(page, { button: 'Keep my account' }), {}, 'Keep my account');
    expect(wordsOf(kept)).toContain('Your account stays.');
    expect(await site.command(['user', 'show', 'leaves'])).toMatchObject({ deletion_due_at: null });
  });

  it('ASVS 7.5.1: asks for the password again first, as the copy of one’s data does', async () => {
    const person = await site.member('stale');
    const page = await person.open('/account/data/');
    const question = await person.open('/account/data/delete/');
    const database = new DatabaseSync(site.environment['DIAPASON_DATABASE'] ?? '');
    database.prepare('update session set auth_time_at = auth_time_at - ?').run(11 * 60_000);
    database.close();
    expect((await person.open('/account/data/delete/')).url).toContain('/account/confirm/');
    expect((await person.submit(formOf(page, { button: 'Download' }), {}, 'Download')).url).toContain(
      '/account/confirm/',
    );
    const refused = await person.submit(formOf(question, { button: 'Confirm' }), {}, 'Confirm');
    expect(refused.url).toContain('/account/confirm/');
    expect(await site.command(['user', 'show', 'stale'])).toMatchObject({ deletion_due_at: null });
    const confirmed = await person.submit(formOf(refused, { field: 'current_password' }), {
      current_password: PASSWORD,
    });
    expect(wordsOf(confirmed)).toContain('Delete your account?');
  });

  it('is taken back by the operator too', async () => {
    const person = await site.member('kept');
    const ask = await person.open('/account/data/delete/');
    await person.submit(formOf(ask, { button: 'Confirm' }), {}, 'Confirm');
    await site.perform(['user', 'keep', 'kept']);
    expect(wordsOf(await person.open('/account/data/'))).toContain('Delete my account');
    await expect(site.perform(['user', 'keep', 'kept'])).rejects.toThrow(/Nobody asked/);
  });
});

describe('an application that is for some groups', () => {
  it('says to everybody else whom to ask, and lets in who is added', async () => {
    const person = await site.member('outside');
    await site.perform(['group', 'create', 'staff']);
    const application = await register(developer, { name: 'Payroll' });
    const settings = ['--allowed-groups', 'staff', '--access-contact', 'Helpdesk, it@example.org'];
    await site.perform(['app', 'update', application.clientId, ...settings]);
    const ask = `/o/authorize/?client_id=${application.clientId}&response_type=code&scope=read`;
    const closed = await person.open(ask);
    expect(closed.status).toBe(403);
    expect(wordsOf(closed)).toContain('Payroll is not open to you');
    expect(wordsOf(closed)).toContain('Helpdesk, it@example.org');
    await site.perform(['group', 'add', 'staff', 'outside']);
    const back = await person.allow(await person.open(ask));
    expect(back.searchParams.has('code')).toBe(true);
  });

  it('is limited by superusers alone', async () => {
    const application = await register(developer, { name: 'Mine' });
    const form = await developer.open(`${application.path}update/`);
    expect(form.document.querySelector('[name=allowed_groups]')).toBeNull();
  });
});
