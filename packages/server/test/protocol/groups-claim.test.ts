/** The claim `groups`: opened by a scope of its own, or asked for by name; nobody else's groups are looked up. */
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GroupName } from '../../src/accounts/ports/groups.ts';
import type { Application } from '../../src/protocol/application.ts';
import { basic, json, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let application: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application({ scopes: ['openid', 'profile', 'groups'] });
  person = await server.person();
  const nowMs = server.clock();
  for (const name of ['staff', 'Åse & Cie', 'others']) {
    await server.storage.groups.createGroup({ id: name, name: name as GroupName, requiresSecondFactor: false }, nowMs);
  }
  await server.storage.groups.addMember('staff', person.accountId, nowMs);
  await server.storage.groups.addMember('Åse & Cie', person.accountId, nowMs);
});
afterAll(() => server.close());

const userinfoOf = async (query: Readonly<Record<string, string>>, who = person, by = application) => {
  const token = text(await tokensFor(server, by, who, query), 'access_token');
  return json(await server.userinfo({ authorization: `Bearer ${token}` }));
};
const theirs = { groups: expect.toSatisfy((names: string[]) => names.toSorted().join() === 'staff,Åse & Cie') };

describe('the scope groups', () => {
  it('opens the names of the groups that a person is in', async () => {
    expect(await userinfoOf({ scope: 'openid groups' })).toEqual({ sub: person.accountId, ...theirs });
  });

  it('opens an empty list of somebody who is in none', async () => {
    expect(await userinfoOf({ scope: 'openid groups' }, await server.person())).toMatchObject({ groups: [] });
  });

  it('is what it takes: without it nothing is told or looked up', async () => {
    expect(await userinfoOf({ scope: 'openid profile' })).not.toHaveProperty('groups');
    const without = await server.application({ scopes: ['openid'] });
    expect(await userinfoOf({ claims: '{"userinfo":{"groups":null}}' }, person, without)).toEqual({
      sub: person.accountId,
    });
  });

  it('tells of a change at the next look', async () => {
    const leaver = await server.person();
    await server.storage.groups.addMember('others', leaver.accountId, server.clock());
    const tokens = await tokensFor(server, application, leaver, { scope: 'openid groups' });
    const authorization = `Bearer ${text(tokens, 'access_token')}`;
    expect(json(await server.userinfo({ authorization }))).toMatchObject({ groups: ['others'] });
    await server.storage.groups.removeMember('others', leaver.accountId);
    expect(json(await server.userinfo({ authorization }))).toMatchObject({ groups: [] });
  });
});

describe('OpenID Connect Core §5.5: groups asked for by name', () => {
  it('come from userinfo', async () => {
    expect(await userinfoOf({ scope: 'openid', claims: '{"userinfo":{"groups":null}}' })).toMatchObject(theirs);
  });

  it('stand in the ID token, and again after a refresh', async () => {
    const tokens = await tokensFor(server, application, person, {
      scope: 'openid',
      claims: '{"id_token":{"groups":null}}',
    });
    expect(decodeJwt(text(tokens, 'id_token'))).toMatchObject(theirs);
    const form = { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token') };
    const refreshed = await server.token(form, { authorization: basic(application) });
    expect(decodeJwt(text(refreshed, 'id_token'))).toMatchObject(theirs);
  });
});
