/** The audit log from outside: what is done on pages and by commands, who did it and from where; and what nobody did is not in it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person } from '../person.ts';
import { run, SERVER_PROGRAM } from '../programs.ts';
import { ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

interface Line {
  readonly line: number;
  readonly action: string;
  readonly actor: Readonly<Record<string, unknown>>;
  readonly subject: Readonly<Record<string, unknown>>;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly hash: string;
}

describe.each(ENGINES)('the audit log on %s', (engine) => {
  let site: Site;
  let developer: Person;
  let admin: Person;
  let application: RegisteredApplication;
  beforeAll(async () => {
    site = await openSite(engine);
    const superuser = ['create-superuser', '--username', 'admin', '--email', 'admin@example.org', '--password-stdin'];
    await site.perform(superuser, PASSWORD);
    developer = await site.member('developer');
    admin = site.person();
    await admin.signIn('admin', PASSWORD);
    application = await register(developer, { name: 'Calendar' });
  });
  afterAll(() => site?.dispose());

  const lines = async (...options: string[]) => (await site.command(['audit', 'list', ...options])) as readonly Line[];

  it('has what an owner does to an application on its pages, from where, and no secret', async () => {
    const page = await developer.open(`${application.path}update/`);
    await developer.submit(formOf(page, { field: 'redirect_uris' }), { name: 'Diary' });
    const [changed, created] = await lines('--actor', 'developer');
    expect(created).toMatchObject({
      action: 'application.create',
      actor: { kind: 'account', door: 'page', username: 'developer', from: expect.stringMatching(/^(127\.|::)/) },
      subject: { kind: 'application', label: 'Calendar' },
      detail: { client_id: application.clientId },
    });
    expect(changed).toMatchObject({
      action: 'application.update',
      detail: { changed: { name: { from: 'Calendar', to: 'Diary' } } },
    });
    expect(JSON.stringify(await lines())).not.toContain(application.clientSecret);
  });

  it('has what a superuser does to groups on the pages', async () => {
    const groups = await admin.open('/admin/groups/');
    const group = await admin.submit(formOf(groups, { field: 'name' }), { name: 'staff' });
    await admin.submit(formOf(group, { field: 'user' }), { user: 'developer' });
    const [added, made] = await lines('--actor', 'admin');
    expect(made).toMatchObject({ action: 'group.create', subject: { label: 'staff' } });
    expect(added).toMatchObject({ action: 'group.add-member', subject: { username: 'developer' } });
  });

  it('has what is done by command, by the account of the machine', async () => {
    await site.perform(['user', 'disable', 'developer']);
    const [line] = await lines('--subject', 'developer', '--action', 'user', '--since', '1h', '--limit', '1');
    expect(line).toMatchObject({ action: 'user.disable', actor: { kind: 'command-line', door: 'command' } });
    await site.perform(['user', 'enable', 'developer']);
  });

  it('has nothing of what was refused, or of what people do to themselves', async () => {
    const [last] = await lines('--limit', '1');
    const stranger = await site.member('stranger');
    const page = await stranger.open('/account/');
    await stranger.submit(formOf(page, { field: 'first_name' }), { first_name: 'Strange' });
    await stranger.send(`${application.path}delete/`, { method: 'POST' });
    await run(SERVER_PROGRAM, ['user', 'disable', 'nobody'], site.environment);
    expect((await lines('--limit', '1'))[0]).toEqual(last);
  });

  it('is whole after all of it, with a head that holds later', async () => {
    const first = (await site.command(['audit', 'verify'])) as { head: string; count: number };
    await Promise.all([1, 2, 3, 4].map((number) => site.perform(['group', 'create', `group ${number}`])));
    const later = await site.command(['audit', 'verify', '--expect', first.head]);
    expect(later).toMatchObject({ whole: true, expected: true, count: first.count + 4 });
    const other = await run(SERVER_PROGRAM, ['audit', 'verify', '--expect', 'f'.repeat(64)], site.environment);
    expect(other).toMatchObject({ status: 1, stdout: '' });
    const odd = await run(SERVER_PROGRAM, ['audit', 'verify', '--expect', 'no hash'], site.environment);
    expect(odd.status).toBe(2);
  });
});
