import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documented, shapeOf } from './documented.ts';
import { type Installation, install, PASSWORD } from './run-diapason.ts';

let diapason: Installation;
beforeAll(() => {
  diapason = install();
});
afterAll(() => diapason.remove());

const account = (name: string) => ['--username', name, '--email', `${name}@example.org`];

describe('diapason create-superuser', () => {
  it('makes an account that may do everything, with the password from standard input', async () => {
    const made = await diapason.json(['create-superuser', ...account('admin'), '--password-stdin'], {
      input: `${PASSWORD}\n`,
    });
    expect(made).toMatchObject({ username: 'admin', is_superuser: true, has_password: true, email_verified: true });
  });

  it('refuses without a password: there is no default one (ASVS 6.3.2)', async () => {
    const { status, complaint } = await diapason.run(['create-superuser', ...account('root')]);
    expect({ status, complaint }).toEqual({ status: 2, complaint: expect.stringContaining('--password-stdin') });
  });

  it('refuses a name that is taken, in one line', async () => {
    const ended = await diapason.run(['create-superuser', ...account('Admin'), '--password-stdin'], {
      input: PASSWORD,
    });
    expect(ended).toMatchObject({ status: 1, output: '' });
    expect(ended.complaint).toMatch(/^diapason: --username: .*taken.*\n$/);
  });
});

describe('diapason user create', () => {
  it('prints the account as docs/commands.md describes it', async () => {
    const argv = ['user', 'create', ...account('alice'), '--first-name', 'Alice', '--last-name', 'Ames'];
    const made = await diapason.json([...argv, '--password-stdin'], { input: PASSWORD });
    expect(shapeOf(made)).toEqual(shapeOf(documented('user show')));
    expect(made).toMatchObject({ username: 'alice', first_name: 'Alice', email_verified: true, is_superuser: false });
  });

  it('makes an account without a password when none is given', async () => {
    expect(await diapason.json(['user', 'create', ...account('carol')])).toMatchObject({ has_password: false });
  });

  it('takes the password from a file or a variable that is named', async () => {
    writeFileSync(join(diapason.folder, 'password'), `${PASSWORD}\n`);
    const byFile = await diapason.json(['user', 'create', ...account('dave'), '--password-file', 'password']);
    const byName = await diapason.json(['user', 'create', ...account('erin'), '--password-env', 'ERINS'], {
      environment: { ERINS: PASSWORD },
    });
    expect([byFile, byName]).toMatchObject([{ has_password: true }, { has_password: true }]);
  });

  it.each([
    ['an empty standard input', ['--password-stdin'], '', 'empty'],
    ['two lines', ['--password-stdin'], 'one line\nand another\n', 'more than one line'],
    ['a file that is not there', ['--password-file', 'gone'], '', 'gone cannot be read (ENOENT)'],
    ['a variable that is not set', ['--password-env', 'NOBODYS'], '', 'NOBODYS is not set'],
    ['a password that is too short', ['--password-stdin'], 'seven77', 'password: Use 8 characters or more.'],
  ])('refuses %s', async (_what, options, input, line) => {
    const ended = await diapason.run(['user', 'create', ...account('frank'), ...options], { input });
    expect(ended).toMatchObject({ status: 1, output: '', complaint: expect.stringContaining(line) });
    expect(ended.complaint).not.toContain('seven77');
  });

  it('names every option that is wrong, in one line', async () => {
    const argv = ['user', 'create', '--username', 'a\u202eb', '--email', 'nobody'];
    const { status, complaint } = await diapason.run(argv);
    expect(status).toBe(1);
    expect(complaint).toMatch(/^diapason: --username: .* --email: .*\n$/);
  });
});

describe('diapason user list', () => {
  it('prints an array in the order of usernames', async () => {
    const listed = (await diapason.json(['user', 'list'])) as { username: string }[];
    const names = listed.map(({ username }) => username);
    expect(names).toEqual([...names].sort());
    expect(names).toContain('alice');
  });

  it('finds by a part of the address', async () => {
    expect(await diapason.json(['user', 'list', '--search', 'alice@'])).toMatchObject([{ username: 'alice' }]);
  });

  it('prints a table for people', async () => {
    const { output } = await diapason.run(['user', 'list', '--search', 'alice']);
    expect(output.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['USERNAME', 'EMAIL', 'NAME', 'STATE', 'LAST SIGN-IN'],
      ['alice', 'alice@example.org', 'Alice Ames', 'active', '-'],
      [''],
    ]);
  });
});

