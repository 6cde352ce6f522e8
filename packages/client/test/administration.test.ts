/**
 * The superuser enters credentials in `/admin/`, and the sign-in works: no file is touched.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccounts, customProvider, oidc } from '../src/index.ts';
import { type Application, SECRET, startApplication } from './application.ts';
import { type PlainServer, plainCredentials, startPlainServer } from './plain-oauth2-server.ts';
import { type Page, Visitor } from './visitor.ts';

let app: Application;
let server: PlainServer;

const PASSWORD = 'demo-password-9977';
const ADD = '/admin/socialaccount/socialapp/add/';

beforeAll(async () => {
  let redirectUri = '';
  server = await startPlainServer(() => redirectUri);
  app = await startApplication(() => [
    customProvider({ serverUrl: 'http://localhost:1' }),
    oidc({ id: 'other', name: 'Other', issuer: 'https://accounts.example.org' }),
  ]);
  redirectUri = app.redirectUri('customprovider');
  expect(await app.accounts.createSuperuser({ username: 'admin', password: PASSWORD })).toMatchObject({
    kind: 'created',
  });
});
afterAll(async () => {
  await app.close();
  await server.close();
});

async function signedIn(): Promise<Visitor> {
  const visitor = new Visitor();
  const form = await visitor.open(`${app.url}${ADD}`);
  expect(form.url.pathname).toBe('/admin/login/');
  const page = await visitor.submit(form, { username: 'admin', password: PASSWORD });
  expect(page.url.pathname).toBe(ADD);
  return visitor;
}

/** Enters the credentials; every field that is not said stays as the page has it. */
async function add(visitor: Visitor, fields: Record<string, string>): Promise<Page> {
  const form = await visitor.open(`${app.url}${ADD}`);
  return visitor.submit(form, { provider: 'customprovider', name: 'Sample', client_id: 'x', secret: 'y', ...fields });
}

async function removeAll(): Promise<void> {
  for (const each of await app.store.listSocialApps()) await app.store.deleteSocialApp(each.id);
}

describe('the seed’s story', () => {
  it('credentials entered by the superuser are in force at once', async () => {
    await removeAll();
    const visitor = await signedIn();
    const saved = await add(visitor, {
      name: 'custom',
      client_id: `  ${plainCredentials.clientId} `,
      secret: plainCredentials.clientSecret,
      server_url: server.url.replace('localhost', '127.0.0.1'),
      backchannel_url: `${server.url}/`,
    });
    expect(saved.url.pathname).toBe('/admin/socialaccount/socialapp/');
    expect(saved.html).toContain('The social application was saved.');
    expect(saved.html).toContain('custom');

    const person = await new Visitor().open(`${app.url}/accounts/customprovider/login/`);
    expect(person.text('username')).toBe('bob');
    expect(server.requests.some((each) => each.startsWith('GET /profile/'))).toBe(true);
  });

  it('tells which redirect URI is to be registered', async () => {
    const visitor = await signedIn();
    const form = await visitor.open(`${app.url}${ADD}`);
    expect(form.html).toContain(app.redirectUri('customprovider'));
  });

  it('has the field names of Django’s admin', async () => {
    const form = await (await signedIn()).open(`${app.url}${ADD}`);
    for (const name of ['provider', 'name', 'client_id', 'secret']) expect(form.html).toContain(`name="${name}"`);
  });
});

describe('a secret', () => {
  it('is never shown again, and kept when the field stays empty', async () => {
    await removeAll();
    const visitor = await signedIn();
    await add(visitor, {
      client_id: plainCredentials.clientId,
      secret: plainCredentials.clientSecret,
      server_url: server.url,
    });
    const [entered] = await app.store.listSocialApps();
    expect(entered?.sealedSecret).not.toContain(plainCredentials.clientSecret);

    const change = await visitor.open(`${app.url}/admin/socialaccount/socialapp/${entered?.id}/change/`);
    expect(change.html).not.toContain(plainCredentials.clientSecret);
    expect(change.html).toContain('A secret is kept.');
    const saved = await visitor.submit(change, { name: 'Renamed' });
    expect(saved.html).toContain('Renamed');
    server.person = { id: 8, username: 'berta' };
    const person = await new Visitor().open(`${app.url}/accounts/customprovider/login/`);
    expect(person.text('uid')).toBe('8');
  });

  it('that no longer opens is told apart from a wrong one', async () => {
    await removeAll();
    await app.accounts.setSocialApp({ provider: 'customprovider', name: 'x', clientId: 'x', secret: 'y' });
    const entries: unknown[] = [];
    const other = createAccounts({
      url: app.url,
      secret: 'another secret than the one that sealed it',
      store: app.store,
      providers: [customProvider({ serverUrl: server.url })],
      log: (entry) => entries.push(entry),
    });
    const response = await other.handle(new Request(`${app.url}/accounts/customprovider/login/`));
    expect(response?.status).toBe(503);
    expect(entries).toContainEqual(expect.objectContaining({ code: 'app_secret_unreadable' }));

    // A rotation names the old one second.
    const rotated = createAccounts({
      url: app.url,
      secret: ['another secret than the one that sealed it', SECRET],
      store: app.store,
      providers: [customProvider({ serverUrl: server.url })],
    });
    expect((await rotated.handle(new Request(`${app.url}/accounts/customprovider/login/`)))?.status).toBe(302);
  });
});

