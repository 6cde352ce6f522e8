/**
 * What nobody thought of: any address with any method, headers and body that a generator makes up, signed in and signed out,
 * on both engines. Every answer has to be sound (`judge.ts`): no failure of ours, nothing of the inside, nothing run.
 *
 * Bounded by time, so that it fits into every run; `FUZZ_SECONDS` searches longer. A failing case prints its seed.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person } from '../person.ts';
import { expectSound, failures, HOSTILE } from './judge.ts';
import { CALLBACK, ENGINES, openSite, PASSWORD, register, type Site } from './site.ts';
import { exchange, request } from './wire.ts';

const SECONDS_AN_ENGINE = Number(process.env['FUZZ_SECONDS'] ?? 8);

const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
/** Addresses that are there, or will be. */
const FIXED_ADDRESSES = `
  / /login/ /signup/ /logout/ /language/ /healthz /readyz /profile /account/ /account/password/
  /account/email/ /account/sessions/ /o/authorized_tokens/ /o/authorize/ /o/applications/
  /o/applications/register/ /o/applications/x/delete/ /o/authorized_tokens/x/delete/ /o/logout/
  /o/token/ /o/introspect/ /o/revoke_token/ /o/userinfo/ /o/par/ /o/device-authorization/ /o/device/
  /o/register/ /o/.well-known/openid-configuration /o/.well-known/jwks.json
  /.well-known/oauth-authorization-server/o /metrics /api/v1/ /admin/
`
  .trim()
  .split(/\s+/);
