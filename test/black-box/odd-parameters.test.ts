/**
 * Each parameter of an authorization request with values that nobody sends by mistake, at the three places that take them, by
 * somebody who is signed in and allowed it all: an answer that names the error, to where the application is, and nothing else.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../person.ts';
import { failures } from './judge.ts';
import { CALLBACK, ENGINES, openSite, type RegisteredApplication, register, type Site } from './site.ts';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const LONG = 'x'.repeat(9_000);
const SCRIPT = '"><script>alert(1)</script>';
const LINE = 'a\r\nX-Injected: 1';
/** By parameter; what comes of each: an error code, or `ok` where it is taken or, being a preference, skipped. */
const ODD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  claims: {
    '[]': 'invalid_request',
    null: 'invalid_request',
    '{"id_token":[]}': 'invalid_request',
    '{"id_token":{"sub":{"value":1}}}': 'invalid_request',
    '{"id_token":{"sub":{"values":["one","other"]}}}': 'invalid_request',
    '{"userinfo":{"__proto__":null}}': 'ok',
    '{"id_token":{"acr":{"essential":true,"values":[1,{}]}}}': 'unmet_authentication_requirements',
    // §5.5: members that are not understood are ignored, however deep.
    [`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`]: 'ok',
  },
  max_age: { '-1': 'invalid_request', '1e3': 'invalid_request', ' 1': 'invalid_request', '0x1': 'invalid_request' },
  authorization_details: {
    '[]': 'invalid_authorization_details',
    '[null]': 'invalid_authorization_details',
    '[{"type":1}]': 'invalid_authorization_details',
    '[[[[]]]]': 'invalid_authorization_details',
  },
  resource: { x: 'invalid_target', 'https://a.example/#f': 'invalid_target', 'javascript:alert(1)': 'invalid_target' },
  id_token_hint: {
    'a.b.c': 'invalid_request',
    '....': 'invalid_request',
    [`${part({ alg: 'none' })}.${part({ sub: 'x' })}.`]: 'invalid_request',
    [`${part({ alg: 'RSA-OAEP-256', enc: 'A128GCM' })}.a.b.c.d`]: 'invalid_request',
  },
  dpop_jkt: { x: 'invalid_request', ['A'.repeat(44)]: 'invalid_request' },
  prompt: { 'none login': 'invalid_request', NONE: 'invalid_request', [SCRIPT]: 'invalid_request' },
  scope: { ' ': 'invalid_scope', [LINE]: 'invalid_request', introspection: 'invalid_scope', '"': 'invalid_scope' },
  nonce: { '\u0000': 'invalid_request', [LONG]: 'invalid_request', é: 'ok' },
  state: {
    [LONG]: 'invalid_request',
    [LINE]: 'invalid_request',
    [SCRIPT]: 'ok',
    '&code=stolen&iss=evil': 'ok',
    '#é💥': 'ok',
  },
  code_challenge: { short: 'invalid_request' },
  code_challenge_method: { plain: 'invalid_request', none: 'invalid_request' },
  registration: { '{}': 'registration_not_supported' },
  request: { x: 'invalid_request_object', '..': 'invalid_request_object' },
  request_uri: {
    'file:///etc/passwd': 'request_uri_not_supported',
    'https://evil.example/': 'request_uri_not_supported',
  },
  response_type: {
    none: 'unsupported_response_type',
    ' code': 'unsupported_response_type',
    CODE: 'unsupported_response_type',
  },
  response_mode: { 'query\r\nX': 'invalid_request', QUERY: 'invalid_request', 'query form_post': 'invalid_request' },
  ui_locales: { '<script>': 'ok', '* *': 'ok' },
};
const CASES = Object.entries(ODD).flatMap(([name, values]) =>
  Object.entries(values).map(([value, comes]) => [name, value, comes] as const),
);

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let application: RegisteredApplication;
  beforeAll(async () => {
    site = await openSite(engine);
    const developer = await site.member('developer');
    alice = await site.member('alice');
    application = await register(developer, { grants: ['authorization-code', 'device-code'] });
    await alice.allow(await alice.open(`/o/authorize/?${new URLSearchParams(query({}))}`));
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });
  const query = (odd: Readonly<Record<string, string>>) => ({
    client_id: application.clientId,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid read',
    state: 's',
    ...odd,
  });

  it.each(CASES)('authorize, %s=%j: %s', async (name, value, comes) => {
    const response = await alice.send(`/o/authorize/?${new URLSearchParams(query({ [name]: value }))}`, {});
    await response.text();
    const location = response.headers.get('location') ?? '';
    expect([response.status, location.startsWith(`${CALLBACK}?`)]).toEqual([303, true]);
    expect(response.headers.has('x-injected')).toBe(false);
    const answer = new URL(location).searchParams;
    expect(answer.get('error') ?? 'ok').toBe(comes);
    expect([answer.getAll('code').length, answer.getAll('iss')]).toEqual([comes === 'ok' ? 1 : 0, [`${site.url}/o`]]);
    if (name === 'state' && comes === 'ok') expect(answer.get('state')).toBe(value);
  });

  it.each(CASES)('pushed, %s=%j: %s', async (name, value, comes) => {
    const headers = { authorization: `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}` };
    const body = new URLSearchParams(query({ [name]: value }));
    const response = await fetch(`${site.url}/o/par/`, { method: 'POST', headers, body });
    const answer = JSON.parse(await response.text()) as Readonly<Record<string, unknown>>;
    const expected = name === 'request_uri' ? 'invalid_request' : comes;
    expect([response.status, answer['error'] ?? 'ok']).toEqual([expected === 'ok' ? 201 : 400, expected]);
  });
});
