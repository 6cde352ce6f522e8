import type { JsonGeneralName } from '@peculiar/x509';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { clientCertificate } from '../../src/protocol/client-certificate.ts';
import { providerMetadata } from '../../src/protocol/metadata.ts';
import { type CertificateOptions, certificateOf, type Identity } from '../certificates.ts';
import {
  basic,
  CHALLENGE,
  codeFor,
  json,
  openServer,
  SECRET,
  type SignedIn,
  type TestServer,
  text,
  VERIFIER,
} from './server.ts';

/** The clock of the test server. */
const NOW_MS = Date.UTC(2030, 0, 1);
const VALID = { fromMs: NOW_MS - 86_400_000, untilMs: NOW_MS + 30 * 86_400_000 };
const authority = await certificateOf({ subject: 'CN=Authority', isAuthority: true, ...VALID });
const issue = (options: CertificateOptions = {}) => certificateOf({ issuer: authority, ...VALID, ...options });
const shown = ({ x509 }: Identity) => clientCertificate(x509);
const holder = await issue();
const other = await issue();

let server: TestServer;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer({ mutualTls: { authorities: [authority.x509], baseUrl: 'https://mtls.example' } });
  person = await server.person();
});
afterAll(() => server.close());

const having = (settings: Partial<ApplicationSettings>, overrides: Partial<Application> = {}) =>
  server.application({ settings: { ...DEFAULT_SETTINGS, ...settings }, ...overrides });
const pki = (settings: Partial<ApplicationSettings>) =>
  having({ clientAuthentication: 'tls_client_auth', ...settings });
const ask = (application: Application, identity: Identity | null, more: Readonly<Record<string, string>> = {}) =>
  server.token(
    { grant_type: 'client_credentials', scope: 'read', client_id: application.clientId, ...more },
    identity === null ? {} : { certificate: shown(identity) },
  );

