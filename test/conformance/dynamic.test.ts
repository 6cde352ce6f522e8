/**
 * Modelled on modules of the OpenID conformance suite's plan "dynamic" for providers, with a registration of its own for each, by an
 * initial access token. One test for each module.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  exportJWK,
  type GenerateKeyPairResult,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, type RegisteredApplication } from '../black-box/site.ts';
import { wordsOf } from '../person.ts';
import { claimsOf, openRelyingParty, type Query, type RelyingParty, type TokenAnswer } from './relying-party.ts';

type Json = Readonly<Record<string, unknown>>;
interface Client extends RegisteredApplication {
  readonly made: Json;
}

describe('the plan "dynamic"', () => {
  let party: RelyingParty;
  let outside: Server;
  let base = '';
  let pair: GenerateKeyPairResult;
  let jwks: Json;
  /** What the application has at addresses of its own. */
  const published = new Map<string, unknown>();
  beforeAll(async () => {
    party = await openRelyingParty('default', { DIAPASON_REGISTRATION: 'token' });
    outside = createServer(({ url = '' }, response) => {
      response.writeHead(published.has(url) ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(published.get(url) ?? null));
    });
    await new Promise<void>((listening) => outside.listen(0, '127.0.0.1', listening));
    base = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
    pair = await generateKeyPair('RS256');
    jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', use: 'sig', alg: 'RS256' }] };
    published.set('/jwks', jwks);
    published.set('/rotating', jwks);
    waited = rotateClientKeys();
    waited.catch(() => undefined);
  });
  /** What the application did a minute ago: the server reads a key set anew once a minute at most. */
  let waited: Promise<{ readonly client: Client; readonly refreshToken: string; readonly next: GenerateKeyPairResult }>;
  afterAll(async () => {
    outside?.closeAllConnections();
    outside?.close();
    await party?.site.dispose();
  });

  async function send(metadata: Json): Promise<{ readonly status: number; readonly body: Json }> {
    const { token } = (await party.site.command(['registration-token', 'create'])) as { readonly token: string };
    const response = await fetch(String(party.metadata['registration_endpoint']), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ redirect_uris: [CALLBACK], ...metadata }),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }
  async function registered(metadata: Json = {}): Promise<Client> {
    const { status, body } = await send(metadata);
    expect([status, body['error_description']]).toEqual([201, undefined]);
    const secret = body['client_secret'];
    const clientId = String(body['client_id']);
    return { path: '', clientId, clientSecret: secret === undefined ? null : String(secret), made: body };
  }
  const open = (client: Client, query: Query = {}) => party.alice.open(party.addressOf(query, client));
  const codeOf = async (client: Client, query: Query = {}): Promise<string> =>
    party.arrived(await party.allowed(party.alice, await open(client, query))).get('code') ?? '';
  const redeemed = async (client: Client, redirectUri = CALLBACK): Promise<TokenAnswer> => {
    const code = await codeOf(client, { redirect_uri: redirectUri });
    return party.token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri }, client);
  };
  const assertion = (clientId: string, { privateKey } = pair, kid = 'one') =>
    new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(party.issuer)
      .setIssuedAt()
      .setExpirationTime('1 minute')
      .sign(privateKey);
  const tokenByKey = async (form: Readonly<Record<string, string>>, jwt: string): Promise<TokenAnswer> => {
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const body = new URLSearchParams({ ...form, client_assertion_type, client_assertion: jwt });
    const response = await fetch(`${party.issuer}/token/`, { method: 'POST', body });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const answeredByKey = async (client: Client): Promise<TokenAnswer> =>
    tokenByKey(
      { grant_type: 'authorization_code', code: await codeOf(client), redirect_uri: CALLBACK },
      await assertion(client.clientId),
    );
  const redeemedByKey = async (client: Client): Promise<number> => (await answeredByKey(client)).status;
  async function rotateClientKeys() {
    const client = await registered({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${base}/rotating`,
      grant_types: ['authorization_code', 'refresh_token'],
    });
    const { body } = await answeredByKey(client);
    const next = await generateKeyPair('RS256');
    const key = { ...(await exportJWK(next.publicKey)), kid: 'two', use: 'sig', alg: 'RS256' };
    published.set('/rotating', { keys: [key] });
    await new Promise((later) => setTimeout(later, 61_000));
    return { client, refreshToken: String(body['refresh_token']), next };
  }

  it('oidcc-discovery-endpoint-verification', () => {
    expect(party.metadata['registration_endpoint']).toBe(`${party.issuer}/register/`);
  });

  it('oidcc-server', async () => {
    const client = await registered();
    const { status, body } = await redeemed(client);
    expect(status).toBe(200);
    expect(claimsOf(String(body['id_token']))).toMatchObject({ aud: client.clientId, nonce: 'the-nonce' });
  });

  it('oidcc-ensure-client-assertion-with-iss-aud-succeeds', async () => {
    expect(await redeemedByKey(await registered({ token_endpoint_auth_method: 'private_key_jwt', jwks }))).toBe(200);
  });

  it('oidcc-idtoken-rs256', async () => {
    const client = await registered({ id_token_signed_response_alg: 'RS256' });
    const { body } = await redeemed(client);
    expect(decodeProtectedHeader(String(body['id_token']))).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
  });

  it('oidcc-idtoken-unsigned', async () => {
    const { status, body } = await send({ id_token_signed_response_alg: 'none' });
    expect([status, body['error']]).toEqual([400, 'invalid_client_metadata']);
  });

  it('oidcc-userinfo-rs256', async () => {
    const client = await registered({ userinfo_signed_response_alg: 'RS256' });
    expect(client.made['userinfo_signed_response_alg']).toBe('RS256');
    const { body } = await redeemed(client);
    const response = await fetch(`${party.issuer}/userinfo/`, {
      headers: { authorization: `Bearer ${String(body['access_token'])}` },
    });
    expect(response.headers.get('content-type')).toMatch(/^application\/jwt/);
    const keys = createRemoteJWKSet(new URL(String(party.metadata['jwks_uri'])));
    const verified = await jwtVerify(await response.text(), keys, { issuer: party.issuer, audience: client.clientId });
    expect(verified.protectedHeader.alg).toBe('RS256');
    expect(verified.payload.sub).toBe(claimsOf(String(body['id_token']))['sub']);
  });

  it('oidcc-ensure-redirect-uri-in-authorization-request', async () => {
    const seen = await open(await registered(), { redirect_uri: null });
    expect([seen.status, seen.leftFor]).toEqual([400, null]);
    expect(wordsOf(seen)).toContain('redirect_uri');
  });

  it('oidcc-redirect-uri-query-OK', async () => {
    const redirectUri = `${CALLBACK}?foo=bar`;
    const client = await registered({ redirect_uris: [redirectUri] });
    const seen = await party.allowed(party.alice, await open(client, { redirect_uri: redirectUri }));
    expect(seen.leftFor?.searchParams.get('foo')).toBe('bar');
    expect((await redeemed(client, redirectUri)).status).toBe(200);
  });

  it('oidcc-redirect-uri-query-added', async () => {
    const seen = await open(await registered(), { redirect_uri: `${CALLBACK}?foo=bar` });
    expect([seen.status, seen.leftFor]).toEqual([400, null]);
  });

  it('oidcc-redirect-uri-query-mismatch', async () => {
    const client = await registered({ redirect_uris: [`${CALLBACK}?foo=bar`] });
    const seen = await open(client, { redirect_uri: `${CALLBACK}?baz=quux` });
    expect([seen.status, seen.leftFor]).toEqual([400, null]);
  });

  it('oidcc-redirect-uri-regfrag', async () => {
    const { status, body } = await send({ redirect_uris: [`${CALLBACK}#foobar`] });
    expect(status).toBe(400);
    expect(['invalid_redirect_uri', 'invalid_client_metadata']).toContain(body['error']);
  });

  it('oidcc-registration-dynamic', async () => {
    const { made, clientId } = await registered({ client_name: 'Dynamic' });
    expect(made).toMatchObject({ client_id: clientId, client_name: 'Dynamic', redirect_uris: [CALLBACK] });
    expect(made).toMatchObject({
      client_secret: expect.any(String),
      client_secret_expires_at: 0,
      registration_access_token: expect.any(String),
      registration_client_uri: `${party.issuer}/register/${clientId}/`,
    });
  });

  it('oidcc-server-rotate-keys', async () => {
    const kidsOf = async () => {
      const { keys } = JSON.parse(await (await fetch(String(party.metadata['jwks_uri']))).text());
      return (keys as { readonly kid: string }[]).map(({ kid }) => kid);
    };
    const before = await kidsOf();
    const [made] = (await party.site.command(['key', 'rotate', '--algorithm', 'RS256'])) as { readonly kid: string }[];
    // The new key is published once the running server has read it, and before it signs.
    await expect.poll(kidsOf, { timeout: 75_000, interval: 1_000 }).toContain(made?.kid);
    expect(await kidsOf()).toEqual(expect.arrayContaining(before));
    const { body } = await redeemed(await registered());
    expect(await kidsOf()).toContain(decodeProtectedHeader(String(body['id_token'])).kid);
  }, 90_000);

  it.each([
    ['oidcc-request-uri-unsigned', 'none'],
    ['oidcc-request-uri-signed-rs256', 'RS256'],
  ])('%s: not offered, said so in metadata, and refused with the reason', async (_module, alg) => {
    expect(party.metadata['request_uri_parameter_supported']).toBe(false);
    const client = await registered({ jwks });
    const object = { client_id: client.clientId, iss: client.clientId, aud: party.issuer, state: 'inside' };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const jwt =
      alg === 'none'
        ? `${part({ alg })}.${part(object)}.`
        : await new SignJWT(object).setProtectedHeader({ alg, kid: 'one' }).sign(pair.privateKey);
    published.set('/request', jwt);
    const answer = party.arrived(await open(client, { request_uri: `${base}/request` }));
    expect([answer.get('error'), answer.get('state')]).toEqual(['request_uri_not_supported', 'the-state']);
  });

  it('oidcc-ensure-request-object-with-redirect-uri', async () => {
    const client = await registered({ jwks });
    const object = { ...Object.fromEntries(new URL(party.addressOf({}, client)).searchParams), state: 'inside' };
    const request = await new SignJWT(object)
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(client.clientId)
      .setAudience(party.issuer)
      .setExpirationTime('1 minute')
      .sign(pair.privateKey);
    const seen = await open(client, { redirect_uri: `${CALLBACK}/another`, request });
    const answer = party.arrived(await party.allowed(party.alice, seen));
    expect([answer.get('state'), answer.has('code')]).toEqual(['inside', true]);
  });

  it('oidcc-refresh-token', async () => {
    const client = await registered({ grant_types: ['authorization_code', 'refresh_token'] });
    const { body } = await redeemed(client);
    const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) };
    const again = await party.token(form, client);
    expect(again.status).toBe(200);
    expect(again.body['access_token']).not.toBe(body['access_token']);
  });

  it('oidcc-registration-jwks-uri', async () => {
    const client = await registered({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `${base}/jwks` });
    expect(client.made['jwks_uri']).toBe(`${base}/jwks`);
    expect(await redeemedByKey(client)).toBe(200);
  });

  it('oidcc-registration-logo-uri', async () => {
    // Nothing is loaded from there, as may be: the registration is taken, and the page is without it.
    const client = await registered({ logo_uri: `${base}/logo.png` });
    const seen = await open(client);
    expect(seen.document.querySelectorAll('img').some((each) => each.getAttribute('src')?.startsWith(base))).toBe(
      false,
    );
    expect((await redeemed(client)).status).toBe(200);
  });

  it.each([
    ['oidcc-registration-policy-uri', 'policy_uri'],
    ['oidcc-registration-tos-uri', 'tos_uri'],
  ])('%s', async (_module, member) => {
    const client = await registered({ [member]: 'https://app.example/page' });
    const seen = await open(client);
    expect(seen.document.querySelector('a[href="https://app.example/page"]')).not.toBeNull();
    expect((await redeemed(client)).status).toBe(200);
  });

  it('oidcc-registration-sector-uri', async () => {
    published.set('/sector', [CALLBACK, 'https://app.example/callback']);
    const redirect_uris = [CALLBACK, 'https://app.example/callback'];
    const sector_identifier_uri = `${base}/sector`;
    const [one, other] = [
      await registered({ subject_type: 'pairwise', redirect_uris, sector_identifier_uri }),
      await registered(),
    ];
    const subOf = async (client: Client) => claimsOf(String((await redeemed(client)).body['id_token']))['sub'];
    expect(await subOf(one)).not.toBe(await subOf(other));
  });

  it('oidcc-registration-sector-bad', async () => {
    published.set('/sector-bad', ['https://app.example/another']);
    const { status, body } = await send({ subject_type: 'pairwise', sector_identifier_uri: `${base}/sector-bad` });
    expect([status, body['error']]).toEqual([400, 'invalid_client_metadata']);
  });

  it('oidcc-refresh-token-rp-key-rotation', async () => {
    const { client, refreshToken, next } = await waited;
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    expect(await tokenByKey(form, await assertion(client.clientId, next, 'two'))).toMatchObject({
      status: 200,
      body: { access_token: expect.any(String) },
    });
    expect((await tokenByKey(form, await assertion(client.clientId))).status).toBe(401);
  }, 120_000);
});
