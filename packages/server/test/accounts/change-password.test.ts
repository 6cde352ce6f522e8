import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTEMPT_LIMITS } from '../../src/accounts/attempt-limits.ts';
import { changePassword, setFirstPassword } from '../../src/accounts/change-password.ts';
import { readSession, startSession } from '../../src/accounts/sessions.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import {
  addUser,
  browserAt,
  type Installation,
  openInstallation,
  PASSWORD,
  sessionOf,
  signInForm,
} from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());

const NEXT = 'another tuning fork';
async function signedIn(username: string, changes: Parameters<typeof addUser>[2] = {}) {
  const account = await addUser(installation, username, changes);
  const started = await startSession(account.id, browserAt('192.0.2.1'), installation.deps);
  return { account, started, current: await sessionOf(installation, started) };
}

describe('ASVS 6.2.2, 6.2.3', () => {
  it('changes the password for whoever proves the current one', async () => {
    const { current } = await signedIn('alice');
    expect(await changePassword({ currentPassword: PASSWORD, password: NEXT }, current, installation.deps)).toEqual({
      outcome: 'changed',
    });
    expect((await signIn(signInForm('alice', NEXT), browserAt('192.0.2.2'), installation.deps)).outcome).toBe(
      'signed_in',
    );
    expect((await signIn(signInForm('alice'), browserAt('192.0.2.2'), installation.deps)).outcome).toBe('refused');
  });

  it('says the same to the second of two clicks', async () => {
    const { current } = await signedIn('twice');
    const form = { currentPassword: PASSWORD, password: NEXT };
    expect(await changePassword(form, current, installation.deps)).toEqual({ outcome: 'changed' });
    expect(await changePassword(form, current, installation.deps)).toEqual({ outcome: 'changed' });
    expect((await signIn(signInForm('twice', NEXT), browserAt('192.0.2.2'), installation.deps)).outcome).toBe(
      'signed_in',
    );
  });

  it.each([
    ['wrong', 'not this one', 'problem.password.wrongCurrent'],
    ['missing', '', 'problem.required'],
    ['far too long', 'x'.repeat(100_000), 'problem.password.wrongCurrent'],
  ])('refuses a current password that is %s, and changes nothing', async (name, currentPassword, code) => {
    const { account, current } = await signedIn(`refused-${name.replaceAll(' ', '-')}`);
    const before = await installation.deps.accounts.findPasswordHash(account.id);
    expect(await changePassword({ currentPassword, password: NEXT }, current, installation.deps)).toEqual({
      outcome: 'refused',
      problems: [{ field: 'current_password', code }],
    });
    expect(await installation.deps.accounts.findPasswordHash(account.id)).toBe(before);
  });

  it('holds the new one to the rules, without working on the current one', async () => {
    const { current } = await signedIn('hortensie');
    const before = { ...installation.work };
    for (const [password, code] of [
      ['short', 'problem.password.tooShort'],
      ['iloveyou', 'problem.password.common'],
      ['hortensie1', 'problem.password.personal'],
      ['diapason!', 'problem.password.personal'],
    ] as const) {
      const result = await changePassword({ currentPassword: PASSWORD, password }, current, installation.deps);
      expect(result).toMatchObject({ outcome: 'refused', problems: [{ field: 'password', code }] });
    }
    expect(installation.work).toEqual(before);
  });

  it('sends an account without a password elsewhere', async () => {
    const { current } = await signedIn('passwordless', { password: null });
    expect(await changePassword({ currentPassword: 'x', password: NEXT }, current, installation.deps)).toEqual({
      outcome: 'no_password',
    });
  });

  it('gives an account without one its first, by the same rules, once', async () => {
    const { current } = await signedIn('first', { password: null });
    expect(await setFirstPassword('short', current, installation.deps)).toMatchObject({
      outcome: 'refused',
      problems: [{ field: 'password', code: 'problem.password.tooShort' }],
    });
    expect(await setFirstPassword(NEXT, current, installation.deps)).toEqual({ outcome: 'changed' });
    expect(await setFirstPassword('yet another one', current, installation.deps)).toEqual({ outcome: 'has_password' });
    expect((await signIn(signInForm('first', NEXT), browserAt('192.0.2.4'), installation.deps)).outcome).toBe(
      'signed_in',
    );
  });
});

describe('ASVS 7.4.3', () => {
  it('ends every other session of the account, not this one, and nobody else’s', async () => {
    const { account, started, current } = await signedIn('many');
    const other = await startSession(account.id, browserAt('192.0.2.3'), installation.deps);
    const stranger = await signedIn('stranger');
    await changePassword({ currentPassword: PASSWORD, password: NEXT }, current, installation.deps);
    expect(await readSession(other.secret, installation.deps)).toBeNull();
    expect(await readSession(started.secret, installation.deps)).not.toBeNull();
    expect(await readSession(stranger.started.secret, installation.deps)).not.toBeNull();
  });
});

describe('ASVS 6.3.1', () => {
  it('lets no more of 50 parallel guesses of the current password through than the limit', async () => {
    const { current } = await signedIn('guessed');
    const before = installation.work.verify;
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, guess) =>
        changePassword({ currentPassword: `guess ${guess}`, password: NEXT }, current, installation.deps),
      ),
    );
    const { attemptsMax } = ATTEMPT_LIMITS.passwordChange;
    expect(results.filter(({ outcome }) => outcome === 'refused')).toHaveLength(attemptsMax);
    expect(results.filter(({ outcome }) => outcome === 'limited')).toHaveLength(50 - attemptsMax);
    // A form names two passwords, and either may turn out to be the current one.
    expect(installation.work.verify - before).toBe(2 * attemptsMax);
  });
});