describe('RFC 8705 §2.1: tls_client_auth', () => {
  const names: readonly JsonGeneralName[] = [
    { type: 'dns', value: 'client.example.org' },
    { type: 'url', value: 'https://client.example.org/a,b' },
    { type: 'ip', value: '192.0.2.7' },
    { type: 'email', value: 'client@example.org' },
  ];
  it.each([
    ['subject', { tlsClientAuthSubjectDn: 'CN=client,O=Example' }, { tlsClientAuthSubjectDn: 'CN=client' }],
    ['DNS name', { tlsClientAuthSanDns: 'Client.example.org' }, { tlsClientAuthSanDns: 'example.org' }],
    [
      'URI',
      { tlsClientAuthSanUri: 'https://client.example.org/a,b' },
      { tlsClientAuthSanUri: 'https://client.example.org/a' },
    ],
    ['IP address', { tlsClientAuthSanIp: '192.0.2.7' }, { tlsClientAuthSanIp: '192.0.2.8' }],
    ['mail address', { tlsClientAuthSanEmail: 'client@example.org' }, { tlsClientAuthSanEmail: 'x@example.org' }],
  ])('knows an application by the %s of a certificate of the authority, and no other', async (_what, right, wrong) => {
    const identity = await issue({ subject: 'O=Example, CN=client', names });
    expect((await ask(await pki(right), identity)).status).toBe(200);
    expect(await ask(await pki(wrong), identity)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('takes no wildcard of a certificate for a name, nor a name for those below it', async () => {
    const wildcard = await issue({ names: [{ type: 'dns', value: '*.example.org' }] });
    expect((await ask(await pki({ tlsClientAuthSanDns: 'client.example.org' }), wildcard)).status).toBe(401);
    const below = await issue({ names: [{ type: 'dns', value: 'a.example.org' }] });
    expect((await ask(await pki({ tlsClientAuthSanDns: '.example.org' }), below)).status).toBe(401);
  });

  const byName = () => pki({ tlsClientAuthSubjectDn: 'CN=client' });
  it('refuses a certificate of nobody, of another authority of the same name, and of one that is no authority', async () => {
    const application = await byName();
    expect((await ask(application, await certificateOf(VALID))).status).toBe(401);
    const namesake = await certificateOf({ subject: 'CN=Authority', isAuthority: true, ...VALID });
    expect((await ask(application, await issue({ issuer: namesake }))).status).toBe(401);
    expect((await ask(application, await issue({ issuer: holder }))).status).toBe(401);
  });

  it.each([
    ['has run out', { untilMs: NOW_MS - 1_000 }],
    ['is not valid yet', { fromMs: NOW_MS + 1_000 }],
    ['is for servers alone', { purposes: ['1.3.6.1.5.5.7.3.1'] }],
  ])('refuses one that %s', async (_what, options) => {
    expect((await ask(await byName(), await issue(options))).status).toBe(401);
  });

  it('takes one that is for clients among others', async () => {
    const purposes = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
    expect((await ask(await byName(), await issue({ purposes }))).status).toBe(200);
  });

  it('lets nobody in without a certificate, by a secret, or with two methods (RFC 6749 §2.3)', async () => {
    const application = await byName();
    const none = await ask(application, null);
    expect(none).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(text(none, 'error_description')).toContain('RFC 8705');
    expect((await ask(application, holder, { client_secret: SECRET })).status).toBe(401);
    const form = { grant_type: 'client_credentials' };
    const both = await server.token(form, { authorization: basic(application), certificate: shown(holder) });
    expect(both.status).toBe(401);
  });

  it('refuses an application with two names, whatever the certificate has', async () => {
    const application = await pki({ tlsClientAuthSubjectDn: 'CN=client', tlsClientAuthSanDns: 'client.example.org' });
    expect((await ask(application, await issue({ names: [...names] }))).status).toBe(401);
  });

  it('is no proof of an application that proves itself by a secret', async () => {
    expect((await ask(await having({}), holder)).status).toBe(401);
  });

  it('proves an application wherever it has to prove itself', async () => {
    const application = await byName();
    const options = { certificate: shown(holder) };
    const { clientId: client_id } = application;
    const token = text(await ask(application, holder), 'access_token');
    expect(json(await server.introspect({ token, client_id }, options))).toMatchObject({ active: true });
    const pushed = { response_type: 'code', client_id, code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    expect((await server.push(pushed, options)).status).toBe(201);
    expect((await server.deviceAuthorization({ client_id, scope: 'read' }, options)).status).toBe(200);
    expect((await server.revoke({ token, client_id }, options)).status).toBe(200);
    expect((await server.introspect({ token, client_id })).status).toBe(401);
  });
});

describe('RFC 8705 §2.2: self_signed_tls_client_auth', () => {
  const method = { clientAuthentication: 'self_signed_tls_client_auth' } as const;

  it('knows an application by a certificate among its keys, whoever issued it', async () => {
    const own = await certificateOf(VALID);
    const application = await having({ ...method, jwks: { keys: [other.jwk, own.jwk] } });
    expect((await ask(application, own)).status).toBe(200);
    expect((await ask(application, other)).status).toBe(200);
    expect((await ask(application, holder)).status).toBe(401);
    expect((await ask(application, null)).status).toBe(401);
  });

  it('refuses another certificate of the same subject, a key without a certificate, and one that has run out', async () => {
    const own = await certificateOf(VALID);
    const { x5c: _, ...bare } = own.jwk;
    expect((await ask(await having({ ...method, jwks: { keys: [bare] } }), own)).status).toBe(401);
    expect((await ask(await having({ ...method, jwks: { keys: [own.jwk] } }), await certificateOf(VALID))).status).toBe(
      401,
    );
    const old = await certificateOf({ ...VALID, untilMs: NOW_MS - 1_000 });
    expect((await ask(await having({ ...method, jwks: { keys: [old.jwk] } }), old)).status).toBe(401);
  });

  it('reads the keys at an address', async () => {
    const own = await certificateOf(VALID);
    const jwksUri = 'https://client.example/keys';
    const application = await having({ ...method, jwksUri });
    expect((await ask(application, own)).status).toBe(401);
    server.keySetsAt.set(jwksUri, { outcome: 'read', jwks: { keys: [own.jwk] } });
    expect((await ask(application, own)).status).toBe(200);
  });
});

describe('RFC 8705 §3 and §4: tokens that are bound to a certificate', () => {
  const bound = { tlsClientCertificateBoundAccessTokens: true };
  const signedIn = async (
    application: Application,
    identity: Identity | null,
    more: { readonly dpop?: string } = {},
  ) => {
    const code = await codeFor(server, application, person, {
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    });
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER };
    return call(application, form, identity, more);
  };
  const call = (
    application: Application,
    form: Readonly<Record<string, string>>,
    identity: Identity | null,
    more: { readonly dpop?: string } = {},
  ) => {
    const isPublic = application.type === 'public';
    return server.token(isPublic ? { ...form, client_id: application.clientId } : form, {
      authorization: isPublic ? null : basic(application),
      ...(identity === null ? {} : { certificate: shown(identity) }),
      ...more,
    });
  };

  it.each(['confidential', 'public'] as const)(
    'opens userinfo and profile for a %s client with it alone',
    async (type) => {
      const application = await having(bound, { type });
      const response = await signedIn(application, holder);
      expect(response).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
      const authorization = `Bearer ${text(response, 'access_token')}`;
      expect((await server.userinfo({ authorization, certificate: shown(holder) })).status).toBe(200);
      expect((await server.profile({ authorization, certificate: shown(holder) })).status).toBe(200);
      for (const wrong of [{}, { certificate: shown(other) }]) {
        const refused = await server.userinfo({ authorization, ...wrong });
        expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
        expect(refused.headers['www-authenticate']).toMatch(/^Bearer .*invalid_token/);
        expect((await server.profile({ authorization, ...wrong })).status).toBe(401);
      }
      const dpop = authorization.replace('Bearer', 'DPoP');
      expect((await server.userinfo({ authorization: dpop, certificate: shown(holder) })).status).toBe(401);
    },
  );

  it('says so to introspection (§3.2) and inside a JWT (§3.1)', async () => {
    const application = await having({ ...bound, accessTokenFormat: 'jwt' });
    const token = text(await signedIn(application, holder), 'access_token');
    const cnf = { 'x5t#S256': shown(holder).thumbprint };
    expect(json(await server.introspect({ token }, { authorization: basic(application) }))).toMatchObject({ cnf });
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ cnf });
  });

  it('are not given without a certificate, nor with a DPoP proof beside it', async () => {
    const application = await having(bound);
    expect(await signedIn(application, null)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await signedIn(application, holder, { dpop: 'a.b.c' })).toMatchObject({
      body: { error: 'invalid_request' },
    });
  });

  it('are not given to an application that did not ask for them, though a certificate came', async () => {
    const response = await signedIn(await having({}), holder);
    const authorization = `Bearer ${text(response, 'access_token')}`;
    expect((await server.userinfo({ authorization })).status).toBe(200);
  });

  const refresh = (
    application: Application,
    response: Awaited<ReturnType<typeof signedIn>>,
    identity: Identity | null,
  ) => call(application, { grant_type: 'refresh_token', refresh_token: text(response, 'refresh_token') }, identity);

  it('come with a refresh token that a public client has to show the certificate with (§4)', async () => {
    const application = await having(bound, { type: 'public' });
    const response = await signedIn(application, holder);
    expect(await refresh(application, response, other)).toMatchObject({ body: { error: 'invalid_grant' } });
    expect(await refresh(application, response, null)).toMatchObject({ body: { error: 'invalid_request' } });
    expect((await refresh(application, response, holder)).status).toBe(200);
  });

  it('follow a confidential client to a new certificate, and not back to none (§6.3)', async () => {
    const application = await having(bound);
    const response = await refresh(application, await signedIn(application, holder), other);
    expect(response.status).toBe(200);
    const authorization = `Bearer ${text(response, 'access_token')}`;
    expect((await server.userinfo({ authorization, certificate: shown(other) })).status).toBe(200);
    expect((await server.userinfo({ authorization, certificate: shown(holder) })).status).toBe(401);
    expect((await refresh(application, response, null)).status).toBe(400);
  });
});

describe('RFC 8705 §5: a DPoP proof that is sent to an alias', () => {
  const proofFor = async (htu: string) => {
    const { publicKey, privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
    const claims = { htm: 'POST', htu, iat: Math.floor(server.clock() / 1_000), jti: crypto.randomUUID() };
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
    return new SignJWT(claims).setProtectedHeader(header as JWTHeaderParameters).sign(privateKey);
  };

  it('may name that address or the usual one, and no other', async () => {
    const application = await pki({ tlsClientAuthSubjectDn: 'CN=client' });
    const sent = async (htu: string) => {
      const form = { grant_type: 'client_credentials', scope: 'read', client_id: application.clientId };
      return server.token(form, { certificate: shown(holder), dpop: await proofFor(htu) });
    };
    for (const htu of ['https://mtls.example/o/token/', 'https://id.example/o/token/']) {
      expect(await sent(htu)).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    }
    for (const htu of [
      'https://mtls.example/o/par/',
      'https://mtls.example.org/o/token/',
      'http://mtls.example/o/token/',
    ]) {
      expect(await sent(htu)).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    }
  });
});

describe('RFC 8705 §3.3 and §5: metadata', () => {
  const deps = {
    baseUrl: 'https://id.example',
    scopes: new Map(),
    profileClaims: new Map(),
    detailTypes: new Map(),
    uiLocales: [],
    registration: false,
    clientDocuments: false,
  };

  it('says nothing of certificates where none can arrive', () => {
    const document = JSON.stringify(providerMetadata(deps));
    expect(document).not.toMatch(/tls_client|mtls/);
  });

  it('names the methods, and the aliases where there are some', () => {
    const document = providerMetadata({ ...deps, mutualTls: { authorities: [], baseUrl: 'https://mtls.example' } });
    const methods = ['tls_client_auth', 'self_signed_tls_client_auth'];
    expect(document).toMatchObject({
      token_endpoint_auth_methods_supported: expect.arrayContaining(methods),
      introspection_endpoint_auth_methods_supported: expect.arrayContaining(methods),
      tls_client_certificate_bound_access_tokens: true,
      mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example/o/token/' },
    });
    const same = providerMetadata({ ...deps, mutualTls: { authorities: [], baseUrl: null } });
    expect(same).not.toHaveProperty('mtls_endpoint_aliases');
  });
});
