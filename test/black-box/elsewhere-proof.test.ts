/**
 * What a provider's ID token proves beyond who somebody is: that they authenticated again (`auth_time`), and by two factors (`acr`, `amr`).
 * With an issuer that signs whatever the test says.
 */
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Listening, listenOnFreePort } from '../../packages/client/test/listening.ts';
import { issuerAnswers } from '../../packages/client/test/provider-stub.ts';
import { formOf, leftFor, type Person, type Seen, wordsOf } from '../person.ts';
import { freePort } from '../programs.ts';
import { CREDENTIALS } from './elsewhere.ts';
import { failures } from './judge.ts';
import { CALLBACK, openSite, PASSWORD, register, type Site } from './site.ts';

let site: Site;
let provider: Listening;
/** What the next ID token says beside who it is for. */
let said: Record<string, unknown> = {};
/** What userinfo says, which nobody signed. */
let userinfo: Record<string, unknown> = {};
let asked = new URLSearchParams();

beforeAll(async () => {
  const listening = await listenOnFreePort(
    createServer(async (incoming, outgoing) => {
      const url = new URL(incoming.url ?? '', provider.url);
      if (url.pathname === '/authorize') {
        asked = url.searchParams;
        const back = new URL(asked.get('redirect_uri') ?? '');
        back.search = new URLSearchParams({
          code: 'code',
          state: asked.get('state') ?? '',
          iss: provider.url,
        }).toString();
        outgoing.writeHead(303, { location: back.href }).end();
        return;
      }
      const issuer = {
        issuer: provider.url,
        authorization: `${provider.url}/authorize`,
        token: `${provider.url}/token`,
        jwks: `${provider.url}/jwks`,
        userinfo: `${provider.url}/userinfo`,
        claims: () => ({ iss: provider.url, ...said }),
        userinfoClaims: () => ({ sub: said['sub'], ...userinfo }),
      };
      const answers = issuerAnswers(issuer, CREDENTIALS.client_id, () => asked.get('nonce') ?? '');
      const answer = answers[`${incoming.method} ${provider.url}${url.pathname}`];
      const request = { method: '', url: '', headers: new Headers(), form: new URLSearchParams() };
      const response = answer?.(request) ?? new Response('', { status: 404 });
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
    }),
  );
  provider = listening;
  const port = await freePort();
  const office = { kind: 'oidc', name: 'Office', issuer: provider.url, ...CREDENTIALS, trust_email: true };
  const strict = { ...office, name: 'Strict', second_factor: { acr: ['urn:strong'], amr: ['hwk'] } };
  const forge = {
    kind: 'oauth2',
    name: 'Forge',
    issuer: 'http://localhost:9',
    authorization_url: 'http://localhost:9/a',
    token_url: 'http://localhost:9/t',
    profile_url: 'http://localhost:9/p',
    client_id: 'x',
  };
  site = await openSite('SQLite', {
    DIAPASON_PORT: String(port),
    DIAPASON_PROVIDERS: JSON.stringify({ office, strict, forge }),
  });
});
afterAll(async () => {
  const failed = site === undefined ? [] : failures(site);
  await site?.dispose();
  await provider?.close();
  expect(failed).toEqual([]);
});
beforeEach(() => {
  said = {};
  userinfo = {};
});

/** By this address of ours, to the provider and back. */
async function go(person: Person, address: string): Promise<Seen> {
  const there = leftFor(await person.open(address));
  const back = await fetch(there, { redirect: 'manual' });
  return person.open(back.headers.get('location') ?? '');
}

const nowSeconds = () => Math.floor(Date.now() / 1_000);
const CONFIRM = '/account/confirm/?next=%2Faccount%2Fpassword%2F';
const start = (id: string) => `/accounts/${id}/login/?process=confirm&next=%2Faccount%2Fpassword%2F`;

async function newcomer(name: string, id = 'office', more: Record<string, unknown> = {}): Promise<Person> {
  const person = site.person();
  said = { sub: name, preferred_username: name, email: `${name}@example.org`, email_verified: true, ...more };
  expect((await go(person, `/accounts/${id}/login/`)).url).toContain('done=signed-up');
  return person;
}

