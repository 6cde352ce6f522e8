/** What becomes of an application that the operator disables, and enables again, seen from outside. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, wordsOf } from '../person.ts';
import { CALLBACK, openSite, type RegisteredApplication, register, type Site } from './site.ts';

let site: Site;
let alice: Person;
let application: RegisteredApplication;
beforeAll(async () => {
  site = await openSite('SQLite');
  alice = await site.member('alice');
  application = await register(alice, { grants: ['authorization-code', 'client-credentials'] });
});
afterAll(() => site?.dispose());

const authorization = () => `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}`;
const post = (path: string, form: Readonly<Record<string, string>>) =>
  fetch(site.url + path, {
    method: 'POST',
    headers: { authorization: authorization() },
    body: new URLSearchParams(form),
  });
const token = () => post('/o/token/', { grant_type: 'client_credentials', scope: 'read' });
const isActive = async (accessToken: string) => {
  const response = await post('/o/introspect/', { token: accessToken });
  return response.status === 200 ? ((await response.json()) as { active: boolean }).active : response.status;
};
const authorize = () => {
  const query = { client_id: application.clientId, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' };
  return alice.open(`/o/authorize/?${new URLSearchParams(query)}`);
};

describe('diapason app disable', () => {
  it('is in force at once for sign-ins, tokens and introspection, and is undone by app enable', async () => {
    const made = (await (await token()).json()) as { access_token: string };
    expect(await isActive(made.access_token)).toBe(true);
    expect((await authorize()).status).toBe(200);

    await site.perform(['app', 'disable', application.clientId]);
    // Another process keeps what it read for a second at most.
    await expect.poll(async () => (await token()).status, { timeout: 5_000 }).toBe(401);
    expect(await isActive(made.access_token)).toBe(401);
    const seen = await authorize();
    expect([seen.status, seen.leftFor]).toEqual([400, null]);
    expect(wordsOf(seen)).toContain('switched off');

    // Saving the form does not bring it back.
    await site.perform(['app', 'update', application.clientId, '--name', 'Renamed']);
    expect((await token()).status).toBe(401);

    await site.perform(['app', 'enable', application.clientId]);
    await expect.poll(async () => (await token()).status, { timeout: 5_000 }).toBe(200);
    expect(await isActive(made.access_token)).toBe(true);
  });

  it('says so when there is no such application', async () => {
    await expect(site.perform(['app', 'disable', 'nobody'])).rejects.toThrow('No application has the client_id or id');
  });
});

describe('diapason app notices', () => {
  it('lists what could not be delivered, and nothing of what is not there', async () => {
    expect(await site.command(['app', 'notices'])).toEqual([]);
    const told = await register(alice, { backchannel_logout_uri: 'http://localhost:9/logout' });
    const query = { client_id: told.clientId, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' };
    const back = await alice.allow(await alice.open(`/o/authorize/?${new URLSearchParams(query)}`));
    const response = await fetch(`${site.url}/o/token/`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${told.clientId}:${told.clientSecret}`)}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: back.searchParams.get('code') ?? '',
        redirect_uri: CALLBACK,
      }),
    });
    expect(response.status).toBe(200);
    await site.perform(['user', 'disable', 'alice']);
    const notices = (await site.command(['app', 'notices', told.clientId])) as readonly Record<string, unknown>[];
    expect(notices).toEqual([
      expect.objectContaining({ client_id: told.clientId, state: 'waiting', settled_at: null }),
    ]);
    expect(await site.command(['app', 'notices', application.clientId, '--all'])).toEqual([]);
  });
});
