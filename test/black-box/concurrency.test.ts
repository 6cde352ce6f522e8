/**
 * Whatever counts once, asked for fifty times in the same moment over HTTP: codes, device codes, pushed requests, client
 * assertions, DPoP proofs, refresh tokens. On both engines, and with two server processes on one PostgreSQL, between which the
 * fifty are shared out.
 */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person } from '../person.ts';
import { type RunningServer, startServer, temporaryFolder } from '../programs.ts';
import { CALLBACK, openSite, type RegisteredApplication, register, type Site } from './site.ts';

type Json = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

const AT_ONCE = 50;
const PLACES = ['SQLite', 'PostgreSQL', 'two processes on one PostgreSQL'] as const;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keys.publicKey);
const publicJwk = { kty, crv, x, y };

describe.each(PLACES)('fifty at once, on %s', (place) => {
  let site: Site;
  let second: RunningServer | null = null;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let developer: Person;
  let alice: Person;
  let application: RegisteredApplication;
  beforeAll(async () => {
    folder = await temporaryFolder();
    site = await openSite(place === 'SQLite' ? 'SQLite' : 'PostgreSQL');
    if (place === PLACES[2]) {
      // The same settings, public address included: only where it listens is its own.
      const { DIAPASON_PORT: _, ...shared } = site.environment;
      second = await startServer(folder.path, shared);
    }
    developer = await site.member('developer');
    alice = await site.member('alice');
    application = await register(developer, {
      grants: ['authorization-code', 'refresh-token', 'client-credentials', 'device-code'],
    });
    // Consent once, so that an authorization is one request from here on.
    await codeOf(authorization());
  });
  afterAll(async () => {
    await second?.stop();
    await site?.dispose();
    await folder?.dispose();
  });

  /** Where the request of this number goes. */
  const serverOf = (turn: number) => (second !== null && turn % 2 === 1 ? second.listening : site.listening);
  const fifty = <Result>(once: (turn: number) => Promise<Result>): Promise<Result[]> =>
    Promise.all(Array.from({ length: AT_ONCE }, (_, turn) => once(turn)));

  async function post(
    path: string,
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = credentials(),
    turn = 0,
  ): Promise<Answer> {
    const answer = await fetch(new URL(path, serverOf(turn)), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Json };
  }
  const credentials = (by: RegisteredApplication = application) => ({
    authorization: `Basic ${Buffer.from(`${by.clientId}:${by.clientSecret}`).toString('base64')}`,
  });
  const token = (form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>, turn?: number) =>
    post('/o/token/', form, headers, turn);

  /** Opens an address as alice, at the server of this turn, and does not follow it. */
  async function visit(path: string, turn = 0): Promise<Response> {
    const cookie = await alice.cookies.getCookieString(site.url);
    return fetch(new URL(path, serverOf(turn)), { headers: { cookie, accept: 'text/html' }, redirect: 'manual' });
  }
  const authorization = () => {
    const query = { response_type: 'code', client_id: application.clientId, redirect_uri: CALLBACK };
    return `/o/authorize/?${new URLSearchParams({ ...query, scope: 'openid profile read' })}`;
  };
  async function codeOf(address: string): Promise<string> {
    const seen = await alice.open(address);
    const back = seen.leftFor ?? (await alice.allow(seen));
    return back.searchParams.get('code') ?? '';
  }
  const exchangeOf = (code: string) => ({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK });

  const isActive = async (given: unknown) =>
    (await post('/o/introspect/', { token: String(given) })).body['active'] === true;

  /** Exactly one answer is right, and every other says `error` with `status`. @returns the one. */
  function oneOf(answers: readonly Answer[], error: string, status: number): Answer {
    const [won, ...others] = answers.filter((answer) => answer.status < 300);
    expect(others).toEqual([]);
    const lost = answers.filter((answer) => answer.status >= 300);
    expect(new Set(lost.map(({ status: got, body }) => `${got} ${body['error']}`))).toEqual(
      new Set([`${status} ${error}`]),
    );
    if (won === undefined) throw new Error('nobody won');
    return won;
  }

  it('a code gets tokens for one, and the replays revoke them (RFC 6749 §4.1.2)', async () => {
    const code = await codeOf(authorization());
    const won = oneOf(await fifty((turn) => token(exchangeOf(code), credentials(), turn)), 'invalid_grant', 400);
    expect(await isActive(won.body['access_token'])).toBe(false);
    expect(await isActive(won.body['refresh_token'])).toBe(false);
  });

  it('fifty codes get tokens for fifty', async () => {
    const address = authorization();
    const codes = await fifty(() => codeOf(address));
    const answers = await fifty((turn) => token(exchangeOf(codes[turn] ?? ''), credentials(), turn));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body['refresh_token'])).size).toBe(AT_ONCE);
  });

  it('a device code gets tokens for one poll (RFC 8628 §3.5)', async () => {
    const device = (await post('/o/device-authorization/', { scope: 'openid read' })).body;
    const page = await alice.open('/o/device/');
    const question = await alice.submit(formOf(page, { field: 'user_code' }), {
      user_code: String(device['user_code']),
    });
    await alice.submit(formOf(question, { button: 'Allow' }), {}, 'Allow');
    const poll = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: String(device['device_code']),
    };
    const won = oneOf(await fifty((turn) => token(poll, credentials(), turn)), 'invalid_grant', 400);
    expect(typeof won.body['refresh_token']).toBe('string');
  });

  it('a pushed request gets a code for one visit (RFC 9126 §4)', async () => {
    const request = { response_type: 'code', redirect_uri: CALLBACK, scope: 'openid profile read' };
    const { request_uri } = (await post('/o/par/', request)).body;
    const query = new URLSearchParams({ client_id: application.clientId, request_uri: String(request_uri) });
    const answers = await fifty((turn) => visit(`/o/authorize/?${query}`, turn));
    const codes = answers.flatMap(({ headers }) => {
      const location = headers.get('location');
      return location?.startsWith(CALLBACK) ? [new URL(location).searchParams.get('code')] : [];
    });
    expect(codes).toEqual([expect.stringMatching(/./)]);
    // The others see a page that says so, and are sent nowhere.
    expect(answers.filter(({ status, headers }) => status === 400 && !headers.has('location'))).toHaveLength(
      AT_ONCE - 1,
    );
    expect((await token(exchangeOf(codes[0] ?? ''))).status).toBe(200);
  });

  it('a client assertion counts once (RFC 7523 §3 item 7; GHSA-3p3g-vpw6-4w66)', async () => {
    const jwks = JSON.stringify({ keys: [publicJwk] });
    const values = {
      client_authentication: 'private_key_jwt',
      jwks,
      grants: ['client-credentials'],
      redirect_uris: '',
    };
    const { clientId } = await register(developer, values);
    const assertion = await signed(
      {},
      {
        iss: clientId,
        sub: clientId,
        aud: `${site.url}/o`,
        exp: Math.floor(Date.now() / 1_000) + 60,
        jti: randomUUID(),
      },
    );
    const form = {
      grant_type: 'client_credentials',
      scope: 'read',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
    };
    oneOf(await fifty((turn) => token(form, {}, turn)), 'invalid_client', 401);
  });

  it('a DPoP proof counts once, at the token endpoint and at a resource (RFC 9449 §11.1)', async () => {
    const proof = await dpopProof('POST', '/o/token/');
    const ask = { grant_type: 'client_credentials', scope: 'read' };
    const answers = await fifty((turn) => token(ask, { ...credentials(), dpop: proof }, turn));
    const { body } = oneOf(answers, 'invalid_dpop_proof', 400);
    expect(body['token_type']).toBe('DPoP');

    // Of a person, since a profile is theirs.
    const code = await codeOf(authorization());
    const first = await dpopProof('POST', '/o/token/');
    const { access_token } = (await token(exchangeOf(code), { ...credentials(), dpop: first })).body;
    const access = String(access_token);
    const ath = createHash('sha256').update(access).digest('base64url');
    const shown = await dpopProof('GET', '/profile/', { ath });
    const read = await fifty((turn) =>
      fetch(new URL('/profile/', serverOf(turn)), { headers: { authorization: `DPoP ${access}`, dpop: shown } }),
    );
    expect(read.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = read.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401]));
    for (const { headers } of refused) expect(headers.get('www-authenticate')).toContain('invalid_dpop_proof');
  });

  it('a refresh token rotates once, and all are told the same successor (CVE-2026-1035)', async () => {
    const code = await codeOf(authorization());
    const { refresh_token } = (await token(exchangeOf(code))).body;
    const form = { grant_type: 'refresh_token', refresh_token: String(refresh_token) };
    const answers = await fifty((turn) => token(form, credentials(), turn));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const [successor, ...others] = new Set(answers.map(({ body }) => body['refresh_token']));
    expect(others).toEqual([]);
    expect(successor).not.toBe(refresh_token);
    const active = await Promise.all(answers.map(({ body }) => isActive(body['access_token'])));
    expect(new Set(active)).toEqual(new Set([true]));
    // Rotated once: the one successor goes on, and only from then on is the first a stolen one.
    const next = await token({ grant_type: 'refresh_token', refresh_token: String(successor) }, credentials(), 1);
    expect(next.status).toBe(200);
    expect((await token(form)).body['error']).toBe('invalid_grant');
    expect(await isActive(next.body['access_token'])).toBe(false);
  });

  /** RFC 9449 §4.2, for this server's own address. */
  function dpopProof(htm: string, path: string, claims: Json = {}): Promise<string> {
    const usual = { htm, htu: `${site.url}${path}`, iat: Math.floor(Date.now() / 1_000), jti: randomUUID() };
    return signed({ typ: 'dpop+jwt', jwk: publicJwk }, { ...usual, ...claims });
  }
});

/** A JWS of RFC 7515 §7.1 with the key above, by the platform's own means. */
async function signed(header: Json, payload: Json): Promise<string> {
  const part = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'ES256', ...header })}.${part(payload)}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, keys.privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}
