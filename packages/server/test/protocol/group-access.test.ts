/** Access to an application that is for members of certain groups: at each place where a person comes in, and at each refresh. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GroupName } from '../../src/accounts/ports/groups.ts';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';
import { basic, openServer, pendingOf, redirected, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let application: Application;
let member: SignedIn;
let stranger: SignedIn;
beforeAll(async () => {
  server = await openServer();
  const settings = { ...DEFAULT_SETTINGS, allowedGroups: ['staff', 'no such group'] };
  application = await server.application({ settings });
  for (const name of ['staff', 'guests']) {
    await server.storage.groups.createGroup(
      { id: name, name: name as GroupName, requiresSecondFactor: false },
      server.clock(),
    );
  }
  [member, stranger] = [await server.person(), await server.person()];
  await server.storage.groups.addMember('staff', member.accountId, server.clock());
  await server.storage.groups.addMember('guests', stranger.accountId, server.clock());
});
afterAll(() => server.close());

const ask = (person: SignedIn, change: Readonly<Record<string, string>> = {}) =>
  server.authorize({ response_type: 'code', client_id: application.clientId, ...change }, person.browser);

describe('an application that is for some groups', () => {
  it('is open to who is in one of them', async () => {
    expect((await ask(member)).kind).toBe('consent');
    expect(text(await tokensFor(server, application, member), 'access_token')).not.toBe('');
  });

  it('is closed to everybody else, though they allowed it before', async () => {
    await server.storage.consents.allow(stranger.accountId, application.id, application.scopes, server.clock());
    expect(await ask(stranger)).toMatchObject({ kind: 'closed', account: { accountId: stranger.accountId } });
    expect(redirected(await ask(stranger, { prompt: 'none' })).get('error')).toBe('access_denied');
  });

  it('is open to another account that signs in then, by the same request', async () => {
    const pending = pendingOf(await ask(stranger, { prompt: 'login' }));
    const browser = { ...stranger.browser, sessionDigest: member.browser.sessionDigest };
    expect((await server.resume(pending, browser)).kind).not.toBe('closed');
    const closed = await ask(stranger);
    if (closed.kind !== 'closed') throw new Error(closed.kind);
    expect((await server.resume(closed.pending, browser)).kind).not.toBe('closed');
  });

  it('gives nothing to who is taken out while the question stands', async () => {
    const leaver = await server.person();
    await server.storage.groups.addMember('staff', leaver.accountId, server.clock());
    const pending = presentedSecret<'pending'>(pendingOf(await ask(leaver)));
    await server.storage.groups.removeMember('staff', leaver.accountId);
    const answer = { pending, decision: 'allow', accountId: leaver.accountId } as const;
    expect((await server.decide(answer, leaver.browser)).kind).toBe('closed');
  });

  it('renews nothing for who was taken out, and goes on once they are back', async () => {
    const leaver = await server.person();
    await server.storage.groups.addMember('staff', leaver.accountId, server.clock());
    const tokens = await tokensFor(server, application, leaver);
    const form = { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token') };
    await server.storage.groups.removeMember('staff', leaver.accountId);
    expect(await server.token(form, { authorization: basic(application) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    await server.storage.groups.addMember('staff', leaver.accountId, server.clock());
    expect((await server.token(form, { authorization: basic(application) })).status).toBe(200);
  });
});
