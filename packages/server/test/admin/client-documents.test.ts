import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readClientDocument } from '../../src/admin/client-document.ts';
import { type ClientDocumentDeps, createClientDocuments } from '../../src/admin/client-documents.ts';
import { isDocumentAddress } from '../../src/protocol/client-id.ts';
import type { FetchOutcome } from '../../src/protocol/fetcher.ts';
import { clientId } from '../../src/vocabulary/identifiers.ts';
import { type Installation, openInstallation } from '../accounts/installation.ts';
import { applicationDeps, DOCUMENTS } from './office.ts';

const MINUTE_MS = 60_000;
const BOUNDS = {
  grants: ['authorization-code', 'refresh-token'],
  scopes: ['openid', 'read'],
  clientsMax: 1_000,
} as const;

describe('draft-ietf-oauth-client-id-metadata-document §3: the address', () => {
  it.each(['https://app.example/', 'https://app.example/client.json', 'https://app.example:8443/a?b=c'])(
    'takes %s',
    (id) => {
      expect(isDocumentAddress(clientId(id))).toBe(true);
    },
  );

  it.each([
    'https://app.example',
    'http://app.example/client',
    'https://app.example/client#part',
    'https://app.example/client#',
    'https://user@app.example/client',
    'https://user:secret@app.example/client',
    'https://@app.example/client',
    'https://app.example/a/../client',
    'https://app.example/./client',
    'https://app.example/a/%2e%2e/client',
    'https://app.example:443/client',
    'https://APP.example/client',
    'https://app.example\\client',
    'https://',
    'app.example/client',
  ])('leaves %s a name like any other', (id) => {
    expect(isDocumentAddress(clientId(id))).toBe(false);
  });
});

