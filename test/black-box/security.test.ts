/**
 * What every answer carries for the browser's sake: headers, cookies, CORS; and whose word is taken for where a request comes
 * from. Seen from outside, on http and as behind a proxy that ends TLS.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, wordsOf } from '../person.ts';
import { openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';
import { exchange, request } from './wire.ts';

const PUBLIC_URL = 'https://id.example.org';

describe.each([
  ['http', {}],
  ['https, behind a proxy', { DIAPASON_URL: PUBLIC_URL, DIAPASON_TRUSTED_PROXIES: '1' }],
] as const)('on %s', (scheme, settings) => {
  const secure = scheme !== 'http';
  let site: Site;
  let alice: Person;
  let stranger: Person;
  let application: RegisteredApplication;
  let pages: readonly string[];
  beforeAll(async () => {
    site = await openSite('SQLite', settings);
    alice = await site.member('alice');
    stranger = site.person();
    application = await register(alice, { redirect_uris: 'https://app.example:8443/callback?x=1' });
    pages = [
      ...['/', '/login/', '/signup/', '/logout/', '/account/', '/account/password/', '/account/email/'],
      ...['/account/sessions/', '/o/applications/', '/o/applications/register/', '/o/authorized_tokens/', authorize()],
      ...[application.path, `${application.path}update/`, `${application.path}delete/`, '/o/applications/none/'],
      ...['/nothing/', '/%00/', '/o/authorize/', '/o/logout/?id_token_hint=x'],
    ];
  });
  afterAll(() => site?.dispose());

  const authorize = () =>
    `/o/authorize/?client_id=${application.clientId}&response_type=code&scope=read&prompt=consent&state=s`;

  it('each page, signed in and signed out, has the headers of a page (ASVS 3.4, RFC 9700 #16, #18)', async () => {
    for (const person of [alice, stranger]) {
      for (const address of pages) {
        const seen = await person.open(address);
        const { headers } = seen;
        const policy = headers.get('content-security-policy') ?? '';
        expect([address, headers.get('content-type')]).toEqual([address, 'text/html; charset=utf-8']);
        expect([address, headers.get('cache-control')]).toEqual([address, 'no-store']);
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('x-frame-options')).toBe('DENY');
        expect(headers.get('referrer-policy')).toBe('same-origin');
        expect(policy).toContain("default-src 'none'");
        expect(policy).toContain("script-src 'self'");
        expect(policy).toContain("style-src 'self'");
        expect(policy).toContain("frame-ancestors 'none'");
        expect(policy).toContain("base-uri 'none'");
        expect(policy).not.toMatch(/unsafe|\*/);
        expect(headers.get('strict-transport-security')).toBe(secure ? 'max-age=31536000; includeSubDomains' : null);
        expect([...headers.keys()]).not.toContain('server');
        expect([...headers.keys()]).not.toContain('x-powered-by');
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    }
  });

  it('no page brings script, style or content of its own or from elsewhere', async () => {
    for (const address of pages) {
      const { document } = await alice.open(address);
      expect([address, document.querySelectorAll('script:not([src]), style, [style], iframe, object').length]).toEqual([
        address,
        0,
      ]);
      for (const element of document.querySelectorAll('script, link, img, use')) {
        const source = element.getAttribute('src') ?? element.getAttribute('href') ?? '/';
        expect(source).toMatch(/^\/assets\/|^#/);
      }
      for (const element of document.querySelectorAll('*')) {
        expect(Object.keys(element.attributes).filter((name) => name.toLowerCase().startsWith('on'))).toEqual([]);
      }
    }
  });

  it('a form leads to ourselves alone; on the way to an application also to its origin, and to no other (CSP3 form-action)', async () => {
    const formAction = (headers: Headers) =>
      /form-action ([^;]*)/.exec(headers.get('content-security-policy') ?? '')?.[1];
    for (const address of ['/login/', '/signup/', '/o/applications/', '/nothing/']) {
      expect(formAction((await stranger.open(address)).headers)).toBe("'self'");
    }
    expect(formAction((await alice.open(authorize())).headers)).toBe("'self' https://app.example:8443");
    expect(formAction((await site.person().open(authorize())).headers)).toBe("'self' https://app.example:8443");
  });

  it('redirects after a form are 303 and not kept (RFC 9700 #17)', async () => {
    const person = site.person();
    const signedIn = await person.signIn('alice', PASSWORD);
    expect(signedIn.answers.map(({ status }) => status)).toEqual([303, 200]);
    const consent = await person.allow(await person.open(authorize()));
    expect(consent.origin).toBe('https://app.example:8443');
    const first = await person.send('/account/', { method: 'GET', headers: { cookie: '' } });
    expect([first.status, first.headers.get('cache-control')]).toEqual([303, 'no-store']);
  });

  it(`cookies are for this host alone${secure ? ', by their very names' : ''}, out of reach of scripts`, async () => {
    const person = site.person();
    const lines = (await person.signIn('alice', PASSWORD)).answers.flatMap(({ headers }) => headers.getSetCookie());
    const asked = await site.person().send('/login/');
    const all = [...lines, ...asked.headers.getSetCookie()];
    expect(all.length).toBeGreaterThanOrEqual(2);
    for (const line of all) {
      const [pair = '', ...attributes] = line.split('; ');
      expect(pair).toMatch(secure ? /^__Host-diapason_\w+=[\w-]{43}$/ : /^diapason_\w+=[\w-]{43}$/);
      expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Lax']));
      expect(attributes.includes('Secure')).toBe(secure);
      expect(line).not.toMatch(/domain/i);
    }
  });

  it('assets are kept for good and may run nothing when opened by themselves', async () => {
    const { document } = await stranger.open('/login/');
    const sources = document
      .querySelectorAll('script[src], link[href]')
      .map((element) => element.getAttribute('src') ?? element.getAttribute('href') ?? '');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      const answer = await stranger.send(source);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toContain('immutable');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('answers to programs, to nothing and to no request are not sniffed, and say https where it is', async () => {
    const octets = [
      request('POST', '/o/token/'),
      request('GET', '/o/userinfo/'),
      request('GET', '/nothing'),
      request('GET', '/healthz'),
      request('GET', '/o/.well-known/jwks.json'),
      request('OPTIONS', '/o/token/'),
      'no request\r\n\r\n',
    ];
    for (const one of octets) {
      const { headers } = await exchange(site.listening, one);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.has('strict-transport-security')).toBe(secure);
    }
  });

  it('every address that is published is of the public URL', async () => {
    const metadata = (await (await stranger.send('/o/.well-known/openid-configuration')).json()) as Record<
      string,
      unknown
    >;
    const addresses = Object.values(metadata).filter(
      (value): value is string => typeof value === 'string' && value.includes('://'),
    );
    expect(addresses.length).toBeGreaterThan(5);
    for (const address of addresses) expect(address.startsWith(`${site.url}/`)).toBe(true);
  });
});

