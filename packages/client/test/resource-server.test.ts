/**
 * An API that lets in who brings an access token: what is accepted, what is refused with which code, and how often the
 * authorization server is asked.
 */
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type AccessToken,
  createReplayMemory,
  createResourceServer,
  type ResourceServer,
  type ResourceServerOptions,
  type TOKEN_REFUSALS,
  type TokenDemand,
} from '../src/resource-server.ts';
import {
  type AuthorizationServerStub,
  createAuthorizationServerStub,
  goodClaims,
  ISSUER,
  RESOURCE,
  type SigningKey,
  signToken,
} from './authorization-server-stub.ts';

const START_MS = Date.parse('2026-11-01T12:00:00Z');

let stub: AuthorizationServerStub;
let key: SigningKey;
let nowMs: number;
let reasons: string[];

beforeEach(async () => {
  stub = createAuthorizationServerStub();
  key = await stub.key('key-1');
  nowMs = START_MS;
  reasons = [];
});

afterEach(() => {
  vi.useRealTimers();
});

function open(options: Partial<ResourceServerOptions> = {}): ResourceServer {
  return createResourceServer({
    resource: RESOURCE,
    issuer: ISSUER,
    fetch: stub.fetch,
    now: () => nowMs,
    log: ({ reason }) => reasons.push(reason),
    ...options,
  });
}

function ask(headers: Readonly<Record<string, string>>, method = 'GET', url = `${RESOURCE}/things`): Request {
  return new Request(url, { method, headers });
}

const bearer = (token: string) => ask({ authorization: `Bearer ${token}` });

/** The token of a request that has to be let in. */
async function letIn(api: ResourceServer, request: Request, demand?: TokenDemand): Promise<AccessToken> {
  const found = await api.requireToken(request, demand);
  if (found instanceof Response) throw new Error(`${found.status} ${reasons.at(-1)}`);
  return found;
}

/** The answer to a request that has to be refused, and the stable code of the log. */
async function refusal(found: AccessToken | Response) {
  if (!(found instanceof Response)) throw new Error('the request was let in');
  const body = (await found.json()) as { error?: string; error_description?: string };
  return { status: found.status, error: body.error, reason: reasons.at(-1), headers: found.headers };
}

