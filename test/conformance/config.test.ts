/** Modelled on the module of the OpenID conformance suite's plan "config" for providers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSite, type Site } from '../black-box/site.ts';

describe('the plan "config"', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite('SQLite');
  });
  afterAll(() => site?.dispose());

  it('oidcc-discovery-endpoint-verification', async () => {
    const issuer = `${site.url}/o`;
    const response = await fetch(`${issuer}/.well-known/openid-configuration`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const metadata = (await response.json()) as Readonly<Record<string, unknown>>;
    expect(metadata).toMatchObject({
      issuer,
      response_types_supported: expect.arrayContaining(['code']),
      subject_types_supported: expect.arrayContaining(['public']),
      id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
      scopes_supported: expect.arrayContaining(['openid']),
      claims_supported: expect.arrayContaining(['sub']),
    });
    const addresses = Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name));
    expect(addresses.length).toBeGreaterThan(5);
    for (const [, address] of addresses) expect(new URL(String(address)).origin).toBe(site.url);
    // Every address exists, whatever it has against an empty GET.
    for (const [name, address] of addresses) {
      const { status } = await fetch(String(address), { redirect: 'manual' });
      expect([name, status === 404 || status >= 500]).toEqual([name, false]);
    }
    const { keys } = (await (await fetch(String(metadata['jwks_uri']))).json()) as { keys: Record<string, unknown>[] };
    expect(keys.some(({ kty }) => kty === 'RSA')).toBe(true);
    for (const key of keys) {
      expect(key).toMatchObject({ kid: expect.any(String), use: 'sig', alg: expect.any(String) });
      for (const member of ['d', 'p', 'q', 'k']) expect(key).not.toHaveProperty(member);
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
  });
});