describe('diapason user show', () => {
  it.each(['alice', 'ALICE', 'Alice@Example.org'])('finds %s', async (name) => {
    expect(await diapason.json(['user', 'show', name])).toMatchObject({ username: 'alice' });
  });

  it('finds by id', async () => {
    const { id } = (await diapason.json(['user', 'show', 'alice'])) as { id: string };
    expect(await diapason.json(['user', 'show', id])).toMatchObject({ username: 'alice' });
  });

  it('says how to see who exists when nobody has the name', async () => {
    const ended = await diapason.run(['user', 'show', 'nobody']);
    expect(ended).toMatchObject({ status: 1, output: '' });
    expect(ended.complaint).toBe(
      'diapason: No account has the username, address or id "nobody". See: diapason user list\n',
    );
  });
});

describe('diapason user set-password, disable, enable, delete', () => {
  it('set a password', async () => {
    const ended = await diapason.run(['user', 'set-password', 'carol', '--password-stdin'], { input: PASSWORD });
    expect(ended).toMatchObject({ status: 0, complaint: '' });
    expect(await diapason.json(['user', 'show', 'carol'])).toMatchObject({ has_password: true });
  });

  it('ask for the password by an option when there is no terminal', async () => {
    expect(await diapason.run(['user', 'set-password', 'carol'])).toMatchObject({ status: 2 });
  });

  it('keep a person out, and let them in again', async () => {
    expect(await diapason.run(['user', 'disable', 'carol'])).toMatchObject({ status: 0 });
    const disabled = await diapason.json(['user', 'show', 'carol']);
    expect(disabled).toMatchObject({ is_active: false, disabled_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await diapason.run(['user', 'enable', 'carol'])).toMatchObject({ status: 0 });
    expect(await diapason.json(['user', 'show', 'carol'])).toMatchObject({ is_active: true, disabled_at: null });
  });

  it('start a reset by a link that is mailed, and choose and see no password (ASVS 6.4.6)', async () => {
    const started = await diapason.json(['user', 'reset-password', 'carol', '--end-sessions']);
    expect(started).toEqual({
      username: 'carol',
      mailed_to: 'carol@example.org',
      link: null,
      expires_at: expect.any(String),
    });
    const told = await diapason.run(['user', 'reset-password', 'carol']);
    expect(told).toMatchObject({ status: 0, output: expect.stringContaining('goes to carol@example.org') });
    expect(told.output).not.toContain('token=');
    expect(await diapason.json(['mail', 'list', '--all'])).toMatchObject([
      { for: 'reset-started', to: 'carol@example.org' },
      { for: 'reset-started', to: 'carol@example.org' },
    ]);
    expect(await diapason.run(['user', 'reset-password', 'nobody'])).toMatchObject({ status: 1 });
    await diapason.run(['user', 'disable', 'carol']);
    expect(await diapason.run(['user', 'reset-password', 'carol'])).toMatchObject({
      status: 1,
      complaint: expect.stringContaining('disabled'),
    });
    await diapason.run(['user', 'enable', 'carol']);
  });

  it('print the link where there is no mail', async () => {
    const environment = { DIAPASON_URL: 'https://id.example.org' };
    const { link, mailed_to } = (await diapason.json(['user', 'reset-password', 'carol'], { environment })) as {
      link: string;
      mailed_to: null;
    };
    expect(mailed_to).toBeNull();
    expect(link).toMatch(/^https:\/\/id\.example\.org\/password\/reset\/\?token=[\w-]{43}$/);
    const told = await diapason.run(['user', 'reset-password', 'carol'], { environment });
    expect(told.output).toContain('Give the link to nobody else');
  });

  it('take the second factors of somebody away who lost them (ASVS 6.4.4)', async () => {
    const ended = await diapason.run(['user', 'reset-factors', 'carol']);
    expect(ended).toMatchObject({ status: 0, complaint: '' });
    expect(ended.output).toContain('carol signs in without a second step now');
    // ASVS 6.3.7
    expect(await diapason.json(['mail', 'list', '--all'])).toContainEqual(
      expect.objectContaining({ for: 'notice', to: 'carol@example.org' }),
    );
    expect(await diapason.run(['user', 'reset-factors', 'nobody'])).toMatchObject({ status: 1 });
  });

  it('delete, without a question where nobody can answer', async () => {
    expect(await diapason.run(['user', 'delete', 'carol'])).toMatchObject({ status: 0 });
    expect(await diapason.run(['user', 'show', 'carol'])).toMatchObject({ status: 1 });
  });
});