describe('the form', () => {
  it.each([
    ['no provider of ours', { provider: 'nobody' }, 'id_provider_error'],
    ['no name', { name: ' ' }, 'id_name_error'],
    ['no client id', { client_id: '' }, 'id_client_id_error'],
    ['an address that is none', { server_url: 'example' }, 'id_server_url_error'],
    ['an address without TLS', { server_url: 'http://accounts.example.org' }, 'id_server_url_error'],
    ['a back channel with a query', { backchannel_url: 'http://localhost/?a=b' }, 'id_backchannel_url_error'],
    ['a scope with quotes', { scope: 'read "write"' }, 'id_scope_error'],
  ])('refuses %s at the field', async (_what, fields, errorId) => {
    await removeAll();
    const page = await add(await signedIn(), fields);
    expect(page.status).toBe(400);
    expect(page.text(errorId)).not.toBeNull();
    expect(await app.store.listSocialApps()).toEqual([]);
  });

  it('says so when the provider has credentials already', async () => {
    await removeAll();
    const visitor = await signedIn();
    await add(visitor, {});
    const page = await add(visitor, {});
    expect(page.status).toBe(409);
    expect(page.html).toContain('has credentials already');
  });

  it('deletes after asking', async () => {
    await removeAll();
    const visitor = await signedIn();
    await add(visitor, { name: 'To be deleted' });
    const [entered] = await app.store.listSocialApps();
    const asked = await visitor.open(`${app.url}/admin/socialaccount/socialapp/${entered?.id}/delete/`);
    expect(asked.html).toContain('Delete To be deleted?');
    expect(await app.store.listSocialApps()).toHaveLength(1);
    const done = await visitor.submit(asked, {});
    expect(done.html).toContain('The social application was deleted.');
    expect(await app.store.listSocialApps()).toEqual([]);
  });
});

describe('everybody else', () => {
  const paths = ['/admin/', '/admin/socialaccount/', '/admin/socialaccount/socialapp/', ADD];

  it.each(paths)('is sent from %s to sign in, with and without the slash', async (path) => {
    for (const each of [path, path.replace(/\/$/, '')]) {
      const page = await new Visitor().open(`${app.url}${each}`);
      expect(page.url.pathname).toBe('/admin/login/');
      expect(page.url.searchParams.get('next')).toBe(path);
    }
  });

  it('hears that they are no administrator when they are signed in', async () => {
    await removeAll();
    await app.accounts.setSocialApp({
      provider: 'customprovider',
      name: 'x',
      clientId: plainCredentials.clientId,
      secret: plainCredentials.clientSecret,
      serverUrl: server.url,
    });
    const visitor = new Visitor();
    server.person = { id: 9, username: 'carla' };
    await visitor.open(`${app.url}/accounts/customprovider/login/`);
    const page = await visitor.open(`${app.url}/admin/`);
    expect(page.html).toContain('who is no administrator');
    const posted = await visitor.request(`${app.url}${ADD}`, {
      method: 'POST',
      body: 'provider=other&name=x&client_id=x&secret=x',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: app.url },
    });
    expect(posted.status).toBe(303);
    expect(await app.store.findSocialApp('other')).toBeNull();
  });

  it('cannot enter credentials through a superuser’s browser', async () => {
    await removeAll();
    const visitor = await signedIn();
    const page = await visitor.request(`${app.url}${ADD}`, {
      method: 'POST',
      body: 'provider=customprovider&name=x&client_id=x&secret=x',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost:1' },
    });
    expect(page.status).toBe(403);
    expect(await app.store.listSocialApps()).toEqual([]);
  });
});

describe('createSuperuser', () => {
  it.each([
    ['a taken username', { username: 'ADMIN', password: PASSWORD }, 'username_taken'],
    ['no username', { username: ' ', password: PASSWORD }, 'username_unusable'],
    ['a short password', { username: 'root', password: 'short' }, 'password_short'],
  ])('refuses %s', async (_what, input, kind) => {
    expect(await app.accounts.createSuperuser(input)).toEqual({ kind });
  });
});

describe('setSocialApp', () => {
  it('adds and changes, and says which field is wrong', async () => {
    await removeAll();
    const input = { provider: 'customprovider', name: 'One', clientId: 'a', secret: 'b' };
    expect(await app.accounts.setSocialApp(input)).toEqual({ kind: 'saved' });
    expect(await app.accounts.setSocialApp({ ...input, name: 'Two' })).toEqual({ kind: 'saved' });
    expect((await app.store.listSocialApps()).map((each) => each.name)).toEqual(['Two']);
    const refused = await app.accounts.setSocialApp({ ...input, provider: 'nobody' });
    expect(refused).toMatchObject({ kind: 'refused', problems: { provider: expect.any(String) } });
  });
});
