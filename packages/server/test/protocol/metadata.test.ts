import { describe, expect, it } from 'vitest';
import { issuerOf } from '../../src/protocol/issuer.ts';
import { providerMetadata } from '../../src/protocol/metadata.ts';
import { scopeRegistry } from '../../src/protocol/scopes.ts';
import { detailTypes } from './detail-types.ts';

const document = providerMetadata({
  baseUrl: 'https://id.example',
  scopes: scopeRegistry([{ name: 'invoices', description: 'See your invoices' }]),
  profileClaims: new Map(),
  detailTypes: detailTypes(),
  uiLocales: ['en', 'fr'],
  registration: true,
  clientDocuments: true,
});

describe('OpenID Connect Discovery 1.0 §3, RFC 8414 §2: metadata (RFC 9700 #24)', () => {
  it('has everything that is required', () => {
    for (const name of [
      'issuer',
      'authorization_endpoint',
      'token_endpoint',
      'jwks_uri',
      'response_types_supported',
      'subject_types_supported',
      'id_token_signing_alg_values_supported',
    ]) {
      expect(document).toHaveProperty(name);
    }
  });

  it('has the addresses of django-oauth-toolkit under its issuer (ASVS 10.5.3)', () => {
    expect(issuerOf('https://id.example')).toBe('https://id.example/o');
    expect(document).toMatchObject({
      issuer: 'https://id.example/o',
      authorization_endpoint: 'https://id.example/o/authorize/',
      token_endpoint: 'https://id.example/o/token/',
      userinfo_endpoint: 'https://id.example/o/userinfo/',
      jwks_uri: 'https://id.example/o/.well-known/jwks.json',
      revocation_endpoint: 'https://id.example/o/revoke_token/',
      device_authorization_endpoint: 'https://id.example/o/device-authorization/',
      introspection_endpoint: 'https://id.example/o/introspect/',
      end_session_endpoint: 'https://id.example/o/logout/',
    });
  });

  it('publishes PKCE with S256 alone (RFC 9700 #6, ASVS 10.4.6)', () => {
    expect(document['code_challenge_methods_supported']).toEqual(['S256']);
  });

  it('publishes iss in authorization responses (RFC 9207 §3, RFC 9700 #8)', () => {
    expect(document['authorization_response_iss_parameter_supported']).toBe(true);
  });

  it('offers no implicit, hybrid or password grant (RFC 9700 #9, #10, ASVS 10.4.4, 10.6.1)', () => {
    expect(document['response_types_supported']).toEqual(['code']);
    expect(document['grant_types_supported']).toEqual([
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]);
  });

  it('offers no none and no HS256 for ID tokens (ASVS 9.1.2, DOT#1737)', () => {
    expect(document['id_token_signing_alg_values_supported']).toEqual(['RS256', 'ES256', 'EdDSA']);
  });

  it('denies what is not supported, and keeps public clients from introspection', () => {
    expect(document).toMatchObject({
      request_uri_parameter_supported: false,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    });
  });

  it('lists scopes, claims, prompts and languages', () => {
    expect(document['scopes_supported']).toContain('invoices');
    expect(document['claims_supported']).toEqual(
      expect.arrayContaining(['sub', 'preferred_username', 'email_verified', 'auth_time', 'at_hash']),
    );
    expect(document['prompt_values_supported']).toEqual(['none', 'login', 'consent', 'select_account', 'create']);
    expect(document['ui_locales_supported']).toEqual(['en', 'fr']);
  });
});
