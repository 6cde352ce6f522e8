/** The operator's list of providers: what is read, and what is said of a fault. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { identityProviders } from '../../src/config/identity-providers.ts';
import { providerOf } from '../../src/elsewhere/provider-of.ts';

const client = { client_id: 'id', client_secret: 'secret' };
const read = (declared: unknown) =>
  identityProviders(typeof declared === 'string' ? declared : JSON.stringify(declared));
const faultOf = (declared: unknown) => {
  const parsed = read(declared);
  return parsed.ok ? null : parsed.fault;
};
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString();

describe('DIAPASON_PROVIDERS', () => {
  const every = {
    google: { kind: 'google', ...client, hosted_domains: ['example.org'] },
    github: { kind: 'github', ...client, imported_as: 'github' },
    gitlab: { kind: 'gitlab', ...client, server_url: 'https://gitlab.example.org', trust_email: true },
    microsoft: { kind: 'microsoft', ...client, tenant: 'organizations', tenants: ['t1'] },
    apple: { kind: 'apple', ...client, client_secret: pem, team_id: 'TEAM567890', key_id: 'KEY4567890' },
    keycloak: { kind: 'keycloak', ...client, realm_url: 'https://kc.example.org/realms/staff', roles: ['a'] },
    auth0: { kind: 'auth0', ...client, domain: 'example.eu.auth0.com' },
    diapason: { kind: 'diapason', ...client, server_url: 'https://id.example.org' },
    any: {
      kind: 'oidc',
      name: 'Any',
      ...client,
      issuer: 'https://issuer.example.org/',
      scope: ['openid'],
      second_factor: { amr: ['mfa'] },
    },
    plain: {
      kind: 'oauth2',
      name: 'Plain',
      client_id: 'id',
      issuer: 'http://localhost:9',
      authorization_url: 'http://localhost:9/authorize',
      token_url: 'http://localhost:9/token',
      profile_url: 'http://localhost:9/me',
      uid: 'uuid',
      fields: { username: 'login', email_verified: 'verified' },
    },
  };

  it('reads every kind, and the client library takes what it reads', () => {
    const parsed = read(every);
    if (!parsed.ok) throw new Error(parsed.fault);
    const providers = parsed.value.map(providerOf);
    expect(providers.map(({ id, name }) => `${id}: ${name}`)).toEqual([
      'google: Google',
      'github: GitHub',
      'gitlab: GitLab',
      'microsoft: Microsoft',
      'apple: Apple',
      'keycloak: Keycloak',
      'auth0: Auth0',
      'diapason: Diapason',
      'any: Any',
      'plain: Plain',
    ]);
    const trusted = providers.filter(({ trustEmail }) => trustEmail).map(({ id }) => id);
    expect(trusted).toEqual(['google', 'github', 'gitlab', 'apple']);
    const factors = parsed.value.map(({ secondFactor }) => secondFactor);
    expect(factors.filter(({ acr, amr }) => acr.length + amr.length > 0)).toEqual([{ acr: [], amr: ['mfa'] }]);
    expect(parsed.value.at(-1)).toMatchObject({
      fields: { username: 'login', emailVerified: 'verified' },
      uid: 'uuid',
    });
  });

  it('reads nothing where there is nothing', () => {
    expect(read('')).toEqual({ ok: true, value: [] });
  });

  it.each([
    ['{', 'is not JSON'],
    ['[]', 'is no object of providers by their ids'],
    [{ x: { kind: 'facebook', ...client } }, 'has a x.kind that is none of google'],
    [{ x: { kind: 'google' } }, 'has a wrong x.client_id'],
    [{ x: { kind: 'google', ...client, tenant: 'a' } }, 'has tenant in x, which this kind does not take'],
    [{ x: { kind: 'microsoft', ...client, trust_email: true } }, 'has trust_email in x'],
    [{ x: { kind: 'oidc', ...client, issuer: 'https://issuer.example' } }, 'has no name for x'],
    [
      { x: { kind: 'oidc', name: 'X', ...client, issuer: 'http://issuer.example' } },
      'has a x.issuer that is no https URL',
    ],
    [{ x: { kind: 'github', ...client, second_factor: { amr: ['mfa'] } } }, 'has second_factor in x'],
    [{ x: { kind: 'diapason', ...client, server_url: 'https://x.example', second_factor: {} } }, 'names no value'],
    [
      { x: { kind: 'diapason', ...client, server_url: 'https://x.example', second_factor: { amr: 'mfa' } } },
      'has a wrong x.second_factor.amr',
    ],
    [{ x: { kind: 'keycloak', ...client, realm_url: 'https://kc.example' } }, 'does not end in /realms/<name>'],
    [{ x: { kind: 'apple', ...client, team_id: 'TEAM567890', key_id: 'KEY4567890' } }, 'no private key in PEM form'],
    [{ social: { kind: 'google', ...client } }, 'names a provider "social"'],
    [{ 'A b': { kind: 'google', ...client } }, 'names a provider "A b"'],
  ])('says what is wrong with %j', (declared, fault) => {
    expect(faultOf(declared)).toContain(fault);
  });

  it('says nothing of a secret', () => {
    const fault = faultOf({ x: { kind: 'google', client_id: 'id', client_secret: ['hush'] } });
    expect(fault).toContain('x.client_secret');
    expect(fault).not.toContain('hush');
  });

  it('takes the example of its page', () => {
    const text = readFileSync(new URL('../../../../docs/sign-in-elsewhere.md', import.meta.url), 'utf8');
    const example = /```json\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    expect(faultOf(example)).toBeNull();
  });
});
