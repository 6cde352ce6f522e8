/**
 * Attacks on the client half of a sign-in: what a page elsewhere, another application on the same host, and a hostile provider may try.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAccounts, customProvider, oidc } from '../src/index.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import { type Application, SECRET, startApplication } from './application.ts';
import { type OpenIdServer, startOpenIdServer } from './openid-server.ts';
import { Visitor } from './visitor.ts';

const credentials = { clientId: 'relying-party', clientSecret: 'a secret of more than thirty-two characters' };

let app: Application;
let server: OpenIdServer;
let people = 0;

beforeAll(async () => {
  let issuer = '';
  app = await startApplication(() => [
    {
      ...oidc({ id: 'openid', name: 'Open server', issuer: 'http://localhost:1', credentials, trustEmail: true }),
      addresses: () => ({ issuer, backChannelUrl: null }),
    },
  ]);
  server = await startOpenIdServer(() => [
    {
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
      redirect_uris: [app.redirectUri('openid')],
    },
  ]);
  issuer = server.issuer;
});
afterAll(async () => {
  await app.close();
  await server.close();
});
afterEach(() => {
  server.intercept = null;
});

const login = () => `${app.url}/accounts/openid/login/`;
const cookieOf = (visitor: Visitor) => visitor.cookie('diapason_client_session');
function somebody(more: Record<string, unknown> = {}) {
  people += 1;
  const name = `person-${people}`;
  server.claims = { sub: name, preferred_username: name, email: `${name}@example.org`, email_verified: true, ...more };
  return name;
}
/** Userinfo is this, whatever the ID token says. */
function answerUserinfo(body: string | Buffer) {
  server.intercept = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (incoming.url !== '/me') return false;
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(body);
    return true;
  };
}

describe('the session', () => {
  it('is a new one after each sign-in: a planted cookie is worth nothing before and after (session fixation)', async () => {
    somebody();
    const visitor = new Visitor();
    const planted = 'A'.repeat(43);
    visitor.plant(app.url, 'diapason_client_session', planted);
    await visitor.open(login());
    const first = cookieOf(visitor);
    expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first).not.toBe(planted);
    await visitor.open(login());
    expect(cookieOf(visitor)).not.toBe(first);
    for (const old of [planted, first]) {
      const request = new Request(app.url, { headers: { cookie: `diapason_client_session=${old}` } });
      expect(await app.accounts.session(request)).toBe(null);
    }
  });

  it('does not begin by the answer to somebody else’s attempt (state fixation, login CSRF): the code is not even exchanged', async () => {
    somebody();
    const attacker = new Visitor();
    let page = await attacker.request(login());
    // As far as the attacker's own callback, which they do not open.
    while (!page.headers.get('location')?.startsWith(app.redirectUri('openid'))) {
      page = await attacker.request(new URL(page.headers.get('location') ?? '', page.url));
    }
    const callback = page.headers.get('location') ?? '';
    const victim = new Visitor();
    await victim.request(login());
    server.requests.length = 0;
    const answer = await victim.open(callback);
    expect([answer.status, answer.text('failure-code')]).toEqual([400, 'attempt_missing']);
    expect(cookieOf(victim)).toBe(undefined);
    expect(server.requests).toEqual([]);
  });

  it('nor by an attempt that a sibling host planted (cookie tossing): on https only __Host- cookies count', async () => {
    const url = 'https://app.example.org';
    const secure = createAccounts({
      url,
      secret: SECRET,
      store: openSqliteStore({ path: ':memory:' }),
      providers: [customProvider({ serverUrl: 'https://accounts.example.org', credentials })],
      log: () => undefined,
    });
    const start = await secure.handle(new Request(`${url}/accounts/customprovider/login/`));
    const own = start?.headers.getSetCookie().find((each) => each.includes('attempt')) ?? '';
    expect(own).toMatch(/^__Host-diapason_client_attempt_[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure/);
    expect(own).not.toMatch(/domain=/i);
    const state = new URL(start?.headers.get('location') ?? '').searchParams.get('state');
    const tossed = (own.split(';')[0] ?? '').replace('__Host-', '');
    const callback = `${url}/accounts/customprovider/login/callback/?code=x&state=${state}`;
    const answer = await secure.handle(new Request(callback, { headers: { cookie: tossed } }));
    expect(await answer?.text()).toContain('attempt_missing');
    await secure.close();
  });
});

