/**
 * Accounts with a password of the application, sessions, forms and their protection.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customProvider } from '../src/index.ts';
import { createPasswords } from '../src/security/passwords.ts';
import { digest, randomId, randomSecret } from '../src/security/tokens.ts';
import { type Application, startApplication } from './application.ts';
import { Visitor } from './visitor.ts';

let app: Application;
let passwordHash: string;

beforeAll(async () => {
  passwordHash = await createPasswords(randomBytes).hash(PASSWORD);
  app = await startApplication(() => [customProvider({ serverUrl: 'http://localhost:9977' })], {
    localAccounts: { signUp: true },
  });
});
afterAll(() => app.close());

const PASSWORD = 'a long enough password';
const at = (path: string) => `${app.url}/accounts/${path}`;

/** Somebody with an account who is signed in; made without the form, which hashes slowly and counts. */
async function signedUp(username: string): Promise<Visitor> {
  const now = Date.now() + app.clockOffsetMs;
  const user = { firstName: '', lastName: '', email: '', emailVerified: false, isSuperuser: false, createdAtMs: now };
  const created = await app.store.createUser({ ...user, id: randomId(randomBytes), username, passwordHash }, null);
  expect(created.kind).toBe('created');
  const token = randomSecret(randomBytes);
  await app.store.createSession({
    tokenDigest: digest(token),
    userId: created.kind === 'created' ? created.user.id : '',
    socialAccountId: null,
    provider: null,
    providerSessionId: null,
    sealedTokens: null,
    createdAtMs: now,
    lastSeenAtMs: now,
  });
  const visitor = new Visitor();
  visitor.plant(app.url, 'diapason_client_session', token);
  return visitor;
}

/** As if an hour had passed. */
async function forgetAttempts(): Promise<void> {
  await app.store.reserveAttempt('anybody', 1, 1, Date.now() + 3_600_001);
}

async function signIn(visitor: Visitor, username: string, password: string, query = '') {
  return visitor.submit(await visitor.open(at(`login/${query}`)), { username, password });
}

describe('signing up', () => {
  it('creates the account and signs in', async () => {
    const visitor = new Visitor();
    const form = await visitor.open(at('signup/'));
    const fields = {
      username: 'anna',
      email: 'anna@example.org',
      first_name: 'Anna',
      last_name: 'A',
      password: PASSWORD,
    };
    const page = await visitor.submit(form, fields);
    expect(page.url.pathname).toBe('/accounts/profile');
    expect(page.text('username')).toBe('anna');
    expect(page.text('first_name')).toBe('Anna');
    expect(page.text('email')).toBe('anna@example.org');
    expect(page.text('uid')).toBe('');
    expect((await app.store.findUserByUsername('anna'))?.emailVerified).toBe(false);
  });

  it.each([
    ['a username that is taken', { username: 'taken' }, 'id_username_error'],
    ['no username', { username: '' }, 'id_username_error'],
    ['a list of addresses', { email: 'a@example.org, b@example.org' }, 'id_email_error'],
    ['a short password', { password: 'short' }, 'id_password_error'],
    ['a common password', { password: 'Password123' }, 'id_password_error'],
    ['the username as password', { username: 'my-user-name', password: 'My-User-Name' }, 'id_password_error'],
    ['one character many times', { password: 'aaaaaaaaaaaa' }, 'id_password_error'],
  ])('refuses %s, says so at the field, and keeps what was typed', async (_what, fields, errorId) => {
    if ((await app.store.findUserByUsername('taken')) === null) await signedUp('taken');
    const visitor = new Visitor();
    const form = await visitor.open(at('signup/'));
    const page = await visitor.submit(form, {
      username: 'fresh',
      email: 'fresh@example.org',
      first_name: 'Kept',
      password: PASSWORD,
      ...fields,
    });
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect(page.text(errorId)).not.toBeNull();
    expect(page.html).toContain(`aria-describedby="${errorId}`);
    expect(page.html).toContain('value="Kept"');
    expect(page.html).not.toContain(PASSWORD);
  });

  it('is limited for each address', async () => {
    await forgetAttempts();
    const visitor = new Visitor();
    const form = await visitor.open(at('signup/'));
    // Refused before the slow hash: what is counted is the attempt.
    for (let attempt = 0; attempt < 20; attempt += 1)
      await visitor.submit(form, { username: 'taken', password: PASSWORD });
    const refused = await visitor.submit(form, { username: 'one-too-many', password: PASSWORD });
    expect(refused.status).toBe(429);
    expect(await app.store.findUserByUsername('one-too-many')).toBeNull();
    await forgetAttempts();
  });

  it('is not there unless the application wants it', async () => {
    const closed = await startApplication(() => []);
    const visitor = new Visitor();
    const page = await visitor.open(`${closed.url}/accounts/signup/`);
    expect(page.html).not.toContain('<form');
    await closed.close();
  });
});

