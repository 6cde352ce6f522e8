import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disconnect, listConnections } from '../../src/accounts/connections.ts';
import { startSession } from '../../src/accounts/sessions.ts';
import { OPERATOR } from '../../src/admin/application-rules.ts';
import { registerApplication } from '../../src/admin/applications.ts';
import { applicationDeps, wanted } from '../admin/office.ts';
import { addUser, browserAt, type Installation, openInstallation, sessionOf } from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());

async function signedIn(username: string) {
  const account = await addUser(installation, username);
  return sessionOf(installation, await startSession(account.id, browserAt('192.0.2.1'), installation.deps));
}
async function application(name: string) {
  const result = await registerApplication(wanted({ name }), OPERATOR, applicationDeps(installation));
  if (result.outcome === 'refused') throw new Error(JSON.stringify(result.problems));
  return result.application;
}

describe('ASVS 10.4.9, 10.7.3', () => {
  it('lists what the person allowed, and nothing of anybody else', async () => {
    const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
    const calendar = await application('Calendar');
    const grantedAtMs = installation.deps.clock();
    await installation.storage.consents.allow(alice.account.id, calendar.id, ['openid', 'read'], grantedAtMs);
    expect(await listConnections(alice, installation.deps)).toEqual([
      {
        applicationId: calendar.id,
        name: 'Calendar',
        scope: ['openid', 'read'],
        details: [],
        grantedAtMs,
        lastUsedAtMs: null,
      },
    ]);
    expect(await listConnections(bob, installation.deps)).toEqual([]);
  });

  it('takes everything back from one application, once, and not from the person beside', async () => {
    const [carol, dave] = [await signedIn('carol'), await signedIn('dave')];
    const [kept, ended] = [await application('Kept'), await application('Ended')];
    const { consents } = installation.storage;
    for (const { account } of [carol, dave]) {
      for (const { id } of [kept, ended]) await consents.allow(account.id, id, ['read'], installation.deps.clock());
    }
    expect(await disconnect(ended.id, carol, installation.deps)).toEqual({ outcome: 'disconnected' });
    expect(await disconnect(ended.id, carol, installation.deps)).toEqual({ outcome: 'not_found' });
    expect((await listConnections(carol, installation.deps)).map(({ name }) => name)).toEqual(['Kept']);
    expect(await consents.findConsent(carol.account.id, ended.id)).toBeNull();
    expect((await listConnections(dave, installation.deps)).map(({ name }) => name).sort()).toEqual(['Ended', 'Kept']);
  });
});