describe('RFC 9068 §4', () => {
  it('lets in a token that keeps to it, and says what it says', async () => {
    const claims = { ...goodClaims(nowMs), acr: 'urn:example:mfa', auth_time: START_MS / 1000 };
    const token = await letIn(open(), bearer(await signToken(key, claims)), { scope: ['read', 'write'] });
    expect(token).toMatchObject({
      issuer: ISSUER,
      subject: 'subject-1',
      clientId: 'client-1',
      scope: new Set(['read', 'write']),
      audience: [RESOURCE],
      expiresAtMs: START_MS + 600_000,
      acr: 'urn:example:mfa',
      authenticatedAtMs: START_MS,
      boundTo: { keyThumbprint: null, certificateThumbprint: null },
    });
  });

  const changed: readonly [string, JWTPayload, Record<string, unknown>, keyof typeof TOKEN_REFUSALS][] = [
    ['of another issuer', { iss: 'https://evil.example' }, {}, 'token_issuer_wrong'],
    ['for another resource', { aud: 'https://other.example' }, {}, 'token_audience_wrong'],
    ['that is an ID token', {}, { typ: 'JWT' }, 'token_type_wrong'],
    ['that is expired beyond the tolerance', { exp: START_MS / 1000 - 11 }, {}, 'token_expired'],
    ['that is not valid yet', { nbf: START_MS / 1000 + 11 }, {}, 'token_not_yet_valid'],
    ['signed by a key that is not published', {}, { kid: 'key-2' }, 'token_key_unknown'],
    ['with a binding of an unknown kind', { cnf: { 'x-new': 'value' } }, {}, 'token_binding_unknown'],
  ];
  it.each(changed)('refuses a token %s', async (_what, claims, header, reason) => {
    const token = await signToken(key, { ...goodClaims(nowMs), ...claims }, header);
    expect(await refusal(await open().requireToken(bearer(token)))).toMatchObject({
      status: 401,
      error: 'invalid_token',
      reason,
    });
  });

  it.each(['iss', 'aud', 'exp', 'sub', 'client_id', 'iat', 'jti'])('refuses a token without %s', async (claim) => {
    const claims = Object.fromEntries(Object.entries(goodClaims(nowMs)).filter(([name]) => name !== claim));
    const found = await open().requireToken(bearer(await signToken(key, claims)));
    expect(await refusal(found)).toMatchObject({ status: 401, reason: 'token_claim_missing' });
  });

  it('accepts ten seconds between the clocks', async () => {
    const claims = { ...goodClaims(nowMs), exp: START_MS / 1000 - 9, nbf: START_MS / 1000 + 9 };
    await letIn(open(), bearer(await signToken(key, claims)));
  });

  it('refuses a signature by another key under a known kid', async () => {
    const other = await stub.key('key-1', false);
    const found = await open().requireToken(bearer(await signToken(other, goodClaims(nowMs))));
    expect(await refusal(found)).toMatchObject({ status: 401, reason: 'token_signature_wrong' });
  });

  it('refuses "none" and a symmetric key made of what is public (RFC 8725 §3.1)', async () => {
    const payload = Buffer.from(JSON.stringify(goodClaims(nowMs))).toString('base64url');
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
    expect(await refusal(await open().requireToken(bearer(none)))).toMatchObject({ status: 401 });
    const symmetric = await new SignJWT(goodClaims(nowMs))
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'key-1' })
      .sign(new TextEncoder().encode('the public key, which everybody knows'));
    const found = await open().requireToken(bearer(symmetric));
    expect(await refusal(found)).toMatchObject({ status: 401, reason: 'token_algorithm_refused' });
  });

  it('fetches the keys again for an unknown kid, and not for each of those that follow within half a minute', async () => {
    // jose goes by the system's clock.
    vi.useFakeTimers({ toFake: ['Date'], now: START_MS });
    const api = open();
    await letIn(api, bearer(await signToken(key, goodClaims(nowMs))));
    const keysAsked = () => stub.asked.filter((path) => path === '/o/jwks').length;
    const unknown = bearer(await signToken(await stub.key('nobody', false), goodClaims(nowMs)));
    for (let request = 0; request < 20; request += 1) {
      expect(await refusal(await api.requireToken(unknown))).toMatchObject({ reason: 'token_key_unknown' });
    }
    expect(keysAsked()).toBe(1);
    vi.setSystemTime(START_MS + 30_000);
    const rotated = await stub.key('key-2');
    await letIn(api, bearer(await signToken(rotated, goodClaims(nowMs))));
    for (let request = 0; request < 20; request += 1) await api.requireToken(unknown);
    expect(keysAsked()).toBe(2);
  });

  it('answers 503 while the server cannot be reached, asks it once meanwhile, and goes on afterwards', async () => {
    const api = open();
    stub.brokenStatus = 500;
    const token = await signToken(key, goodClaims(nowMs));
    const first = await refusal(await api.requireToken(bearer(token)));
    expect(first).toMatchObject({ status: 503, error: 'temporarily_unavailable', reason: 'server_unavailable' });
    expect(first.headers.get('retry-after')).toBe('5');
    await api.requireToken(bearer(token));
    expect(stub.asked).toHaveLength(1);
    stub.brokenStatus = null;
    nowMs += 5_000;
    await letIn(api, bearer(token));
  });

  it('believes a key that was taken back for ten minutes at most', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START_MS });
    const api = open();
    const token = bearer(await signToken(key, { ...goodClaims(nowMs), exp: START_MS / 1000 + 3_600 }));
    await letIn(api, token);
    stub.withdrawKeys();
    await stub.key('key-2');
    vi.setSystemTime(START_MS + 10 * 60_000 - 1);
    await letIn(api, token);
    vi.setSystemTime(START_MS + 10 * 60_000);
    expect(await refusal(await api.requireToken(token))).toMatchObject({ reason: 'token_key_unknown' });
  });

  it('believes addresses for an hour, and those of before while no newer ones can be had', async () => {
    const api = open();
    const sent = async () => bearer(await signToken(key, goodClaims(nowMs)));
    const metadataAsked = () => stub.asked.filter((path) => path.startsWith('/o/.well-known/')).length;
    await letIn(api, await sent());
    nowMs += 3_600_000 - 1;
    await letIn(api, await sent());
    expect(metadataAsked()).toBe(1);
    nowMs += 1;
    stub.brokenStatus = 500;
    await letIn(api, await sent());
    await letIn(api, await sent());
    expect(metadataAsked()).toBe(2);
    stub.brokenStatus = null;
    stub.metadata = { issuer: ISSUER, jwks_uri: `${ISSUER}/moved` };
    nowMs += 5_000;
    await letIn(api, await sent());
    expect(metadataAsked()).toBe(3);
    // From then on the new address counts, where nothing is in this test.
    expect(await refusal(await api.requireToken(await sent()))).toMatchObject({ status: 503 });
  });

  it('believes no metadata of another issuer (RFC 8414 §3.3)', async () => {
    stub.metadata = { issuer: 'https://evil.example' };
    const found = await open().requireToken(bearer(await signToken(key, goodClaims(nowMs))));
    expect(await refusal(found)).toMatchObject({ status: 503, reason: 'server_unavailable' });
  });
});

