/**
 * What of docs/security.md shows in the running server alone: headers, redirects, the log, what a page says.
 *
 * Owns those entries. What a part can be asked by itself is tested beside that part.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './black-box/site.ts';
import { formOf, type Person, wordsOf } from './person.ts';

let site: Site;
let developer: Person;
let application: RegisteredApplication;
beforeAll(async () => {
  site = await openSite('SQLite');
  developer = await site.member('developer');
  application = await register(developer, { name: 'Letters' });
  await site.member('alice');
});
afterAll(() => site?.dispose());

const authorizeAddress = (more: Readonly<Record<string, string>> = {}) =>
  `/o/authorize/?${new URLSearchParams({
    client_id: application.clientId,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid email',
    ...more,
  })}`;

const policyOf = (headers: Headers) => headers.get('content-security-policy') ?? '';

describe('what a browser is told', () => {
  it('RFC 9700 #16: no address of a page goes to another site, and no page loads anything from one', async () => {
    for (const page of [await site.person().open(authorizeAddress()), await developer.open(authorizeAddress())]) {
      expect(['same-origin', 'no-referrer']).toContain(page.headers.get('referrer-policy'));
      expect(policyOf(page.headers)).toContain("default-src 'none'");
      const sources = page.document
        .querySelectorAll('script[src], img[src], iframe[src], link[href]')
        .map((element) => element.getAttribute('src') ?? element.getAttribute('href') ?? '');
      expect(sources.length).toBeGreaterThan(0);
      for (const source of sources) expect(new URL(source, site.url).origin).toBe(new URL(site.url).origin);
    }
  });

  it('RFC 9700 #17: a form with a password is answered by 303, which sends nothing again', async () => {
    const person = site.person();
    const signIn = await person.open(authorizeAddress());
    const { answers } = await person.signIn('alice', PASSWORD, signIn);
    expect(answers[0]?.status).toBe(303);
    const consent = await person.open(authorizeAddress());
    const { answers: allowed } = await person.submit(formOf(consent, { button: 'Allow' }), {}, 'Allow');
    expect(allowed[0]?.status).toBe(303);
  });

  it('RFC 9700 #18: sign-in and consent are never framed', async () => {
    for (const page of [await site.person().open(authorizeAddress()), await developer.open(authorizeAddress())]) {
      expect(policyOf(page.headers)).toContain("frame-ancestors 'none'");
      expect(page.headers.get('x-frame-options')).toBe('DENY');
    }
  });

  it('RFC 9700 #21: the authorization endpoint lets no script of another origin read anything', async () => {
    const browserApplication = await register(developer, {
      client_type: 'public',
      redirect_uris: 'https://app.example/callback',
      allowed_origins: 'https://app.example',
    });
    const address = `${site.url}/o/authorize/?client_id=${browserApplication.clientId}`;
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const answer = await fetch(address, { method, headers: { origin: 'https://app.example' }, redirect: 'manual' });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    const token = await fetch(`${site.url}/o/token/`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example' },
    });
    expect(token.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });
});

describe('what a request claims about itself', () => {
  const forged = {
    'x-forwarded-for': '203.0.113.77',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-uri': '/healthz',
    x_forwarded_for: '203.0.113.78',
    forwarded: 'for=203.0.113.79;host=evil.example;proto=https',
    'x-real-ip': '203.0.113.80',
  };

  it('RFC 9700 #20: forwarded headers change nothing where no proxy was counted', async () => {
    const person = site.person(forged);
    await person.signIn('alice', PASSWORD);
    const sessions = await person.open('/account/sessions/');
    expect(sessions.status).toBe(200);
    expect(sessions.text).not.toContain('203.0.113');
    expect(sessions.text).not.toContain('evil.example');
    // Under a believed `x-forwarded-proto` it would have the prefix of https.
    expect(await person.cookie('diapason_session')).not.toBeNull();
  });

  it('CVE-2025-70948: no address is built from what a request says the host is', async () => {
    const before = await (await fetch(`${site.url}/o/.well-known/openid-configuration`)).text();
    const answer = await fetch(`${site.url}/o/.well-known/openid-configuration`, { headers: forged });
    expect(await answer.text()).toBe(before);
    const led = await fetch(site.url + authorizeAddress(), { headers: forged, redirect: 'manual' });
    expect(led.headers.get('location')).toMatch(/^\/login\//);
  });

  it('CVE-2025-61928: a field that names an account gives nobody its rights', async () => {
    const stranger = site.person();
    const alice = site.person();
    await alice.signIn('alice', PASSWORD);
    for (const name of ['userId', 'user_id', 'owner', 'account', 'ownerId']) {
      const answer = await stranger.send(application.path, {
        method: 'POST',
        headers: { origin: new URL(site.url).origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ [name]: 'developer', name: 'Taken over' }),
      });
      expect(answer.status).toBeGreaterThanOrEqual(300);
      const theirs = await alice.open(`${application.path}?${name}=developer`);
      expect(theirs.status).toBe(404);
    }
    expect(wordsOf(await developer.open(application.path))).toContain('Letters');
  });

  it('ASVS 16.3.2, 16.3.3: a refusal and a tampered request are in the log with their reason and without secrets', async () => {
    const redirect = 'https://evil.example/callback';
    await site.person().open(authorizeAddress({ redirect_uri: redirect, state: 'state-that-is-not-logged' }));
    await fetch(`${site.url}/o/token/`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${application.clientId}:secret-that-is-not-logged`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    await expect.poll(() => site.output()).toContain('invalid_client');
    expect(site.output()).toContain(redirect);
    expect(site.output()).not.toMatch(/-that-is-not-logged/);
  });
});

describe('what a person sees', () => {
  it('ASVS 6.2.7: nothing keeps a password from being pasted or filled in', async () => {
    const page = await site.person().open('/login/');
    const field = page.document.querySelector('input[name=password]');
    expect(field?.getAttribute('autocomplete')).toBe('current-password');
    expect(page.document.querySelector('input[name=username]')?.getAttribute('autocomplete')).toContain('username');
    expect(Object.keys(field?.attributes ?? {}).filter((name) => name.startsWith('on'))).toEqual([]);
  });

  it('ASVS 7.4.4: the way out is on every page of somebody who is signed in', async () => {
    for (const path of ['/account/', '/account/sessions/', '/o/applications/', '/o/authorized_tokens/']) {
      const page = await developer.open(path);
      expect(page.document.querySelector('a[href^="/logout/"], form[action^="/logout/"]'), path).not.toBeNull();
    }
  });

  it('ASVS 7.6.2: an address alone signs nobody in', async () => {
    const person = site.person();
    const seen = await person.open(authorizeAddress({ login_hint: 'alice', username: 'alice', password: PASSWORD }));
    expect(new URL(seen.url).pathname).toBe('/login/');
    expect((await person.open(`/login/?username=alice&password=${encodeURIComponent(PASSWORD)}`)).status).toBe(200);
    expect((await person.open('/account/')).url).toContain('/login/');
  });

  it('ASVS 10.7.2: consent says which application asks, for what, as whom and for how long', async () => {
    const person = site.person();
    await person.signIn('alice', PASSWORD);
    const consent = wordsOf(await person.open(authorizeAddress({ prompt: 'consent' })));
    for (const part of ['Letters', 'localhost:9', 'alice', 'developer']) expect(consent).toContain(part);
    expect(consent).toMatch(/e-?mail address/i);
    expect(consent).toMatch(/\d+ (day|hour|minute)/);
  });
});
