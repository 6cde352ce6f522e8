/**
 * Sign-out as a browser and the applications see it: who is told, what the page says, and what its policy lets load.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, wordsOf } from '../person.ts';
import { CALLBACK, openSite, type RegisteredApplication, register, type Site } from './site.ts';

let site: Site;
let developer: Person;
let listener: Server;
const heard: string[] = [];
beforeAll(async () => {
  site = await openSite('SQLite');
  developer = await site.member('developer');
  listener = createServer((request, response) => {
    request.on('data', (chunk) => heard.push(String(chunk)));
    request.on('end', () => response.end());
  });
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
});
afterAll(async () => {
  listener.close();
  await site?.dispose();
});

/** The claims of a JWT, unverified: how it is signed is tested where it is made. */
function decodeJwt(jwt: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

/** Signs a person in at an application, to its tokens; gives its ID token. */
async function tokensAt(person: Person, application: RegisteredApplication): Promise<string> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: application.clientId,
    redirect_uri: CALLBACK,
    scope: 'openid',
  });
  const seen = await person.open(`/o/authorize/?${query}`);
  const back = seen.leftFor ?? (await person.allow(seen));
  const response = await fetch(new URL('/o/token/', site.url), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      client_id: application.clientId,
      client_secret: application.clientSecret ?? '',
    }),
  });
  return ((await response.json()) as { id_token: string }).id_token;
}

describe('OpenID Connect Back-Channel Logout 1.0', () => {
  it('reaches the application after a sign-out, and the page says who is told and who is not', async () => {
    const person = await site.member('reached');
    const uri = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/out`;
    const told = await register(developer, { name: 'Invoices', backchannel_logout_uri: uri });
    const idToken = decodeJwt(await tokensAt(person, told));
    await tokensAt(person, await register(developer, { name: 'Wiki' }));
    const page = await person.open('/logout/');
    const after = await person.submit(formOf(page, { action: '/logout/' }));
    expect(wordsOf(after)).toMatch(/Invoices: is being signed out.*Wiki: is not told/);
    await expect.poll(() => heard.length, { timeout: 15_000 }).toBe(1);
    const claims = decodeJwt(new URLSearchParams(heard[0]).get('logout_token') ?? '');
    expect(claims).toMatchObject({ sub: idToken['sub'], sid: idToken['sid'], aud: told.clientId });
  });
});

describe('OpenID Connect Front-Channel Logout 1.0 §2', () => {
  it('loads the address in a frame that the policy of this one answer allows, then leads back', async () => {
    const person = await site.member('framed');
    const bye = 'http://localhost:9/bye';
    const application = await register(developer, {
      frontchannel_logout_uri: 'http://localhost:9/out?a=b',
      frontchannel_logout_session_required: 'on',
      post_logout_redirect_uris: bye,
    });
    const idToken = await tokensAt(person, application);
    const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: bye, state: 's' });
    const response = await person.send(`/o/logout/?${query}`);
    expect(response.status).toBe(200);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain('frame-src http://localhost:9;');
    expect(response.headers.get('refresh')).toBe(`3;url=${bye}?state=s`);
    const sid = String(decodeJwt(idToken)['sid']);
    const iss = encodeURIComponent(`${site.url}/o`);
    expect(await response.text()).toContain(`http://localhost:9/out?a=b&amp;iss=${iss}&amp;sid=${sid}`);
    const plain = await person.send('/logout/');
    expect(plain.headers.get('content-security-policy')).not.toContain('frame-src');
  });

  it('refuses an address that is not of the application’s own origin', async () => {
    const wrong = register(developer, { frontchannel_logout_uri: 'https://else.example/out' });
    await expect(wrong).rejects.toThrow();
  });
});

describe('the language of a form that came back', () => {
  it('is switched without losing where the sign-in leads (RFC 6749 §4.1.1)', async () => {
    const stranger = site.person();
    const page = await stranger.open('/login/?next=%2Faccount%2Fpassword%2F');
    const again = await stranger.submit(formOf(page, { field: 'username' }), { username: 'nobody', password: 'wrong' });
    const kept = again.document.querySelectorAll('input[name="next"], a[href*="next="]').map((each) => each.outerHTML);
    expect(kept.join(' ')).toContain('next=%2Faccount%2Fpassword%2F');
  });
});
