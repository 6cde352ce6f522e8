/**
 * Users that the application keeps itself: the conformance cases, and people who sign in.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { newPostgresDatabase } from '../../server/test/postgres.ts';
import { accountStoreConformance, applicationUsersConformance } from '../src/conformance.ts';
import {
  type ApplicationUser,
  type ApplicationUsers,
  createAccounts,
  type Identity,
  oidc,
  withApplicationUsers,
} from '../src/index.ts';
import { openPostgresStore } from '../src/postgres.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import type { AccountStore } from '../src/store/account-store.ts';
import { type Application, SECRET, startApplication } from './application.ts';
import { type OpenIdServer, startOpenIdServer } from './openid-server.ts';
import { Visitor } from './visitor.ts';

type Person = ApplicationUser & { readonly identities: Identity[] };

/** An application's people, in a map; each step is done before anything else runs. */
class People implements ApplicationUsers {
  readonly people = new Map<string, Person>();
  #number = 0;
  async find(id: string) {
    return this.people.get(id) ?? null;
  }
  #holder(issuer: string, subject: string) {
    for (const user of this.people.values()) {
      const identity = user.identities.find((each) => each.issuer === issuer && each.subject === subject);
      if (identity !== undefined) return { user, identity };
    }
    return null;
  }
  async findByIdentity(issuer: string, subject: string) {
    return this.#holder(issuer, subject);
  }
  create: ApplicationUsers['create'] = async (fields, identity) => {
    if (this.#holder(identity.issuer, identity.subject) !== null) return { kind: 'account_taken' };
    if (this.#named(fields.username)) return { kind: 'username_taken' };
    this.#number += 1;
    const user = { ...fields, id: `person-${this.#number}`, identities: [identity] };
    this.people.set(user.id, user);
    return { kind: 'created', user };
  };
  #named(username: string) {
    return [...this.people.values()].some((each) => each.username === username);
  }
  async identitiesOf(id: string) {
    return this.people.get(id)?.identities ?? [];
  }
  link: ApplicationUsers['link'] = async (id, identity) => {
    const held = this.#holder(identity.issuer, identity.subject);
    if (held !== null) return { kind: held.user.id === id ? 'linked_before' : 'linked_to_other' };
    this.people.get(id)?.identities.push(identity);
    return { kind: 'linked' };
  };
  unlink: ApplicationUsers['unlink'] = async (id, identityId) => {
    const identities = this.people.get(id)?.identities ?? [];
    const at = identities.findIndex((each) => each.id === identityId);
    if (at < 0) return { kind: 'not_found' };
    if (identities.length === 1) return { kind: 'last_way_in' };
    identities.splice(at, 1);
    return { kind: 'unlinked' };
  };
}

const caseNamed = (part: string) => {
  const found = applicationUsersConformance.find(({ name }) => name.includes(part));
  if (found === undefined) throw new Error(`no case "${part}"`);
  return found;
};

describe('applicationUsersConformance', () => {
  const people = new People();
  it.each(applicationUsersConformance)('$name', ({ run }) => run(people));

  it('finds an implementation that takes the last way in away', async () => {
    const careless = new People();
    careless.unlink = async () => ({ kind: 'unlinked' });
    await expect(caseNamed('last way in').run(careless)).rejects.toThrow();
  });

  it('finds an implementation that asks first and writes later', async () => {
    const slow = new People();
    slow.create = async (fields, identity) => {
      if ((await slow.findByIdentity(identity.issuer, identity.subject)) !== null) return { kind: 'account_taken' };
      const user = { ...fields, id: fields.username, identities: [identity] };
      slow.people.set(user.id, user);
      return { kind: 'created', user };
    };
    await expect(caseNamed('one of many').run(slow)).rejects.toThrow();
  });
});