describe('the way back', () => {
  it.each(
    [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example/',
      '/.//evil.example',
      '/\t/evil.example',
      'javascript:alert(1)',
      ' /evil',
      '/%09/evil.example/..//',
      '/@evil.example',
      '\u2028//evil.example',
      ['a path that is longer than any', `/${'a'.repeat(5_000)}`] as const,
    ].map((each) => (typeof each === 'string' ? ([JSON.stringify(each), each] as const) : each)),
  )('leads nowhere else: next=%s (open redirect)', async (_what, next) => {
    somebody();
    const visitor = new Visitor();
    const page = await visitor.open(`${login()}?${new URLSearchParams({ next })}`);
    expect(page.url.origin).toBe(app.url);
  });

  it('and no page of it is kept by a cache, framed, or told of in a referrer', async () => {
    somebody();
    const visitor = new Visitor();
    const seen = [await visitor.request(login())];
    while (seen.at(-1)?.headers.get('location')) {
      const last = seen.at(-1);
      seen.push(await visitor.request(new URL(last?.headers.get('location') ?? '', last?.url)));
    }
    seen.push(await visitor.open(`${app.redirectUri('openid')}?error=access_denied&state=x`));
    const ours = seen.filter(({ url }) => url.origin === app.url);
    expect(ours.length).toBeGreaterThanOrEqual(4);
    for (const { headers } of ours) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
  });

  it('shows nothing of a hostile error_description or error_uri, and of an error as text alone', async () => {
    const visitor = new Visitor();
    const start = await visitor.request(login());
    const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const hostile = {
      state,
      iss: server.issuer,
      error: '<script>alert(1)</script>',
      error_description: `call 0800 123 456 <img src=x onerror=alert(1)>${'x'.repeat(4_000)}`,
      error_uri: 'javascript:alert(1)',
    };
    const page = await visitor.open(`${app.redirectUri('openid')}?${new URLSearchParams(hostile)}`);
    expect(page.text('failure-code')).toBe('authorization_refused');
    for (const part of ['<script', '0800 123 456', 'onerror', 'javascript:']) expect(page.html).not.toContain(part);
    expect(JSON.stringify(app.log)).not.toContain('0800 123 456');
  });

  it('takes an answer once: not a second time, not with an ID token of another attempt (nonce)', async () => {
    somebody();
    const visitor = new Visitor();
    let page = await visitor.request(login());
    while (!page.url.href.startsWith(app.redirectUri('openid'))) {
      page = await visitor.request(new URL(page.headers.get('location') ?? '', page.url));
    }
    expect((await visitor.open(page.url)).text('failure-code')).toBe('attempt_missing');
    // The provider, or whoever stands in its place, answers with the ID token that it gave out for an earlier attempt.
    let kept: string | null = null;
    const replaying = async (url: string, init: RequestInit) => {
      const response = await fetch(url, init);
      if (!url.endsWith('/token')) return response;
      const text = await response.text();
      kept ??= text;
      return new Response(kept, { status: response.status, headers: response.headers });
    };
    const twin = createAccounts({
      url: app.url,
      secret: SECRET,
      store: openSqliteStore({ path: ':memory:' }),
      providers: [oidc({ id: 'openid', name: 'Open server', issuer: server.issuer, credentials })],
      fetch: replaying,
      log: () => undefined,
    });
    const outcomes: string[] = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const start = await twin.handle(new Request(login()));
      const cookie = start?.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      let at = await new Visitor().open('about:blank').catch(() => null);
      const browser = new Visitor();
      let next = start?.headers.get('location') ?? '';
      while (!next.startsWith(app.redirectUri('openid'))) {
        at = await browser.request(next);
        next = new URL(at.headers.get('location') ?? '', at.url).href;
      }
      const answer = await twin.handle(new Request(next, { headers: { cookie } }));
      outcomes.push(
        answer?.status === 303
          ? 'signed in'
          : (/id="failure-code"[^>]*>\s*([a-z_]+)/.exec((await answer?.text()) ?? '')?.[1] ?? ''),
      );
    }
    expect(outcomes).toEqual(['signed in', 'id_token_nonce_wrong']);
    await twin.close();
  });
});

