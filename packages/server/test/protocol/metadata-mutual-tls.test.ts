/** What metadata says where certificates of clients arrive (RFC 8705 §3.3, §5), tried like the rest of it (metadata-works.test.ts). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { clientCertificate } from '../../src/protocol/client-certificate.ts';
import { providerMetadata } from '../../src/protocol/metadata.ts';
import { certificateOf, type Identity } from '../certificates.ts';
import { json, openServer, type TestServer } from './server.ts';

const NOW_MS = Date.UTC(2030, 0, 1);
const VALID = { fromMs: NOW_MS - 86_400_000, untilMs: NOW_MS + 30 * 86_400_000 };
const authority = await certificateOf({ subject: 'CN=Authority', isAuthority: true, ...VALID });
const issued = await certificateOf({ subject: 'CN=client', issuer: authority, ...VALID });
const selfSigned = await certificateOf({ subject: 'CN=client', ...VALID });
const mutualTls = { authorities: [authority.x509], baseUrl: 'https://mtls.example' };
const METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'];

let server: TestServer;
beforeAll(async () => {
  server = await openServer({ mutualTls });
});
afterAll(() => server.close());

const documentWith = (mutual: typeof mutualTls | { authorities: []; baseUrl: null } | null) =>
  providerMetadata({
    baseUrl: 'https://id.example',
    scopes: server.deps.scopes,
    profileClaims: server.deps.profileClaims,
    detailTypes: new Map(),
    uiLocales: ['en'],
    registration: false,
    clientDocuments: false,
    mutualTls: mutual,
  });
const having = (settings: Partial<ApplicationSettings>) =>
  server.application({ settings: { ...DEFAULT_SETTINGS, ...settings }, secrets: [] });
const clients: Readonly<Record<string, () => Promise<readonly [Application, Identity]>>> = {
  tls_client_auth: async () => [
    await having({ clientAuthentication: 'tls_client_auth', tlsClientAuthSubjectDn: 'CN=client' }),
    issued,
  ],
  self_signed_tls_client_auth: async () => {
    const jwks = { keys: [selfSigned.jwk] } as ApplicationSettings['jwks'];
    return [await having({ clientAuthentication: 'self_signed_tls_client_auth', jwks }), selfSigned];
  },
};

describe('RFC 8705 §3.3, §5: metadata says what works where certificates arrive', () => {
  it.each([
    ['token_endpoint_auth_methods_supported', { grant_type: 'client_credentials', scope: 'read' }, 'token'],
    ['introspection_endpoint_auth_methods_supported', { token: 'x' }, 'introspect'],
    ['revocation_endpoint_auth_methods_supported', { token: 'x' }, 'revoke'],
  ] as const)('%s', async (member, form, endpoint) => {
    const [without, having] = [documentWith(null)[member], documentWith(mutualTls)[member]] as string[][];
    expect(having?.filter((method) => !without?.includes(method))).toEqual(METHODS);
    for (const method of METHODS) {
      const [application, identity] = (await clients[method]?.()) ?? [];
      const fields = { ...form, client_id: String(application?.clientId) };
      const shown = identity === undefined ? {} : { certificate: clientCertificate(identity.x509) };
      expect([method, (await server[endpoint](fields, shown)).status]).toEqual([method, 200]);
      expect([method, (await server[endpoint](fields)).status]).toEqual([method, 401]);
    }
  });

  it('tls_client_certificate_bound_access_tokens', async () => {
    expect(documentWith(null)).not.toHaveProperty('tls_client_certificate_bound_access_tokens');
    expect(documentWith({ authorities: [], baseUrl: null })).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
    });
    const application = await having({
      clientAuthentication: 'tls_client_auth',
      tlsClientAuthSubjectDn: 'CN=client',
      tlsClientCertificateBoundAccessTokens: true,
    });
    const shown = { certificate: clientCertificate(issued.x509) };
    const client_id = application.clientId;
    const answer = await server.token({ grant_type: 'client_credentials', scope: 'read', client_id }, shown);
    const state = await server.introspect({ token: String(json(answer)['access_token']), client_id }, shown);
    expect(json(state)['cnf']).toEqual({ 'x5t#S256': clientCertificate(issued.x509).thumbprint });
  });

  it('mtls_endpoint_aliases: each endpoint that a client calls by itself, under the other address, and no other', () => {
    const document = documentWith(mutualTls);
    expect(documentWith({ authorities: [], baseUrl: null })).not.toHaveProperty('mtls_endpoint_aliases');
    const browsers = ['authorization_endpoint', 'end_session_endpoint'];
    const called = Object.entries(document).filter(([name]) => name.endsWith('_endpoint') && !browsers.includes(name));
    expect(document['mtls_endpoint_aliases']).toEqual(
      Object.fromEntries(
        called.map(([name, address]) => [name, String(address).replace('https://id.example', 'https://mtls.example')]),
      ),
    );
  });
});
