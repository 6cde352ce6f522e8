import { createHmac, generateKeyPairSync } from 'node:crypto';
import { CompactSign, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { readJsonWebKeySet } from '../../src/protocol/json-web-key-set.ts';
import {
  basic,
  CALLBACK,
  ISSUER,
  json,
  openServer,
  redirected,
  type SignedIn,
  type TestServer,
  text,
} from './server.ts';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

let server: TestServer;
let person: SignedIn;
let application: Application;
const keys = new Map<string, Keys>();
let stranger: Keys;

beforeAll(async () => {
  server = await openServer();
  person = await server.person();
  stranger = await generateKeyPair('ES256');
  const published = [];
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
    const pair = await generateKeyPair(alg, { extractable: true });
    keys.set(alg, pair);
    published.push({ ...(await exportJWK(pair.publicKey)), kid: `kid-${alg}`, alg });
  }
  application = await server.application({ settings: { ...DEFAULT_SETTINGS, jwks: { keys: published } } });
  await allow(application);
});
afterAll(() => server.close());

const allow = (to: Application) => server.storage.consents.allow(person.accountId, to.id, to.scopes, server.clock());
const keyOf = (alg: string) => {
  const pair = keys.get(alg);
  if (pair === undefined) throw new Error(alg);
  return pair.privateKey;
};
const seconds = () => Math.floor(server.clock() / 1_000);
const claims = (): JWTPayload => ({
  iss: application.clientId,
  aud: ISSUER,
  exp: seconds() + 300,
  nbf: seconds(),
  client_id: application.clientId,
  response_type: 'code',
  redirect_uri: CALLBACK,
  state: 'inside',
});
const sign = (payload: JWTPayload, header: Readonly<Record<string, string>> = {}, key = keyOf('ES256')) =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', kid: 'kid-ES256', typ: 'oauth-authz-req+jwt', ...header })
    .sign(key);
const ask = (request: string, beside: Readonly<Record<string, string>> = {}, by = application) =>
  server.authorize(
    { client_id: by.clientId, redirect_uri: CALLBACK, state: 'outside', request, ...beside },
    person.browser,
  );
const expectRefused = async (request: string, words?: RegExp) => {
  const answer = redirected(await ask(request));
  expect([answer.get('error'), answer.get('code')]).toEqual(['invalid_request_object', null]);
  if (words !== undefined) expect(answer.get('error_description')).toMatch(words);
};

describe('RFC 9101 §6.2: a signed request object', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('is taken with %s', async (alg) => {
    const answer = redirected(await ask(await sign(claims(), { alg, kid: `kid-${alg}` }, keyOf(alg))));
    expect([answer.get('state'), answer.get('error')]).toEqual(['inside', null]);
    expect(answer.get('code')).not.toBeNull();
  });

  it('is refused with half a character, which would come back as another one (RFC 7493 §2.1)', async () => {
    for (const change of [{ state: 'a\ud800' }, { nonce: '\udfffb' }, { ['x\ud800']: '1' }]) {
      const payload = JSON.stringify({ ...claims(), ...change });
      const signed = await new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg: 'ES256', kid: 'kid-ES256', typ: 'oauth-authz-req+jwt' })
        .sign(keyOf('ES256'));
      await expectRefused(signed, /half a character/);
    }
    const whole = redirected(await ask(await sign({ ...claims(), state: 'a😀' })));
    expect(whole.get('state')).toBe('a😀');
  });

  it('is taken without kid and typ, and with typ JWT', async () => {
    const bare = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256' }).sign(keyOf('ES256'));
    for (const request of [bare, await sign(claims(), { typ: 'JWT' })]) {
      expect(redirected(await ask(request)).get('code')).not.toBeNull();
    }
  });

  it('is refused with none and with a secret, in words that say what to do (ASVS 9.1.2)', async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    await expectRefused(`${encode({ alg: 'none' })}.${encode(claims())}.`, /alg is none/);
    const input = `${encode({ alg: 'HS256' })}.${encode(claims())}`;
    const mac = createHmac('sha256', 'a-client-secret-of-the-tests').update(input).digest('base64url');
    await expectRefused(`${input}.${mac}`, /HMAC/);
  });

  it('is refused under a key that is not registered, whatever its header says (ASVS 9.1.3)', async () => {
    await expectRefused(await sign(claims(), {}, stranger.privateKey), /signature/);
    await expectRefused(await sign(claims(), { kid: 'unknown' }, stranger.privateKey), /kid/);
    const jwk = await exportJWK(stranger.publicKey);
    const header = { alg: 'ES256', jwk } as const;
    await expectRefused(await new SignJWT(claims()).setProtectedHeader(header).sign(stranger.privateKey));
  });

  it('is refused when it was changed, is no JWT, or is encrypted', async () => {
    const [header, , signature] = (await sign(claims())).split('.');
    const changed = Buffer.from(JSON.stringify({ ...claims(), scope: 'read' })).toString('base64url');
    await expectRefused(`${header}.${changed}.${signature}`);
    await expectRefused('x');
    await expectRefused('a.b.c.d.e');
  });

  it('is refused where the application has no keys', async () => {
    const keyless = await server.application();
    const payload = { ...claims(), iss: keyless.clientId, client_id: keyless.clientId };
    const answer = redirected(await ask(await sign(payload), {}, keyless));
    expect(answer.get('error_description')).toMatch(/jwks/);
  });
});

