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
    site = await openSite(engine, { DIAPASON_LOG_LEVEL: 'trace' });
    const alice = await people();
    const application = await register(alice, { allowed_origins: 'https://app.example' });
    secret('client secret', application.clientSecret);
    await flow(alice, application);
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
