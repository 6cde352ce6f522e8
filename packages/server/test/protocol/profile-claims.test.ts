/** Claims of the time zone and of fields that the operator declares: `department`, which the scope profile opens (`server.ts`). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedUsername } from '../../src/accounts/username.ts';
import type { Application } from '../../src/protocol/application.ts';
import { json, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let application: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  person = await server.person();
  const { username } = await server.account(person.accountId);
  const name = storedUsername(username);
  const names = { ...name, usernameKey: name.key, usernameSkeleton: name.skeleton, firstName: 'Ada', lastName: '' };
  const change = { ...names, locale: null, zoneInfo: 'Europe/Paris', fields: { unit: 'Computing' } };
  await server.storage.accounts.updateProfile(person.accountId, change, server.clock());
});
afterAll(() => server.close());

const tokenOf = async (scope: string) => text(await tokensFor(server, application, person, { scope }), 'access_token');
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('OpenID Connect Core §5.1: zoneinfo, and claims of the operator’s fields', () => {
  it('are opened by their scope in userinfo, and by no other', async () => {
    expect(json(await server.userinfo(bearer(await tokenOf('openid profile'))))).toMatchObject({
      zoneinfo: 'Europe/Paris',
      department: 'Computing',
    });
    const without = json(await server.userinfo(bearer(await tokenOf('openid email'))));
    for (const name of ['zoneinfo', 'department', 'unit']) expect(without).not.toHaveProperty(name);
  });

  it('are left out where nothing is filled in', async () => {
    const other = await server.person();
    const token = text(await tokensFor(server, application, other, { scope: 'openid profile' }), 'access_token');
    const answer = json(await server.userinfo(bearer(token)));
    for (const name of ['zoneinfo', 'department']) expect(answer).not.toHaveProperty(name);
  });

  it('are in /profile/ by their scope', async () => {
    expect(json(await server.profile(bearer(await tokenOf('profile'))))).toMatchObject({ department: 'Computing' });
    expect(json(await server.profile(bearer(await tokenOf('read'))))).not.toHaveProperty('department');
  });
});
