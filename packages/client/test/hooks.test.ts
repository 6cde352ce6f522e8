/**
 * The application's hooks: what they are told, what they may answer, and that one that throws lets nothing happen. On both engines.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newPostgresDatabase } from '../../server/test/postgres.ts';
import { customProvider, type HookContext, type Hooks, oauth2 } from '../src/index.ts';
import { openPostgresStore } from '../src/postgres.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import { type Application, startApplication } from './application.ts';
import { type PlainServer, plainCredentials, startPlainServer } from './plain-oauth2-server.ts';
import { Visitor } from './visitor.ts';

const STORES = {
  SQLite: async () => openSqliteStore({ path: ':memory:' }),
  PostgreSQL: async () => openPostgresStore({ connectionString: await newPostgresDatabase() }),
} as const;
const PASSWORD = 'le vent dans les cordes';

describe.each(['SQLite', 'PostgreSQL'] as const)('hooks, on %s', (engine) => {
  let app: Application;
  let server: PlainServer;
  /** What the application of this test wants. */
  let hooks: { -readonly [Name in keyof Hooks]: Hooks[Name] };
  let people = 0;

  beforeAll(async () => {
    server = await startPlainServer(() => app.redirectUri('customprovider'));
    const of = <Name extends keyof Hooks>(name: Name) =>
      ((...input: never[]) => (hooks[name] as ((...all: never[]) => unknown) | undefined)?.(...input)) as NonNullable<
        Hooks[Name]
      >;
    app = await startApplication(
      () => [
        customProvider({ serverUrl: server.url, trustEmail: false, credentials: plainCredentials }),
        oauth2({
          id: 'other',
          name: 'Other',
          issuer: 'https://other.example',
          authorizationUrl: `${server.url}/o/authorize/`,
          tokenUrl: `${server.url}/o/token/`,
          profileUrl: `${server.url}/profile/`,
          credentials: plainCredentials,
        }),
      ],
      {
        store: await STORES[engine](),
        localAccounts: { signIn: true, signUp: true },
        hooks: {
          beforeSignUp: of('beforeSignUp'),
          afterSignUp: of('afterSignUp'),
          onSignIn: of('onSignIn'),
          onLink: of('onLink'),
        },
      },
    );
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });
  beforeEach(() => {
    hooks = {};
    people += 1;
    server.person = {
      id: 1_000 + people,
      username: `zoe-${people}`,
      first_name: 'Zoë',
      last_name: 'Durand',
      email: `zoe-${people}@example.org`,
      team: 'north',
    };
  });

  const name = () => String(server.person['username']);
  const arrive = (visitor = new Visitor()) => visitor.open(`${app.url}/accounts/customprovider/login/`);
  const stored = () => app.store.findUserByUsername(name());
  async function signUp(visitor: Visitor, username: string) {
    const form = await visitor.open(`${app.url}/accounts/signup/`);
    const fields = { username, email: '', first_name: 'Al', last_name: 'Ba', password: PASSWORD };
    return visitor.submit(form, fields, 'name="password"');
  }

  it('are told who comes, and in which order', async () => {
    const told: unknown[] = [];
    const note = (hook: string) => (who: object, context: HookContext) => {
      told.push([hook, who, context]);
    };
    hooks = {
      beforeSignUp: note('beforeSignUp'),
      afterSignUp: note('afterSignUp'),
      onSignIn: note('onSignIn'),
      onLink: note('onLink'),
    };
    await arrive();
    await arrive();
    const context = {
      provider: 'customprovider',
      issuer: `${server.url}/o`,
      subject: String(server.person['id']),
      language: 'en',
    };
    expect(told).toMatchObject([
      [
        'beforeSignUp',
        { username: name(), firstName: 'Zoë', emailVerified: false },
        { ...context, profile: { team: 'north' } },
      ],
      ['afterSignUp', { username: name() }, context],
      ['onSignIn', { username: name() }, context],
      ['onSignIn', { username: name() }, { ...context, profile: { team: 'north' } }],
    ]);
  });

  it('refuse a newcomer with the application’s own words, as text, and keep nothing of them', async () => {
    hooks.beforeSignUp = (_newcomer, { profile }) =>
      profile?.['team'] === 'south'
        ? undefined
        : { refuse: { en: 'Members of <b>south</b> only.', fr: 'Réservé au sud.' } };
    const visitor = new Visitor();
    const page = await arrive(visitor);
    expect([page.status, page.text('failure-code')]).toEqual([403, 'refused_by_application']);
    expect(page.html).toContain('Members of &lt;b>south&lt;/b> only.'.replaceAll('>', '>'));
    expect(page.html).not.toContain('<b>south');
    expect(visitor.cookie('diapason_client_session')).toBe(undefined);
    expect(await stored()).toBe(null);
    expect((await arrive(new Visitor('fr'))).html).toContain('Réservé au sud.');
    server.person = { ...server.person, team: 'south' };
    expect((await arrive()).text('username')).toBe(name());
  });

  it('change what is proposed; the username stays so when the person comes again', async () => {
    const chosen = `chosen-${people}`;
    hooks.beforeSignUp = () => ({ fields: { username: chosen, firstName: 'Zoé', email: 'other@example.org' } });
    const page = await arrive();
    expect(page.text('username')).toBe(chosen);
    expect(await app.store.findUserByUsername(chosen)).toMatchObject({ emailVerified: false });
    expect((await arrive()).text('username')).toBe(chosen);
  });

  it('are asked again about the name that a person chose, and a name that is taken leads to the page for it', async () => {
    const taken = `taken-${people}`;
    await signUp(new Visitor(), taken);
    const asked: (string | undefined)[] = [];
    hooks.beforeSignUp = ({ username }) => {
      asked.push(username);
      if (username === name()) return { fields: { username: taken } };
      return username === 'root' ? { refuse: 'Not this name.' } : undefined;
    };
    const visitor = new Visitor();
    const form = await arrive(visitor);
    expect(form.url.pathname).toBe('/accounts/social/signup/');
    const refused = await visitor.submit(form, { username: 'root' }, 'value="choose"');
    expect(refused.html).toContain('Not this name.');
    const page = await visitor.submit(form, { username: `free-${people}` }, 'value="choose"');
    expect(page.text('username')).toBe(`free-${people}`);
    expect(asked).toEqual([name(), 'root', `free-${people}`]);
  });

  it('make rows of their own once, though five tabs arrive at the same moment', async () => {
    const rows: string[] = [];
    hooks.afterSignUp = async (user) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      rows.push(user.id);
    };
    await Promise.all(Array.from({ length: 5 }, () => arrive()));
    expect(rows).toEqual([(await stored())?.id]);
  });

  it('take the account back when the rows cannot be made, so that the person can try again', async () => {
    hooks.afterSignUp = () => {
      throw new Error('no space for rows');
    };
    const visitor = new Visitor();
    const page = await arrive(visitor);
    expect([page.status, page.text('failure-code')]).toEqual([500, 'hook_failed']);
    expect(page.html).not.toContain('no space for rows');
    expect(app.lastRefusal()).toMatchObject({
      level: 'error',
      detail: expect.stringMatching(/afterSignUp threw: .*no space for rows/s),
    });
    expect(visitor.cookie('diapason_client_session')).toBe(undefined);
    expect(await stored()).toBe(null);
    hooks = {};
    expect((await arrive(visitor)).text('username')).toBe(name());
  });

  it.each(['beforeSignUp', 'onSignIn'] as const)('let nobody in when %s throws, or is rejected', async (hook) => {
    for (const thrown of [new Error('down'), 'a text', null]) {
      hooks = { [hook]: async () => Promise.reject(thrown) };
      const visitor = new Visitor();
      expect((await arrive(visitor)).text('failure-code')).toBe('hook_failed');
      expect(visitor.cookie('diapason_client_session')).toBe(undefined);
    }
  });

  it('refuse a sign-in, by a provider and by a password, but not at /admin/', async () => {
    await arrive();
    const username = `local-${people}`;
    await signUp(new Visitor(), username);
    await app.accounts.createSuperuser({ username: `root-${people}`, password: PASSWORD });
    hooks.onSignIn = () => ({ refuse: 'Closed for today.' });
    const visitor = new Visitor();
    for (const page of [
      await arrive(visitor),
      await visitor.submit(
        await visitor.open(`${app.url}/accounts/login/`),
        { username, password: PASSWORD },
        'name="password"',
      ),
      await signUp(visitor, `later-${people}`),
    ]) {
      expect([page.status, page.text('failure-code')]).toEqual([403, 'refused_by_application']);
      expect(page.html).toContain('Closed for today.');
    }
    expect(visitor.cookie('diapason_client_session')).toBe(undefined);
    const admin = await visitor.open(`${app.url}/admin/login/`);
    const inside = await visitor.submit(admin, { username: `root-${people}`, password: PASSWORD }, 'name="password"');
    expect(inside.url.pathname).toBe('/admin/');
  });

  it('refuse and change a sign-up with a password', async () => {
    hooks.beforeSignUp = ({ username = '' }, { provider }) =>
      provider === null && username.startsWith('admin')
        ? { refuse: 'Not this name.' }
        : { fields: { username, firstName: 'Changed' } };
    expect((await signUp(new Visitor(), `admin-${people}`)).html).toContain('Not this name.');
    expect(await app.store.findUserByUsername(`admin-${people}`)).toBe(null);
    await signUp(new Visitor(), `someone-${people}`);
    expect(await app.store.findUserByUsername(`someone-${people}`)).toMatchObject({
      firstName: 'Changed',
      lastName: 'Ba',
    });
  });

  it('refuse that an account is linked', async () => {
    const visitor = new Visitor();
    await signUp(visitor, `linker-${people}`);
    hooks.onLink = (user, { subject }) => ({ refuse: `${user.username} and ${subject} stay apart.` });
    const connections = await visitor.open(`${app.url}/accounts/connections/`);
    const page = await visitor.submit(connections, {}, '/accounts/customprovider/login/');
    expect(page.html).toContain(`linker-${people} and ${server.person['id']} stay apart.`);
    const user = await app.store.findUserByUsername(`linker-${people}`);
    expect(await app.store.listSocialAccounts(user?.id ?? '')).toEqual([]);
    hooks = {};
    await visitor.submit(await visitor.open(`${app.url}/accounts/connections/`), {}, '/accounts/customprovider/login/');
    expect(await app.store.listSocialAccounts(user?.id ?? '')).toHaveLength(1);
  });
});
