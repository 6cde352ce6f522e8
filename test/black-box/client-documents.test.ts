/**
 * Applications that describe themselves in a document at their `client_id` (draft-ietf-oauth-client-id-metadata-document), with a
 * real https server that has the document.
 */
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateOf } from '../../packages/server/test/certificates.ts';
import { type Person, wordsOf } from '../person.ts';
import { temporaryFolder } from '../programs.ts';
import { CALLBACK, openSite, type Site } from './site.ts';

type Json = Readonly<Record<string, unknown>>;

const RESOURCE = 'https://files.example/mcp';
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let host: Server;
let base = '';
let site: Site;
let alice: Person;
/** What is at which path; what is not here is 404. */
const documents = new Map<string, Json>();
const asked: string[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  const issuer = await certificateOf({ subject: 'CN=Authority', isAuthority: true });
  const names = [{ type: 'dns', value: 'localhost' } as const];
  const { certificate, key } = await certificateOf({ subject: 'CN=localhost', names, issuer });
  const ca = join(folder.path, 'ca.pem');
  await writeFile(ca, issuer.certificate);
  host = createServer({ cert: certificate, key }, ({ url = '' }, response) => {
    asked.push(url);
    const document = documents.get(url);
    if (url === '/moved') response.writeHead(302, { location: `${base}/app` }).end();
    else if (document === undefined) response.writeHead(404).end();
    else {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=600' });
      response.end(JSON.stringify(document));
    }
  });
  await new Promise<void>((listening) => host.listen(0, 'localhost', listening));
  base = `https://localhost:${(host.address() as AddressInfo).port}`;
  site = await openSite('SQLite', {
    DIAPASON_CLIENT_ID_METADATA_DOCUMENTS: 'on',
    DIAPASON_REGISTRATION_RESOURCES: RESOURCE,
    NODE_EXTRA_CA_CERTS: ca,
  });
  alice = await site.member('alice');
});
afterAll(async () => {
  await site?.dispose();
  host?.closeAllConnections();
  host?.close();
  await folder?.dispose();
});

let number = 0;
beforeEach(() => {
  number += 1;
});
/** Publishes a document at an address of its own, and gives the address. */
function published(change: Json = {}): string {
  const path = `/app/${number}`;
  documents.set(path, { client_id: base + path, client_name: 'A tool', redirect_uris: [CALLBACK], ...change });
  return base + path;
}

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const open = (clientId: string, more: Readonly<Record<string, string>> = {}) =>
  alice.open(
    `/o/authorize/?${new URLSearchParams({
      client_id: clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'read',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...more,
    })}`,
  );
const token = (form: Readonly<Record<string, string>>) =>
  fetch(`${site.url}/o/token/`, { method: 'POST', body: new URLSearchParams(form) });
async function tokensOf(clientId: string): Promise<Json> {
  const back = await alice.allow(await open(clientId, { resource: RESOURCE }));
  const code = back.searchParams.get('code') ?? '';
  const form = { client_id: clientId, code, redirect_uri: CALLBACK, code_verifier: VERIFIER, resource: RESOURCE };
  const answer = await token({ grant_type: 'authorization_code', ...form });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Json;
}

