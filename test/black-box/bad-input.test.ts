/**
 * The "Bad input", from outside: what is sent to the endpoints of applications and to no endpoint at all. Each gets a
 * clear answer, never a 500, never a trace of the inside. People's forms are `bad-forms.test.ts`; what nobody thought of is
 * `fuzz.test.ts`.
 */
import { parse } from 'node-html-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftFor, type Person, textOf, wordsOf } from '../person.ts';
import { expectSound, failures, HOSTILE, logLines, referenceOn, soundText } from './judge.ts';
import { CALLBACK, ENGINES, openSite, type RegisteredApplication, register, type Site } from './site.ts';
import { exchange, request } from './wire.ts';

const FORM = 'application/x-www-form-urlencoded';

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let developer: Person;
  let application: RegisteredApplication;
  beforeAll(async () => {
    site = await openSite(engine);
    developer = await site.member('developer');
    application = await register(developer, { grants: ['authorization-code', 'client-credentials'] });
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });

  /** Raw octets in, a judged answer out. */
  async function send(...given: Parameters<typeof request>) {
    const answer = await exchange(site.listening, request(...given));
    const contentType = answer.headers.get('content-type') ?? '';
    expectSound({ status: answer.status, text: answer.body, contentType }, given.slice(0, 2).join(' '));
    return answer;
  }

  describe('RFC 6749 §4.1.2.1: client and redirect URI first', () => {
    const good = () =>
      `client_id=${application.clientId}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code&state=s`;
    const withRedirect = (uri: string) => good().replace(encodeURIComponent(CALLBACK), encodeURIComponent(uri));
    const cases: readonly (readonly [string, () => string])[] = [
      ['no client', () => 'response_type=code'],
      ['an unknown client', () => good().replace(application.clientId, 'nobody')],
      ['a client that is markup', () => good().replace(application.clientId, encodeURIComponent(HOSTILE))],
      ['a client with a NUL', () => good().replace(application.clientId, '%00')],
      ['a client that is no UTF-8', () => good().replace(application.clientId, '%ff')],
      ['a client that is not percent-encoded', () => good().replace(application.clientId, '%zz')],
      ['an over-long client', () => good().replace(application.clientId, 'c'.repeat(5_000))],
      ['the client twice (CVE-2026-9689)', () => `${good()}&client_id=${application.clientId}`],
      ['the redirect URI twice', () => `${good()}&redirect_uri=https%3A%2F%2Fevil.example`],
      ['another redirect URI', () => withRedirect('https://evil.example/')],
      ['an extra query', () => withRedirect(`${CALLBACK}?x=1`)],
      ['an extra slash', () => withRedirect(`${CALLBACK}/`)],
      ['a path trick (CVE-2026-3872)', () => withRedirect(`${CALLBACK}/..;/evil`)],
      ['a user name (CVE-2026-28512)', () => withRedirect('http://localhost:9@evil.example/callback')],
      ['a backslash', () => withRedirect('http://localhost:9\\@evil.example/callback')],
      ['a fragment', () => withRedirect(`${CALLBACK}#x`)],
      ['a script', () => withRedirect('javascript:alert(1)')],
      ['a line break', () => withRedirect(`${CALLBACK}\r\nset-cookie: x=y`)],
      ['an over-long redirect URI', () => withRedirect(`${CALLBACK}?${'x'.repeat(5_000)}`)],
      ['a hundred parameters', () => Array.from({ length: 120 }, (_, index) => `p${index}=x`).join('&')],
    ];

    it.each(cases)('%s: a page with a reference number, and no redirect', async (_what, query) => {
      for (const person of [site.person(), developer]) {
        const response = await person.send(`/o/authorize/?${query()}`);
        const page = await soundText(response);
        expect([response.status, response.headers.get('location')]).toEqual([400, null]);
        expect(wordsOf({ document: parse(page) })).not.toContain('evil.example');
        const reference = referenceOn(page);
        await expect
          .poll(() => logLines(site).some(({ reqId, status }) => reqId === reference && status === 400))
          .toBe(true);
      }
    });

    it.each(cases)('%s, as a form: the same', async (_what, query) => {
      const body = query();
      const response = await developer.send('/o/authorize/', {
        method: 'POST',
        headers: { 'content-type': FORM, origin: 'https://app.example' },
        body,
      });
      referenceOn(await soundText(response));
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    });

    it.each([
      ['a repeated parameter', 'scope=read&scope=write'],
      ['an unknown parameter twice', 'x=1&x=2'],
      ['an over-long value', `nonce=${'n'.repeat(4_000)}`],
      ['a control character', 'scope=read%0a'],
      ['a NUL', 'nonce=%00'],
      ['no UTF-8', 'login_hint=%ff'],
      ['a broken encoding', 'login_hint=%z'],
      ['an unknown scope', 'scope=everything'],
      ['an unknown prompt', 'prompt=please'],
      ['no number', 'max_age=-1'],
      ['a request object', 'request=eyJhbGciOiJub25lIn0.e30.'],
      ['a hint that is none of ours', 'id_token_hint=eyJhbGciOiJub25lIn0.e30.'],
      ['PKCE by plain (RFC 9700 #5)', `code_challenge=${'a'.repeat(43)}&code_challenge_method=plain`],
      ['a challenge that is none', 'code_challenge=short&code_challenge_method=S256'],
    ])('%s behind both: the error goes to the application, with state and iss', async (_what, more) => {
      const back = leftFor(await developer.open(`/o/authorize/?${good()}&${more}`));
      expect(back.href.startsWith(`${CALLBACK}?`)).toBe(true);
      expect(Object.fromEntries(back.searchParams)).toMatchObject({
        error: expect.stringMatching(/^[a-z_]+$/),
        error_description: expect.any(String),
        state: 's',
        iss: `${site.url}/o`,
      });
    });

    it('a state that is at fault is not sent back', async () => {
      const back = leftFor(await developer.open(`/o/authorize/?${good()}%00`));
      expect([back.searchParams.get('error'), back.searchParams.has('state')]).toEqual(['invalid_request', false]);
    });

    it('a form of another type is refused on a page', async () => {
      for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain', '']) {
        const answer = await send(
          'POST',
          '/o/authorize/',
          { 'content-type': type, accept: 'text/html' },
          '{"client_id":"x"}',
        );
        expect([400, 415]).toContain(answer.status);
      }
    });
  });

  describe.each(['/o/token', '/o/introspect', '/o/revoke_token'])('%s', (path) => {
    const credentials = () => `client_id=${application.clientId}&client_secret=${application.clientSecret}`;
    const grant = () => `grant_type=client_credentials&token=x&${credentials()}`;
    const post = (
      body: string | Buffer,
      headers: Readonly<Record<string, string>> = { 'content-type': FORM },
      query = '',
    ) => send('POST', path + query, headers, body);

    it.each([
      ['JSON', () => JSON.stringify({ grant_type: 'client_credentials' }), { 'content-type': 'application/json' }],
      ['no content type', grant, {}],
      ['an empty content type', grant, { 'content-type': '' }],
      ['a content type that is none', grant, { 'content-type': ';;;' }],
      ['plain text', grant, { 'content-type': 'text/plain' }],
      ['multipart', () => '--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
      ['a compressed body', grant, { 'content-type': FORM, 'content-encoding': 'gzip' }],
    ])('refuses %s and says that a form is wanted', async (_what, body, headers) => {
      const answer = await post(body(), headers);
      expect([400, 415]).toContain(answer.status);
      expect(JSON.parse(answer.body)).toMatchObject({
        error: 'invalid_request',
        error_description: expect.stringContaining(FORM),
      });
    });

    it.each([
      ['a repeated parameter', () => `${grant()}&scope=read&scope=write`],
      ['a repeated secret', () => `${grant()}&client_secret=x`],
      ['an over-long value', () => `${grant()}&scope=${'s'.repeat(20_000)}`],
      ['a control character', () => `${grant()}&scope=read%0d%0a`],
      ['a NUL', () => `${grant()}&scope=%00`],
      ['no UTF-8', () => `${grant()}&scope=%ff`],
      ['a surrogate', () => `${grant()}&scope=%ed%a0%80`],
      ['a broken encoding', () => `${grant()}&scope=%`],
      [
        'two hundred parameters',
        () => `${grant()}&${Array.from({ length: 200 }, (_, index) => `p${index}=x`).join('&')}`,
      ],
    ])('refuses %s as invalid_request', async (_what, body) => {
      const answer = await post(body());
      expect([answer.status, JSON.parse(answer.body).error]).toEqual([400, 'invalid_request']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    });

    it('takes octets that are no UTF-8 for what they are', async () => {
      const body = Buffer.concat([Buffer.from(`${grant()}&scope=`), Buffer.from([0xff, 0xfe, 0x00])]);
      expect((await post(body)).status).toBe(400);
    });

    it.each([
      ['no base64', 'Basic ////'],
      ['a NUL', `Basic ${Buffer.from('a\0b:c\0d').toString('base64')}`],
      ['no colon', `Basic ${Buffer.from('abc').toString('base64')}`],
      ['no UTF-8', `Basic ${Buffer.from([0xff, 0x3a, 0xff]).toString('base64')}`],
      ['octets beyond ASCII', 'Basic \u00ff\u00fe'],
      ['another scheme', 'Negotiate x'],
      ['nothing behind the scheme', 'Basic '],
    ])('answers an Authorization header with %s by 401 and WWW-Authenticate', async (_what, authorization) => {
      const answer = await post('grant_type=client_credentials&token=x', { 'content-type': FORM, authorization });
      expect([answer.status, JSON.parse(answer.body).error]).toEqual([401, 'invalid_client']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
    });

    it('refuses a body of more than 64 KiB with 413, told beforehand or not', async () => {
      const answer = await post(`token=${'x'.repeat(70_000)}`);
      expect([answer.status, JSON.parse(answer.body).error]).toEqual([413, 'invalid_request']);
      const chunk = `${(70_000).toString(16)}\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`;
      const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: ${FORM}\r\ntransfer-encoding: chunked\r\n\r\n`;
      expect((await exchange(site.listening, head + chunk)).status).toBe(413);
    });

    it('refuses credentials in the address (RFC 6749 §2.3.1), and echoes none', async () => {
      const answer = await post(grant(), { 'content-type': FORM }, `?client_secret=${application.clientSecret}`);
      expect(answer.status).toBe(400);
      expect(answer.body).not.toContain(application.clientSecret ?? '');
    });

    it('echoes nothing of what was sent', async () => {
      const hostile = encodeURIComponent(HOSTILE);
      for (const body of [
        `grant_type=${hostile}&${credentials()}`,
        `client_id=${hostile}`,
        `${hostile}=1&${hostile}=2`,
      ]) {
        expect((await post(body)).body).not.toMatch(/<script|alert\(/);
      }
    });
  });

  describe('RFC 6749 §4.1.2: state comes back exactly as it was sent, or not at all', () => {
    const parameters = (by: RegisteredApplication) =>
      `client_id=${by.clientId}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code&prompt=none&state=`;

    it.each([
      ['half a character, encoded', '%ED%A0%80'],
      ['octets that are no UTF-8, encoded', '%ff'],
    ])('%s, is refused in an address', async (_, state) => {
      const answer = await send('GET', `/o/authorize/?${parameters(application)}${state}`);
      const location = new URL(answer.headers.get('location') ?? '');
      expect([location.searchParams.get('error'), location.searchParams.has('state')]).toEqual([
        'invalid_request',
        false,
      ]);
    });

    it.each([
      ['half a character', Buffer.from([0xed, 0xa0, 0x80])],
      ['octets that are no UTF-8', Buffer.from([0xff])],
    ])('%s, is refused in a body', async (_, octets) => {
      const body = Buffer.concat([Buffer.from(parameters(application)), octets]);
      const answer = await send('POST', '/o/authorize/', { 'content-type': FORM }, body);
      const location = new URL(answer.headers.get('location') ?? '');
      expect([location.searchParams.get('error'), location.searchParams.has('state')]).toEqual([
        'invalid_request',
        false,
      ]);
    });

    it('whole characters come back, the mark for a lost one among them', async () => {
      for (const state of ['%F0%9F%98%80', '%EF%BF%BD']) {
        const answer = await send('GET', `/o/authorize/?${parameters(application)}${state}`);
        expect(answer.headers.get('location')).toContain(`&state=${state}&`);
      }
    });
  });

  describe('RFC 9110 §15.5.6: methods', () => {
    const ADDRESSES = [
      ['/', 'GET, HEAD'],
      ['/login/', 'GET, HEAD, POST'],
      ['/signup/', 'GET, HEAD, POST'],
      ['/logout/', 'GET, HEAD, POST'],
      ['/language/', 'POST'],
      ['/account/', 'GET, HEAD, POST'],
      ['/account/email/', 'GET, HEAD, POST'],
      ['/account/log/', 'GET, HEAD'],
      // A GET has an effect there that nobody would see of a HEAD: a code, the end of a session.
      ['/o/authorize/', 'GET, POST'],
      ['/o/authorize/a-request-that-waits/', 'GET, POST'],
      ['/o/logout/', 'GET, POST'],
      ['/o/applications/', 'GET, HEAD'],
      ['/o/token/', 'POST, OPTIONS'],
      ['/o/introspect/', 'POST'],
      ['/o/revoke_token/', 'POST, OPTIONS'],
      ['/o/userinfo/', 'GET, HEAD, POST, OPTIONS'],
      ['/profile/', 'GET, HEAD, OPTIONS'],
      ['/o/.well-known/openid-configuration', 'GET, HEAD, OPTIONS'],
      ['/o/.well-known/jwks.json', 'GET, HEAD, OPTIONS'],
      ['/.well-known/oauth-authorization-server/o', 'GET, HEAD, OPTIONS'],
      ['/healthz', 'GET, HEAD'],
      ['/readyz', 'GET, HEAD'],
    ] as const;

    it.each(ADDRESSES)('%s allows %s; everything else is 405 with Allow', async (path, allow) => {
      const allowed = allow.split(', ');
      for (const method of [
        'GET',
        'HEAD',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'OPTIONS',
        'TRACE',
        'PROPFIND',
        'SEARCH',
      ]) {
        const answer = await exchange(site.listening, request(method, path));
        if (allowed.includes(method)) expect([method, answer.status]).not.toEqual([method, 405]);
        else expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, allow]);
      }
    });

    it('HEAD says what GET would, without a body', async () => {
      for (const path of ['/login/', '/o/.well-known/jwks.json', '/nothing-here/']) {
        const [get, head] = [await send('GET', path), await exchange(site.listening, request('HEAD', path))];
        expect([head.status, head.body]).toEqual([get.status, '']);
        expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
      }
    });
  });

  describe('addresses', () => {
    it.each([
      '//evil.example/',
      '//evil.example/%2e%2e',
      '/%2e%2e/',
      '/..;/login/',
      '/login;x=1/',
      '/LOGIN/',
      '/login//',
      '/./login/',
      '/o//token/',
      '/o/../admin/',
      '/assets/..%2f..%2fpackage.json',
      '/assets/%2e%2e/package.json',
      '/o/applications/%2e%2e%2fregister/',
      `/o/applications/${'a'.repeat(500)}/`,
    ])('%s is nothing: 404, on a page that links nowhere else', async (path) => {
      const answer = await send('GET', path, { accept: 'text/html' });
      expect(answer.status).toBe(path.startsWith('/o/applications/%2e') ? 303 : 404);
      expect(answer.body).not.toMatch(/(?:href|action)="(?:\/\/|https?:)/);
    });

    it.each(['/%', '/%zz', '/%ff', '/%00', '/login/%00', '/o/applications/%00/', '/o/authorized_tokens/a%0ab/delete/'])(
      '%s cannot be read: 400, for whoever asks',
      async (path) => {
        const cookie = await developer.cookies.getCookieString(site.url);
        for (const headers of [{}, { cookie }]) expect((await send('GET', path, headers)).status).toBe(400);
      },
    );

    it('the absolute form is the same address (RFC 9112 §3.2.2), and its host is believed in nothing', async () => {
      const cookie = await developer.cookies.getCookieString(site.url);
      const answer = await send('GET', 'http://evil.example/account/', {
        accept: 'text/html',
        cookie,
        host: 'evil.example',
      });
      expect(answer.status).toBe(200);
      expect(answer.body).not.toContain('evil.example');
      const signedOut = await send('GET', 'http://evil.example/account/', { host: 'evil.example' });
      expect(signedOut.headers.get('location')).toBe('/login/?next=%2Faccount%2F');
    });

    it('two Host headers are refused, alike or not, in whatever case (RFC 9112 §3.2)', async () => {
      const target = '/o/.well-known/openid-configuration';
      for (const second of ['Host: evil.example', 'HOST: localhost']) {
        const head = `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${second}\r\nConnection: close\r\n\r\n`;
        const answer = await exchange(site.listening, head);
        expect(answer.status).toBe(400);
        expect(answer.body).not.toContain('evil.example');
      }
      expect((await send('GET', target)).status).toBe(200);
    });

    it('a forged Host changes no address that is published', async () => {
      const answer = await send('GET', '/o/.well-known/openid-configuration', {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        forwarded: 'host=evil.example;proto=https',
      });
      expect(JSON.parse(answer.body).issuer).toBe(`${site.url}/o`);
      expect(answer.body).not.toContain('evil.example');
    });

    it('programs hear JSON of what is not there, people see a page', async () => {
      const program = await send('GET', '/o/token/nothing');
      expect(JSON.parse(program.body)).toMatchObject({ error: 'not_found', reference: expect.any(String) });
      expect((await send('GET', '/nothing', { accept: 'text/html' })).body).toContain('There is nothing here');
    });
  });

  describe('what is no request', () => {
    it.each([
      ['no HTTP', 'hello\r\n\r\n', 400],
      ['another version', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
      ['an unknown method', 'FOO / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
      ['two lengths', 'POST /o/token/ HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 400],
      [
        'a length and chunks (request smuggling)',
        'POST /o/token/ HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
        400,
      ],
      ['a negative length', 'POST /o/token/ HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400],
      ['an address beyond ASCII', Buffer.from('GET /\xe9 HTTP/1.1\r\nhost: x\r\n\r\n', 'latin1'), 400],
      ['headers of 20 KiB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['cookies of 20 KiB', `GET / HTTP/1.1\r\nhost: x\r\ncookie: a=${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['an address of 20 KiB', `GET /?${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    ])('%s is answered in the form of every other refusal', async (_what, octets, status) => {
      const answer = await exchange(site.listening, octets);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      const { error, reference } = JSON.parse(answer.body);
      expect(error).toBe('invalid_request');
      await expect.poll(() => logLines(site).some(({ reqId }) => reqId === reference)).toBe(true);
    });

    it('cookies that are none of ours, or many, or broken, do no harm', async () => {
      const many = Array.from({ length: 900 }, (_, index) => `c${index}=${index}`).join('; ');
      for (const cookie of [
        many,
        `a=${'x'.repeat(14_000)}`,
        'diapason_session=%00; =; ;;;,',
        'diapason_session=\u00ff',
        '__proto__=x',
      ]) {
        expect((await send('GET', '/login/', { cookie, accept: 'text/html' })).status).toBe(200);
      }
    });

    it('headers that nobody sends do no harm', async () => {
      const odd = {
        'accept-language': 'fr;q=zz,*;q=,-\u00ff',
        'user-agent': '\u00ff\u0080',
        referer: '::',
        origin: '\u00fe',
      };
      expect((await send('GET', '/login/', odd)).status).toBe(200);
      expect((await send('OPTIONS', '/o/token/', { ...odd, 'access-control-request-method': 'POST' })).status).toBe(
        204,
      );
    });
  });

  it('a sign-in that is unknown here or begun in another browser says so, and goes nowhere', async () => {
    const person = site.person();
    const query = `client_id=${application.clientId}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code`;
    const signIn = await person.open(`/o/authorize/?${query}`);
    const pending = new URL(signIn.url).searchParams.get('next') ?? '';
    for (const [who, address] of [
      [developer, pending],
      [developer, `/o/authorize/${'x'.repeat(43)}/`],
    ] as const) {
      const seen = await who.open(address);
      expect([seen.status, seen.leftFor]).toEqual([400, null]);
      expect(wordsOf(seen)).toContain('This sign-in took too long');
      referenceOn(seen.text);
    }
    // It still waits where it was begun.
    expect((await person.open(pending)).url).toContain('/login/');
  });

  it('an application of which somebody else has the address is as if it were not there', async () => {
    const stranger = await site.member('stranger');
    for (const path of ['', 'update/', 'delete/']) {
      expect((await stranger.open(application.path + path)).status).toBe(404);
    }
    expect(textOf(await developer.open(application.path), 'client-id')).toBe(application.clientId);
  });
});