describe('CORS (Fetch §3.2, RFC 9700 #21)', () => {
  let site: Site;
  let one: RegisteredApplication;
  let other: RegisteredApplication;
  let developer: Person;
  const [ORIGIN, OTHER, UNKNOWN] = ['https://one.example', 'https://other.example:8443', 'https://evil.example'];
  beforeAll(async () => {
    site = await openSite('SQLite');
    developer = await site.member('developer');
    const values = { grants: ['client-credentials', 'authorization-code'], scopes: ['read', 'openid'] };
    one = await register(developer, { ...values, allowed_origins: ORIGIN });
    other = await register(developer, { ...values, allowed_origins: OTHER });
  });
  afterAll(() => site?.dispose());

  const cors = (headers: Headers) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control')));
  const preflight = async (path: string, origin: string) =>
    (await fetch(site.url + path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } }))
      .headers;
  const token = (origin: string, client: RegisteredApplication, secret = client.clientSecret ?? '') =>
    fetch(`${site.url}/o/token/`, {
      method: 'POST',
      headers: { origin, authorization: `Basic ${btoa(`${client.clientId}:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' }),
    });

  it.each(['/o/token/', '/o/token', '/o/revoke_token/', '/o/userinfo/', '/profile/'])(
    'a preflight of %s says yes to a registered origin, and nothing to another',
    async (path) => {
      for (const origin of [ORIGIN, OTHER]) {
        expect(cors(await preflight(path, origin))).toMatchObject({
          'access-control-allow-origin': origin,
          'access-control-allow-headers': expect.stringContaining('Authorization'),
        });
      }
      for (const origin of [UNKNOWN, 'null', `${ORIGIN}.evil.example`, 'http://one.example', ORIGIN.toUpperCase()]) {
        const headers = await preflight(path, origin);
        expect([origin, cors(headers)]).toEqual([origin, {}]);
        expect(headers.get('vary')).toContain('Origin');
      }
    },
  );

  it('an answer may be read by the origins of the application that it is for, and by no other', async () => {
    expect(cors((await token(ORIGIN, one)).headers)).toMatchObject({ 'access-control-allow-origin': ORIGIN });
    expect(cors((await token(OTHER, one)).headers)).toEqual({});
    expect(cors((await token(ORIGIN, other)).headers)).toEqual({});
    expect(cors((await token(UNKNOWN, one)).headers)).toEqual({});
    const refused = await token(ORIGIN, one, 'wrong');
    expect([refused.status, cors(refused.headers)]).toMatchObject([401, { 'access-control-allow-origin': ORIGIN }]);
    // It proved to be nobody: any registered origin may read that, an unknown one not even that.
    expect(cors((await token(UNKNOWN, one, 'wrong')).headers)).toEqual({});
  });

  it.each(['/o/userinfo/', '/profile/'])('so may %s, by the token that it is asked with', async (path) => {
    const { access_token } = (await (await token(ORIGIN, one)).json()) as { access_token: string };
    const read = async (origin: string, authorization = `Bearer ${access_token}`) =>
      cors((await fetch(site.url + path, { headers: { origin, authorization } })).headers)[
        'access-control-allow-origin'
      ];
    expect([await read(ORIGIN), await read(OTHER), await read(UNKNOWN)]).toEqual([ORIGIN, undefined, undefined]);
    // Nobody's token: any registered origin may read that it is refused.
    expect([await read(OTHER, 'Bearer x'), await read(UNKNOWN, 'Bearer x')]).toEqual([OTHER, undefined]);
  });

  it.each(['/o/authorize/', '/o/introspect/', '/login/', '/o/logout/', '/account/'])('never %s', async (path) => {
    expect(cors(await preflight(path, ORIGIN))).toEqual({});
    for (const method of ['GET', 'POST']) {
      const headers = { origin: ORIGIN, 'content-type': 'application/x-www-form-urlencoded' };
      expect(cors((await fetch(site.url + path, { method, headers, redirect: 'manual' })).headers)).toEqual({});
    }
  });

  it('metadata and keys: everybody', async () => {
    for (const path of [
      '/o/.well-known/openid-configuration',
      '/o/.well-known/jwks.json',
      '/.well-known/oauth-authorization-server/o',
    ]) {
      const { headers } = await fetch(site.url + path, { headers: { origin: UNKNOWN } });
      expect(cors(headers)['access-control-allow-origin']).toBe('*');
    }
  });

  it('never with cookies, and never any origin that asks', async () => {
    const all = [
      await preflight('/o/token/', ORIGIN),
      (await token(ORIGIN, one)).headers,
      (await fetch(`${site.url}/o/.well-known/jwks.json`, { headers: { origin: ORIGIN } })).headers,
    ];
    for (const headers of all) expect(headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('an origin that is taken out of the settings is not answered any more', async () => {
    const page = await developer.open(`${other.path}update/`);
    await developer.submit(formOf(page, { field: 'allowed_origins' }), { allowed_origins: '' });
    // An application's settings are in force everywhere within a second.
    await expect.poll(async () => cors((await token(OTHER, other)).headers), { timeout: 5_000 }).toEqual({});
    await expect.poll(async () => cors(await preflight('/o/token/', OTHER)), { timeout: 5_000 }).toEqual({});
  });
});

describe('each address, with and without its trailing slash (design: URLs of the server)', () => {
  let site: Site;
  let member: Person;
  let application: RegisteredApplication;
  beforeAll(async () => {
    site = await openSite('SQLite');
    member = await site.member('member');
    application = await register(member, { grants: ['client-credentials', 'authorization-code'] });
  });
  afterAll(() => site?.dispose());

  it.each([
    ...['/login/', '/signup/', '/logout/', '/account/', '/account/password/', '/account/email/', '/account/sessions/'],
    ...['/o/applications/', '/o/applications/register/', '/o/authorized_tokens/', '/o/authorize/', '/o/logout/'],
    ...['/o/userinfo/', '/profile/', '/o/.well-known/openid-configuration/', '/o/.well-known/jwks.json/', '/healthz/'],
    '/.well-known/oauth-authorization-server/o/',
  ])('GET %s is the same', async (path) => {
    const [withSlash, without] = [await member.send(path), await member.send(path.slice(0, -1))];
    expect([without.status, without.headers.get('content-type')]).toEqual([
      withSlash.status,
      withSlash.headers.get('content-type'),
    ]);
    expect(withSlash.status).not.toBe(404);
  });

  it.each(['/o/token', '/o/token/'])('POST %s keeps its body', async (path) => {
    const answer = await fetch(site.url + path, {
      method: 'POST',
      redirect: 'error',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: application.clientId,
        client_secret: application.clientSecret ?? '',
      }),
    });
    expect(answer.status).toBe(200);
  });

  it.each(['/o/introspect', '/o/revoke_token'])('POST %s, without the slash, keeps its body', async (path) => {
    const answer = await fetch(site.url + path, {
      method: 'POST',
      redirect: 'error',
      headers: { authorization: `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}` },
      body: new URLSearchParams({ token: 'x' }),
    });
    expect(answer.status).toBe(200);
  });

  it.each(['/login', '/login/'])('a form posted to %s signs in', async (action) => {
    const person = site.person();
    const form = { ...formOf(await person.open('/login/'), { field: 'password' }), action: site.url + action };
    expect((await person.submit(form, { username: 'member', password: PASSWORD })).url).toBe(`${site.url}/account/`);
  });
});

