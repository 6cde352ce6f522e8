/** `diapason provider …`, as an operator types it. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listenOnFreePort } from '../../../client/test/listening.ts';
import { documented, shapeOf } from './documented.ts';
import { type Installation, install } from './run-diapason.ts';

let diapason: Installation;
let issuer: Listening;
let metadata: Record<string, unknown> = {};
beforeAll(async () => {
  diapason = install();
  issuer = await listenOnFreePort(
    createServer((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
    }),
  );
});
afterAll(async () => {
  diapason.remove();
  await issuer?.close();
});

const declared = (change: Record<string, unknown> = {}) => {
  const office = {
    kind: 'oidc',
    name: 'Office',
    issuer: issuer.url,
    client_id: 'diapason',
    client_secret: 'hush',
    ...change,
  };
  const forge = {
    kind: 'oauth2',
    name: 'Forge',
    client_id: 'x',
    issuer: 'https://forge.example',
    authorization_url: 'https://forge.example/authorize',
    token_url: 'https://forge.example/token',
    profile_url: 'https://forge.example/me',
  };
  return { environment: { DIAPASON_PROVIDERS: JSON.stringify({ office, forge }) } };
};
const sound = () => ({
  issuer: issuer.url,
  authorization_endpoint: `${issuer.url}/authorize`,
  token_endpoint: `${issuer.url}/token`,
  jwks_uri: `${issuer.url}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
});

describe('diapason provider', () => {
  it('lists what is declared, with the redirect URI of each and no secret', async () => {
    const listed = await diapason.json(['provider', 'list'], declared());
    expect(shapeOf(listed)).toEqual(shapeOf(documented('provider list')));
    expect(listed).toMatchObject([
      {
        id: 'office',
        has_client_secret: true,
        redirect_uri: 'http://localhost:9977/accounts/office/login/callback/',
      },
      { id: 'forge', has_client_secret: false },
    ]);
    const { output } = await diapason.run(['provider', 'list'], declared());
    expect([output.includes('/accounts/forge/login/callback/'), output.includes('hush')]).toEqual([true, false]);
    expect((await diapason.run(['provider', 'list'])).output).toContain('No providers');
  });

  it('checks one: its metadata is read, and where people are sent is said', async () => {
    metadata = sound();
    const checked = await diapason.json(['provider', 'check', 'office'], declared());
    expect(shapeOf(checked)).toEqual(shapeOf(documented('provider check')));
    expect(checked).toMatchObject({ authorization_endpoint: `${issuer.url}/authorize`, metadata_read: true });
    expect((await diapason.run(['provider', 'check', 'office'], declared())).output).toContain('Register there');
    expect(await diapason.json(['provider', 'check', 'forge'], declared())).toMatchObject({ metadata_read: false });
  });

  it.each([
    ['another issuer', () => ({ ...sound(), issuer: 'https://other.example' }), 'issuer'],
    ['no metadata', () => ({ error: 'not here' }), 'office cannot be used'],
  ])('says what is wrong with %s, in one line and with status 1', async (_what, answer, words) => {
    metadata = answer();
    const { status, complaint } = await diapason.run(['provider', 'check', 'office'], declared());
    expect([status, complaint.includes(words), complaint.includes('hush')]).toEqual([1, true, false]);
    expect(complaint.trim().split('\n')).toHaveLength(1);
  });

  it('says that nobody answers, that an address is out of reach, and that no such provider is declared', async () => {
    const nobody = await diapason.run(['provider', 'check', 'office'], declared({ issuer: 'http://localhost:9' }));
    expect([nobody.status, nobody.complaint.includes('provider_unreachable')]).toEqual([1, true]);
    const inside = await diapason.run(['provider', 'check', 'office'], declared({ issuer: 'https://10.0.0.1' }));
    expect(inside.status).toBe(1);
    const unknown = await diapason.run(['provider', 'check', 'nobody'], declared());
    expect([unknown.status, unknown.complaint.includes('diapason provider list')]).toEqual([1, true]);
    const wrong = await diapason.run(['provider', 'list'], { environment: { DIAPASON_PROVIDERS: '{' } });
    expect([wrong.status, wrong.complaint.includes('DIAPASON_PROVIDERS')]).toEqual([1, true]);
  });
});
