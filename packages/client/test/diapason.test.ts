/**
 * Signing in at Diapason itself, by OAuth 2 as `customProvider()` speaks it and by OpenID Connect.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Running, SERVER_PROGRAM, startServer, succeed, temporaryFolder } from '../../../test/programs.ts';
import { customProvider, oidc } from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import { type Page, Visitor } from './visitor.ts';

const PASSWORD = 'demo-password-9977';

const ended: (() => Promise<void>)[] = [];
let server: Running & { readonly environment: Readonly<Record<string, string>> };
let app: Application;

beforeAll(async () => {
  const folder = await temporaryFolder();
  ended.push(folder.dispose);
  server = await startServer(folder.path, { DIAPASON_LOG_LEVEL: 'warn' });
  ended.push(server.stop);
  for (const [username, first] of [
    ['alice', 'Alice'],
    ['bob', 'Bob'],
  ] as const) {
    const options = [
      '--username',
      username,
      '--email',
      `${username}@example.org`,
      '--first-name',
      first,
      '--last-name',
      'Martin',
    ];
    await succeed(SERVER_PROGRAM, ['user', 'create', ...options, '--password-stdin'], server.environment, PASSWORD);
  }
  app = await startApplication(() => [
    // The browser's address and the back channel's are two names of one server.
    customProvider({ serverUrl: server.url, backChannelUrl: server.url.replace('localhost', '127.0.0.1') }),
    oidc({
      id: 'diapason',
      name: 'Diapason',
      issuer: `${server.url}/o`,
      backChannelUrl: `${server.url.replace('localhost', '127.0.0.1')}/o`,
      trustEmail: true,
    }),
  ]);
  ended.push(app.close);
  const created = await succeed(
    SERVER_PROGRAM,
    [
      ...['app', 'create', '--name', 'Test application', '--type', 'confidential', '--grant', 'authorization-code'],
      ...['--redirect-uri', app.redirectUri('customprovider'), '--redirect-uri', app.redirectUri('diapason')],
      ...['--post-logout-redirect-uri', `${app.url}/accounts/logout/`, '--json'],
    ],
    server.environment,
  );
  const credentials = JSON.parse(created) as { client_id: string; client_secret: string };
  for (const provider of ['customprovider', 'diapason']) {
    const app_ = { provider, name: 'x', clientId: credentials.client_id, secret: credentials.client_secret };
    expect(await app.accounts.setSocialApp(app_)).toEqual({ kind: 'saved' });
  }
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

/** From the link at the application to the page after the server's sign-in and consent. */
async function signIn(visitor: Visitor, provider: string, username: string): Promise<Page> {
  let page = await visitor.open(`${app.url}/accounts/${provider}/login/`);
  for (let steps = 0; steps < 3 && page.url.href.startsWith(server.url); steps += 1) {
    page = page.html.includes('name="password"')
      ? await visitor.submit(page, { username, password: PASSWORD }, 'name="password"')
      : await visitor.submit(page, { allow: 'Authorize' }, 'name="allow"');
  }
  return page;
}

describe('customProvider', () => {
  it('signs in, and knows the person again without a question', async () => {
    const visitor = new Visitor();
    const page = await signIn(visitor, 'customprovider', 'alice');
    expect(page.url.href).toBe(`${app.url}/accounts/profile`);
    expect(page.text('username')).toBe('alice');
    expect(page.text('first_name')).toBe('Alice');
    expect(page.text('last_name')).toBe('Martin');
    expect(page.text('uid')).toMatch(/^.{20,}$/);
    const again = await visitor.open(`${app.url}/accounts/customprovider/login/`);
    expect(again.url.href).toBe(`${app.url}/accounts/profile`);
    expect(again.text('uid')).toBe(page.text('uid'));
  });

  it('is told when the person cancels', async () => {
    const visitor = new Visitor();
    const login = await visitor.open(`${app.url}/accounts/customprovider/login/`);
    const consent = await visitor.submit(login, { username: 'bob', password: PASSWORD }, 'name="password"');
    const page = await visitor.submit(consent, {}, 'name="allow"');
    expect(page.text('failure-code')).toBe('access_denied');
  });

  it('is sent to an error page of the server, not back, when the client id is unknown', async () => {
    const [entered] = (await app.store.listSocialApps()).filter((each) => each.provider === 'customprovider');
    if (entered === undefined) throw new Error('the credentials were entered');
    await app.store.updateSocialApp({ ...entered, clientId: 'nobody' });
    const page = await new Visitor().open(`${app.url}/accounts/customprovider/login/`);
    expect(page.url.origin).toBe(server.url);
    expect(page.status).toBe(400);
    await app.store.updateSocialApp(entered);
  });

  it('says so when the secret is wrong', async () => {
    const [entered] = (await app.store.listSocialApps()).filter((each) => each.provider === 'customprovider');
    if (entered === undefined) throw new Error('the credentials were entered');
    await app.accounts.setSocialApp({
      provider: 'customprovider',
      name: 'x',
      clientId: entered.clientId,
      secret: 'wrong',
    });
    const page = await signIn(new Visitor(), 'customprovider', 'alice');
    expect(page.text('failure-code')).toBe('client_credentials_refused');
    await app.store.updateSocialApp(entered);
  });
});

describe('oidc', () => {
  it('reads the metadata by the back channel, and the claims of the person', async () => {
    const visitor = new Visitor();
    const page = await signIn(visitor, 'diapason', 'bob');
    expect(page.text('username')).toBe('bob');
    expect(page.text('first_name')).toBe('Bob');
    expect(page.text('email')).toBe('bob@example.org');
    expect((await app.store.findUserByUsername('bob'))?.emailVerified).toBe(true);
  });

  it('finds by issuer and subject the account that customProvider made: both name the same issuer', async () => {
    const one = await signIn(new Visitor(), 'customprovider', 'bob');
    const other = await signIn(new Visitor(), 'diapason', 'bob');
    expect(other.text('uid')).toBe(one.text('uid'));
    expect(other.text('username')).toBe('bob');
  });

  it('signs out there as well when the person asks for it', async () => {
    const visitor = new Visitor();
    await signIn(visitor, 'diapason', 'alice');
    const asked = await visitor.open(`${app.url}/accounts/logout/`);
    const page = await visitor.submit(asked, { everywhere: '1' });
    expect(page.url.href).toBe(`${app.url}/accounts/logout/`);
    const login = await visitor.open(`${app.url}/accounts/diapason/login/`);
    expect(login.html).toContain('name="password"');
  });
});