describe('forwarded headers (RFC 9700 #20, allauth 65.14.2, CVE-2026-40575)', () => {
  /** The address that the server believes a new member to come from, as it shows it to them. */
  async function believedAddress(site: Site, headers: Readonly<Record<string, string>>): Promise<string> {
    const person = site.person(headers);
    await person.signUp({ username: `m${Math.trunc(performance.now() * 1_000)}`, password: PASSWORD });
    const words = wordsOf(await person.open('/account/sessions/'));
    return /Address ([0-9a-f.:]+)/.exec(words)?.[1] ?? words;
  }

  it.each([
    ['by default none is believed', {}, '127.0.0.1'],
    ['with one proxy, what that proxy says', { DIAPASON_TRUSTED_PROXIES: '1' }, '203.0.113.3'],
    ['with two, what the outer one says', { DIAPASON_TRUSTED_PROXIES: '2' }, '203.0.113.2'],
    [
      'by network, what the first stranger says',
      { DIAPASON_TRUSTED_PROXIES: '127.0.0.0/8, 203.0.113.3' },
      '203.0.113.2',
    ],
    ['of a network that is not ours, nothing', { DIAPASON_TRUSTED_PROXIES: '10.0.0.0/8' }, '127.0.0.1'],
  ])('%s', async (_what, settings, address) => {
    const site = await openSite('SQLite', settings);
    try {
      const forged = {
        'x-forwarded-for': '203.0.113.1, 203.0.113.2, 203.0.113.3',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        'x-real-ip': '203.0.113.9',
        forwarded: 'for=203.0.113.9;host=evil.example',
      };
      expect(await believedAddress(site, forged)).toBe(address);
      const odd = await site.person({ 'x-forwarded-for': '"><script>, ::::' }).open('/account/');
      expect(odd.status).toBe(200);
    } finally {
      await site.dispose();
    }
  });
});