describe('ASVS 7.5.1, 6.8.4: proving oneself anew by a provider', () => {
  it('asks the provider to authenticate again, and goes on under a new secret where it says that it did', async () => {
    const person = await newcomer('ann');
    const page = await person.open(CONFIRM);
    const links = page.document.querySelectorAll('main a').map((a) => [a.text.trim(), a.getAttribute('href')]);
    expect(links).toContainEqual(['Prove it with Office', start('office')]);
    expect(wordsOf(page)).not.toContain('Forge');
    const before = await person.cookie('diapason_session');
    said = { ...said, auth_time: nowSeconds() };
    const done = await go(person, start('office'));
    expect([asked.get('prompt'), asked.get('max_age')]).toEqual(['login', '0']);
    expect(done.url).toBe(`${site.url}/account/password/`);
    expect(await person.cookie('diapason_session')).not.toBe(before);
  });

  it.each([
    ['says no time', undefined],
    ['says an old time', () => nowSeconds() - 3_600],
    ['says a time to come', () => nowSeconds() + 3_600],
    ['says milliseconds', () => Date.now()],
  ])('proves nothing where the provider %s', async (what, time) => {
    const name = `b${what.replaceAll(/\W/g, '')}`;
    const person = await newcomer(name);
    const before = await person.cookie('diapason_session');
    said = { ...said, auth_time: time?.() };
    const page = await go(person, start('office'));
    expect([page.status, wordsOf(page).includes('That proves nothing yet')]).toEqual([403, true]);
    expect(await person.cookie('diapason_session')).toBe(before);
    // What nobody signed is no answer either.
    userinfo = { auth_time: nowSeconds() };
    expect((await go(person, start('office'))).status).toBe(403);
  });

  it('proves nothing by an account there that does not open this one, another subject’s or another account’s', async () => {
    const person = await newcomer('cleo');
    await newcomer('cleos-enemy');
    for (const sub of ['cleos-enemy', 'nobody-yet', 'Cleo']) {
      said = { sub, email: 'cleo@example.org', email_verified: true, auth_time: nowSeconds() };
      const page = await go(person, start('office'));
      expect([page.status, wordsOf(page).includes('That is another account')]).toEqual([403, true]);
    }
    const users = (await site.command(['user', 'list'])) as { username: string }[];
    expect(users.map(({ username }) => username)).not.toContain('nobody-yet');
  });

  it('takes an answer once, in the browser that asked, for what was asked', async () => {
    const person = await newcomer('dora');
    said = { ...said, auth_time: nowSeconds() };
    const there = leftFor(await person.open(start('office')));
    const back = (await fetch(there, { redirect: 'manual' })).headers.get('location') ?? '';
    expect((await site.person().open(back)).status).toBe(400);
    expect((await person.open(back.replace('/office/', '/strict/'))).status).toBe(400);
    expect((await person.open(back)).url).toBe(`${site.url}/account/password/`);
    expect((await person.open(back)).status).toBe(400);
  });

  it('is not for whoever is signed out, comes from another site, or has a password', async () => {
    expect((await site.person().open(start('office'))).url).toContain('/login/?next=');
    const person = await newcomer('emil');
    const foreign = await person.send(start('office'), { headers: { 'sec-fetch-site': 'cross-site' } });
    expect(foreign.headers.get('location')).toContain('/login/');
    expect((await person.open(start('forge'))).url).toContain('/account/confirm/');
    await person.submit(formOf(await person.open('/account/password/'), { field: 'password' }), { password: PASSWORD });
    said = { ...said, auth_time: nowSeconds() };
    const page = await go(person, start('office'));
    expect(page.url).toContain('/account/confirm/');
    expect(page.document.querySelector('[name=current_password]')).not.toBeNull();
    expect(wordsOf(page)).not.toContain('Prove it with');
  });

  it('is over where the person signed out meanwhile', async () => {
    const person = await newcomer('fay');
    said = { ...said, auth_time: nowSeconds() };
    const there = leftFor(await person.open(start('office')));
    await person.submit(formOf(await person.open('/logout/'), { button: 'Sign out' }), {}, 'Sign out');
    const back = (await fetch(there, { redirect: 'manual' })).headers.get('location') ?? '';
    expect((await person.open(back)).url).toContain('/login/');
  });
});

describe('ASVS 6.8.4: a provider’s word for two factors', () => {
  async function claimsOf(person: Person): Promise<Record<string, unknown>> {
    const application = await register(person, { name: 'Reader' });
    const query = new URLSearchParams({
      client_id: application.clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid',
    });
    const page = await person.open(`/o/authorize/?${query}`);
    const answer = page.leftFor ?? (await person.allow(page));
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      client_id: application.clientId,
      client_secret: application.clientSecret ?? '',
    });
    const answered = await fetch(`${site.url}/o/token/`, { method: 'POST', body });
    const { id_token } = (await answered.json()) as { id_token: string };
    return JSON.parse(Buffer.from(id_token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  }

  it.each([
    ['acr', { acr: 'urn:strong' }],
    ['amr', { amr: ['pwd', 'hwk'] }],
  ])('counts for two here by %s, where the operator says so', async (claim, more) => {
    expect(await claimsOf(await newcomer(`g${claim}`, 'strict', more))).toMatchObject({
      acr: '2',
      amr: ['fed', 'mfa'],
    });
  });

  it.each([
    ['nothing is said here', 'office', { acr: 'urn:strong', amr: ['hwk'] }],
    ['it is another value', 'strict', { acr: 'urn:strong:not', amr: ['pwd', 'mfa'] }],
    ['it is of another type', 'strict', { acr: ['urn:strong'], amr: 'hwk' }],
    ['it says none', 'strict', {}],
  ])('counts for one where %s', async (what, id, more) => {
    const claims = await claimsOf(await newcomer(`h${what.replaceAll(/\W/g, '')}`, id, more));
    expect(claims).toMatchObject({ acr: '1', amr: ['fed'] });
  });

  it('counts by what was signed alone', async () => {
    userinfo = { acr: 'urn:strong', amr: ['hwk'] };
    expect(await claimsOf(await newcomer('ines', 'strict'))).toMatchObject({ acr: '1', amr: ['fed'] });
  });
});
