/**
 * Device authorization (RFC 8628) as a device and its person meet it: `openid-client` on the one side, a browser on the other,
 * against the running server on both engines.
 */
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, type Seen, textOf, wordsOf } from '../person.ts';
import { ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

const WRONG = 'BBBB-BBBB';

describe.each(ENGINES)('RFC 8628 on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let developer: Person;
  let application: RegisteredApplication;
  let configuration: client.Configuration;
  beforeAll(async () => {
    site = await openSite(engine);
    developer = await site.member('developer');
    alice = await site.member('alice');
    application = await register(developer, {
      name: 'Television',
      client_type: 'public',
      grants: ['device-code', 'refresh-token'],
      redirect_uris: '',
    });
    configuration = await client.discovery(new URL('/o', site.url), application.clientId, undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    });
  });
  afterAll(() => site?.dispose());

  const ask = () => client.initiateDeviceAuthorization(configuration, { scope: 'openid profile read' });

  const typed = async (person: Person, code: string): Promise<Seen> =>
    person.submit(formOf(await person.open('/o/device/'), { field: 'user_code' }), { user_code: code });

  it('signs a device in: the code typed in small letters, the question, Allow, tokens, userinfo, refresh', async () => {
    const device = await ask();
    expect(device).toMatchObject({ verification_uri: `${site.url}/o/device/`, interval: 5 });
    const question = await typed(alice, device.user_code.replace('-', ' ').toLowerCase());
    expect(wordsOf(question)).toMatch(/^Television on another device would like to use your account/);
    expect(textOf(question, 'user-code')).toBe(device.user_code);
    // D25: from where, by what, and the warning before the buttons.
    expect(wordsOf(question)).toMatch(/127\.0\.0\.1|::1/);
    expect(wordsOf(question)).toMatch(/Is the device in front of you\?/);
    const done = await alice.submit(formOf(question, { button: 'Allow' }), {}, 'Allow');
    expect(wordsOf(done)).toMatch(/go back to your device/);
    const tokens = await client.pollDeviceAuthorizationGrant(configuration, device);
    const info = await client.fetchUserInfo(configuration, tokens.access_token, client.skipSubjectCheck);
    expect(info).toMatchObject({ preferred_username: 'alice' });
    expect(tokens.claims()?.sub).toBe(info.sub);
    const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
    expect(refreshed.scope).toContain('profile');
    await expect(client.pollDeviceAuthorizationGrant(configuration, device)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    expect(wordsOf(await alice.open('/o/authorized_tokens/'))).toContain('Television');
  });

  it('asks whoever is not signed in to do that first, and keeps the code of the link (§3.3.1)', async () => {
    const device = await ask();
    const person = site.person();
    const page = await person.open(device.verification_uri_complete ?? '');
    expect(new URL(page.url).pathname).toBe('/login/');
    const compare = await person.signIn('alice', PASSWORD, page);
    expect(new URL(compare.url).pathname).toBe('/o/device/');
    expect(wordsOf(compare)).toMatch(/Is this the code that your device shows\?/);
    const form = formOf(compare, { field: 'user_code' });
    expect(form.fields.get('user_code')).toBe(device.user_code);
    // The link alone has given it to nobody: another session may still type it.
    expect(wordsOf(await typed(alice, device.user_code))).toMatch(/Television on another device/);
    expect(wordsOf(await person.submit(form))).toMatch(/not known, or no longer good/);
  });

  it('tells the device when the person cancels', async () => {
    const device = await ask();
    const question = await typed(alice, device.user_code);
    const done = await alice.submit(formOf(question, { button: 'Cancel' }), {}, 'Cancel');
    expect(wordsOf(done)).toMatch(/Nothing was allowed/);
    await expect(client.pollDeviceAuthorizationGrant(configuration, device)).rejects.toMatchObject({
      error: 'access_denied',
    });
    expect(wordsOf(await typed(alice, device.user_code))).toMatch(/not known, or no longer good/);
  });

  it('gives a device to nobody but whoever typed its code (CVE-2026-45337)', async () => {
    const device = await ask();
    const mallory = await site.member('mallory');
    const question = await typed(alice, device.user_code);
    expect(wordsOf(await typed(mallory, device.user_code))).toMatch(/not known, or no longer good/);
    // Straight to the decision, with a form token of their own.
    const own = formOf(await mallory.open('/o/device/'), { field: 'user_code' });
    const decision = { ...own, action: `${site.url}/o/device/decision/` };
    const refused = await mallory.submit(decision, { user_code: device.user_code, allow: 'Authorize' });
    expect(wordsOf(refused)).toMatch(/not known, or no longer good/);
    await alice.submit(formOf(question, { button: 'Allow' }), {}, 'Allow');
    const tokens = await client.pollDeviceAuthorizationGrant(configuration, device);
    const info = await client.fetchUserInfo(configuration, tokens.access_token, client.skipSubjectCheck);
    expect(info['preferred_username']).toBe('alice');
  });

  it('shows the question again that changed while it was read, and takes the answer to that one alone', async () => {
    const radio = { name: 'Radio', client_type: 'public', grants: ['device-code'], redirect_uris: '' };
    const { clientId } = await register(developer, radio);
    const body = new URLSearchParams({ client_id: clientId, scope: 'read' });
    const asked = await fetch(`${site.url}/o/device-authorization/`, { method: 'POST', body });
    const { user_code } = JSON.parse(await asked.text()) as { readonly user_code: string };
    const question = await typed(alice, user_code);
    expect(wordsOf(question)).toMatch(/^Radio on another device/);
    await site.perform(['app', 'update', clientId, '--name', 'Your bank']);
    // So long a process may know an application as it was.
    await new Promise((later) => setTimeout(later, 1_500));
    const again = await alice.submit(formOf(question, { button: 'Allow' }), {}, 'Allow');
    expect(wordsOf(again)).toMatch(/^Your bank on another device/);
    const done = await alice.submit(formOf(again, { button: 'Allow' }), {}, 'Allow');
    expect(new URL(done.url).pathname).toBe('/o/device/allowed/');
  });

  it('refuses a decision that another site posts', async () => {
    const device = await ask();
    const question = await typed(alice, device.user_code);
    const form = formOf(question, { button: 'Allow' });
    const body = new URLSearchParams(form.fields);
    body.set('allow', 'Authorize');
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await alice.send(form.action, { method: 'POST', headers, body })).status).toBe(403);
    await alice.submit(form, {}, 'Cancel');
  });

  it('lets nobody guess for long, and counts no right code (§5.1)', async () => {
    const guesser = await site.member('guesser');
    const device = await ask();
    for (let guess = 0; guess < 10; guess += 1) {
      expect((await typed(guesser, WRONG)).status).toBe(200);
      if (guess === 4) expect(wordsOf(await typed(guesser, device.user_code))).toMatch(/Television/);
    }
    const limited = await typed(guesser, device.user_code);
    expect(limited.status).toBe(429);
    expect(limited.headers.get('retry-after')).toMatch(/^\d+$/);
    // What cannot be a code is none, and is told so without being counted.
    expect(wordsOf(await typed(alice, 'AEIOU'))).toMatch(/not known/);
  });
});