describe('signing in with a password', () => {
  it('gives a new session and ends the former one (ASVS 7.2.4)', async () => {
    const visitor = await signedUp('bert');
    const former = visitor.cookie('diapason_client_session') ?? '';
    await signIn(visitor, 'bert', PASSWORD);
    expect(visitor.cookie('diapason_client_session')).not.toBe(former);
    const thief = new Visitor();
    thief.plant(app.url, 'diapason_client_session', former);
    expect((await thief.open(at('profile'))).text('username')).toBeNull();
  });

  it('takes the username whatever its case', async () => {
    await signedUp('Cora');
    expect((await signIn(new Visitor(), 'cORA', PASSWORD)).text('username')).toBe('Cora');
  });

  it('says the same of a wrong password and of an unknown account', async () => {
    await signedUp('dirk');
    const wrong = await signIn(new Visitor(), 'dirk', 'not the password');
    const unknown = await signIn(new Visitor(), 'nobody-at-all', 'not the password');
    const told = (page: { html: string }) => /role="alert">([^<]*)/.exec(page.html)?.[1];
    expect(told(wrong)).toBe(told(unknown));
    expect([wrong.status, unknown.status]).toEqual([400, 400]);
  });

  it('is limited by failures for an account, from one address, and says when to come back', async () => {
    await signedUp('emil');
    const visitor = new Visitor();
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect((await signIn(visitor, 'emil', `guess number ${attempt}`)).status).toBe(400);
    }
    const refused = await signIn(visitor, 'emil', PASSWORD);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.html).toContain('Too many attempts.');
    expect(app.log.some((entry) => entry.event === 'attempts_exhausted')).toBe(true);

    app.clockOffsetMs = 16 * 60 * 1000;
    expect((await signIn(visitor, 'emil', PASSWORD)).text('username')).toBe('emil');
    app.clockOffsetMs = 0;
  });

  it('does not count what succeeds', async () => {
    await signedUp('finn');
    for (let round = 0; round < 12; round += 1) {
      expect((await signIn(new Visitor(), 'finn', PASSWORD)).text('username')).toBe('finn');
    }
  });

  it('never writes a password down', () => {
    expect(JSON.stringify(app.log)).not.toContain(PASSWORD);
    expect(JSON.stringify(app.log)).not.toContain('guess number');
  });
});

describe('sessions', () => {
  it('end after a week without use', async () => {
    const visitor = await signedUp('gabi');
    app.clockOffsetMs = 7 * 24 * 3_600_000 + 1_000;
    expect((await visitor.open(at('profile'))).text('username')).toBeNull();
    app.clockOffsetMs = 0;
  });

  it('end after thirty days, however much they are used', async () => {
    const visitor = await signedUp('hans');
    for (let day = 5; day <= 30; day += 5) {
      app.clockOffsetMs = day * 24 * 3_600_000 - 60_000;
      expect((await visitor.open(at('profile'))).text('username')).toBe('hans');
    }
    app.clockOffsetMs = 30 * 24 * 3_600_000;
    expect((await visitor.open(at('profile'))).text('username')).toBeNull();
    app.clockOffsetMs = 0;
  });

  it('are kept as digests: the cookie is nowhere in the store', async () => {
    const visitor = await signedUp('inge');
    const token = visitor.cookie('diapason_client_session') ?? '';
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await app.store.findSession(token)).toBeNull();
  });

  it('have names of their own, and with https a prefix that other hosts cannot plant', async () => {
    const secure = await startApplication(() => [], {
      url: 'https://app.example.org',
      localAccounts: { signUp: true },
    });
    const page = await new Visitor().request(`${secure.url}/accounts/login/`);
    expect(page.headers.getSetCookie()[0]).toMatch(
      /^__Host-diapason_client_form=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    await secure.close();
  });
});

