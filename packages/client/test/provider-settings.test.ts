/**
 * What a provider needs beside client id and secret, entered in `/admin/` and in force at once: Apple's team and key, Microsoft's tenant,
 * the address of one's own Keycloak, Auth0 or GitLab. On both engines.
 */
import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPostgresDatabase } from '../../server/test/postgres.ts';
import { apple, auth0, github, gitlab, google, keycloak, microsoft, oauth2 } from '../src/index.ts';
import { openPostgresStore } from '../src/postgres.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import { type Application, startApplication } from './application.ts';
import { type Page, Visitor } from './visitor.ts';

const PASSWORD = 'demo-password-9977';
const ADD = '/admin/socialaccount/socialapp/add/';
const PEM = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString();
const STORES = {
  SQLite: async () => openSqliteStore({ path: ':memory:' }),
  PostgreSQL: async () => openPostgresStore({ connectionString: await newPostgresDatabase() }),
} as const;

describe.each(['SQLite', 'PostgreSQL'] as const)('the social apps, on %s', (engine) => {
  let app: Application;
  let visitor: Visitor;
  /** What was asked of the providers. */
  const asked: { url: string; body: URLSearchParams }[] = [];

  beforeAll(async () => {
    app = await startApplication(
      () => [
        apple(),
        microsoft(),
        google(),
        github(),
        gitlab(),
        auth0({ domain: 'example.eu.auth0.com' }),
        keycloak({ realmUrl: 'https://keycloak.example.org/realms/staff' }),
      ],
      {
        store: await STORES[engine](),
        fetch: async (url, init) => {
          asked.push({ url, body: new URLSearchParams(String(init.body ?? '')) });
          if (!url.endsWith('/.well-known/openid-configuration'))
            return Response.json({ error: 'invalid_grant' }, { status: 400 });
          const issuer = url.replace('/.well-known/openid-configuration', url.includes('auth0') ? '/' : '');
          const base = issuer.replace(/\/$/, '');
          return Response.json({
            issuer,
            authorization_endpoint: `${base}/authorize`,
            token_endpoint: `${base}/token`,
            jwks_uri: `${base}/keys`,
            response_types_supported: ['code'],
          });
        },
      },
    );
    await app.accounts.createSuperuser({ username: 'admin', password: PASSWORD });
    visitor = new Visitor();
    const form = await visitor.open(`${app.url}${ADD}`);
    await visitor.submit(form, { username: 'admin', password: PASSWORD });
  });
  afterAll(() => app.close());

  async function add(fields: Record<string, string>): Promise<Page> {
    for (const each of await app.store.listSocialApps()) await app.store.deleteSocialApp(each.id);
    asked.length = 0;
    const form = await visitor.open(`${app.url}${ADD}`);
    return visitor.submit(form, { name: 'Sample', client_id: 'client-1', secret: 'y', ...fields }, 'name="client_id"');
  }
  const errorOf = (page: Page, field: string) => page.text(`id_${field}_error`);
  const goesTo = async (provider: string) => {
    const start = await new Visitor().request(`${app.url}/accounts/${provider}/login/`);
    return start.headers.get('location') ?? start.text('failure-code');
  };

  it('take Apple’s team, key and private key, and make its secret of them', async () => {
    const saved = await add({
      provider: 'apple',
      secret: PEM,
      apple_team_id: ' ABCDE12345 ',
      apple_key_id: 'FGHIJ67890',
    });
    expect(saved.url.pathname).toBe('/admin/socialaccount/socialapp/');
    const person = new Visitor();
    const start = await person.request(`${app.url}/accounts/apple/login/`);
    const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? '';
    await person.open(app.redirectUri('apple'), {
      method: 'POST',
      body: new URLSearchParams({ code: 'x', state }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const secret = asked.find(({ url }) => url.endsWith('/token'))?.body.get('client_secret') ?? '';
    expect(decodeProtectedHeader(secret)).toMatchObject({ alg: 'ES256', kid: 'FGHIJ67890' });
    expect(decodeJwt(secret)).toMatchObject({ iss: 'ABCDE12345', sub: 'client-1' });

    // Changed: shown what is no secret, kept what is one.
    const [kept] = await app.store.listSocialApps();
    const change = await visitor.open(`${app.url}/admin/socialaccount/socialapp/${kept?.id}/change/`);
    expect(change.html).toMatch(
      /name="apple_team_id"[^>]*value="ABCDE12345"|value="ABCDE12345"[^>]*name="apple_team_id"/,
    );
    expect(change.html).not.toContain('PRIVATE KEY');
    await visitor.submit(change, { provider: 'apple', apple_key_id: 'KLMNO12345' }, 'name="client_id"');
    expect((await app.store.findSocialApp('apple'))?.settings).toEqual({ team_id: 'ABCDE12345', key_id: 'KLMNO12345' });
    expect((await app.store.findSocialApp('apple'))?.sealedSecret).toBe(kept?.sealedSecret);
  });

  it('say at the field what is wrong: missing, not of the form, no key, too long', async () => {
    const missing = await add({ provider: 'apple', secret: PEM });
    expect([missing.status, errorOf(missing, 'apple_team_id'), errorOf(missing, 'apple_key_id')]).toEqual([
      400,
      'Please fill this in.',
      'Please fill this in.',
    ]);
    const wrong = await add({
      provider: 'apple',
      secret: 'no key',
      apple_team_id: 'abc',
      apple_key_id: 'x'.repeat(300),
    });
    expect(errorOf(wrong, 'apple_team_id')).toContain('not of the form');
    expect(errorOf(wrong, 'apple_key_id')).toContain('too long');
    expect(errorOf(wrong, 'secret')).toContain('private key');
    // What was typed is still there, the secret is not.
    expect(wrong.html).toContain('value="abc"');
    expect(wrong.html).not.toContain('no key');
    expect(await app.store.listSocialApps()).toEqual([]);
  });

  it('take Microsoft’s tenant, and none that would lead to another host', async () => {
    await add({ provider: 'microsoft', microsoft_tenant: 'contoso.onmicrosoft.com' });
    expect(await goesTo('microsoft')).toMatch(
      /^https:\/\/login\.microsoftonline\.com\/contoso\.onmicrosoft\.com\/v2\.0\/authorize\?/,
    );
    await add({ provider: 'microsoft' });
    expect(await goesTo('microsoft')).toMatch(/^https:\/\/login\.microsoftonline\.com\/common\/v2\.0\/authorize\?/);
    for (const tenant of ['../evil', 'a/b', '@evil.example', 'a b', '.', 'évil']) {
      const refused = await add({ provider: 'microsoft', microsoft_tenant: tenant });
      expect(errorOf(refused, 'microsoft_tenant')).toContain('not of the form');
    }
  });

  it.each([
    ['keycloak', 'https://login.example.org/realms/other', 'https://login.example.org/realms/other/authorize'],
    ['gitlab', 'https://gitlab.example.org', 'https://gitlab.example.org/authorize'],
    ['auth0', 'https://other.eu.auth0.com', 'https://other.eu.auth0.com/authorize'],
    ['auth0', 'https://other.eu.auth0.com/', 'https://other.eu.auth0.com/authorize'],
  ])('take the address of one’s own server: %s at %s', async (provider, address, authorize) => {
    expect((await add({ provider, server_url: address })).url.pathname).toBe('/admin/socialaccount/socialapp/');
    expect(await goesTo(provider)).toMatch(new RegExp(`^${authorize.replaceAll('.', '\\.')}\\?`));
  });

  it('refuse an address where the provider has one alone, rather than not use it', async () => {
    for (const provider of ['google', 'github', 'apple', 'microsoft']) {
      const refused = await add({
        provider,
        server_url: 'https://elsewhere.example',
        backchannel_url: 'https://a.example',
      });
      expect(errorOf(refused, 'server_url')).toBe('The address of this provider is fixed: leave this empty.');
      expect(errorOf(refused, 'backchannel_url')).toBe('The address of this provider is fixed: leave this empty.');
    }
  });

  it('forget what belongs to another provider, and names of the prototype', async () => {
    const input = { provider: 'microsoft', name: 'x', clientId: 'x', secret: 'y' };
    const settings = { team_id: 'ABCDE12345', constructor: 'x', tenant: 'organizations' };
    expect(await app.accounts.setSocialApp({ ...input, settings })).toEqual({ kind: 'saved' });
    expect((await app.store.findSocialApp('microsoft'))?.settings).toEqual({ tenant: 'organizations' });
    expect(await app.accounts.setSocialApp({ ...input, settings: Object.create({ tenant: 'evil' }) })).toEqual({
      kind: 'saved',
    });
    expect((await app.store.findSocialApp('microsoft'))?.settings).toEqual({});
  });
});

it('apple() says what is missing where the credentials are in code', () => {
  const credentials = { clientId: 'x', clientSecret: PEM };
  expect(() => apple({ credentials })).toThrow(/^apple\.teamId/);
  expect(() => apple({ credentials, teamId: 'ABCDE12345' })).toThrow(/^apple\.keyId/);
  expect(() => apple({ credentials, teamId: 'ABCDE12345', keyId: 'FGHIJ67890' })).not.toThrow();
});

it('`fields` take the place of the provider’s own one by one', () => {
  const provider = oauth2({
    id: 'forge',
    name: 'Forge',
    issuer: 'https://forge.example',
    authorizationUrl: 'https://forge.example/a',
    tokenUrl: 'https://forge.example/t',
    profileUrl: 'https://forge.example/p',
    fields: { username: 'login' },
  });
  expect(provider.fields).toMatchObject({ username: 'login', email: 'email', firstName: 'first_name' });
  for (const make of [google, github, gitlab, microsoft] as const) {
    const { fields } = make({ fields: { username: 'login' } });
    expect([fields.username, typeof fields.email]).not.toContain(undefined);
    expect(fields.username).toBe('login');
    expect(fields.email).toBeDefined();
  }
});