describe('withApplicationUsers', () => {
  const open: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });

  async function setUp() {
    const people = new People();
    const kept = openSqliteStore({ path: ':memory:' });
    const store = withApplicationUsers({ users: people, store: kept });
    const credentials = { clientId: 'relying-party', clientSecret: 'a secret of more than thirty-two characters' };
    let issuer = '';
    const provider = (id: string) => ({
      ...oidc({ id, name: id, issuer: 'http://localhost:1', credentials }),
      addresses: () => ({ issuer, backChannelUrl: null }),
    });
    const app: Application = await startApplication(() => [provider('office')], { store });
    const server: OpenIdServer = await startOpenIdServer(() => [
      {
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        redirect_uris: [app.redirectUri('office')],
      },
    ]);
    issuer = server.issuer;
    open.push(app, server);
    const visitor = new Visitor();
    const session = () => app.accounts.session(requestOf(app, visitor));
    return { people, kept, store, app, server, visitor, session };
  }

  function requestOf(app: Application, visitor: Visitor): Request {
    const names = visitor.cookieNames(app.url);
    return new Request(app.url, {
      headers: { cookie: names.map((name) => `${name}=${visitor.cookie(name)}`).join('; ') },
    });
  }

  const signIn = (app: Application, visitor: Visitor) => visitor.open(`${app.url}/accounts/office/login/`);

  it("creates the application's user at the first sign-in, and knows them at the second", async () => {
    const { people, app, visitor, session } = await setUp();
    await signIn(app, visitor);
    expect((await session())?.user).toMatchObject({ id: 'person-1', username: 'olivia', email: 'olivia@example.org' });
    expect((await session())?.account).toMatchObject({ userId: 'person-1', subject: 'subject-1' });
    await signIn(app, new Visitor());
    expect(people.people.size).toBe(1);
    expect((await visitor.open(`${app.url}/accounts/profile`)).html).toContain('olivia');
  });

  it('asks for another name where the application has the name already', async () => {
    const { people, app, visitor, session } = await setUp();
    people.people.set('person-0', { id: 'person-0', username: 'olivia', identities: [] });
    const choose = await signIn(app, visitor);
    expect(choose.url.pathname).toBe('/accounts/social/signup/');
    await visitor.submit(choose, { username: 'olivia.open' }, 'username');
    expect((await session())?.user.username).toBe('olivia.open');
  });

  it('signs out at once whom the application removes or disables', async () => {
    const { people, app, visitor, session } = await setUp();
    await signIn(app, visitor);
    const person = people.people.get('person-1');
    if (person === undefined) throw new Error('nobody was created');
    people.people.set('person-1', { ...person, isActive: false });
    expect(await session()).toBeNull();
    people.people.set('person-1', person);
    expect(await session()).not.toBeNull();
    people.people.delete('person-1');
    expect(await session()).toBeNull();
  });

  it("keeps people apart whose ids differ in case alone, and nothing of them but the id in the library's store", async () => {
    const { people, kept, store } = await setUp();
    for (const id of ['aB', 'Ab']) {
      people.people.set(id, { id, username: `name of ${id}`, email: 'a@b.example', identities: [] });
      await store.createSession(sessionOf(id));
    }
    for (const id of ['aB', 'Ab'])
      expect((await store.findSession(`digest-${id}`))?.user.username).toBe(`name of ${id}`);
    const standIn = (await kept.findSession('digest-aB'))?.user;
    expect(standIn).toMatchObject({ email: '', firstName: '', lastName: '' });
    expect(await store.findUser(standIn?.id ?? '')).toBeNull();
    expect(await store.findUserByUsername(standIn?.username ?? '')).toBeNull();
    expect(await store.findCredentials(standIn?.username ?? '')).toBeNull();
  });

  it.each([
    ['SQLite', async () => openSqliteStore({ path: ':memory:' })],
    ['PostgreSQL', async () => openPostgresStore({ connectionString: await newPostgresDatabase() })],
  ])(
    "leaves nothing of a person in the library's store when their last session is over: %s",
    async (_engine, openStore) => {
      const people = new People();
      const kept = await openStore();
      const store = withApplicationUsers({ users: people, store: kept });
      open.push(store);
      const identity = {
        id: 'i-1',
        provider: 'office',
        issuer: 'https://a.example',
        subject: 's',
        providerUsername: null,
      };
      const linked = { ...identity, createdAtMs: 1, lastSignInAtMs: 1 };
      people.people.set('p', { id: 'p', username: 'p', email: '', identities: [linked] });
      const session = (name: string) => ({
        ...sessionOf('p'),
        tokenDigest: name,
        socialAccountId: 'i-1',
        provider: 'office',
      });
      const standIn = async () => kept.findUserByUsername(`application-user:${Buffer.from('p').toString('hex')}`);
      for (const end of [
        () => store.deleteSession('two'),
        () => store.deleteStaleSessions(100, 100),
        () => store.deleteProviderSessions('office', { socialAccountId: 'i-1', providerSessionId: null }),
      ]) {
        await store.createSession(session('one'));
        await store.createSession(session('two'));
        await store.deleteSession('one');
        expect((await store.findSession('two'))?.account?.id).toBe('i-1');
        expect(await standIn()).not.toBe(null);
        await end();
        expect(await standIn()).toBe(null);
      }
      // Many tabs at once, beginning and ending.
      const names = Array.from({ length: 20 }, (_, index) => `tab-${index}`);
      await Promise.all(
        names.map(async (name) => {
          await store.createSession(session(name));
          await store.deleteSession(name);
        }),
      );
      expect(await standIn()).toBe(null);
    },
  );

  it("takes nobody's account away whose name looks like such a row", async () => {
    const store = openSqliteStore({ path: ':memory:' });
    open.push(store);
    const user = {
      id: 'u',
      username: 'application-user:70',
      firstName: '',
      lastName: '',
      email: '',
      emailVerified: false,
    };
    const account = {
      id: 'a',
      provider: 'office',
      issuer: 'https://a.example',
      subject: 's',
      providerUsername: null,
      createdAtMs: 1,
      lastSignInAtMs: 1,
    };
    await store.createUser({ ...user, passwordHash: null, isSuperuser: false, createdAtMs: 1 }, account);
    await store.createSession(sessionOf('u'));
    await store.deleteSession('digest-u');
    expect(await store.findUser('u')).not.toBe(null);
  });

  const sessionOf = (userId: string): Parameters<AccountStore['createSession']>[0] => ({
    tokenDigest: `digest-${userId}`,
    userId,
    socialAccountId: null,
    provider: null,
    providerSessionId: null,
    sealedTokens: null,
    createdAtMs: 1,
    lastSeenAtMs: 1,
  });

  it("ends a person's sessions when the provider says so, and shows no account that was unlinked", async () => {
    const { people, store, app, visitor, session } = await setUp();
    await signIn(app, visitor);
    const [identity] = await people.identitiesOf('person-1');
    if (identity === undefined) throw new Error('no identity');
    await store.linkSocialAccount('person-1', { ...identity, id: 'another', subject: 'another' });
    await store.unlinkSocialAccount('person-1', identity.id);
    expect((await session())?.account).toBeNull();
    expect(
      await store.deleteProviderSessions('office', { socialAccountId: identity.id, providerSessionId: null }),
    ).toBe(1);
    expect(await session()).toBeNull();
  });

  it('keeps superusers in the library, who have no account of the application', async () => {
    const { people, app, visitor } = await setUp();
    const created = await app.accounts.createSuperuser({ username: 'root', password: 'a long pass phrase 42' });
    expect(created.kind).toBe('created');
    const form = await visitor.open(`${app.url}/admin/login/`);
    const admin = await visitor.submit(form, { username: 'root', password: 'a long pass phrase 42' });
    expect(admin.url.pathname).toMatch(/^\/admin\//);
    expect(admin.url.pathname).not.toContain('login');
    expect(people.people.size).toBe(0);
  });

  it('refuses local accounts, at the start and at the write', async () => {
    const store = withApplicationUsers({ users: new People(), store: openSqliteStore({ path: ':memory:' }) });
    open.push(store);
    const options = { url: 'http://localhost:3000', secret: SECRET, store, providers: [] };
    expect(() => createAccounts({ ...options, localAccounts: { signUp: true } })).toThrow(/^localAccounts\.signUp/);
    const [first] = accountStoreConformance;
    await expect(first?.run(store)).rejects.toThrow(/without an identity/);
  });
});
