import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSession, startSession } from '../../src/accounts/sessions.ts';
import {
  createUser,
  deleteUser,
  disableUser,
  enableUser,
  everyUser,
  findUser,
  type NewUser,
  setSuperuser,
  setUserPassword,
} from '../../src/admin/users.ts';
import { addUser, browserAt, type Installation, openInstallation, PASSWORD } from '../accounts/installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());

const user: NewUser = { username: 'x', email: null, firstName: '', lastName: '', password: null, isSuperuser: false };
const refusal = async (changes: Partial<NewUser>) => {
  const result = await createUser({ ...user, ...changes }, installation.deps);
  return result.outcome === 'refused' ? result.problems.map(({ field, code }) => `${field} ${code}`) : result.outcome;
};

describe('ASVS 6.3.2, an account made by the operator', () => {
  it('has a verified address, and is a superuser only when asked for', async () => {
    expect(await addUser(installation, 'Alice')).toMatchObject({
      username: 'Alice',
      email: 'alice@example.com',
      emailVerified: true,
      isSuperuser: false,
      hasPassword: true,
    });
    expect(await addUser(installation, 'root', { isSuperuser: true })).toMatchObject({ isSuperuser: true });
  });

  it('may have neither address nor password', async () => {
    expect(await addUser(installation, 'bare', { email: null, password: null })).toMatchObject({
      email: null,
      emailVerified: false,
      hasPassword: false,
    });
  });

  it('is held to the rules of a sign-up', async () => {
    expect(await refusal({ username: 'ALICE' })).toEqual(['username problem.username.taken']);
    expect(await refusal({ username: 'al1ce' })).toBe('created');
    expect(await refusal({ username: 'a1ice' })).toEqual(['username problem.username.taken']);
    expect(await refusal({ username: 'other', email: 'ALICE@example.com' })).toEqual(['email problem.email.taken']);
    expect(await refusal({ username: '', email: '', password: '' })).toEqual([
      'username problem.required',
      'email problem.required',
      'password problem.required',
    ]);
    expect(await refusal({ username: 'other', email: 'a,b', password: 'password' })).toEqual([
      'email problem.email.invalid',
      'password problem.password.common',
    ]);
  });

  it('leaves nothing behind when its address is taken', async () => {
    await refusal({ username: 'half', email: 'alice@example.com' });
    expect(await findUser('half', installation.deps)).toBeNull();
    expect(await refusal({ username: 'half' })).toBe('created');
  });
});

describe('naming an account on the command line', () => {
  it('goes by username, address or id', async () => {
    const { id } = await addUser(installation, 'named', { email: 'named@mail.example' });
    for (const name of ['named', 'NAMED', 'named@mail.example', id]) {
      expect((await findUser(name, installation.deps))?.id).toBe(id);
    }
    for (const name of ['', 'nobody', 'nobody@mail.example', 'x'.repeat(1_000)]) {
      expect(await findUser(name, installation.deps)).toBeNull();
    }
  });
});

describe('the list of accounts', () => {
  it('has every account once, in the order of usernames, over any number of pages', async () => {
    const other = await openInstallation();
    const names = Array.from({ length: 1_050 }, (_, index) => `user-${String(index).padStart(4, '0')}`);
    await Promise.all(names.toReversed().map((username) => addUser(other, username, { password: null })));
    const listed: string[] = [];
    for await (const { username } of everyUser(null, other.deps)) listed.push(username);
    expect(listed).toEqual(names);
    const found: string[] = [];
    for await (const { username } of everyUser('user-104', other.deps)) found.push(username);
    expect(found).toEqual(names.slice(1_040));
    await other.close();
  });
});

describe('an account in the operator’s hands', () => {
  it('gets another password by the same rules, and all its sessions end', async () => {
    const account = await addUser(installation, 'forgetful');
    const { secret } = await startSession(account.id, browserAt('192.0.2.1'), installation.deps);
    expect(await setUserPassword(account, 'forgetful1', installation.deps)).toMatchObject({ outcome: 'refused' });
    expect(await readSession(secret, installation.deps)).not.toBeNull();
    expect(await setUserPassword(account, 'a brand new one', installation.deps)).toEqual({ outcome: 'updated' });
    expect(await readSession(secret, installation.deps)).toBeNull();
    const hash = await installation.deps.accounts.findPasswordHash(account.id);
    if (hash === null) throw new Error('there is a hash');
    expect((await installation.deps.passwords.verify('a brand new one', hash)).outcome).toBe('right');
    expect((await installation.deps.passwords.verify(PASSWORD, hash)).outcome).toBe('wrong');
  });

  it('is disabled, enabled, promoted and deleted', async () => {
    const { id } = await addUser(installation, 'subject');
    const found = () => installation.deps.accounts.findAccount(id);
    expect(await disableUser(id, installation.deps)).toEqual({ outcome: 'updated' });
    expect((await found())?.disabledAtMs).toBe(installation.deps.clock());
    expect(await enableUser(id, installation.deps)).toEqual({ outcome: 'updated' });
    expect((await found())?.disabledAtMs).toBeNull();
    expect(await setSuperuser(id, true, installation.deps)).toEqual({ outcome: 'updated' });
    expect((await found())?.isSuperuser).toBe(true);
    expect(await deleteUser(id, installation.deps)).toEqual({ outcome: 'deleted' });
    expect(await found()).toBeNull();
    for (const act of [disableUser, enableUser])
      expect(await act(id, installation.deps)).toEqual({ outcome: 'not_found' });
    expect(await setSuperuser(id, true, installation.deps)).toEqual({ outcome: 'not_found' });
    expect(await deleteUser(id, installation.deps)).toEqual({ outcome: 'not_found' });
  });
});
