/** Fields of profiles that the operator declares, from outside: at sign-up, on the profile, in consent, claims and commands. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, wordsOf } from '../person.ts';
import { failures } from './judge.ts';
import { CALLBACK, openSite, PASSWORD, register, type Site } from './site.ts';

const FIELDS = {
  department: {
    label: { en: 'Department', fr: 'Service' },
    type: 'choice',
    choices: { it: { en: 'Computing', fr: 'Informatique' }, hr: { en: 'Human resources', fr: 'Personnel' } },
    required: true,
    scope: 'profile',
  },
  badge: { label: { en: 'Badge', fr: 'Badge' }, edited_by: 'operator', scope: 'staff', claim: 'badge_number' },
};
let site: Site;
let person: Person;
beforeAll(async () => {
  site = await openSite('SQLite', {
    DIAPASON_PROFILE_FIELDS: JSON.stringify(FIELDS),
    DIAPASON_SCOPES: 'staff=See what you are here',
  });
  person = site.person();
});
afterAll(async () => {
  const failed = site === undefined ? [] : failures(site);
  await site?.dispose();
  expect(failed).toEqual([]);
});

describe('fields of profiles', () => {
  it('are asked for at sign-up', async () => {
    const refused = await person.signUp({ username: 'ada', password: PASSWORD });
    expect(refused.document.getElementById('field-field_department')?.getAttribute('aria-invalid')).toBe('true');
    const home = await person.signUp({ username: 'ada', password: PASSWORD, field_department: 'hr' });
    expect(wordsOf(home)).toContain('Your account is made.');
    expect(await site.command(['user', 'show', 'ada'])).toMatchObject({ fields: { department: 'hr' } });
  });

  it('are changed on the profile, but for those of the operator', async () => {
    await site.perform(['user', 'set-field', 'ada', 'badge=B-440']);
    const page = await person.open('/account/');
    expect(wordsOf(page)).toContain('B-440');
    const form = formOf(page, { field: 'first_name' });
    const saved = await person.submit(form, {
      field_department: 'it',
      field_badge: 'forged',
      zoneinfo: 'Europe/Paris',
    });
    expect(wordsOf(saved)).toContain('Your profile is saved.');
    expect(await site.command(['user', 'show', 'ada'])).toMatchObject({
      fields: { department: 'it', badge: 'B-440' },
      zoneinfo: 'Europe/Paris',
    });
    // 3 letters of a zone in whose name the times of the page stand: CET, or CEST in summer.
    expect(wordsOf(await person.open('/account/sessions/'))).toMatch(/CET|CEST|GMT\+[12]/);
  });

  it('are on the consent page with their values, and by name among the connected applications', async () => {
    const application = await register(person, { name: 'Reader' });
    const consent = await person.open(
      `/o/authorize/?client_id=${application.clientId}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code&scope=openid%20profile`,
    );
    expect(wordsOf(consent)).toContain('Department: Computing');
    await person.allow(consent);
    expect(wordsOf(await person.open('/o/authorized_tokens/'))).toContain('Department');
  });

  it('are named in the metadata', async () => {
    const answer = await site.person().send('/o/.well-known/openid-configuration');
    const { claims_supported: claims } = (await answer.json()) as { claims_supported: string[] };
    expect(claims).toEqual(expect.arrayContaining(['zoneinfo', 'department', 'badge_number']));
  });

  it('are refused where they are none, or no value of theirs, on the command line', async () => {
    await expect(site.perform(['user', 'set-field', 'ada', 'shoe=44'])).rejects.toThrow(/no field shoe/);
    await expect(site.perform(['user', 'set-field', 'ada', 'department=sales'])).rejects.toThrow(/Choose one/);
  });
});