describe('open redirects (RFC 9700 §4.11)', () => {
  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/%5C..//evil.example/..//evil.example',
    'javascript:alert(1)',
    'http:evil.example',
    `/${'x'.repeat(2_000)}`,
  ])('do not follow next=%s', async (next) => {
    const visitor = new Visitor();
    if ((await app.store.findUserByUsername('jana')) === null) await signedUp('jana');
    const form = await visitor.open(at(`login/?${new URLSearchParams({ next })}`));
    const sent = await visitor.submitOnly(form, { username: 'jana', password: PASSWORD, next });
    expect(sent.status).toBe(303);
    const target = new URL(sent.headers.get('location') ?? '', app.url);
    expect(target.origin).toBe(app.url);
    const language = await visitor.request(at(`language/?${new URLSearchParams({ to: 'fr', next })}`));
    expect(new URL(language.headers.get('location') ?? '', app.url).origin).toBe(app.url);
  });

  it('follow a path of the application', async () => {
    await signedUp('kurt');
    const page = await signIn(new Visitor(), 'kurt', PASSWORD, '?next=%2Faccounts%2Fconnections%2F%3Fa%3Db');
    expect(`${page.url.pathname}${page.url.search}`).toBe('/accounts/connections/?a=b');
  });
});

describe('cross-site forms (RFC 9700 §4.7)', () => {
  const post = (visitor: Visitor, path: string, headers: Record<string, string>, body = 'username=a&password=b') =>
    visitor.request(at(path), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['another port of the same host', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
  ])('from %s are refused', async (_what, headers) => {
    const visitor = await signedUp(
      `lars-${Object.values(headers)
        .join('-')
        .replaceAll(/[^a-z]/g, '')}`,
    );
    for (const path of ['logout/', 'login/', 'signup/', 'connections/', 'social/signup/']) {
      const page = await post(visitor, path, headers);
      expect(page.status).toBe(403);
      expect(page.text('failure-code')).toBe('form_cross_site');
    }
    expect((await visitor.open(at('profile'))).text('username')).not.toBeNull();
  });

  it('without the token do nothing, and show the form again with what was typed', async () => {
    const visitor = await signedUp('mia');
    const page = await post(visitor, 'logout/', { origin: app.url, 'sec-fetch-site': 'same-origin' }, '');
    expect(page.status).toBe(403);
    expect(page.html).toContain('Nothing was done; please send it again.');
    expect((await visitor.open(at('profile'))).text('username')).toBe('mia');

    const typed = await post(new Visitor(), 'login/', { origin: app.url });
    expect(typed.status).toBe(403);
    expect(typed.html).toContain('value="a"');
  });

  it('with the token of another browser do nothing', async () => {
    const visitor = await signedUp('nils');
    const foreign = await (await signedUp('nils2')).open(at('logout/'));
    const page = await visitor.submitOnly(foreign, {});
    expect(page.status).toBe(403);
  });

  it('that were opened before a sign-in in another tab are shown again', async () => {
    const visitor = new Visitor();
    const old = await visitor.open(at('login/'));
    await signedUp('oskar');
    await signIn(visitor, 'oskar', PASSWORD);
    const page = await visitor.submitOnly(old, { username: 'oskar', password: PASSWORD });
    expect(page.status).toBe(403);
    expect(page.html).toContain('please send it again');
  });
});

describe('requests that are no forms of ours', () => {
  const send = (body: string, type = 'application/x-www-form-urlencoded') =>
    new Visitor().request(at('login/'), { method: 'POST', body, headers: { 'content-type': type, origin: app.url } });

  it('CVE-2026-9689: a field that comes twice is refused', async () => {
    const page = await send('username=a&username=b');
    expect(page.status).toBe(400);
    expect(page.text('failure-code')).toBe('form_repeated_field');
  });

  it('a JSON body is refused with the reason', async () => {
    const page = await send('{}', 'application/json');
    expect(page.status).toBe(415);
    expect(page.text('failure-code')).toBe('form_media_type');
  });

  it('a body beyond 64 KiB is refused', async () => {
    const page = await send(`username=${'x'.repeat(70_000)}`);
    expect(page.status).toBe(413);
  });

  it('a field beyond 4,096 characters is refused', async () => {
    expect((await send(`username=${'x'.repeat(5_000)}`)).status).toBe(413);
  });

  it('a method that a path does not have is refused, and the answer says which it has', async () => {
    const page = await new Visitor().request(at('profile'), { method: 'DELETE' });
    expect(page.status).toBe(405);
    expect(page.headers.get('allow')).toBe('GET, HEAD');
    const posted = await new Visitor().request(at('customprovider/login/callback/'), { method: 'POST' });
    expect(posted.status).toBe(405);
  });

  it('a path that is not the library’s is left to the application', async () => {
    expect(await app.accounts.handle(new Request(`${app.url}/something`))).toBeNull();
    expect(await app.accounts.handle(new Request(`${app.url}/accounts/no/such/page`))).toBeNull();
    expect(await app.accounts.handle(new Request(`${app.url}/accountsx/profile`))).toBeNull();
  });
});

