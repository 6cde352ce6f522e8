/** A person's own account, from outside: the security log, their data, the end of the account. */
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
