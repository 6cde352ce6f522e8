import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changePassword } from '../../src/accounts/change-password.ts';
import { updateProfile } from '../../src/accounts/profile.ts';
import { startSession } from '../../src/accounts/sessions.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { signUp } from '../../src/accounts/sign-up.ts';
import {
  addUser,
  browserAt,
  type Installation,
  openInstallation,
  PASSWORD,
  sessionOf,
  signInForm,
  signUpForm,
} from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());
beforeEach(() => {
  installation.advance(25 * 3_600_000);
  installation.sent.length = 0;
});

const news = () =>
  installation.sent.flatMap((message) => (message.kind === 'notice' ? [[message.notice.kind, message.to]] : []));

describe('a notice', () => {
  it('goes out in the language and the time zone of its account', async () => {
    const { id } = await addUser(installation, 'parisian');
    const current = await sessionOf(installation, await startSession(id, browserAt('192.0.2.1'), installation.deps));
    const names = { username: 'parisian', firstName: 'First', lastName: 'Last', fields: {} };
    await updateProfile({ ...names, locale: 'fr', zoneInfo: 'Europe/Paris' }, current, installation.deps);
    await installation.deps.notices.tell(id, { kind: 'password-changed' });
    expect(installation.sent).toMatchObject([{ kind: 'notice', locale: 'fr', zoneInfo: 'Europe/Paris' }]);
  });
});

describe('ASVS 6.3.5', () => {
  it('tells the owner of a sign-in in a new browser, and of none in a known one', async () => {
    await addUser(installation, 'traveller');
    const home = browserAt('192.0.2.1');
    const away = browserAt('203.0.113.1');
    await signIn(signInForm('traveller'), home, installation.deps);
    // The first of all is its owner's.
    expect(news()).toEqual([]);
    await signIn(signInForm('traveller'), away, installation.deps);
    expect(news()).toEqual([['new-device', 'traveller@example.com']]);
    await signIn(signInForm('traveller'), away, installation.deps);
    await signIn(signInForm('traveller'), home, installation.deps);
    expect(news()).toHaveLength(1);
  });

  it('tells the owner once a day that somebody guesses their password', async () => {
    await addUser(installation, 'guessed');
    const guess = () => signIn(signInForm('guessed', 'not-this-fork'), browserAt('198.51.100.1'), installation.deps);
    for (let attempt = 0; attempt < 10; attempt += 1) expect((await guess()).outcome).toBe('refused');
    expect(news()).toEqual([]);
    for (let attempt = 0; attempt < 3; attempt += 1) expect((await guess()).outcome).toBe('limited');
    await expect.poll(news).toEqual([['many-failures', 'guessed@example.com']]);
    installation.advance(16 * 60_000);
    for (let attempt = 0; attempt < 12; attempt += 1) await guess();
    expect(news()).toHaveLength(1);
  });

  it('writes to nobody whose address nobody has proved', async () => {
    const made = await signUp(signUpForm('unproved'), browserAt('192.0.2.2'), installation.deps);
    expect(made.outcome).toBe('signed_up');
    await signIn(signInForm('unproved'), browserAt('203.0.113.2'), installation.deps);
    expect(news()).toEqual([]);
  });
});

describe('ASVS 6.3.7', () => {
  it('tells the owner of a changed password', async () => {
    await addUser(installation, 'changer');
    const signedIn = await signIn(signInForm('changer'), browserAt('192.0.2.3'), installation.deps);
    if (signedIn.outcome !== 'signed_in') throw new Error(signedIn.outcome);
    const current = await sessionOf(installation, signedIn.started);
    const input = { currentPassword: PASSWORD, password: 'another-fork-445' };
    expect((await changePassword(input, current, installation.deps)).outcome).toBe('changed');
    expect(news()).toEqual([['password-changed', 'changer@example.com']]);
  });
});