describe('RFC 9101 §4: its claims', () => {
  it.each([
    ['another iss', { iss: 'another' }, /iss/],
    ['another aud', { aud: 'https://other.example' }, /aud/],
    ['no exp', { exp: undefined }, /exp/],
    ['an exp that has passed', { exp: () => seconds() - 60 }, /expired/],
    ['an exp more than an hour away', { exp: () => seconds() + 3_700 }, /hour/],
    ['an nbf to come', { nbf: () => seconds() + 120 }, /nbf/],
    ['an nbf more than an hour ago', { nbf: () => seconds() - 3_700 }, /hour/],
    ['another client_id (§6.3)', { client_id: 'another' }, /client_id/],
    ['no client_id', { client_id: undefined }, /client_id/],
    ['a request in it', { request: 'x' }, /request or request_uri/],
    ['a request_uri in it', { request_uri: 'urn:x' }, /request or request_uri/],
    ['a sub that is the client (§10.8)', { sub: () => application.clientId }, /client assertion/],
    ['a parameter that is a truth value', { prompt: true }, /no text/],
  ])('refuses %s', async (_, change, words) => {
    const changed = Object.fromEntries(
      Object.entries(change).map(([name, value]) => [name, typeof value === 'function' ? value() : value]),
    );
    await expectRefused(await sign({ ...claims(), ...changed }), words);
  });

  it('refuses a JWT of another purpose by its typ (§10.8, ASVS 9.2.2)', async () => {
    for (const typ of ['client-authentication+jwt', 'at+jwt', 'dpop+jwt']) {
      await expectRefused(await sign(claims(), { typ }), /typ/);
    }
  });

  it('takes an aud that is a list with the issuer in it', async () => {
    const request = await sign({ ...claims(), aud: ['https://other.example', ISSUER] });
    expect(redirected(await ask(request)).get('code')).not.toBeNull();
  });

  it('takes numbers as parameters', async () => {
    const answer = redirected(await ask(await sign({ ...claims(), max_age: 0, prompt: 'none' })));
    expect(answer.get('error')).toBe('login_required');
  });
});

