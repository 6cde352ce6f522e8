/**
 * Registration without a token (RFC 7591 §3, ASVS 10.4.7), as whoever asks does it, and what people are told of what came of it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, type Seen, wordsOf } from '../person.ts';
import { CALLBACK, openSite, type Site } from './site.ts';

type Json = Readonly<Record<string, unknown>>;

let site: Site;
let alice: Person;
beforeAll(async () => {
  site = await openSite('SQLite', { DIAPASON_REGISTRATION: 'open', DIAPASON_TRUSTED_PROXIES: '1' });
  alice = await site.member('alice');
});
afterAll(() => site?.dispose());

const METADATA = { client_name: 'Robot', redirect_uris: [CALLBACK] };

let networks = 0;
/** Registers without a token, each time from a network of its own unless one is named. */
async function ask(
  metadata: Json,
  network?: string,
  at = site,
): Promise<{ status: number; body: Json; response: Response }> {
  networks += 1;
  const response = await fetch(`${at.url}/o/register/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': network ?? `192.0.2.${networks}` },
    body: JSON.stringify(metadata),
  });
  return { status: response.status, body: (await response.json()) as Json, response };
}

async function registered(metadata: Json = METADATA): Promise<Json> {
  const { status, body } = await ask(metadata);
  expect([status, body['error_description']]).toEqual([201, undefined]);
  return body;
}

function authorize(person: Person, made: Json, more: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const query = {
    client_id: String(made['client_id']),
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...more,
  };
  return person.open(`/o/authorize/?${new URLSearchParams(query)}`);
}

describe('RFC 7591 §3, open', () => {
  it('registers without a token, and says so in metadata', async () => {
    const made = await registered();
    expect(made).toMatchObject({ client_name: 'Robot', scope: 'openid profile email read' });
    const metadata = (await (await fetch(`${site.url}/o/.well-known/openid-configuration`)).json()) as Json;
    expect(metadata['registration_endpoint']).toBe(`${site.url}/o/register/`);
  });

  it('gives no client_credentials, no exchange, no device code, and no scope beyond what is set', async () => {
    const refused: readonly (readonly [Json, string])[] = [
      [{ ...METADATA, grant_types: ['client_credentials'], scope: 'openid' }, 'grant_types'],
      [{ ...METADATA, grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] }, 'grant_types'],
      [{ ...METADATA, grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] }, 'grant_types'],
      [{ ...METADATA, scope: 'openid write' }, 'scope'],
      [{ ...METADATA, scope: 'introspection' }, 'scope'],
      [{ ...METADATA, software_statement: 'a.b.c' }, 'software_statement'],
      [{ ...METADATA, tos_uri: 'http://app.example/terms' }, 'tos_uri'],
      [{ ...METADATA, policy_uri: 'javascript:alert(1)' }, 'policy_uri'],
    ];
    for (const [metadata, member] of refused) {
      const { status, body } = await ask(metadata);
      expect([member, status]).toEqual([member, 400]);
      expect(String(body['error_description'])).toContain(member);
    }
  });

  it('holds the same bounds at an update (RFC 7592 §2.2)', async () => {
    const made = await registered();
    const update = (more: Json) =>
      fetch(String(made['registration_client_uri']), {
        method: 'PUT',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${String(made['registration_access_token'])}`,
        },
        body: JSON.stringify({ ...METADATA, client_id: made['client_id'], ...more }),
      });
    expect((await update({ scope: 'openid write' })).status).toBe(400);
    expect((await update({ grant_types: ['client_credentials'] })).status).toBe(400);
    expect((await update({})).status).toBe(200);
  });

  it('refuses a token that is not good all the same: whoever shows one means it', async () => {
    const response = await fetch(`${site.url}/o/register/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer made-up' },
      body: JSON.stringify(METADATA),
    });
    expect(response.status).toBe(401);
  });

  it('counts before it fetches anything that the metadata names, at an update too', async () => {
    let fetches = 0;
    const listener = createServer((_, response) => {
      fetches += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify([CALLBACK]));
    });
    await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
    const sector = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`;
    const wanted = { ...METADATA, subject_type: 'pairwise', sector_identifier_uri: sector };
    const network = '198.51.100.77';
    let last = await ask(wanted, network);
    const made = last.body;
    for (let count = 1; count < 21; count += 1) last = await ask(wanted, network);
    expect([last.status, fetches]).toEqual([429, 20]);
    const update = await fetch(String(made['registration_client_uri']), {
      method: 'PUT',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${String(made['registration_access_token'])}`,
        'x-forwarded-for': network,
      },
      body: JSON.stringify({ ...wanted, client_id: made['client_id'], sector_identifier_uri: `${sector}other` }),
    });
    expect([update.status, fetches]).toEqual([429, 20]);
    listener.closeAllConnections();
    await new Promise((closed) => listener.close(closed));
  });

  it('takes 20 in an hour from one network, and lets others go on', async () => {
    const network = '198.51.100.7';
    const answers = await Promise.all(Array.from({ length: 25 }, () => ask(METADATA, network)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    const late = await ask(METADATA, network);
    expect([late.status, late.body['error']]).toEqual([429, 'temporarily_unavailable']);
    expect(Number(late.response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(METADATA)).status).toBe(201);
  });
});

describe('ASVS 10.4.7', () => {
  it('tells people that nobody has verified it, where it leads, and links its pages by their hosts', async () => {
    const made = await registered({
      ...METADATA,
      logo_uri: 'https://pictures.example/robot.png',
      client_uri: 'https://robot.example/',
      policy_uri: 'https://robot.example/data',
      tos_uri: 'https://terms.example/robot',
    });
    expect(made).toMatchObject({ client_uri: 'https://robot.example/', tos_uri: 'https://terms.example/robot' });
    const seen = await authorize(alice, made);
    const words = wordsOf(seen);
    expect(words).toContain('Not verified');
    expect(words).toContain('You will return to localhost:9');
    const links = seen.document.querySelectorAll('main a[rel]').map((link) => [link.getAttribute('href'), link.text]);
    expect(links).toEqual([
      ['https://robot.example/', 'About the application, on robot.example'],
      ['https://robot.example/data', 'What it does with your data, on robot.example'],
      ['https://terms.example/robot', 'Its terms, on terms.example'],
    ]);
    // CVE-2021-26715: neither fetched nor shown.
    expect(seen.document.toString()).not.toContain('pictures.example');
    expect(made).not.toHaveProperty('logo_uri');
  });

  it('asks again each time, whatever was allowed before and whatever the operator set', async () => {
    const made = await registered();
    const first = await authorize(alice, made);
    expect((await alice.allow(first)).searchParams.get('code')).not.toBeNull();
    await site.perform(['app', 'update', String(made['client_id']), '--skip-consent', 'on']);
    expect(wordsOf(await authorize(alice, made))).toContain('Not verified');
    const silent = await authorize(alice, made, { prompt: 'none' });
    expect(silent.leftFor?.searchParams.get('error')).toBe('consent_required');
  });

  it('sends nobody who is signed out to its address with an error (RFC 9700 §4.11.2)', async () => {
    const made = await registered();
    const seen = await authorize(site.person(), made, { scope: 'nonsense' });
    expect([seen.leftFor, new URL(seen.url).pathname]).toEqual([null, '/login/']);
  });

  it('belongs to nobody', async () => {
    const made = await registered();
    const shown = (await site.command(['app', 'show', String(made['client_id'])])) as Json;
    expect(shown).toMatchObject({ provenance: 'self-registered', owner_id: null, skip_consent: false });
    const page = await alice.open(`/o/applications/${String(shown['id'])}/`);
    expect(page.status).toBe(404);
  });

  it('notes that it got a token, so that it stays while it is used', async () => {
    const made = await registered({ ...METADATA, token_endpoint_auth_method: 'none' });
    const answer = await alice.allow(await authorize(alice, made));
    const response = await fetch(`${site.url}/o/token/`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: String(made['client_id']),
        code: answer.searchParams.get('code') ?? '',
        redirect_uri: CALLBACK,
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      }),
    });
    expect(response.status).toBe(200);
    const lastUsed = async () =>
      ((await site.command(['app', 'show', String(made['client_id'])])) as Json)['last_used_at'];
    await expect.poll(lastUsed, { timeout: 20_000 }).not.toBeNull();
  });
});

describe('the limits of open registration', () => {
  it('lets no more exist than are set, and removes what was never used', async () => {
    const small = await openSite('SQLite', {
      DIAPASON_REGISTRATION: 'open',
      DIAPASON_REGISTRATION_CLIENTS: '2',
      DIAPASON_REGISTRATION_UNUSED_DAYS: '0.001',
    });
    try {
      const statuses: number[] = [];
      for (let count = 0; count < 3; count += 1) statuses.push((await ask(METADATA, undefined, small)).status);
      expect(statuses).toEqual([201, 201, 503]);
      // Those that a person or the operator makes are not counted.
      const token = (await small.command(['registration-token', 'create'])) as { token: string };
      const response = await fetch(`${small.url}/o/register/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token.token}` },
        body: JSON.stringify(METADATA),
      });
      expect(response.status).toBe(201);
      expect((await small.command(['cleanup'])) as Json).toMatchObject({ unverified_applications: 0 });
    } finally {
      await small.dispose();
    }
  });
});