describe('cookies', () => {
  it('of any size and content are read as none (huge, malformed, of another secret)', async () => {
    const junk = Array.from(
      { length: 40 },
      (_, index) => `diapason_client_attempt_${String(index).padStart(22, 'a')}=${'x'.repeat(20_000)}`,
    );
    const hostile = [
      ...junk,
      `diapason_client_session=${'y'.repeat(100_000)}`,
      `diapason_client_pending=${'z'.repeat(100_000)}`,
      'diapason_client_notice=<script>alert(1)</script>',
      'diapason_client_language=../../etc',
      'diapason_client_form=%00%ff',
      '=;;=;diapason_client_session',
    ].join('; ');
    for (const path of [
      '/accounts/login/',
      '/accounts/profile',
      '/accounts/social/signup/',
      '/accounts/openid/login/',
    ]) {
      const answer = await app.accounts.handle(new Request(`${app.url}${path}`, { headers: { cookie: hostile } }));
      expect(answer?.status).toBeLessThan(500);
      expect(await answer?.text()).not.toContain('<script');
      // What is too many is taken away.
      if (path.includes('openid')) {
        const gone = answer?.headers
          .getSetCookie()
          .filter((each) => each.includes('attempt_') && each.includes('Max-Age=0'));
        expect(gone?.length).toBeGreaterThanOrEqual(29);
      }
    }
  });
});

describe('a hostile userinfo', () => {
  it('of megabytes is not read to its end', async () => {
    somebody();
    answerUserinfo(Buffer.alloc(8 * 1024 * 1024, 0x20));
    const page = await new Visitor().open(login());
    expect([page.status, page.text('failure-code')]).toEqual([502, 'provider_unreachable']);
  });

  it('nested without an end, or no object, is a failure with a code and not a crash', async () => {
    for (const body of [
      `${'['.repeat(200_000)}`,
      `{"sub":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
      'null',
      '[]',
      '"text"',
      '',
    ]) {
      somebody();
      answerUserinfo(body);
      const page = await new Visitor().open(login());
      expect(page.text('failure-code')).toMatch(/^(profile_invalid|subject_mismatch)$/);
    }
  });

  it('with keys of the prototype gives nobody rights, and pollutes nothing', async () => {
    const name = somebody();
    answerUserinfo(
      `{"sub":"${name}","preferred_username":"${name}","__proto__":{"isSuperuser":true,"isActive":true},"constructor":{"prototype":{"isSuperuser":true}},` +
        '"isSuperuser":true,"is_superuser":1,"toString":"x","hasOwnProperty":1}',
    );
    await new Visitor().open(login());
    expect((await app.store.findUserByUsername(name))?.isSuperuser).toBe(false);
    expect(({} as Record<string, unknown>)['isSuperuser']).toBe(undefined);
  });

  it('with markup, control characters and other types in its fields is text, cut and cleaned', async () => {
    const name = somebody();
    answerUserinfo(
      JSON.stringify({
        sub: name,
        preferred_username: name,
        given_name: '<img src=x onerror=alert(1)>',
        family_name: ['a', 'list'],
        email: { an: 'object' },
        email_verified: 'true',
      }),
    );
    const page = await new Visitor().open(login());
    expect(page.text('first_name')).toBe('<img src=x onerror=alert(1)>');
    expect(page.html).not.toContain('<img');
    expect(await app.store.findUserByUsername(name)).toMatchObject({ lastName: '', email: '', emailVerified: false });
  });

  it.each(
    [
      'victim@example.org, attacker@evil.example',
      'victim@example.org attacker@evil.example',
      '<victim@example.org>',
      'victim@example.org\u0000@evil.example@',
      'no address',
      ['one that is longer than any', `${'a'.repeat(240)}@example.org.evil.example`] as const,
    ].map((each) => (typeof each === 'string' ? ([JSON.stringify(each), each] as const) : each)),
  )('with %s for an address has none (CVE-2022-35924)', async (_what, email) => {
    const name = somebody({ email });
    await new Visitor().open(login());
    expect(await app.store.findUserByUsername(name)).toMatchObject({ email: '', emailVerified: false });
  });
});
