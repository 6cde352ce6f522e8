/**
 * JSON from strangers, on both engines: nested beyond measure, with NUL and half characters, with names of every object, in other
 * encodings. In the bodies of registration and in the parameters that are JSON themselves.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../person.ts';
import { failures, soundText } from './judge.ts';
import { CALLBACK, ENGINES, openSite, type RegisteredApplication, register, type Site } from './site.ts';

const METADATA = { client_name: 'Robot', redirect_uris: [CALLBACK] };
const DEEP = 12_000;
const nested = (open: string, close: string, inner = '1') => open.repeat(DEEP) + inner + close.repeat(DEEP);

/** Values that a member may have, as JSON text. */
const VALUES: readonly (readonly [what: string, json: string])[] = [
  ['lists in lists', nested('[', ']')],
  [
    'objects in objects',
    nested('{"a":', '}')
      .slice(0, 60_000)
      .replace(/[^}]*$/, '') || '{}',
  ],
  ['NUL', '"a\\u0000b"'],
  ['half a character', '"\\ud800"'],
  ['NUL in a list', '["a\\u0000b"]'],
  ['half a character in a list', '["\\udfff"]'],
  ['a name of every object', '{"__proto__":{"admin":true},"constructor":{"prototype":{}}}'],
  ['a huge number', '1e400'],
  ['a number that is no name', '12345678901234567890'],
  ['null', 'null'],
  ['an empty list', '[]'],
  ['a list of null', '[null]'],
  ['a list of many', JSON.stringify(Array.from({ length: 5_000 }, () => 'a'))],
];
/** RFC 7591 §2, and those of OpenID Connect. */
const MEMBERS = [
  'client_name',
  'redirect_uris',
  'grant_types',
  'response_types',
  'scope',
  'token_endpoint_auth_method',
  'jwks',
  'jwks_uri',
  'logo_uri',
  'contacts',
  'software_statement',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'id_token_signed_response_alg',
  'authorization_details_types',
  'application_type',
  'subject_type',
  'sector_identifier_uri',
  'client_name#fr',
];

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let application: RegisteredApplication;
  let token: string;
  beforeAll(async () => {
    site = await openSite(engine, {
      DIAPASON_REGISTRATION: 'token',
      DIAPASON_AUTHORIZATION_DETAILS:
        '{"note":{"description":{"en":"Keep {text}","fr":"Garder {text}"},"fields":{"text":{"max_characters":40}}}}',
    });
    alice = await site.member('alice');
    application = await register(alice);
    const made = (await site.command(['registration-token', 'create', '--uses', '1000'])) as { token: string };
    token = made.token;
  });
  afterAll(() => site?.dispose());

  const registration = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${site.url}/o/register/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: new Uint8Array(Buffer.from(body)),
    });

  it.each(VALUES)('a registration with %s in any member is answered soundly', async (_what, json) => {
    for (const member of MEMBERS) {
      const { [member]: _, ...rest } = METADATA as Record<string, unknown>;
      const body = `${JSON.stringify(rest).slice(0, -1)},${JSON.stringify(member)}:${json}}`;
      await soundText(await registration(body), `${member}: ${json.slice(0, 60)}`);
    }
    expect(failures(site)).toEqual([]);
  });

  it.each([
    ['another charset', Buffer.from(JSON.stringify(METADATA), 'utf16le'), {}],
    ['a byte order mark', Buffer.from(`\ufeff${JSON.stringify(METADATA)}`), {}],
    ['octets that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}],
    ['a packed body', Buffer.from('H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==', 'base64'), { 'content-encoding': 'gzip' }],
    ['a name twice', Buffer.from('{"client_name":"a","client_name":"b","redirect_uris":[]}'), {}],
    ['nothing', Buffer.from(''), {}],
    ['more than may come', Buffer.from(JSON.stringify({ client_name: 'x'.repeat(80_000) })), {}],
  ])('a registration with %s is answered soundly', async (_what, body, headers) => {
    const answer = await registration(body, headers);
    const text = await soundText(answer);
    if (answer.status !== 201) expect(JSON.parse(text)).toHaveProperty('error');
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(failures(site)).toEqual([]);
  });

  it.each(VALUES)('an authorization request with %s in its JSON is answered soundly', async (_what, json) => {
    const details = [`[${json}]`, `[{"type":${json}}]`, `[{"type":"note","text":${json}}]`, json];
    const claims = [
      json,
      `{"id_token":${json}}`,
      `{"userinfo":{"email":${json}}}`,
      `{"id_token":{"acr":{"values":${json}}}}`,
    ];
    const basic = `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}`;
    for (const [name, text] of [
      ...details.map((one) => ['authorization_details', one] as const),
      ...claims.map((one) => ['claims', one] as const),
    ]) {
      const form = new URLSearchParams({
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope: 'openid',
        [name]: text,
      });
      const headers = { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' };
      for (const path of ['/o/par/', '/o/device-authorization/', '/o/token/']) {
        const grant = { ...(path === '/o/token/' ? { grant_type: 'client_credentials' } : {}) };
        const body = new URLSearchParams([...form, ...Object.entries(grant)]).toString();
        await soundText(
          await fetch(site.url + path, { method: 'POST', headers, body }),
          `${path} ${name} ${text.slice(0, 60)}`,
        );
      }
      // As a form, since an address is shorter.
      const body = `${form}&client_id=${application.clientId}`;
      await soundText(
        await alice.send('/o/authorize/', {
          method: 'POST',
          headers: { 'content-type': headers['content-type'] },
          body,
        }),
        `${name} ${text.slice(0, 60)}`,
      );
    }
    expect(failures(site)).toEqual([]);
  });
});