describe('draft-ietf-oauth-client-id-metadata-document §4: the document', () => {
  const address = clientId('https://app.example/client');
  const good = { client_id: address, client_name: 'App', redirect_uris: ['https://app.example/callback'] };
  const read = (document: unknown) =>
    readClientDocument(typeof document === 'string' ? document : JSON.stringify(document), address, BOUNDS);

  it('describes a public application unless it says otherwise', () => {
    expect(read(good)).toMatchObject({ outcome: 'read', fields: { name: 'App', client_type: 'public' } });
    const keyed = { ...good, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://app.example/jwks' };
    expect(read(keyed)).toMatchObject({
      fields: { client_type: 'confidential', jwks_uri: 'https://app.example/jwks' },
    });
  });

  it('is for many servers: what this one does not give is left out, and so is what would have it call elsewhere', () => {
    const wide = {
      ...good,
      grant_types: ['authorization_code', 'client_credentials', 'urn:example:other'],
      response_types: ['code', 'token'],
      scope: 'read introspection other',
      backchannel_logout_uri: 'https://app.example/logout',
      sector_identifier_uri: 'https://app.example/sector',
      logo_uri: 'https://app.example/logo.svg',
    };
    expect(read(wide)).toMatchObject({
      fields: {
        grants: ['authorization-code'],
        scopes: ['read'],
        backchannel_logout_uri: '',
        sector_identifier_uri: '',
      },
    });
  });

  it.each([
    ['what is no JSON', 'no', 'it'],
    ['a list', [], 'it'],
    ['another client_id', { ...good, client_id: `${address}/` }, 'client_id'],
    ['no client_id', { ...good, client_id: undefined }, 'client_id'],
    ['a secret', { ...good, client_secret: 'x' }, 'client_secret'],
    ['a secret that ends', { ...good, client_secret_expires_at: 0 }, 'client_secret'],
    ['a proof by secret', { ...good, token_endpoint_auth_method: 'client_secret_basic' }, 'token_endpoint_auth_method'],
    ['no redirect_uris', { ...good, redirect_uris: [] }, 'redirect_uris'],
    ['no sign-in', { ...good, grant_types: ['client_credentials'] }, 'grant_types'],
    ['no code', { ...good, response_types: ['token'] }, 'response_types'],
    ['a name of another shape', { ...good, client_name: 1 }, 'client_name'],
  ])('refuses %s', (_what, document, member) => {
    expect(read(document)).toMatchObject({ outcome: 'refused', fault: { member } });
  });
});

describe('when a document is read, and for how long it counts', () => {
  let installation: Installation;
  let deps: ClientDocumentDeps;
  let fetches = 0;
  let number = 0;
  let address = clientId('https://app.example/');
  beforeAll(async () => {
    installation = await openInstallation();
    const { storage } = installation;
    const base = applicationDeps(installation);
    deps = {
      ...base,
      fetcher: {
        fetch: (request) => {
          fetches += 1;
          return base.fetcher.fetch(request);
        },
      },
      registrations: storage.registrations,
      known: storage.applications,
      failures: storage.failures,
      mutualTls: null,
      registrationResources: ['https://api.example/'],
      bounds: BOUNDS,
      hosts: null,
    };
  });
  afterAll(() => installation.close());
  beforeEach(() => {
    fetches = 0;
    number += 1;
    address = clientId(`https://app.example/client/${number}`);
  });

  const publish = (change: Readonly<Record<string, unknown>> = {}, cacheControl: string | null = null) => {
    const body = JSON.stringify({ client_id: address, redirect_uris: ['https://app.example/callback'], ...change });
    DOCUMENTS.set(address, { outcome: 'fetched', status: 200, cacheControl, body });
  };
  const fails = (status: number | null): void => {
    const failed: FetchOutcome = { outcome: 'failed', fault: 'bad_status', detail: 'it did not answer so', status };
    DOCUMENTS.set(address, failed);
  };
  const reader = (change: Partial<ClientDocumentDeps> = {}, network = `network ${number}`) =>
    createClientDocuments({ ...deps, ...change })(network);

  it('makes an application that is nobody’s and unverified, with the resources that the operator set', async () => {
    publish({ client_name: 'App' });
    expect(await reader()(address)).toMatchObject({
      outcome: 'found',
      application: {
        clientId: address,
        name: 'App',
        type: 'public',
        provenance: 'client-document',
        ownerId: null,
        settings: { resources: ['https://api.example/'] },
      },
    });
  });

  it('reads it once for many at once, and again when it is five minutes old', async () => {
    publish();
    const read = reader();
    const all = await Promise.all(Array.from({ length: 20 }, () => read(address)));
    expect(new Set(all.map((each) => each.outcome))).toEqual(new Set(['found']));
    expect(fetches).toBe(1);
    installation.advance(5 * MINUTE_MS - 1);
    await read(address);
    expect(fetches).toBe(1);
    installation.advance(1);
    await read(address);
    expect(fetches).toBe(2);
  });

  it.each([
    ['max-age=3600', 60],
    ['public, max-age="600"', 10],
    ['max-age=0', 1],
    ['no-store, max-age=3600', 1],
    ['max-age=999999999', 24 * 60],
    ['max-age=soon', 5],
  ])('goes by Cache-Control: %s for %i minutes', async (cacheControl, minutes) => {
    publish({}, cacheControl);
    const read = reader();
    await read(address);
    installation.advance(minutes * MINUTE_MS - 1);
    await read(address);
    expect(fetches).toBe(1);
    installation.advance(1);
    await read(address);
    expect(fetches).toBe(2);
  });

  it('takes what a document says anew, and leaves what the operator set', async () => {
    publish({ client_name: 'Before' });
    const read = reader();
    const before = await read(address);
    if (before.outcome === 'refused') throw new Error(before.error.hint);
    await deps.applications.updateApplication({ ...before.application, accessTokenLifetimeSeconds: 60 });
    publish({ client_name: 'After', redirect_uris: ['https://app.example/other'] });
    installation.advance(5 * MINUTE_MS);
    expect(await read(address)).toMatchObject({
      application: {
        id: before.application.id,
        name: 'After',
        redirectUris: ['https://app.example/other'],
        accessTokenLifetimeSeconds: 60,
        settings: { resources: ['https://api.example/'] },
      },
    });
  });

  it('lets nobody in whose document is gone or no good any more, and asks for it every ten seconds at most', async () => {
    publish();
    const read = reader();
    await read(address);
    installation.advance(5 * MINUTE_MS);
    for (const spoil of [() => fails(404), () => publish({ client_id: 'another' })]) {
      spoil();
      fetches = 0;
      expect(await read(address)).toMatchObject({ outcome: 'refused' });
      expect(await read(address)).toMatchObject({ outcome: 'refused' });
      expect(fetches).toBe(1);
      installation.advance(10_000);
    }
    publish();
    expect(await read(address)).toMatchObject({ outcome: 'found' });
  });

  it('goes by what it read while the host is in trouble, for an hour', async () => {
    publish();
    const read = reader();
    await read(address);
    for (const status of [null, 503]) {
      fails(status);
      installation.advance(10 * MINUTE_MS);
      expect(await read(address)).toMatchObject({ outcome: 'found' });
    }
    installation.advance(50 * MINUTE_MS);
    expect(await read(address)).toMatchObject({ outcome: 'refused' });
  });

  it('reads no document for a name that somebody registered, or of an application that was disabled', async () => {
    publish();
    const read = reader();
    const made = await read(address);
    if (made.outcome === 'refused') throw new Error(made.error.hint);
    await deps.applications.setDisabled(made.application.id, 1, 1);
    installation.advance(60 * MINUTE_MS);
    fetches = 0;
    expect(await read(address)).toMatchObject({ application: { disabledAtMs: 1 } });
    const { id: _, ...taken } = made.application;
    const other = clientId(`https://app.example/made/${number}`);
    await deps.applications.createApplication({
      ...taken,
      id: `${made.application.id}2` as typeof made.application.id,
      clientId: other,
      provenance: 'made',
    });
    expect(await read(other)).toMatchObject({ application: { provenance: 'made' } });
    expect(fetches).toBe(0);
  });

  it('reads documents of the hosts that are set alone', async () => {
    publish();
    expect(await reader({ hosts: ['other.example', 'app.example:8443'] })(address)).toMatchObject({
      outcome: 'refused',
    });
    expect(fetches).toBe(0);
    expect(await reader({ hosts: ['app.example'] })(address)).toMatchObject({ outcome: 'found' });
  });

  it('reads 30 unknown addresses in an hour for one network, and for others then', async () => {
    const read = reader({}, 'a busy network');
    const ask = (index: number, by = read) => by(clientId(`https://unknown.example/${index}`));
    for (let index = 0; index < 30; index += 1) {
      expect(await ask(index)).toMatchObject({ error: { code: 'invalid_request' } });
    }
    expect(await ask(30)).toMatchObject({ error: { code: 'temporarily_unavailable' } });
    expect(fetches).toBe(30);
    expect(await ask(31, reader({}, 'another network'))).toMatchObject({ error: { code: 'invalid_request' } });
  });

  it('makes no more applications than may exist unverified', async () => {
    publish();
    const full = { ...BOUNDS, clientsMax: await deps.registrations.countUnverified() };
    expect(await reader({ bounds: full })(address)).toMatchObject({ error: { code: 'temporarily_unavailable' } });
  });

  it('tells the same of whatever keeps this server from reaching an address, and refuses by the rules of registration', async () => {
    const hints: string[] = [];
    for (const fault of ['not_found', 'private_address', 'unreachable', 'timed_out', 'busy'] as const) {
      address = clientId(`https://app.example/${fault}/${number}`);
      DOCUMENTS.set(address, { outcome: 'failed', fault, detail: 'its address is 10.0.0.1', status: null });
      const answer = await reader()(address);
      hints.push(answer.outcome === 'refused' ? answer.error.hint : '');
    }
    expect(new Set(hints).size).toBe(1);
    expect(hints[0]).not.toContain('10.0.0.1');
    address = clientId(`https://app.example/scheme/${number}`);
    publish({ redirect_uris: ['javascript:alert(1)'] });
    expect(await reader()(address)).toMatchObject({ error: { hint: expect.stringContaining('redirect_uris') } });
  });
});