/** Parameters and fields that mean something somewhere. */
const NAMES = `
  client_id client_secret redirect_uri response_type response_mode scope state nonce prompt max_age
  login_hint id_token_hint ui_locales code_challenge code_challenge_method request_uri grant_type
  code code_verifier refresh_token token token_type_hint access_token resource
  post_logout_redirect_uri device_code user_code approval_prompt acr_values claims request username
  password current_password email first_name last_name locale next done end csrf form allow account
  name client_type grants redirect_uris scopes allowed_origins post_logout_redirect_uris
  id_token_algorithm code_lifetime_seconds require_pkce confirm
`
  .trim()
  .split(/\s+/);

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  /** What a request may hit upon: values that are right somewhere. */
  let right: readonly string[];
  let addresses: readonly string[];
  let cookie: string;
  let csrf: string;
  let members = 0;
  /** A browser in which somebody new just signed up: whoever was there may have been signed out, or locked out, by chance. */
  async function enter(): Promise<Person> {
    members += 1;
    const member = await site.member(`member${members}`);
    cookie = await member.cookies.getCookieString(site.url);
    csrf = formOf(await member.open('/account/'), { field: 'first_name' }).fields.get('csrf') ?? '';
    return member;
  }

  beforeAll(async () => {
    // Without a token, /metrics would tell programs of this machine what runs, which is what it is for.
    site = await openSite(engine, { DIAPASON_METRICS_TOKEN: 'a-token-for-the-figures' });
    const member = await enter();
    const application = await register(member, { grants: ['authorization-code', 'client-credentials'] });
    const person = site.person();
    const signIn = await person.open(
      `/o/authorize/?client_id=${application.clientId}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code`,
    );
    const pending = new URL(signIn.url).searchParams.get('next') ?? '';
    const { clientId, clientSecret } = application;
    right = [
      clientId,
      clientSecret ?? '',
      CALLBACK,
      csrf,
      csrf,
      csrf,
      pending,
      'member',
      PASSWORD,
      'read',
      'openid profile',
    ];
    const { path } = application;
    addresses = [...FIXED_ADDRESSES, pending, path, `${path}update/`, `${path}secrets/`, `${path}secrets/x/delete/`];
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });

  /** A value as it stands in a form or a query: right, almost right, or anything. */
  function encodedValue(): fc.Arbitrary<string> {
    return fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...right).map(encodeURIComponent) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          'code',
          'authorization_code',
          'refresh_token',
          'client_credentials',
          'none',
          'S256',
          'query',
          '0',
          '-1',
          '99999999999999999999',
          'on',
          'others',
          'fr',
          'confidential',
          'RS256',
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          encodeURIComponent(HOSTILE),
          '%00',
          '%ff',
          '%',
          '%zz',
          '%0d%0a',
          '%ed%a0%80',
          '__proto__',
          'constructor',
          '%e2%80%ae',
          '+',
          '=',
        ),
      },
      {
        weight: 2,
        arbitrary: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => encodeURIComponent(text.toWellFormed())),
      },
      { weight: 1, arbitrary: fc.integer({ min: 300, max: 9_000 }).map((length) => 'x'.repeat(length)) },
    );
  }

  function parameters(): fc.Arbitrary<string> {
    const name = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...NAMES) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('', '%00', '%ff', '__proto__', 'hasOwnProperty', encodeURIComponent(HOSTILE)),
      },
    );
    return fc.array(fc.tuple(name, encodedValue()), { maxLength: 9 }).map((pairs) =>
      pairs
        .map((pair) => pair.join('='))
        .join('&')
        .slice(0, 12_000),
    );
  }

  function target(): fc.Arbitrary<string> {
    const path = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...addresses) },
      { weight: 1, arbitrary: fc.constantFrom(...addresses).map((address) => address.replace(/\/$/, '')) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...addresses), encodedValue()).map((parts) => parts.join('')) },
      { weight: 1, arbitrary: fc.constantFrom(...addresses).map((address) => address.replaceAll('/', '//')) },
    );
    return (
      fc
        .tuple(path, fc.oneof(fc.constant(''), parameters()))
        // The octets of an address are ASCII, or the server's parser answers before any of our code.
        .map(([address, query]) => (query === '' ? address : `${address}?${query}`).replace(/[^\x21-\x7e]/g, ''))
    );
  }

  function headers(): fc.Arbitrary<Record<string, string>> {
    const anyText = fc.string({ unit: fc.constantFrom(...'aZ0 ;,="\\<>\u00ff/*:-'), maxLength: 30 });
    const { constant, constantFrom, oneof } = fc;
    return fc.record(
      {
        'content-type': oneof(
          { weight: 8, arbitrary: constant('application/x-www-form-urlencoded') },
          {
            weight: 2,
            arbitrary: constantFrom('application/json', 'text/plain', 'multipart/form-data; boundary=x', '', ';'),
          },
          { weight: 1, arbitrary: anyText },
        ),
        cookie: oneof({ weight: 3, arbitrary: constant(cookie) }, { weight: 1, arbitrary: anyText }),
        origin: oneof(
          { weight: 3, arbitrary: constant(site.url) },
          constantFrom('null', 'https://evil.example'),
          anyText,
        ),
        accept: constantFrom('text/html', '*/*', 'application/json'),
        'accept-language': oneof(constantFrom('fr', 'en'), anyText),
        'user-agent': anyText,
        authorization: oneof(
          constant(`Basic ${Buffer.from(`${right[0]}:${right[1]}`).toString('base64')}`),
          constantFrom('Bearer x', 'Basic', 'Basic Og==', 'Basic //8='),
          anyText,
        ),
        'x-forwarded-for': anyText,
        'content-encoding': oneof(
          { weight: 30, arbitrary: constant('identity') },
          { weight: 1, arbitrary: constant('gzip') },
        ),
      },
      { requiredKeys: ['content-type'] },
    );
  }

  /** What a method may carry: often a form with a token that is right, so that it gets behind the first check. */
  function body(): fc.Arbitrary<Buffer> {
    return fc.oneof(
      {
        weight: 6,
        arbitrary: parameters().map((text) => Buffer.from(`csrf=${csrf}&${text.replaceAll('csrf=', 'x=')}`)),
      },
      { weight: 4, arbitrary: parameters().map((text) => Buffer.from(text)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets)) },
      { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
    );
  }

  it(`answers soundly whatever it is sent, for ${SECONDS_AN_ENGINE} seconds`, {
    timeout: 60_000 + SECONDS_AN_ENGINE * 2_000,
  }, async () => {
    const method = fc.oneof(
      { weight: 5, arbitrary: fc.constant('POST') },
      { weight: 3, arbitrary: fc.constant('GET') },
      { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
    );
    const endMs = Date.now() + SECONDS_AN_ENGINE * 1_000;
    let answered = 0;
    while (Date.now() < endMs) {
      // A request may have signed the member out: in each slice somebody is signed in at first.
      await enter();
      const anyRequest = fc.record({ method, target: target(), headers: headers(), body: body() });
      const judge = fc.asyncProperty(anyRequest, async (made) => {
        const octets = request(made.method, made.target, clean(made.headers), made.method === 'GET' ? '' : made.body);
        const { status, headers: answer, body: text } = await exchange(site.listening, octets);
        answered += 1;
        const contentType = answer.get('content-type') ?? '';
        if (made.method !== 'HEAD') expectSound({ status, text, contentType }, `${made.method} ${made.target}`);
        else expect(status).toBeLessThan(500);
        expect(answer.get('location') ?? '').not.toMatch(/^(?:https?:)?\/\/evil\.example|[\r\n\0]/);
      });
      await fc.assert(judge, { numRuns: 100_000, interruptAfterTimeLimit: 2_000, markInterruptAsFailure: false });
    }
    expect(answered).toBeGreaterThan(0);
    await enter();
  });
});

/** RFC 9110 §5.5: a header's value neither starts nor ends with white space. */
function clean(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]));
}
