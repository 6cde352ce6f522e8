/**
 * Signing in elsewhere, from outside: with `oidc-provider` and with a plain OAuth 2 server as the providers.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenIdServer, startOpenIdServer } from '../../packages/client/test/openid-server.ts';
import {
  type PlainServer,
  plainCredentials,
  startPlainServer,
} from '../../packages/client/test/plain-oauth2-server.ts';
import { formOf, leftFor, type Person, wordsOf } from '../person.ts';
import { freePort } from '../programs.ts';
import { CREDENTIALS, callbackOf, claims, signInElsewhere, throughProvider } from './elsewhere.ts';
import { failures } from './judge.ts';
import { ENGINES, openSite, PASSWORD, type Site } from './site.ts';

describe.each(ENGINES)('signing in elsewhere (%s)', (engine) => {
  let site: Site;
  let server: OpenIdServer;
  let plain: PlainServer;

  beforeAll(async () => {
    const port = await freePort();
    const callback = (id: string) => callbackOf(port, id);
    server = await startOpenIdServer(() => [
      { ...CREDENTIALS, redirect_uris: [callback('office'), callback('stranger')] },
    ]);
    plain = await startPlainServer(() => callback('forge'));
    const providers = {
      office: {
        kind: 'oidc',
        name: 'Work',
        issuer: server.issuer,
        ...CREDENTIALS,
        trust_email: true,
        imported_as: 'olden',
      },
      stranger: { kind: 'oidc', name: 'Stranger', issuer: server.issuer, ...CREDENTIALS },
      forge: {
        kind: 'oauth2',
        name: 'Forge',
        issuer: plain.url,
        authorization_url: `${plain.url}/o/authorize/`,
        token_url: `${plain.url}/o/token/`,
        profile_url: `${plain.url}/profile/`,
        scope: ['read'],
        client_id: plainCredentials.clientId,
        client_secret: plainCredentials.clientSecret,
      },
      gone: { kind: 'oidc', name: 'Gone', issuer: 'http://localhost:9', ...CREDENTIALS },
    };
    site = await openSite(engine, { DIAPASON_PORT: String(port), DIAPASON_PROVIDERS: JSON.stringify(providers) });
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    await server?.close();
    await plain?.close();
    // One provider of these is not there, which the server says with 502.
    expect(failed.filter(({ path }) => path !== '/accounts/gone/login/')).toEqual([]);
  });

  const signIn = (person: Person, id = 'office', from = '/login/') => signInElsewhere(site, person, id, from);
  const home = () => `${site.url}/account/`;

  it('makes an account at the first arrival, and knows it by issuer and subject whatever else changes', async () => {
    server.claims = claims('ann');
    const person = site.person();
    const arrived = await signIn(person);
    expect(arrived.url).toBe(`${home()}?done=signed-up`);
    expect(wordsOf(arrived)).toContain('Your account is made');
    expect((await person.open('/account/email/')).text).toContain('ann@example.org');
    expect(wordsOf(await person.open('/account/log/'))).toContain('Account created');

    server.claims = claims('ann', { preferred_username: 'other', email: 'other@example.org' });
    const again = site.person();
    expect((await signIn(again)).url).toBe(home());
    expect((await again.open('/account/')).text).toContain('value="ann"');
  });

  it('signs in at a plain OAuth 2 server, whose word on an address is not taken', async () => {
    plain.person = { id: 7, username: 'bob', first_name: 'Bob', last_name: 'Durand', email: 'bob@example.org' };
    const person = site.person();
    expect((await signIn(person, 'forge')).url).toContain('/account/');
    const users = (await site.command(['user', 'list'])) as { username: string; email_verified: boolean }[];
    expect(users.find(({ username }) => username === 'bob')?.email_verified).toBe(false);
  });

  it('leads on to where the sign-in was for', async () => {
    server.claims = claims('cleo');
    const person = site.person();
    expect((await signIn(person, 'office', '/login/?next=%2Faccount%2Fsessions%2F')).url).toBe(
      `${site.url}/account/sessions/`,
    );
  });

  it('asks for another username where it is taken, and makes the account under the one that is chosen', async () => {
    await site.member('dora');
    server.claims = claims('dora', { email: 'dora@elsewhere.example' });
    const person = site.person();
    const asked = await signIn(person);
    expect(wordsOf(asked)).toContain('Choose a username');
    expect(wordsOf(asked)).toContain('dora@elsewhere.example');
    const form = formOf(asked, { field: 'arrival' });
    expect(wordsOf(await person.submit(form, { username: 'dora' }))).toContain('This username is taken');
    const done = await person.submit(form, { username: 'dora2' });
    expect(done.url).toBe(`${home()}?done=signed-up`);
    // It signs nobody in a second time (CVE-2025-46815).
    const replayed = await person.submit(form, { username: 'dora3' });
    expect(replayed.status).toBe(400);
    expect((await signIn(site.person())).url).toBe(home());
  });

  it('CVE-2023-48228, RFC 6749 §10.12: takes an answer once, in the browser that asked, at the provider that was asked', async () => {
    server.claims = claims('emil');
    const person = site.person();
    const start = async () => leftFor(await person.open('/accounts/office/login/'));
    const answer = await throughProvider(site, await start());
    const stranger = await site.person().open(answer);
    expect([stranger.status, wordsOf(stranger).includes('This sign-in is over')]).toEqual([400, true]);
    // RFC 9700 §4.4, mix-up.
    expect((await person.open(answer.replace('/office/', '/stranger/'))).status).toBe(400);
    expect((await person.open(answer)).url).toContain('/account/');
    expect((await person.open(answer)).status).toBe(400);
    const forged = new URL(answer);
    forged.searchParams.set('state', 'AAAA');
    expect((await person.open(forged.href)).status).toBe(400);
  });

  it('nOAuth, GHSA-g38m-r43w-p2q7: an address leads to nobody’s account unless both sides verified it', async () => {
    // Verified here, at a provider that is not believed.
    await site.perform(
      ['user', 'create', '--username', 'fay', '--email', 'fay@example.org', '--password-stdin'],
      PASSWORD,
    );
    server.claims = claims('fay', { sub: 'attacker-1' });
    const asked = await signIn(site.person(), 'stranger');
    expect(wordsOf(asked)).toContain('Choose a username');
    // Verified there, and not here: the account that claims it first gets nobody.
    await site.member('gus');
    server.claims = claims('gus', { preferred_username: 'gus-of-office' });
    const person = site.person();
    expect((await signIn(person)).url).toContain('done=signed-up');
    expect((await person.open('/account/')).text).toContain('value="gus-of-office"');
  });

  it('where both sides verified it, its owner signs in first, and confirms the link', async () => {
    await site.perform(
      ['user', 'create', '--username', 'hal', '--email', 'hal@example.org', '--password-stdin'],
      PASSWORD,
    );
    server.claims = claims('hal');
    const person = site.person();
    const asked = await signIn(person, 'office', '/login/?next=%2Faccount%2Fsessions%2F');
    expect(wordsOf(asked)).toContain('There is an account here with the same e-mail address');
    const confirm = await person.signIn('hal', PASSWORD, asked);
    expect(wordsOf(confirm)).toContain('Link this Work account?');
    expect(wordsOf(confirm)).toContain('hal@example.org');
    const linked = await person.submit(formOf(confirm, { field: 'arrival' }));
    expect(linked.url).toBe(`${site.url}/account/sessions/`);
    expect((await signIn(site.person())).url).toBe(home());
    expect(wordsOf(await person.open('/account/log/'))).toContain('Account elsewhere linked');
  });

  it('an account that nothing opens yet is opened by a provider that both sides’ address stands for', async () => {
    await site.perform(['user', 'create', '--username', 'ida', '--email', 'ida@example.org']);
    server.claims = claims('ida');
    const person = site.person();
    expect((await signIn(person)).url).toBe(home());
    expect((await person.open('/account/')).text).toContain('value="ida"');
  });

  it('links from the account page after a question, and unlinks, but never the last way in', async () => {
    const person = await site.member('jim');
    server.claims = claims('jim-of-office', { sub: 'subject-of-jim', email: 'jim2@example.org' });
    const question = await signIn(person, 'office', '/account/linked/');
    expect(wordsOf(question)).toContain('Link this Work account?');
    const linked = await person.submit(formOf(question, { field: 'arrival' }));
    expect(wordsOf(linked)).toContain('The account is linked');
    const other = site.person();
    expect((await signIn(other)).url).toBe(home());
    expect((await other.open('/account/')).text).toContain('value="jim"');

    const unlinked = await person.submit(formOf(linked, { field: 'subject' }));
    expect(wordsOf(unlinked)).toContain('no longer linked');

    // Without a password the only one stays, whatever a form says.
    server.claims = claims('kim');
    const alone = site.person();
    await signIn(alone);
    const list = await alone.open('/account/linked/');
    expect(wordsOf(list)).toContain('It is the only way into your account');
    expect(list.document.querySelectorAll('input[name=subject]')).toHaveLength(0);
    const csrf = list.document.querySelector('input[name=csrf]')?.getAttribute('value') ?? '';
    const sent = await alone.submit(
      { action: `${site.url}/account/linked/`, fields: new URLSearchParams({ csrf }), buttons: [], origin: site.url },
      { issuer: server.issuer, subject: 'subject-of-kim' },
    );
    expect(wordsOf(sent)).toContain('Nothing was unlinked');
    const again = site.person();
    expect((await signIn(again)).url).toBe(home());

    // With a first password, which takes a fresh sign-in and no current one, it may go.
    const page = await again.open('/account/password/');
    const form = formOf(page, { field: 'password' });
    expect(form.fields.has('current_password')).toBe(false);
    expect((await again.submit(form, { password: PASSWORD })).url).toContain('done=password-changed');
    const rows = await again.open('/account/linked/');
    expect(wordsOf(await again.submit(formOf(rows, { field: 'subject' })))).toContain('no longer linked');
    expect((await site.person().signIn('kim', PASSWORD)).url).toBe(home());
  });

  it('an account there opens one account here', async () => {
    server.claims = claims('lea');
    await signIn(site.person());
    const person = await site.member('mia');
    const question = await signIn(person, 'office', '/account/linked/');
    const refused = await person.submit(formOf(question, { field: 'arrival' }));
    expect([refused.status, wordsOf(refused).includes('linked to another account here')]).toEqual([409, true]);
  });

  it('ASVS 7.4.2: opens no disabled account, and says so to who proved to be its owner', async () => {
    server.claims = claims('ned');
    await signIn(site.person());
    await site.perform(['user', 'disable', 'ned']);
    const refused = await signIn(site.person());
    expect([refused.status, wordsOf(refused).includes('This account is switched off')]).toEqual([403, true]);
  });

  it('says what happened, with a way on: cancelled, unreachable', async () => {
    const person = site.person();
    const asked = leftFor(await person.open('/accounts/office/login/?next=%2Faccount%2Flog%2F'));
    const back = new URL(`${site.url}/accounts/office/login/callback/`);
    back.searchParams.set('state', asked.searchParams.get('state') ?? '');
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('iss', server.issuer);
    const cancelled = await person.open(back.href);
    expect([cancelled.status, wordsOf(cancelled).includes('was cancelled')]).toEqual([200, true]);
    expect(cancelled.text).toContain('href="/accounts/office/login/?next=%2Faccount%2Flog%2F"');
    const gone = await person.open('/accounts/gone/login/');
    expect([gone.status, wordsOf(gone).includes('does not answer')]).toEqual([502, true]);
  });

  it('ASVS 7.6.2: another site starts no sign-in', async () => {
    const person = site.person({ 'sec-fetch-site': 'cross-site' });
    const seen = await person.open('/accounts/office/login/');
    expect([seen.leftFor, seen.url]).toEqual([null, `${site.url}/login/`]);
  });

  it('asks for the code of the second step', async () => {
    const { TOTP } = await import('otpauth');
    server.claims = claims('otto');
    const person = site.person();
    await signIn(person);
    const page = await person.open('/account/security/authenticator/');
    const totp = new TOTP({ secret: page.document.getElementById('seed-key')?.text ?? '' });
    await person.submit(formOf(page, { field: 'code' }), { code: totp.generate({ timestamp: Date.now() - 30_000 }) });
    const other = site.person();
    const step = await signIn(other);
    expect(wordsOf(step)).toContain('One more step');
    expect((await other.open('/account/')).url).toContain('/login/');
    const done = await other.submit(formOf(step, { field: 'code' }), { code: totp.generate() });
    expect(done.url).toBe(home());
  });
});