describe('RFC 7662', () => {
  const introspection = { clientId: 'api', clientSecret: 'a secret with spaces & signs' };
  const active = (more: Record<string, unknown> = {}) => ({ active: true, ...goodClaims(nowMs), ...more });
  const asked = () => stub.asked.filter((path) => path === '/o/introspect').length;

  it('lets in what the server calls active', async () => {
    stub.introspection.set('opaque', active());
    expect((await letIn(open({ introspection }), bearer('opaque'))).subject).toBe('subject-1');
  });

  it.each([
    ['inactive', { active: false }, 'token_inactive'],
    ['active, but not quite', { active: 'true' }, 'token_inactive'],
    ['for another resource', { aud: 'https://other.example' }, 'token_audience_wrong'],
    ['without an audience', { aud: undefined }, 'token_audience_wrong'],
    ['of another issuer', { iss: 'https://evil.example' }, 'token_issuer_wrong'],
    ['expired', { exp: START_MS / 1000 - 11 }, 'token_expired'],
    ['not valid yet', { nbf: START_MS / 1000 + 11 }, 'token_not_yet_valid'],
  ])('refuses what is %s', async (_what, more, reason) => {
    stub.introspection.set('opaque', active(more));
    const found = await open({ introspection }).requireToken(bearer('opaque'));
    expect(await refusal(found)).toMatchObject({ status: 401, error: 'invalid_token', reason });
  });

  it('takes any audience where the route says so', async () => {
    stub.introspection.set('opaque', active({ aud: undefined }));
    await letIn(open({ introspection }), bearer('opaque'), { audience: null });
  });

  it('asks once for requests that come together, and again after five seconds: a revoked token lasts no longer', async () => {
    const api = open({ introspection });
    stub.introspection.set('opaque', active());
    await Promise.all(Array.from({ length: 20 }, () => letIn(api, bearer('opaque'))));
    expect(asked()).toBe(1);
    stub.introspection.delete('opaque');
    nowMs += 4_999;
    await letIn(api, bearer('opaque'));
    nowMs += 1;
    expect(await refusal(await api.requireToken(bearer('opaque')))).toMatchObject({ reason: 'token_inactive' });
    expect(asked()).toBe(2);
  });

  it('remembers a thousand answers, whoever asks, and asks again for what it forgot', async () => {
    const api = open({ introspection });
    stub.introspection.set('opaque', active());
    await letIn(api, bearer('opaque'));
    for (let sent = 0; sent < 999; sent += 1) await api.requireToken(bearer(`made-up-${sent}`));
    await letIn(api, bearer('opaque'));
    expect(asked()).toBe(1_000);
    await api.requireToken(bearer('made-up-999'));
    await letIn(api, bearer('opaque'));
    expect(asked()).toBe(1_002);
  });

  it('remembers no inactive token longer than any other answer', async () => {
    const api = open({ introspection });
    expect(await refusal(await api.requireToken(bearer('early')))).toMatchObject({ reason: 'token_inactive' });
    stub.introspection.set('early', active());
    nowMs += 5_000;
    await letIn(api, bearer('early'));
  });

  it('remembers nothing beyond the expiry, and nothing at all when told so', async () => {
    const api = open({ introspection });
    stub.introspection.set('opaque', active({ exp: START_MS / 1000 + 2 }));
    await letIn(api, bearer('opaque'));
    nowMs += 2_000;
    await api.requireToken(bearer('opaque'));
    expect(asked()).toBe(2);
    const forgetful = open({ introspection: { ...introspection, cacheMs: 0 } });
    stub.introspection.set('other', active());
    await letIn(forgetful, bearer('other'));
    await letIn(forgetful, bearer('other'));
    expect(asked()).toBe(4);
  });

  it('refuses a token that the server says nothing about (400)', async () => {
    const api = open({ introspection });
    stub.introspection.set('opaque', active());
    stub.introspectionStatus = 400;
    expect(await refusal(await api.requireToken(bearer('opaque')))).toMatchObject({
      status: 401,
      reason: 'token_inactive',
    });
  });

  it('answers 503 when the server does not answer, and asks again', async () => {
    const api = open({ introspection });
    stub.introspection.set('opaque', active());
    await letIn(api, bearer('opaque'));
    nowMs += 5_000;
    stub.brokenStatus = 401;
    expect(await refusal(await api.requireToken(bearer('opaque')))).toMatchObject({ status: 503 });
    stub.brokenStatus = null;
    await letIn(api, bearer('opaque'));
  });
});