describe('draft-ietf-oauth-client-id-metadata-document', () => {
  it('is told of in metadata', async () => {
    const metadata = (await (await fetch(`${site.url}/o/.well-known/openid-configuration`)).json()) as Json;
    expect(metadata['client_id_metadata_document_supported']).toBe(true);
  });

  it('is read with a pushed request too, where an application may be seen first (RFC 9126)', async () => {
    const clientId = published();
    const form = {
      client_id: clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'read',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    };
    const push = async (id: string) => {
      const body = new URLSearchParams({ ...form, client_id: id });
      const response = await fetch(`${site.url}/o/par/`, { method: 'POST', body });
      return { status: response.status, body: (await response.json()) as Json };
    };
    const { status, body } = await push(clientId);
    expect([status, body['error_description']]).toEqual([201, undefined]);
    const query = new URLSearchParams({ client_id: clientId, request_uri: String(body['request_uri']) });
    const code = (await alice.allow(await alice.open(`/o/authorize/?${query}`))).searchParams.get('code') ?? '';
    const redeem = { client_id: clientId, code, redirect_uri: CALLBACK, code_verifier: VERIFIER };
    expect((await token({ grant_type: 'authorization_code', ...redeem })).status).toBe(200);
    // One that is not there, or no good, is no client; nor does a device have a grant that its document cannot give.
    expect(await push(`${base}/nothing`)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const device = published({ client_name: 'A box' });
    const response = await fetch(`${site.url}/o/device-authorization/`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: `${device}`, scope: 'read' }),
    });
    expect([response.status, ((await response.json()) as Json)['error']]).toEqual([400, 'unauthorized_client']);
  });

  it('is not read where tokens are asked for', async () => {
    const clientId = published();
    const before = asked.length;
    const answer = await token({ grant_type: 'authorization_code', client_id: clientId, code: 'x' });
    expect([answer.status, ((await answer.json()) as Json)['error'], asked.length]).toEqual([
      401,
      'invalid_client',
      before,
    ]);
  });

  it('lets a tool sign people in that nobody registered, for the resource that it names', async () => {
    const clientId = published({ grant_types: ['authorization_code', 'refresh_token'] });
    const page = await open(clientId, { resource: RESOURCE });
    expect(wordsOf(page)).toContain('A tool');
    // Who answers for it, and where the access can be used.
    expect(wordsOf(page)).toContain(new URL(base).host);
    expect(wordsOf(page)).toContain('files.example');
    const tokens = await tokensOf(clientId);
    const again = await token({
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: String(tokens['refresh_token']),
    });
    expect(again.status).toBe(200);
    expect(asked.filter((path) => base + path === clientId)).toHaveLength(1);
    expect(await site.command(['app', 'show', clientId])).toMatchObject({
      client_id: clientId,
      provenance: 'client-document',
      resources: [RESOURCE],
    });
  });

  it('asks people each time', async () => {
    const clientId = published();
    await tokensOf(clientId);
    expect((await open(clientId)).leftFor).toBeNull();
  });

  it('names no resource that the operator did not set', async () => {
    const clientId = published({ resources: ['https://other.example/'] });
    const back = (await open(clientId, { resource: 'https://other.example/' })).leftFor;
    expect(back?.searchParams.get('error')).toBe('invalid_target');
  });

  it('shows an error, and redirects nowhere, where the document is not good', async () => {
    const bad: readonly (readonly [string, RegExp])[] = [
      [`${base}/nothing`, /404/],
      [`${base}/moved`, /redirect/],
      [published({ client_id: 'https://app.example/' }), /client_id in it is not the address/],
      [`${base}/app/../app`, /No application/],
      ['https://127.0.0.1:1/client', /cannot be reached/],
    ];
    for (const [clientId, words] of bad) {
      const page = await open(clientId);
      expect([page.status, page.leftFor]).toEqual([400, null]);
      expect(wordsOf(page)).toMatch(words);
    }
  });

  it('knows an application at the token endpoint by what was read at a sign-in, and fetches nothing there', async () => {
    const clientId = published();
    asked.length = 0;
    const answer = await token({ grant_type: 'authorization_code', client_id: clientId, code: 'x' });
    expect([answer.status, asked]).toEqual([401, []]);
  });

  it('lets what was given go on when the document vanishes, and ends it when the operator disables the application', async () => {
    const clientId = published({ grant_types: ['authorization_code', 'refresh_token'] });
    let tokens = await tokensOf(clientId);
    documents.clear();
    const refresh = async () => {
      const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(tokens['refresh_token']) };
      const answer = await token(form);
      tokens = (await answer.json()) as Json;
      return answer.status;
    };
    expect(await refresh()).toBe(200);
    await site.perform(['app', 'disable', clientId]);
    // What a process knows of an application is at most a second old (`ApplicationReader`).
    await expect.poll(refresh, { timeout: 3_000, interval: 200 }).toBe(401);
    expect((await open(clientId)).status).toBe(400);
  });
});

describe('DIAPASON_CLIENT_ID_METADATA_DOCUMENTS=off', () => {
  it('reads nothing and says nothing of it', async () => {
    const off = await openSite('SQLite');
    const person = await off.member('alice');
    asked.length = 0;
    const page = await person.open(
      `/o/authorize/?${new URLSearchParams({ client_id: published(), response_type: 'code' })}`,
    );
    expect([page.status, asked]).toEqual([400, []]);
    const metadata = (await (await fetch(`${off.url}/o/.well-known/openid-configuration`)).json()) as Json;
    expect(metadata).not.toHaveProperty('client_id_metadata_document_supported');
    await off.dispose();
  });
});