describe('RFC 9101 §6.3: parameters outside the object are not looked at', () => {
  it('whatever they say', async () => {
    const beside = { scope: 'nonsense', response_type: 'token', prompt: 'none', nonce: 'outside' };
    const answer = redirected(await ask(await sign(claims()), beside));
    expect([answer.get('state'), answer.get('error')]).toEqual(['inside', null]);
  });

  it('and a redirect URI inside is proven as one outside would be', async () => {
    const request = await sign({ ...claims(), redirect_uri: 'https://evil.example/' });
    expect(await ask(request)).toMatchObject({ kind: 'error_page', reason: 'redirect_uri_mismatch' });
  });

  it('an object that is not good leads to no redirect URI that is not registered', async () => {
    const outcome = await ask('x', { redirect_uri: 'https://evil.example/' });
    expect(outcome).toMatchObject({ kind: 'error_page', error: { code: 'invalid_request_object' } });
  });

  it('and errors of what is inside go where it says', async () => {
    const request = await sign({ ...claims(), scope: 'nonsense', response_mode: 'fragment' });
    const outcome = await ask(request);
    if (outcome.kind !== 'redirect') throw new Error(outcome.kind);
    expect(outcome.location).toMatch(/#error=invalid_scope.*state=inside/);
  });
});

describe('RFC 9101 §5: by value or pushed, not by a reference of the application', () => {
  it('names what to use instead of a request_uri of its own', async () => {
    const query = { client_id: application.clientId, redirect_uri: CALLBACK, request_uri: 'https://app.example/o.jwt' };
    const answer = redirected(await server.authorize(query, person.browser));
    expect(answer.get('error')).toBe('request_uri_not_supported');
    expect(answer.get('error_description')).toContain('RFC 9126');
  });

  it('refuses request and request_uri together', async () => {
    const answer = redirected(await ask(await sign(claims()), { request_uri: 'urn:ietf:params:oauth:request_uri:x' }));
    expect(answer.get('error')).toBe('invalid_request');
  });

  it('is taken when it is pushed (RFC 9126 §3), and refused there when it is not good', async () => {
    const good = await server.push({ request: await sign(claims()) }, { authorization: basic(application) });
    expect(good.status).toBe(201);
    server.pass(60);
    const query = { client_id: application.clientId, request_uri: text(good, 'request_uri') };
    expect(redirected(await server.authorize(query, person.browser)).get('state')).toBe('inside');
    const bad = await server.push({ request: 'x' }, { authorization: basic(application) });
    expect([bad.status, json(bad)['error']]).toEqual([400, 'invalid_request_object']);
  });

  it('that has expired by the time of consent is good if it was when it came', async () => {
    const fresh = await server.application({ settings: application.settings });
    const request = await sign({ ...claims(), iss: fresh.clientId, client_id: fresh.clientId, exp: seconds() + 60 });
    const consent = await ask(request, {}, fresh);
    if (consent.kind !== 'consent') throw new Error(consent.kind);
    server.pass(600);
    expect((await server.resume(consent.pending, person.browser)).kind).toBe('consent');
  });
});

describe('RFC 9101 §10.5: an application that has to sign', () => {
  it('is refused a request that is not signed, pushed or not, and answered one that is', async () => {
    const strict = await server.application({ settings: { ...application.settings, requireSignedRequest: true } });
    await allow(strict);
    const plain = { client_id: strict.clientId, response_type: 'code', redirect_uri: CALLBACK };
    expect(redirected(await server.authorize(plain, person.browser)).get('error')).toBe('invalid_request');
    expect((await server.push(plain, { authorization: basic(strict) })).status).toBe(400);
    const request = await sign({ ...claims(), iss: strict.clientId, client_id: strict.clientId });
    expect(redirected(await ask(request, {}, strict)).get('code')).not.toBeNull();
    const pushed = await server.push({ request }, { authorization: basic(strict) });
    const query = { client_id: strict.clientId, request_uri: text(pushed, 'request_uri') };
    expect(redirected(await server.authorize(query, person.browser)).get('code')).not.toBeNull();
  });
});

describe('RFC 7517 §5: keys that an application registers', () => {
  const jwk = (type: 'ec' | 'rsa', part: 'publicKey' | 'privateKey', modulusLength = 2_048) => {
    const pair =
      type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength });
    return pair[part].export({ format: 'jwk' });
  };

  it('are public ones, as JSON text or as a value', () => {
    const set = { keys: [jwk('ec', 'publicKey'), jwk('rsa', 'publicKey')] };
    expect(readJsonWebKeySet(set)).toEqual({ outcome: 'read', jwks: set });
    expect(readJsonWebKeySet(JSON.stringify(set))).toEqual({ outcome: 'read', jwks: set });
  });

  it.each([
    ['private keys', { keys: [jwk('ec', 'privateKey')] }],
    ['secret keys', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
    ['short RSA keys', { keys: [jwk('rsa', 'publicKey', 1_024)] }],
    ['other curves', { keys: [{ kty: 'EC', crv: 'secp256k1', x: 'x', y: 'y' }] }],
    ['no keys', { keys: [] }],
    ['more than 20', { keys: Array.from({ length: 21 }, () => jwk('ec', 'publicKey')) }],
    ['text that is no JSON', 'keys'],
    ['a list', []],
    ['keys that are no objects', { keys: ['x'] }],
  ])('are no %s', (_, given) => {
    expect(readJsonWebKeySet(given)).toMatchObject({ outcome: 'refused', message: expect.any(String) });
  });
});

describe('RFC 7515 §4.1: a header whose members are no text', () => {
  it.each(['alg', 'typ', 'kid'])('refuses %s', async (name) => {
    for (const value of [0, true, null, ['ES256'], { a: 1 }]) {
      const header = { alg: 'ES256', kid: 'kid-ES256', typ: 'oauth-authz-req+jwt', [name]: value };
      const [, ...rest] = (await sign(claims())).split('.');
      await expectRefused([Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.'));
    }
  });
});
