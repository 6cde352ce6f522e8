/**
 * The log at its most talkative holds no secret: everything is driven once, right and wrong, and every value that grants
 * something, or proves something, is looked for in what the server printed (ASVS 16.2.5, DOT#1735).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person } from '../person.ts';
import { logLines } from './judge.ts';
import { CALLBACK, ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';
import { exchange, request } from './wire.ts';

describe.each(ENGINES)('on %s, at the level trace', (engine) => {
  let site: Site;
  /** What must not be found, by what it is. */
  const secrets = new Map<string, string>();
  const secret = (what: string, value: string | null | undefined) => {
    if (value === null || value === undefined || value.length < 8) throw new Error(`no ${what}`);
    secrets.set(what, value);
    return value;
  };

  beforeAll(async () => {
    site = await openSite(engine, { DIAPASON_LOG_LEVEL: 'trace', DIAPASON_REGISTRATION: 'token' });
    const alice = await people();
    const application = await register(alice, { allowed_origins: 'https://app.example' });
    secret('client secret', application.clientSecret);
    await flow(alice, application);
    await handles(alice);
    await selfRegistered();
    await wrongThings(alice, application);
    await accountPages(alice, application);
  });
  afterAll(() => site?.dispose());

  async function people(): Promise<Person> {
    secret('password', PASSWORD);
    const person = await site.member('alice');
    await site.person().signIn('alice', secret('wrong password', 'a wrong password 440'));
    const other = site.person();
    await other.signIn(secret('password typed as a name', 'typed into the wrong field'), PASSWORD);
    secret('browser cookie', await person.cookie('diapason_browser'));
    secret('session cookie', await person.cookie('diapason_session'));
    return person;
  }

  const token = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${site.url}/o/token/`, { method: 'POST', headers, body: new URLSearchParams(parameters) });

  async function flow(alice: Person, application: RegisteredApplication): Promise<void> {
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    const query = new URLSearchParams({
      client_id: application.clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid read profile email',
      state: secret('state', 'the-state-of-this-request'),
      nonce: secret('nonce', 'the-nonce-of-this-request'),
      code_challenge: challenge,
      code_challenge_method: 'S256',
      login_hint: secret('login hint', 'someone@private.example'),
    });
    const person = site.person();
    const signIn = await person.open(`/o/authorize/?${query}`);
    secret('pending request', /authorize\/([\w-]{20,})/.exec(new URL(signIn.url).searchParams.get('next') ?? '')?.[1]);
    const consent = await person.signIn('alice', PASSWORD, signIn);
    secret('form token', formOf(consent, { button: 'Allow' }).fields.get('csrf'));
    const back = await person.allow(consent);
    const code = secret('code', back.searchParams.get('code'));
    const grant = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
    const basic = `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}`;
    secret('Basic credentials', basic.slice(6));
    const code_verifier = secret('verifier', 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');
    const tokens = (await (await token({ ...grant, code_verifier }, { authorization: basic })).json()) as Record<
      string,
      string
    >;
    for (const name of ['access_token', 'refresh_token', 'id_token']) secret(name, tokens[name]);
    secret('ID token signature', tokens['id_token']?.split('.')[2]);
    await fetch(`${site.url}/o/userinfo/`, { headers: { authorization: `Bearer ${tokens['access_token']}` } });
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' };
    const renewed = (await (await token(refresh, { authorization: basic })).json()) as Record<string, string>;
    secret('second access token', renewed['access_token']);
    secret('second refresh token', renewed['refresh_token']);
    for (const path of ['introspect', 'revoke_token']) {
      const body = new URLSearchParams({ token: renewed['refresh_token'] ?? '' });
      await fetch(`${site.url}/o/${path}/`, { method: 'POST', headers: { authorization: basic }, body });
    }
    // The replay of a code, which is noted.
    await token({ ...grant, code_verifier }, { authorization: basic });
    await person.open(`/o/logout/?${new URLSearchParams({ id_token_hint: tokens['id_token'] ?? '' })}`);
    await alice.open(`/o/authorize/?${query}&scope=read`);
  }

  /** What a pushed request, a device, a key pair and a request object bring with them, right and wrong. */
  async function handles(alice: Person): Promise<void> {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const jwk = { kty, crv, x, y };
    const signed = async (header: object, payload: object) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const input = `${part({ alg: 'ES256', ...header })}.${part(payload)}`;
      const signature = await crypto.subtle.sign(
        { name: 'ECDSA', hash: 'SHA-256' },
        pair.privateKey,
        Buffer.from(input),
      );
      return `${input}.${Buffer.from(signature).toString('base64url')}`;
    };
    const application = await register(alice, {
      client_authentication: 'private_key_jwt',
      jwks: JSON.stringify({ keys: [jwk] }),
      grants: ['authorization-code', 'device-code', 'client-credentials'],
    });
    const now = Math.floor(Date.now() / 1_000);
    const assertion = async (what: string) => {
      const claims = { iss: application.clientId, sub: application.clientId, aud: `${site.url}/o`, exp: now + 60 };
      const jwt = await signed({}, { ...claims, jti: what });
      secret(`${what}: signature`, jwt.split('.')[2]);
      const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      return { client_assertion_type, client_assertion: secret(what, jwt) };
    };
    const post = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
      const sent = { method: 'POST', headers, body: new URLSearchParams(form) };
      return (await (await fetch(`${site.url}${path}`, sent)).json()) as Record<string, string>;
    };
    const request = { response_type: 'code', redirect_uri: CALLBACK, scope: 'openid' };
    const pushed = await post('/o/par/', { ...request, ...(await assertion('assertion at PAR')) });
    const handle = secret('pushed request', pushed['request_uri']);
    const visit = `/o/authorize/?${new URLSearchParams({ client_id: application.clientId, request_uri: handle })}`;
    await alice.open(visit);
    await alice.open(`${visit}0`);
    const object = await signed({ typ: 'oauth-authz-req+jwt' }, { iss: application.clientId, exp: now + 60 });
    const query = {
      client_id: application.clientId,
      redirect_uri: CALLBACK,
      request: secret('request object', object),
    };
    await alice.open(`/o/authorize/?${new URLSearchParams(query)}`);

    const device = await post('/o/device-authorization/', await assertion('assertion of a device'));
    const device_code = secret('device code', device['device_code']);
    const user_code = secret('user code', device['user_code']);
    secret('user code, as it is kept', user_code.replace('-', ''));
    await alice.open(`/o/device/?user_code=${user_code}`);
    const page = formOf(await alice.open('/o/device/'), { field: 'user_code' });
    await alice.submit(page, { user_code: secret('wrong user code', 'BCDF-GHJK') });
    const question = await alice.submit(page, { user_code });
    await alice.submit(formOf(question, { button: 'Allow' }), {}, 'Allow');
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code };
    const once = await assertion('assertion used twice');
    const dpop = secret(
      'DPoP proof',
      await signed(
        { typ: 'dpop+jwt', jwk },
        { htm: 'POST', htu: `${site.url}/o/token/`, iat: now, jti: secret('jti of a proof', 'jti-of-this-proof') },
      ),
    );
    const tokens = await post('/o/token/', { ...grant, ...once }, { dpop });
    secret('DPoP-bound access token', tokens['access_token']);
    await post('/o/token/', { ...grant, ...once }, { dpop });
    await post('/o/token/', { ...grant, ...(await assertion('assertion after the end')) }, { dpop });
  }

  /** RFC 7591, RFC 7592. */
  async function selfRegistered(): Promise<void> {
    const made = (await site.command(['registration-token', 'create'])) as { readonly token: string };
    const send = async (address: string, method: string, bearer: string, body?: object) => {
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
      const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      return (await (await fetch(new URL(address, site.url), sent)).json()) as Record<string, string>;
    };
    const metadata = { client_name: 'Robot', redirect_uris: [CALLBACK] };
    const robot = await send('/o/register/', 'POST', secret('initial access token', made.token), metadata);
    await send('/o/register/', 'POST', made.token, metadata);
    secret('secret of a robot', robot['client_secret']);
    const bearer = secret('registration access token', robot['registration_access_token']);
    await send(String(robot['registration_client_uri']), 'GET', bearer);
    await send(
      String(robot['registration_client_uri']),
      'GET',
      secret('wrong registration token', 'a-wrong-one-of-these'),
    );
  }

  /** What is refused is logged with its reason: without what was refused. */
  async function wrongThings(alice: Person, { clientId }: RegisteredApplication): Promise<void> {
    const wrong = secret('wrong client secret', 'a-wrong-client-secret-of-some-length');
    await token({ grant_type: 'client_credentials', client_id: clientId, client_secret: wrong });
    await token({ grant_type: 'client_credentials' }, { authorization: `Basic ${btoa(`${clientId}:${wrong}`)}` });
    await token({ grant_type: 'authorization_code', client_id: clientId, client_secret: wrong, code: wrong });
    await fetch(`${site.url}/o/token/?client_secret=${secret('secret in an address', 'secret-in-the-address')}`, {
      method: 'POST',
    });
    await fetch(`${site.url}/o/userinfo/?access_token=${secret('token in an address', 'token-in-the-address')}`);
    await fetch(`${site.url}/o/userinfo/`, {
      headers: { authorization: `Bearer ${secret('wrong token', 'wrong-bearer-token')}` },
    });
    await alice.open(
      `/o/authorize/?client_id=${clientId}&redirect_uri=https://evil.example/&state=${secrets.get('state')}`,
    );
    await alice.send('/login/', {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: new URLSearchParams({ password: PASSWORD }),
    });
    const head = { authorization: `Bearer ${secret('token in a broken request', 'token-in-a-broken-request')}` };
    await exchange(site.listening, request('GET', '/\u00ff', head));
    await exchange(site.listening, request('GET', '/', { ...head, x: 'x'.repeat(20_000) }));
    await exchange(site.listening, request('POST', '/o/token/', { ...head, 'content-length': '-1' }));
  }

  async function accountPages(alice: Person, application: RegisteredApplication): Promise<void> {
    const next = secret('new password', 'une tout autre phrase');
    const password = formOf(await alice.open('/account/password/'), { field: 'current_password' });
    await alice.submit(password, { current_password: next, password: 'trop' });
    await alice.submit(password, { current_password: PASSWORD, password: next });
    const page = await alice.open(application.path);
    const added = await alice.submit(formOf(page, { action: `${application.path}secrets/` }));
    secret('second client secret', added.document.getElementById('client-secret')?.text.trim());
    await alice.submit(formOf(await alice.open('/logout/'), { button: 'Sign out' }), {}, 'Sign out');
  }

  it('was talkative', () => {
    const lines = logLines(site);
    expect(lines.some(({ level }) => level === 20)).toBe(true);
    for (const event of ['sign_in', 'sign_up', 'sign_in_refused', 'application_registered', 'password_changed']) {
      expect(lines.filter((line) => line['event'] === event).length, event).toBeGreaterThan(0);
    }
    expect(secrets.size).toBeGreaterThan(20);
  });

  it('tells of each sign-in with its factor (ASVS 16.3.1)', () => {
    const signIns = logLines(site).filter(({ event }) => event === 'sign_in');
    expect(signIns.length).toBeGreaterThan(0);
    for (const line of signIns) expect(line).toMatchObject({ accountId: expect.any(String), amr: ['pwd'] });
  });

  it('holds none of what was used', () => {
    const log = site.output();
    const found = [...secrets].filter(([, value]) => log.includes(value) || log.includes(encodeURIComponent(value)));
    expect(found.map(([what]) => what)).toEqual([]);
  });

  it('holds no octets of a broken request either, as numbers', () => {
    expect(site.output()).not.toMatch(/"type":"Buffer"|rawPacket/);
  });

  it('is one JSON object a line, with what came from outside inside of its strings (ASVS 16.4.1)', async () => {
    await exchange(
      site.listening,
      request('GET', '/%0a%7b%22level%22:60%7d', { 'user-agent': '\u001b[31m' }).subarray(0),
    );
    const lines = site
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    for (const line of lines) {
      expect(() => JSON.parse(line)).not.toThrow();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
      expect(line).not.toMatch(/[\u0000-\u001f\u007f]/);
    }
    expect(logLines(site).filter(({ level }) => level === 60)).toEqual([]);
  });
});
