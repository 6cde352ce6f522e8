import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProfileInput, updateProfile } from '../../src/accounts/profile.ts';
import { startSession } from '../../src/accounts/sessions.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { deleteUser } from '../../src/admin/users.ts';
import { addUser, browserAt, type Installation, openInstallation, sessionOf, signInForm } from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());

async function signedIn(username: string) {
  const account = await addUser(installation, username);
  return sessionOf(installation, await startSession(account.id, browserAt('192.0.2.1'), installation.deps));
}
const form = (username: string, changes: Partial<ProfileInput> = {}): ProfileInput => ({
  username,
  firstName: 'First',
  lastName: 'Last',
  locale: '',
  zoneInfo: '',
  fields: {},
  ...changes,
});

describe('the profile', () => {
  it('changes username, names and language, and the new name signs in', async () => {
    const current = await signedIn('before');
    const input = form('After', { firstName: ' Ada ', lastName: 'Lovelace', locale: 'fr', zoneInfo: 'Europe/Paris' });
    const result = await updateProfile(input, current, installation.deps);
    const stored = await installation.deps.accounts.findAccount(current.account.id);
    const names = { username: 'After', firstName: 'Ada', lastName: 'Lovelace' };
    expect(stored).toMatchObject({ ...names, locale: 'fr', zoneInfo: 'Europe/Paris' });
    expect(result).toEqual({ outcome: 'updated', account: stored });
    expect((await signIn(signInForm('after'), browserAt('192.0.2.2'), installation.deps)).outcome).toBe('signed_in');
    expect((await signIn(signInForm('before'), browserAt('192.0.2.2'), installation.deps)).outcome).toBe('refused');
  });

  it('changes the case of one’s own name', async () => {
    const current = await signedIn('casey');
    const result = await updateProfile(form('Casey'), current, installation.deps);
    expect(result).toMatchObject({ outcome: 'updated', account: { username: 'Casey' } });
  });

  it('refuses a name that is, or looks like, another’s, and changes nothing', async () => {
    await addUser(installation, 'neighbour');
    const current = await signedIn('hopeful');
    for (const username of ['neighbour', 'NEIGHBOUR', 'neighb0ur']) {
      expect(await updateProfile(form(username, { firstName: 'Changed' }), current, installation.deps)).toEqual({
        outcome: 'refused',
        problems: [{ field: 'username', code: 'problem.username.taken' }],
      });
    }
    expect((await installation.deps.accounts.findAccount(current.account.id))?.firstName).toBe('First');
  });

  it('says all that is wrong at once', async () => {
    const current = await signedIn('wrong');
    const input = form('a@b.example', {
      firstName: '\u0007',
      lastName: 'x'.repeat(151),
      locale: 'xx',
      zoneInfo: 'Mars/Base',
    });
    expect(await updateProfile(input, current, installation.deps)).toEqual({
      outcome: 'refused',
      problems: [
        { field: 'username', code: 'problem.username.address' },
        { field: 'first_name', code: 'problem.text.controlCharacters' },
        { field: 'last_name', code: 'problem.text.tooLong', values: { maximum: 150 } },
        { field: 'locale', code: 'problem.choice.unknown' },
        { field: 'zoneinfo', code: 'problem.choice.unknown' },
      ],
    });
  });

  it('lets one take one’s own address for a name', async () => {
    const current = await signedIn('mail-lover');
    const result = await updateProfile(form('mail-lover@example.com'), current, installation.deps);
    expect(result.outcome).toBe('updated');
  });

  it('does not judge a username again that stays as it is', async () => {
    const current = await signedIn('imported');
    const account = { ...current.account, username: 'imported name!' };
    const result = await updateProfile(form('imported name!'), { ...current, account }, installation.deps);
    expect(result.outcome).toBe('updated');
  });

  it('says when the account is gone', async () => {
    const current = await signedIn('gone');
    await deleteUser(current.account.id, installation.deps);
    expect(await updateProfile(form('gone'), current, installation.deps)).toEqual({ outcome: 'not_found' });
  });
});
