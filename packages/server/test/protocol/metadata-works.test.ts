/**
 * Metadata advertises exactly what works: each list is found out by trying, with every word that the specification registers for
 * it and not with the server's own list, and has to come out the same as the published one.
 */
import { type CryptoKey, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedUsername } from '../../src/accounts/username.ts';
import { readSettings } from '../../src/admin/setting-fields.ts';
import type { Application } from '../../src/protocol/application.ts';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import type { AuthorizationOutcome } from '../../src/protocol/authorization-outcome.ts';
import { readJsonWebKeySet } from '../../src/protocol/json-web-key-set.ts';
import { providerMetadata } from '../../src/protocol/metadata.ts';
import {
  basic,
  CALLBACK,
  CHALLENGE,
  type Form,
  ISSUER,
  json,
  openServer,
  SECRET,
  type SignedIn,
  type TestServer,
  text,
  tokensFor,
  VERIFIER,
} from './server.ts';

type IdTokenAlgorithm = Application['idTokenAlgorithm'];

/** What the registries have (RFC 7518 §3.1, RFC 8037, RFC 8812; IANA OAuth Parameters). */
const ALGORITHMS = ['none', 'HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const SIGNING = [...ALGORITHMS, 'ES256', 'ES384', 'ES512', 'EdDSA'];
const AUTHENTICATION = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
];
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const CREDENTIALS = { grant_type: 'client_credentials', scope: 'read' };

let server: TestServer;
let person: SignedIn;
let application: Application;
let document: Readonly<Record<string, unknown>>;
/** By algorithm; of `none` and those with a shared secret there is no pair. */
const pairs = new Map<string, { readonly privateKey: CryptoKey; readonly jwk: Readonly<Record<string, unknown>> }>();

beforeAll(async () => {
  server = await openServer();
  person = await server.person();
  application = await server.application();
  await server.storage.consents.allow(person.accountId, application.id, application.scopes, server.clock());
  document = providerMetadata({
    baseUrl: 'https://id.example',
    scopes: server.deps.scopes,
    profileClaims: server.deps.profileClaims,
    detailTypes: new Map(),
    uiLocales: ['en'],
    registration: false,
    clientDocuments: false,
  });
  for (const algorithm of SIGNING.filter((name) => name !== 'none' && !name.startsWith('HS'))) {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    pairs.set(algorithm, { privateKey: pair.privateKey, jwk: { ...(await exportJWK(pair.publicKey)) } });
  }
});
afterAll(() => server.close());

const configured = async (settings: Partial<ApplicationSettings>, overrides: Partial<Application> = {}) => {
  const made = await server.application({ settings: { ...DEFAULT_SETTINGS, ...settings }, ...overrides });
  await server.storage.consents.allow(person.accountId, made.id, made.scopes, server.clock());
  return made;
};
const authorize = (form: Readonly<Record<string, string>>, by = application) =>
  server.authorize({ response_type: 'code', client_id: by.clientId, ...form }, person.browser);