describe('RFC 6750 §3', () => {
  it('tells who sends no token how to, and nothing else', async () => {
    const found = await open().requireToken(ask({}), { scope: 'read' });
    const { status, error, headers } = await refusal(found);
    expect([status, error]).toEqual([401, undefined]);
    expect(headers.get('www-authenticate')).toContain(
      'Bearer scope="read", resource_metadata="https://api.example.org/.well-known/oauth-protected-resource/v1"',
    );
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('reads no token from the query', async () => {
    const token = await signToken(key, goodClaims(nowMs));
    const found = await open().requireToken(ask({}, 'GET', `${RESOURCE}/things?access_token=${token}`));
    expect(await refusal(found)).toMatchObject({ status: 401, reason: 'token_missing' });
  });

  it('refuses two tokens, garbled ones, and other schemes', async () => {
    const api = open();
    const twice = await api.requireToken(ask({ authorization: 'Bearer one, Bearer two' }));
    expect(await refusal(twice)).toMatchObject({ status: 400, error: 'invalid_request', reason: 'token_repeated' });
    const garbled = await api.requireToken(ask({ authorization: 'Bearer not a token' }));
    expect(await refusal(garbled)).toMatchObject({ status: 401, reason: 'token_malformed' });
    const basic = await api.requireToken(ask({ authorization: 'Basic YTpi' }));
    expect(await refusal(basic)).toMatchObject({ status: 401, reason: 'token_missing' });
  });

  it('answers 403 where a scope is lacking, and names what is needed', async () => {
    const found = await open().requireToken(bearer(await signToken(key, goodClaims(nowMs))), { scope: 'read admin' });
    const { status, error, headers } = await refusal(found);
    expect([status, error]).toEqual([403, 'insufficient_scope']);
    expect(headers.get('www-authenticate')).toMatch(/Bearer error="insufficient_scope".*scope="read admin"/);
  });

  it('repeats nothing of the request in its answer', async () => {
    const found = await open().requireToken(ask({ authorization: 'Bearer ey"<script>' }));
    if (!(found instanceof Response)) throw new Error('let in');
    expect(`${found.headers.get('www-authenticate')}${await found.text()}`).not.toContain('<script');
  });
});

describe('RFC 9449', () => {
  interface Sender {
    readonly thumbprint: string;
    proof(accessToken: string, more?: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  }
  async function sender(algorithm = 'ES256'): Promise<Sender> {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    return {
      thumbprint: await calculateJwkThumbprint(jwk),
      proof: (accessToken, more = {}, header = {}) =>
        new SignJWT({
          jti: crypto.randomUUID(),
          htm: 'GET',
          htu: `${RESOURCE}/things`,
          iat: Math.floor(nowMs / 1000),
          ath: createHash('sha256').update(accessToken).digest('base64url'),
          ...more,
        })
          .setProtectedHeader({ alg: algorithm, typ: 'dpop+jwt', jwk, ...header })
          .sign(pair.privateKey),
    };
  }
  const bound = (to: Sender) => signToken(key, { ...goodClaims(nowMs), cnf: { jkt: to.thumbprint } });
  const send = (token: string, proof: string, url?: string) =>
    ask({ authorization: `DPoP ${token}`, dpop: proof }, 'GET', url);

  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'])('lets in a token with a proof of its key (%s)', async (algorithm) => {
    const one = await sender(algorithm);
    const token = await bound(one);
    const found = await letIn(open(), send(token, await one.proof(token), `${RESOURCE}/things?page=2#end`));
    expect(found.boundTo.keyThumbprint).toBe(one.thumbprint);
  });

  it('goes by the address that people reach, whatever a proxy made of it', async () => {
    const one = await sender();
    const token = await bound(one);
    await letIn(open(), send(token, await one.proof(token), 'http://10.0.0.7:8080/v1/things'));
  });

  it.each([
    ['for another method', { htm: 'POST' }, 'dpop_proof_other_request'],
    ['for another address', { htu: `${RESOURCE}/others` }, 'dpop_proof_other_request'],
    ['for another host', { htu: 'https://evil.example/v1/things' }, 'dpop_proof_other_request'],
    ['that is older than a minute', { iat: START_MS / 1000 - 61 }, 'dpop_proof_stale'],
    ['from the future', { iat: START_MS / 1000 + 61 }, 'dpop_proof_stale'],
    ['for another token', { ath: 'x'.repeat(43) }, 'dpop_proof_other_token'],
    ['without ath', { ath: undefined }, 'dpop_proof_malformed'],
    ['without jti', { jti: undefined }, 'dpop_proof_malformed'],
  ])('refuses a proof %s', async (_what, more, reason) => {
    const one = await sender();
    const token = await bound(one);
    // What is undefined is not in the JSON of the proof.
    const found = await open().requireToken(send(token, await one.proof(token, more as JWTPayload)));
    const { status, error, headers, ...rest } = await refusal(found);
    expect([status, error, rest.reason]).toEqual([401, 'invalid_dpop_proof', reason]);
    expect(headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_dpop_proof".*algs="ES256/);
  });

  it('refuses a proof of another type, with a private key, without a key, or garbled', async () => {
    const one = await sender();
    const token = await bound(one);
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const proofs = [
      await one.proof(token, {}, { typ: 'JWT' }),
      await one.proof(token, {}, { jwk: await exportJWK(privateKey) }),
      await one.proof(token, {}, { jwk: undefined }),
      'garbled',
    ];
    for (const proof of proofs) {
      const found = await open().requireToken(send(token, proof));
      expect(await refusal(found)).toMatchObject({ error: 'invalid_dpop_proof' });
    }
  });

  it('refuses a proof that was used before (§11.1), and two at once', async () => {
    const api = open();
    const one = await sender();
    const token = await bound(one);
    const proof = await one.proof(token);
    await letIn(api, send(token, proof));
    expect(await refusal(await api.requireToken(send(token, proof)))).toMatchObject({ reason: 'dpop_proof_replayed' });
    const both = await api.requireToken(send(token, `${proof}, ${proof}`));
    expect(await refusal(both)).toMatchObject({ reason: 'dpop_proof_repeated' });
  });

  it('refuses proofs rather than forget some when there are too many', () => {
    const memory = createReplayMemory(2);
    expect([memory.recordOnce('a', 10, 0), memory.recordOnce('b', 10, 0), memory.recordOnce('c', 10, 0)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(memory.recordOnce('c', 20, 10)).toBe(true);
  });

  it('refuses a bound token without its proof, with the proof of another key, and an unbound token with any', async () => {
    const [one, other] = [await sender(), await sender()];
    const token = await bound(one);
    const api = open();
    expect(await refusal(await api.requireToken(bearer(token)))).toMatchObject({
      status: 401,
      error: 'invalid_token',
      reason: 'dpop_scheme_needed',
    });
    expect(await refusal(await api.requireToken(ask({ authorization: `DPoP ${token}` })))).toMatchObject({
      error: 'invalid_dpop_proof',
      reason: 'dpop_proof_missing',
    });
    expect(await refusal(await api.requireToken(send(token, await other.proof(token))))).toMatchObject({
      error: 'invalid_token',
      reason: 'dpop_key_wrong',
    });
    const unbound = await signToken(key, goodClaims(nowMs));
    expect(await refusal(await api.requireToken(send(unbound, await one.proof(unbound))))).toMatchObject({
      reason: 'dpop_key_wrong',
    });
  });

  it('offers and takes DPoP alone where it is required', async () => {
    const api = open({ dpop: { required: true } });
    const { headers } = await refusal(await api.requireToken(ask({})));
    expect(headers.get('www-authenticate')).toMatch(/^DPoP /);
    const found = await api.requireToken(bearer(await signToken(key, goodClaims(nowMs))));
    expect(await refusal(found)).toMatchObject({ reason: 'dpop_scheme_needed' });
  });

  it('asks for its nonce (§9), takes it for five to ten minutes, and no other', async () => {
    const api = open({ dpop: { nonceSecret: 'a secret of the tests, which is long enough' } });
    const one = await sender();
    const first = await bound(one);
    const asked = await refusal(await api.requireToken(send(first, await one.proof(first))));
    expect([asked.status, asked.error]).toEqual([401, 'use_dpop_nonce']);
    const nonce = asked.headers.get('dpop-nonce') ?? '';
    await letIn(api, send(first, await one.proof(first, { nonce })));
    const wrong = await api.requireToken(send(first, await one.proof(first, { nonce: 'x'.repeat(43) })));
    expect(await refusal(wrong)).toMatchObject({ error: 'use_dpop_nonce' });
    nowMs += 10 * 60_000;
    const later = await bound(one);
    const old = await api.requireToken(send(later, await one.proof(later, { nonce })));
    expect(await refusal(old)).toMatchObject({ error: 'use_dpop_nonce' });
  });
});

describe('RFC 8705 §3', () => {
  const certificate = new TextEncoder().encode('a certificate, as DER');
  const thumbprint = createHash('sha256').update(certificate).digest('base64url');

  it('lets in a token over the connection of its certificate, and over no other', async () => {
    const api = open();
    const token = await signToken(key, { ...goodClaims(nowMs), cnf: { 'x5t#S256': thumbprint } });
    const found = await api.requireToken(bearer(token), {}, { certificate });
    expect(found).toMatchObject({ boundTo: { certificateThumbprint: thumbprint } });
    expect(await refusal(await api.requireToken(bearer(token)))).toMatchObject({
      status: 401,
      error: 'invalid_token',
      reason: 'certificate_missing',
    });
    const other = { certificate: new TextEncoder().encode('another') };
    expect(await refusal(await api.requireToken(bearer(token), {}, other))).toMatchObject({
      reason: 'certificate_wrong',
    });
  });
});

describe('RFC 9470 §3', () => {
  it('asks for a stronger or more recent sign-in, and says which', async () => {
    const api = open();
    const demand = { acr: ['urn:example:mfa', 'urn:example:passkey'], maxAgeMs: 300_000 };
    const token = (claims: JWTPayload) => signToken(key, { ...goodClaims(nowMs), ...claims });
    const recent = { auth_time: START_MS / 1000 - 60 };
    await letIn(api, bearer(await token({ ...recent, acr: 'urn:example:passkey' })), demand);
    for (const claims of [
      { ...recent, acr: 'urn:example:password' },
      { acr: 'urn:example:mfa', auth_time: START_MS / 1000 - 301 },
      { acr: 'urn:example:mfa' },
      recent,
    ]) {
      const { status, error, headers } = await refusal(await api.requireToken(bearer(await token(claims)), demand));
      expect([status, error]).toEqual([401, 'insufficient_user_authentication']);
      expect(headers.get('www-authenticate')).toMatch(
        /error="insufficient_user_authentication".*acr_values="urn:example:mfa urn:example:passkey", max_age="300"/,
      );
    }
  });
});

describe('RFC 9728', () => {
  it('publishes the metadata between host and path (§3.1), for everybody to read', async () => {
    const api = open({ metadata: { name: 'Things', scopes: ['read'], documentation: 'https://example.org/docs' } });
    expect(api.metadataUrl).toBe('https://api.example.org/.well-known/oauth-protected-resource/v1');
    const answer = api.handle(new Request(api.metadataUrl));
    expect(answer?.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer?.json()).toMatchObject({
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
      scopes_supported: ['read'],
      resource_name: 'Things',
      resource_documentation: 'https://example.org/docs',
      dpop_bound_access_tokens_required: false,
    });
    expect(api.handle(new Request(api.metadataUrl, { method: 'POST' }))?.status).toBe(405);
    expect(api.handle(new Request(`${RESOURCE}/things`))).toBe(null);
  });
});

describe('createResourceServer()', () => {
  it('says which option is wrong', () => {
    expect(() => open({ resource: 'things' })).toThrow(/^resource is "things"/);
    expect(() => open({ issuer: 'http://accounts.example.org/o' })).toThrow(/^issuer is .* allowInsecure/);
    expect(() => open({ dpop: { nonceSecret: 'short' } })).toThrow(/^dpop.nonceSecret/);
  });
});
