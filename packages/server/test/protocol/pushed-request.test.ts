import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';
import {
  basic,
  CALLBACK,
  CHALLENGE,
  json,
  openServer,
  pendingOf,
  redirected,
  SECRET,
  type SignedIn,
  strangersBrowser,
  type TestServer,
  text,
  VERIFIER,
} from './server.ts';

let server: TestServer;
let application: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  person = await server.person();
  await allow(application);
});
afterAll(() => server.close());

const allow = (to: Application) => server.storage.consents.allow(person.accountId, to.id, to.scopes, server.clock());
const REQUEST = { response_type: 'code', redirect_uri: CALLBACK, state: 's' };
const push = (change: Readonly<Record<string, string>> = {}, by = application) =>
  server.push({ ...REQUEST, ...change }, { authorization: basic(by) });
const pushed = async (change: Readonly<Record<string, string>> = {}, by = application) =>
  text(await push(change, by), 'request_uri');
const arrive = (
  requestUri: string,
  browser = person.browser,
  by = application,
  beside: Readonly<Record<string, string>> = {},
) => server.authorize({ client_id: by.clientId, request_uri: requestUri, ...beside }, browser);

describe('RFC 9126 §2.1: pushing a request', () => {
  it('authenticates the client as the token endpoint does: Basic, body, and client_id alone for a public one', async () => {
    expect((await push()).status).toBe(201);
    const body = { ...REQUEST, client_id: application.clientId, client_secret: SECRET };
    expect((await server.push(body)).status).toBe(201);
    const publicOne = await server.application({ type: 'public', grants: ['authorization-code'] });
    const own = { ...REQUEST, client_id: publicOne.clientId, code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    expect((await server.push(own)).status).toBe(201);
  });

  it('refuses a client that does not prove itself (ASVS 10.4.10)', async () => {
    for (const [form, authorization] of [
      [REQUEST, null],
      [{ ...REQUEST, client_id: application.clientId }, null],
      [REQUEST, basic(application, 'wrong')],
    ] as const) {
      const response = await server.push(form, { authorization });
      expect([response.status, json(response)['error']]).toEqual([401, 'invalid_client']);
    }
  });

  it('takes POST alone', async () => {
    expect((await server.push(REQUEST, { method: 'GET' })).status).toBe(405);
  });

  it('refuses a request_uri', async () => {
    const response = await push({ request_uri: 'urn:ietf:params:oauth:request_uri:x' });
    expect([response.status, json(response)['error']]).toEqual([400, 'invalid_request']);
  });

  it.each([
    ['a redirect URI that is not registered', { redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    ['an unknown scope', { scope: 'nonsense' }, 'invalid_scope'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['PKCE plain', { code_challenge: CHALLENGE, code_challenge_method: 'plain' }, 'invalid_request'],
    ['prompt=none beside another', { prompt: 'none login' }, 'invalid_request'],
  ])('checks the request at once: %s (§2.3)', async (_, change, error) => {
    const response = await push(change);
    expect([response.status, json(response)['error']]).toEqual([400, error]);
  });

  it('refuses one that says it is another client', async () => {
    const response = await push({ client_id: 'another' });
    expect([response.status, json(response)['error']]).toEqual([400, 'invalid_request']);
  });
});

describe('RFC 9126 §2.2: the answer', () => {
  it('is 201 with a handle that cannot be guessed, for 90 seconds, and is not kept by caches', async () => {
    const response = await push();
    expect(response.headers['cache-control']).toBe('no-store');
    expect(json(response)).toEqual({ request_uri: expect.any(String), expires_in: 90 });
    expect(text(response, 'request_uri')).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
    expect(await pushed()).not.toBe(text(response, 'request_uri'));
  });

  it('keeps neither the handle nor the secret of the client', async () => {
    const body = { ...REQUEST, client_id: application.clientId, client_secret: SECRET, nonce: 'kept-to-be-found' };
    const handle =
      text(await server.push(body), 'request_uri')
        .split(':')
        .at(-1) ?? '';
    const stored = await server.databaseText();
    expect(stored).toContain('kept-to-be-found');
    expect(stored).not.toContain(handle);
    expect(stored).not.toContain(SECRET);
  });
});

describe('RFC 9126 §4: the browser brings the handle', () => {
  it('goes on with what was pushed, to a code that can be redeemed', async () => {
    const uri = await pushed({ code_challenge: CHALLENGE, code_challenge_method: 'S256', scope: 'openid read' });
    const answer = redirected(await arrive(uri));
    expect(answer.get('state')).toBe('s');
    const form = {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    };
    const tokens = await server.token(form, { authorization: basic(application) });
    expect(json(tokens)).toMatchObject({ scope: 'openid read', id_token: expect.any(String) });
  });

  it('does not look at the parameters beside it', async () => {
    const beside = { state: 'other', redirect_uri: 'https://evil.example/', scope: 'nonsense', prompt: 'none' };
    const answer = redirected(await arrive(await pushed(), person.browser, application, beside));
    expect([answer.get('state'), answer.get('error')]).toEqual(['s', null]);
  });

  it('is refused for another client (§2.2)', async () => {
    const other = await server.application();
    await allow(other);
    const outcome = await arrive(await pushed(), person.browser, other);
    expect(outcome).toMatchObject({ kind: 'error_page', error: { code: 'invalid_request_uri' } });
  });

  it('is refused without client_id, and where it is unknown', async () => {
    const uri = await pushed();
    expect(await server.authorize({ request_uri: uri }, person.browser)).toMatchObject({
      kind: 'error_page',
      reason: 'unknown_application',
    });
    const unknown = await arrive(`urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}`);
    expect(unknown).toMatchObject({ kind: 'error_page', error: { code: 'invalid_request_uri' } });
  });

  it('is refused after 90 seconds, and taken before', async () => {
    const [first, second] = [await pushed(), await pushed()];
    server.pass(89);
    expect((await arrive(first)).kind).toBe('redirect');
    server.pass(1);
    expect(await arrive(second)).toMatchObject({ kind: 'error_page', reason: 'request_expired' });
  });

  it('is answered once, by whatever answer', async () => {
    for (const change of [{}, { prompt: 'none', max_age: '0' }]) {
      const uri = await pushed(change);
      expect((await arrive(uri)).kind).toBe('redirect');
      expect(await arrive(uri)).toMatchObject({ kind: 'error_page', reason: 'request_answered' });
    }
  });

  it('gets one code for 50 browsers at once', async () => {
    const uri = await pushed();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => arrive(uri)));
    expect(outcomes.filter(({ kind }) => kind === 'redirect')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'error_page')).toHaveLength(49);
  });

  it('survives a sign-in and a consent that take longer than the handle lives', async () => {
    const uri = await pushed();
    const stranger = strangersBrowser();
    const login = await arrive(uri, stranger);
    expect(login.kind).toBe('login');
    server.pass(600);
    const account = (await server.person()).accountId;
    const arrived = await server.signIn(account, stranger.browserDigest);
    const consent = await server.resume(pendingOf(login), arrived.browser);
    expect(consent).toMatchObject({ kind: 'consent', redirectUri: CALLBACK });
    server.pass(600);
    const pending = presentedSecret<'pending'>(pendingOf(consent));
    const done = await server.decide({ pending, decision: 'allow', accountId: account }, arrived.browser);
    expect(redirected(done).get('code')).not.toBeNull();
  });

  it('leaves one answer for two browsers that wait with it', async () => {
    const uri = await pushed();
    const [one, two] = [strangersBrowser(), strangersBrowser()];
    const [first, second] = [await arrive(uri, one), await arrive(uri, two)];
    const deny = (outcome: typeof first, browser: typeof one) =>
      server.decide(
        { pending: presentedSecret<'pending'>(pendingOf(outcome)), decision: 'deny', accountId: null },
        browser,
      );
    expect(redirected(await deny(first, one)).get('error')).toBe('access_denied');
    expect(await deny(second, two)).toMatchObject({ kind: 'error_page', reason: 'request_answered' });
  });

  it('is proven anew: a redirect URI that was taken away meanwhile leads nowhere (CVE-2026-7571)', async () => {
    const changing = await server.application();
    const uri = await pushed({}, changing);
    await server.storage.applications.updateApplication({ ...changing, redirectUris: ['https://app.example/new'] });
    expect(await arrive(uri, person.browser, changing)).toMatchObject({ reason: 'redirect_uri_mismatch' });
  });
});

describe('RFC 9126 §6, ASVS 10.4.13: an application that has to push', () => {
  it('is refused a request that was not, and answered one that was', async () => {
    const strict = await server.application({ settings: { ...DEFAULT_SETTINGS, requirePushedRequest: true } });
    await allow(strict);
    const plain = await server.authorize({ ...REQUEST, client_id: strict.clientId }, person.browser);
    expect(redirected(plain).get('error')).toBe('invalid_request');
    expect(redirected(await arrive(await pushed({}, strict), person.browser, strict)).get('code')).not.toBeNull();
  });
});