const seconds = () => Math.floor(server.clock() / 1_000);
const answeredInto = (outcome: AuthorizationOutcome) => {
  if (outcome.kind === 'form_post') return Object.fromEntries(outcome.fields.map(({ name, value }) => [name, value]));
  if (outcome.kind !== 'redirect') throw new Error(outcome.kind);
  const [, , encoded = ''] = /^([^?#]*)[?#](.*)$/.exec(outcome.location) ?? [];
  return Object.fromEntries(new URLSearchParams(encoded));
};
const hasCode = (outcome: AuthorizationOutcome) => {
  const answer = answeredInto(outcome);
  const inside = answer['response'] === undefined ? answer : decodeJwt(answer['response']);
  return typeof inside['code'] === 'string';
};

/** A JWT that is signed as `algorithm` says: without a signature, with the client's secret, or with a pair's key. */
async function signed(
  algorithm: string,
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
) {
  if (algorithm === 'none') {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ ...header, alg: 'none' })}.${part(claims)}.`;
  }
  const key = pairs.get(algorithm)?.privateKey ?? Buffer.from(SECRET.repeat(4));
  return new SignJWT({ ...claims }).setProtectedHeader({ ...header, alg: algorithm }).sign(key);
}
/** The public keys that a client would register. Those that cannot be are left out. */
function keySetOf(algorithm: string): ApplicationSettings['jwks'] {
  const read = readJsonWebKeySet({ keys: [{ ...pairs.get(algorithm)?.jwk, alg: algorithm }] });
  return read.outcome === 'read' ? read.jwks : null;
}
let serial = 0;
async function assertionOf(algorithm: string, by: Application) {
  serial += 1;
  const claims = { iss: by.clientId, sub: by.clientId, aud: ISSUER, exp: seconds() + 60, jti: `jti-${serial}` };
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: await signed(algorithm, {}, claims) };
}
const byKey = (algorithm = 'ES256') =>
  configured({ clientAuthentication: 'private_key_jwt', jwks: keySetOf(algorithm) }, { secrets: [] });

type Endpoint = (
  form: Form,
  options?: { readonly authorization: string | null },
) => Promise<{ readonly status: number }>;

/** Whether an endpoint takes a client that proves itself so. */
async function authenticates(
  method: string,
  endpoint: Endpoint,
  form: Readonly<Record<string, string>>,
  who: Application,
) {
  switch (method) {
    case 'none': {
      const open = await configured({}, { type: 'public' });
      const code = answeredInto(await authorize({ code_challenge: CHALLENGE, code_challenge_method: 'S256' }, open))[
        'code'
      ];
      const exchange = { grant_type: 'authorization_code', code: String(code), code_verifier: VERIFIER };
      const fields = form === CREDENTIALS ? exchange : form;
      return (await endpoint({ ...fields, client_id: open.clientId })).status === 200;
    }
    case 'client_secret_basic':
      return (await endpoint(form, { authorization: basic(who) })).status === 200;
    case 'client_secret_post':
      return (await endpoint({ ...form, client_id: who.clientId, client_secret: SECRET })).status === 200;
    case 'client_secret_jwt':
      return (await endpoint({ ...form, ...(await assertionOf('HS256', who)) })).status === 200;
    case 'private_key_jwt': {
      const by = await byKey();
      return (await endpoint({ ...form, ...(await assertionOf('ES256', by)) })).status === 200;
    }
    default:
      // A certificate does not come in a form; without one the client is nobody.
      return (await endpoint({ ...form, client_id: who.clientId })).status === 200;
  }
}
async function takesAssertion(algorithm: string, endpoint: Endpoint, form: Readonly<Record<string, string>>) {
  const by = await byKey(algorithm);
  return (await endpoint({ ...form, ...(await assertionOf(algorithm, by)) })).status === 200;
}

/** Whether an application can be set so, and gets an ID token that is encrypted so, to its RSA or EC key. */
async function encryptsWith(field: 'id_token_encryption_algorithm' | 'id_token_content_encryption', word: string) {
  const { change, problems } = readSettings({ id_token_encryption_algorithm: 'RSA-OAEP-256', [field]: word });
  if (problems.length > 0) return false;
  const keys = ['RS256', 'ES256'].map((name) => ({ ...pairs.get(name)?.jwk, kid: name, use: 'enc' }));
  const by = await configured({ ...change, jwks: { keys } });
  const header = decodeProtectedHeader(text(await tokensFor(server, by, person, { scope: 'openid' }), 'id_token'));
  return (field === 'id_token_encryption_algorithm' ? header.alg : header['enc']) === word;
}

/** Whether the server can sign with it for an application. */
async function signsWith(algorithm: string, answer: (by: Application) => Promise<unknown>): Promise<boolean> {
  try {
    const by = await configured({}, { idTokenAlgorithm: algorithm as IdTokenAlgorithm });
    return decodeProtectedHeader(String(await answer(by))).alg === algorithm;
  } catch {
    return false;
  }
}

const grants: Readonly<Record<string, () => Promise<{ readonly status: number }>>> = {
  authorization_code: () => tokensFor(server, application, person),
  refresh_token: async () => {
    const refresh_token = text(await tokensFor(server, application, person), 'refresh_token');
    return server.token({ grant_type: 'refresh_token', refresh_token }, { authorization: basic(application) });
  },
  client_credentials: () => server.token(CREDENTIALS, { authorization: basic(application) }),
  [DEVICE]: async () => {
    const device = await server.deviceAuthorization({}, { authorization: basic(application) });
    await server.openDevice(text(device, 'user_code'), person.session);
    await server.decideDevice(text(device, 'user_code'), true, person.session);
    const form = { grant_type: DEVICE, device_code: text(device, 'device_code') };
    return server.token(form, { authorization: basic(application) });
  },
  [EXCHANGE]: async () => {
    const by = await configured({ tokenExchange: 'impersonation' });
    const subject_token = text(await tokensFor(server, by, person), 'access_token');
    const subject_token_type = 'urn:ietf:params:oauth:token-type:access_token';
    return server.token({ grant_type: EXCHANGE, subject_token, subject_token_type }, { authorization: basic(by) });
  },
};

/** For each list of the document: the words to try, and whether one works. */
const TRIALS: Readonly<Record<string, readonly [words: readonly string[], works: (word: string) => Promise<boolean>]>> =
  {
    response_types_supported: [
      ['code', 'token', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token', 'none'],
      async (response_type) => hasCode(await authorize({ response_type })),
    ],
    response_modes_supported: [
      [
        'query',
        'fragment',
        'form_post',
        'jwt',
        'query.jwt',
        'fragment.jwt',
        'form_post.jwt',
        'web_message',
        'direct_post',
      ],
      async (response_mode) => {
        const outcome = await authorize({ response_mode });
        const posts = outcome.kind === 'form_post';
        if (posts !== response_mode.startsWith('form_post')) return false;
        return hasCode(outcome) && 'response' in answeredInto(outcome) === response_mode.endsWith('jwt');
      },
    ],
    grant_types_supported: [
      [
        ...Object.keys(grants),
        'implicit',
        'password',
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
        'urn:openid:params:grant-type:ciba',
      ],
      async (grant_type) => {
        const attempt = grants[grant_type];
        const form = { grant_type, username: 'x', password: 'x', assertion: 'x' };
        const answer = await (attempt?.() ?? server.token(form, { authorization: basic(application) }));
        return answer.status === 200;
      },
    ],
    subject_types_supported: [
      ['public', 'pairwise'],
      async (type) => {
        const by = await configured({ subjectType: type as ApplicationSettings['subjectType'] });
        const { sub } = decodeJwt(text(await tokensFor(server, by, person, { scope: 'openid' }), 'id_token'));
        return typeof sub === 'string' && (sub === person.accountId) === (type === 'public');
      },
    ],
    id_token_signing_alg_values_supported: [
      SIGNING,
      (algorithm) =>
        signsWith(algorithm, async (by) => text(await tokensFor(server, by, person, { scope: 'openid' }), 'id_token')),
    ],
    // RFC 7518 §4.1, §5.1
    id_token_encryption_alg_values_supported: [
      [
        'RSA1_5',
        'RSA-OAEP',
        'RSA-OAEP-256',
        'ECDH-ES',
        'ECDH-ES+A128KW',
        'ECDH-ES+A256KW',
        'A128KW',
        'A256GCMKW',
        'dir',
      ],
      (word) => encryptsWith('id_token_encryption_algorithm', word),
    ],
    id_token_encryption_enc_values_supported: [
      ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM'],
      (word) => encryptsWith('id_token_content_encryption', word),
    ],
    authorization_signing_alg_values_supported: [
      SIGNING,
      (algorithm) =>
        signsWith(algorithm, async (by) => answeredInto(await authorize({ response_mode: 'jwt' }, by))['response']),
    ],
    introspection_signing_alg_values_supported: [
      SIGNING,
      (algorithm) =>
        signsWith(algorithm, async (by) => {
          const options = { authorization: basic(by), accept: 'application/token-introspection+jwt' };
          return (await server.introspect({ token: 'x' }, options)).body;
        }),
    ],
    userinfo_signing_alg_values_supported: [
      SIGNING,
      async (algorithm) => {
        try {
          const chosen = algorithm as ApplicationSettings['userinfoSigningAlgorithm'];
          const by = await configured({ userinfoSigningAlgorithm: chosen });
          const token = text(await tokensFor(server, by, person, { scope: 'openid' }), 'access_token');
          const answer = await server.userinfo({ authorization: `Bearer ${token}` });
          // OpenID Connect Core §5.3.2: `none` is JSON.
          if (algorithm === 'none') return json(answer)['sub'] === person.accountId;
          return decodeProtectedHeader(String(answer.body)).alg === algorithm;
        } catch {
          return false;
        }
      },
    ],
    token_endpoint_auth_methods_supported: [
      AUTHENTICATION,
      (method) => authenticates(method, server.token, CREDENTIALS, application),
    ],
    revocation_endpoint_auth_methods_supported: [
      AUTHENTICATION,
      (method) => authenticates(method, server.revoke, { token: 'x' }, application),
    ],
    introspection_endpoint_auth_methods_supported: [
      AUTHENTICATION,
      (method) => authenticates(method, server.introspect, { token: 'x' }, application),
    ],
    token_endpoint_auth_signing_alg_values_supported: [
      SIGNING,
      (algorithm) => takesAssertion(algorithm, server.token, CREDENTIALS),
    ],
    revocation_endpoint_auth_signing_alg_values_supported: [
      SIGNING,
      (algorithm) => takesAssertion(algorithm, server.revoke, { token: 'x' }),
    ],
    introspection_endpoint_auth_signing_alg_values_supported: [
      SIGNING,
      (algorithm) => takesAssertion(algorithm, server.introspect, { token: 'x' }),
    ],
    request_object_signing_alg_values_supported: [
      SIGNING,
      async (algorithm) => {
        const by = await configured({ jwks: keySetOf(algorithm) });
        const claims = {
          iss: by.clientId,
          aud: ISSUER,
          exp: seconds() + 60,
          client_id: by.clientId,
          response_type: 'code',
        };
        const request = await signed(algorithm, { typ: 'oauth-authz-req+jwt' }, { ...claims, redirect_uri: CALLBACK });
        return hasCode(await authorize({ request, redirect_uri: CALLBACK }, by));
      },
    ],
    dpop_signing_alg_values_supported: [
      SIGNING,
      async (algorithm) => {
        serial += 1;
        const claims = { htm: 'POST', htu: `${ISSUER}/token/`, iat: seconds(), jti: `proof-${serial}` };
        const jwk = pairs.get(algorithm)?.jwk ?? { kty: 'oct', k: 'AAAA' };
        const dpop = await signed(algorithm, { typ: 'dpop+jwt', jwk }, claims);
        const answer = await server.token(CREDENTIALS, { authorization: basic(application), dpop });
        return answer.status === 200 && json(answer)['token_type'] === 'DPoP';
      },
    ],
    code_challenge_methods_supported: [
      ['S256', 'plain'],
      async (code_challenge_method) => {
        const code_challenge = code_challenge_method === 'plain' ? VERIFIER : CHALLENGE;
        const { code } = answeredInto(await authorize({ code_challenge, code_challenge_method }));
        const form = { grant_type: 'authorization_code', code: code ?? '', code_verifier: VERIFIER };
        return (await server.token(form, { authorization: basic(application) })).status === 200;
      },
    ],
    prompt_values_supported: [
      ['none', 'login', 'consent', 'select_account', 'create', 'register', 'signup'],
      async (prompt) => {
        const outcome = await authorize({ prompt });
        if (prompt === 'none') return hasCode(outcome);
        if (prompt === 'consent') return outcome.kind === 'consent';
        return outcome.kind === 'login' && outcome.signUp === (prompt === 'create');
      },
    ],
    acr_values_supported: [
      ['0', '1', '2', 'phr', 'phrh', 'urn:mace:incommon:iap:silver'],
      async (value) => {
        const claims = JSON.stringify({ id_token: { acr: { essential: true, value } } });
        const outcome = await authorize({ scope: 'openid', claims });
        // Of somebody who signed in by one factor another sign-in is asked.
        // Whoever has no second factor is had to set one up.
        return outcome.kind === 'set_up_factor' || hasCode(outcome);
      },
    ],
    claim_types_supported: [
      ['normal', 'aggregated', 'distributed'],
      async (type) => {
        const token = text(await tokensFor(server, application, person, { scope: 'openid profile' }), 'access_token');
        const info = json(await server.userinfo({ authorization: `Bearer ${token}` }));
        // §5.6.2: the others come with _claim_names.
        return type === 'normal' ? 'name' in info : '_claim_names' in info;
      },
    ],
    scopes_supported: [
      [
        'openid',
        'profile',
        'email',
        'groups',
        'read',
        'write',
        'offline_access',
        'introspection',
        'invoices',
        'address',
        'phone',
        'admin',
      ],
      async (scope) => {
        const by = await server.application({ scopes: [scope] });
        const asked = await server.token({ grant_type: 'client_credentials', scope }, { authorization: basic(by) });
        await server.storage.consents.allow(person.accountId, by.id, [scope], server.clock());
        const outcome = await authorize({ scope }, by);
        const isPersons = outcome.kind === 'redirect' && 'code' in answeredInto(outcome);
        return isPersons || asked.status === 200;
      },
    ],
  };

describe('metadata: what is advertised is exactly what works', () => {
  it.each(Object.entries(TRIALS))('%s', async (member, [words, works]) => {
    const working: string[] = [];
    for (const word of words) if (await works(word)) working.push(word);
    expect(new Set(working)).toEqual(new Set(document[member] as readonly string[]));
  });

  it('claims_supported: every claim of userinfo and ID tokens, and none that never comes', async () => {
    const scopes = ['openid', 'profile', 'email', 'groups'];
    const query = { scope: scopes.join(' '), nonce: 'n', max_age: '1000', acr_values: '1' };
    const { username, firstName, lastName, locale } = await server.account(person.accountId);
    const { key, skeleton } = storedUsername(username);
    const names = { username, usernameKey: key, usernameSkeleton: skeleton, firstName, lastName, locale };
    const filledIn = { ...names, zoneInfo: 'Europe/Paris', fields: { unit: 'Computing' } };
    await server.storage.accounts.updateProfile(person.accountId, filledIn, server.clock());
    const picture = { name: 'face', content: Buffer.from('face') };
    await server.storage.pictures.setPicture(person.accountId, picture, server.clock());
    const tokens = await tokensFor(server, await server.application({ scopes }), person, query);
    const token = text(tokens, 'access_token');
    const info = json(await server.userinfo({ authorization: `Bearer ${token}` }));
    const seen = new Set([...Object.keys(info), ...Object.keys(decodeJwt(text(tokens, 'id_token')))]);
    expect([...seen].sort()).toEqual([...new Set(document['claims_supported'] as readonly string[])].sort());
  });

  it('what it affirms and denies', async () => {
    const answer = answeredInto(await authorize({}));
    expect('iss' in answer).toBe(document['authorization_response_iss_parameter_supported']);
    expect(document['request_uri_parameter_supported']).toBe(false);
    const byReference = await authorize({ request_uri: 'https://app.example/request.jwt', redirect_uri: CALLBACK });
    expect(answeredInto(byReference)['error']).toBe('request_uri_not_supported');
    expect(document['require_pushed_authorization_requests']).toBe(false);
    expect(document['require_signed_request_object']).toBe(false);
    const claims = JSON.stringify({ id_token: { email: null } });
    const tokens = await tokensFor(server, application, person, { scope: 'openid email', claims });
    expect('email' in decodeJwt(text(tokens, 'id_token'))).toBe(document['claims_parameter_supported']);
  });

  it('has no list that is not tried here', () => {
    const lists = Object.entries(document).flatMap(([name, value]) => (Array.isArray(value) ? [name] : []));
    const elsewhere = ['claims_supported', 'ui_locales_supported', 'authorization_details_types_supported'];
    expect(lists.filter((name) => !(name in TRIALS) && !elsewhere.includes(name))).toEqual([]);
  });
});
