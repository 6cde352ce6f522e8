/**
 * What the OpenID conformance suite asks of a relying party, as tests of our own modelled on its modules "basic" and "config":
 * a provider that answers wrongly in one thing at a time, each refused with its own code. Its modules for logout, back-channel
 * logout and refresh are in `openid-connect.test.ts` and `sessions.test.ts`.
 */
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FAILURES, oidc } from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import {
  type AuthorizationServerStub,
  createAuthorizationServerStub,
  ISSUER,
  type SigningKey,
} from './authorization-server-stub.ts';
import { type Page, Visitor } from './visitor.ts';

/** What the provider says in one sign-in. */
interface Answer {
  readonly claims?: JWTPayload;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: SigningKey;
  /** In the place of the whole ID token; null: none. */
  readonly idToken?: string | null;
  readonly userinfo?: Record<string, unknown>;
  /** In the place of what the browser brings back. */
  readonly response?: Readonly<Record<string, string>>;
}

let stub: AuthorizationServerStub;
let key: SigningKey;
let app: Application;
let tokenAnswer: Record<string, unknown>;
let userinfo: Record<string, unknown>;
let tokenRequest: URLSearchParams;

beforeAll(async () => {
  stub = createAuthorizationServerStub();
  stub.metadata = {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/authorize`,
    token_endpoint: `${ISSUER}/token`,
    userinfo_endpoint: `${ISSUER}/userinfo`,
    authorization_response_iss_parameter_supported: true,
    id_token_signing_alg_values_supported: ['ES256'],
  };
  key = await stub.key('key-1');
});
beforeEach(async () => {
  const credentials = { clientId: 'client-1', clientSecret: 'secret' };
  app = await startApplication(() => [oidc({ id: 'office', name: 'Work', issuer: ISSUER, credentials })], {
    fetch: async (url, init) => {
      switch (new URL(url).pathname) {
        case '/o/token':
          tokenRequest = new URLSearchParams(String(init.body));
          return Response.json(tokenAnswer);
        case '/o/userinfo':
          return Response.json(userinfo);
        default:
          return stub.fetch(url, init);
      }
    },
  });
});
afterAll(() => app?.close());

/** One sign-in, at whose end the provider answers so. */
async function signIn(answer: Answer = {}): Promise<Page> {
  const visitor = new Visitor();
  const start = await visitor.request(`${app.url}/accounts/office/login/`);
  const asked = new URL(start.headers.get('location') ?? '').searchParams;
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: ISSUER, aud: 'client-1', sub: 'subject-1', iat: now, exp: now + 60, nonce: asked.get('nonce') };
  const signer = answer.key ?? key;
  const claims = { ...good, preferred_username: 'olivia', ...answer.claims } as JWTPayload;
  const signed = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: signer.kid, ...answer.header })
    .sign(signer.privateKey);
  const idToken = answer.idToken === undefined ? signed : answer.idToken;
  tokenAnswer = {
    access_token: 'access',
    token_type: 'Bearer',
    expires_in: 60,
    ...(idToken === null ? {} : { id_token: idToken }),
  };
  userinfo = answer.userinfo ?? { sub: 'subject-1' };
  const response = { code: 'code-1', state: asked.get('state') ?? '', iss: ISSUER, ...answer.response };
  return visitor.open(`${app.redirectUri('office')}?${new URLSearchParams(response)}`);
}

const unsigned = () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: 'client-1', sub: 'subject-1', iat: now, exp: now + 60 };
  return `${encode({ alg: 'none' })}.${encode(claims)}.`;
};

describe('basic', () => {
  it('signs in where nothing is wrong, with PKCE, and the code is exchanged by the client that asked', async () => {
    const page = await signIn();
    expect([page.text('failure-code'), page.text('username')]).toEqual([null, 'olivia']);
    expect(tokenRequest.get('code_verifier')).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(tokenRequest.get('redirect_uri')).toBe(app.redirectUri('office'));
  });

  it.each<[string, JWTPayload, keyof typeof FAILURES]>([
    ['iss of another issuer', { iss: 'https://evil.example' }, 'id_token_issuer_wrong'],
    ['aud of another client', { aud: 'client-2' }, 'id_token_audience_wrong'],
    ['several aud without us among them', { aud: ['client-2', 'client-3'] }, 'id_token_audience_wrong'],
    ['azp of another client', { aud: ['client-1', 'client-2'], azp: 'client-2' }, 'id_token_party_wrong'],
    ['nonce of another sign-in', { nonce: 'another' }, 'id_token_nonce_wrong'],
    ['exp that is past', { exp: 1 }, 'id_token_expired'],
    ['nbf that is to come', { nbf: 99_999_999_999 }, 'id_token_not_yet_valid'],
  ])('refuses an ID token with %s', async (_what, claims, code) => {
    expect((await signIn({ claims })).text('failure-code')).toBe(code);
    expect(app.lastRefusal().code).toBe(code);
  });

  it.each(['iss', 'aud', 'sub', 'exp', 'iat', 'nonce'])('refuses an ID token without %s', async (claim) => {
    const page = await signIn({ claims: { [claim]: undefined } });
    expect(page.text('failure-code')).toBe('id_token_claim_missing');
  });

  it('refuses an ID token signed by another key under a known kid', async () => {
    const forged = await stub.key('key-1', false);
    expect((await signIn({ key: forged })).text('failure-code')).toBe('id_token_signature_wrong');
  });

  it('refuses an ID token signed by a key that is not published', async () => {
    const unknown = await stub.key('key-9', false);
    expect((await signIn({ key: unknown })).text('failure-code')).toBe('id_token_key_unknown');
  });

  it('refuses an ID token with alg none', async () => {
    expect((await signIn({ idToken: unsigned() })).text('failure-code')).toBe('id_token_algorithm_refused');
  });

  it('refuses an algorithm that the provider does not announce', async () => {
    const rsa = await stub.key('key-rsa', true, 'RS256');
    const page = await signIn({ key: rsa, header: { alg: 'RS256' } });
    expect(page.text('failure-code')).toBe('id_token_algorithm_refused');
  });

  it('refuses an answer without an ID token, and one that is garbled', async () => {
    expect((await signIn({ idToken: null })).text('failure-code')).toBe('token_response_invalid');
    expect((await signIn({ idToken: 'a.b.c' })).text('failure-code')).toBe('id_token_invalid');
  });

  it('refuses userinfo whose sub differs, and userinfo without one', async () => {
    expect((await signIn({ userinfo: { sub: 'subject-2' } })).text('failure-code')).toBe('subject_mismatch');
    expect((await signIn({ userinfo: { name: 'nobody' } })).text('failure-code')).toBe('profile_invalid');
  });

  it('refuses a mixed-up issuer and a missing one, before the code is sent anywhere (RFC 9207)', async () => {
    tokenRequest = new URLSearchParams();
    const mixedUp = await signIn({ response: { iss: 'https://evil.example' } });
    expect(mixedUp.text('failure-code')).toBe('issuer_mismatch');
    expect((await signIn({ response: { iss: '' } })).text('failure-code')).toBe('issuer_mismatch');
    expect([...tokenRequest]).toEqual([]);
  });

  it('refuses a state of nobody, and one that comes a second time', async () => {
    expect((await signIn({ response: { state: 'x'.repeat(22) } })).text('failure-code')).toBe('attempt_missing');
    expect((await signIn({ response: { state: '' } })).text('failure-code')).toBe('state_missing');
  });

  it('accepts clocks that are 20 seconds apart', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await signIn({ claims: { exp: now - 20, nbf: now + 20, iat: now + 20 } })).text('username')).toBe('olivia');
  });
});

describe('config', () => {
  it('takes a key that was published since: a rotation needs nobody', async () => {
    expect((await signIn()).text('username')).toBe('olivia');
    const rotated = await stub.key('key-2');
    // Of an unknown key they are fetched again, though not more often than once a minute.
    expect((await signIn({ key: rotated })).text('failure-code')).toBe('id_token_key_unknown');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    expect((await signIn({ key: rotated })).text('username')).toBe('olivia');
    vi.useRealTimers();
  });

  it('refuses metadata of another issuer', async () => {
    const former = stub.metadata;
    stub.metadata = { ...former, issuer: 'https://evil.example' };
    const page = await new Visitor().open(`${app.url}/accounts/office/login/`);
    stub.metadata = former;
    expect(page.text('failure-code')).toBe('discovery_invalid');
  });

  it('says so when the provider is not there', async () => {
    stub.brokenStatus = 503;
    const page = await new Visitor().open(`${app.url}/accounts/office/login/`);
    stub.brokenStatus = null;
    expect(page.text('failure-code')).toBe('provider_unreachable');
    expect((await signIn()).text('username')).toBe('olivia');
  });
});