describe('every page', () => {
  it.each(['profile', 'profile/', 'login', 'login/', 'signup', 'logout', 'logout/'])(
    '/accounts/%s answers, with security headers',
    async (path) => {
      const page = await new Visitor().request(at(path));
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(page.html).not.toMatch(/<script|style=|onclick/);
    },
  );

  it('is in the language that the browser prefers, or that the person chose', async () => {
    const visitor = new Visitor('de, fr-CA;q=0.8, en;q=0.5');
    const french = await visitor.open(at('login/?next=/accounts/connections/'));
    expect(french.html).toContain('<html lang="fr">');
    const href = /href="([^"]+)" lang="en"/.exec(french.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const english = await visitor.open(new URL(href, app.url));
    expect(english.url.search).toBe('?next=%2Faccounts%2Fconnections%2F');
    expect(english.html).toContain('<html lang="en">');
    expect((await visitor.open(at('profile'))).html).toContain('<html lang="en">');
    expect((await new Visitor('xx').open(at('profile'))).html).toContain('<html lang="en">');
  });

  it('has its stylesheet under a name that changes with it', async () => {
    const page = await new Visitor().open(at('profile'));
    const href = /rel="stylesheet" href="([^"]+)"/.exec(page.html)?.[1] ?? '';
    const css = await new Visitor().request(new URL(href, app.url));
    expect(css.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(css.headers.get('cache-control')).toContain('immutable');
  });
});

describe('an application’s own pages', () => {
  it('take the place of the library’s, one by one', async () => {
    const own = await startApplication(() => [], {
      pages: {
        profile: (view, frame) => `<title>${frame.name}</title><p id="own">${view.user?.username ?? 'nobody'}</p>`,
      },
    });
    expect((await new Visitor().open(`${own.url}/accounts/profile`)).text('own')).toBe('nobody');
    expect((await new Visitor().open(`${own.url}/accounts/login/`)).html).toContain('<h1>Sign in</h1>');
    await own.close();
  });
});

describe('sessions for the application', () => {
  it('are null without one, and a redirect that comes back where one is required', async () => {
    const request = new Request(`${app.url}/reports?year=2026`);
    expect(await app.accounts.session(request)).toBeNull();
    const required = await app.accounts.requireSession(request);
    expect(required).toBeInstanceOf(Response);
    expect((required as Response).headers.get('location')).toBe('/accounts/login/?next=%2Freports%3Fyear%3D2026');
  });

  it('say who is signed in', async () => {
    const visitor = await signedUp('petra');
    const cookie = `diapason_client_session=${visitor.cookie('diapason_client_session')}`;
    const session = await app.accounts.session(new Request(`${app.url}/`, { headers: { cookie } }));
    expect(session?.user).toMatchObject({ username: 'petra', hasPassword: true, isSuperuser: false });
    expect(session?.account).toBeNull();
  });
});

describe('options', () => {
  it.each([
    ['a malformed url', { url: 'example' }, /url is/],
    ['a short secret', { secret: 'short' }, /secret/],
    ['a next page elsewhere', { signedInPath: 'https://evil.example' }, /signedInPath/],
    ['a path that is none', { paths: { accounts: 'accounts' } }, /paths\.accounts/],
  ])('with %s are refused by name', async (_what, options, message) => {
    await expect(startApplication(() => [], options)).rejects.toThrow(message);
  });

  it('with an id that cannot be part of a path are refused', () => {
    expect(() => customProvider({ serverUrl: 'http://localhost:1', id: 'login' })).toThrow(/provider id "login"/);
    expect(() => customProvider({ serverUrl: 'http://localhost:1', id: '../x' })).toThrow(/provider id/);
  });
});
