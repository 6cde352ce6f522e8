import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confirmElsewhere } from '../../src/accounts/confirm-elsewhere.ts';
import { CONFIRMED_FOR_MS, isFreshlyProved } from '../../src/accounts/confirm-identity.ts';
import type { ArrivedIdentity } from '../../src/accounts/ports/elsewhere.ts';
import type { SessionFound } from '../../src/accounts/ports.ts';
import { readSession, startSession } from '../../src/accounts/sessions.ts';
import { newAccount } from '../../src/storage/conformance/case.ts';
import { newPasskey } from '../../src/storage/conformance/passkeys.ts';
import { browserAt, type Installation, openInstallation } from './installation.ts';

const IDENTITY: ArrivedIdentity = {
  provider: { id: 'office', name: 'Office' },
  issuer: 'https://issuer.example',
  subject: 'subject',
  label: '',
  username: '',
  firstName: '',
  lastName: '',
  email: '',
  emailVerified: false,
  secondFactor: false,
  declared: {},
  importedAs: null,
};

let site: Installation;
let current: SessionFound;
beforeEach(async () => {
  site = await openInstallation();
  current = await signedIn(['fed']);
});
afterEach(() => site.close());

/** Somebody whose account this identity opens, and nothing else. */
async function signedIn(amr: readonly string[], subject = IDENTITY.subject): Promise<SessionFound> {
  const account = newAccount(site.deps.clock(), { passwordHash: null });
  const { issuer, label, importedAs } = IDENTITY;
  const identity = { providerId: 'office', issuer, subject, label, importedAs };
  await site.deps.externalIdentities.createAccountWithIdentity(account, identity);
  const started = await startSession(account.id, browserAt('192.0.2.1'), site.deps, amr);
  const found = await readSession(started.secret, site.deps);
  if (found === null) throw new Error('the session is not live');
  return found;
}

const prove = (startedAtMs: number, authTimeMs: number | null, identity = IDENTITY) =>
  confirmElsewhere({ identity }, { startedAtMs, authTimeMs }, current, site.deps);

describe('ASVS 7.5.1: a proof by a provider', () => {
  it('makes a session fresh that was not, for as long as any proof', async () => {
    site.advance(CONFIRMED_FOR_MS);
    expect(await isFreshlyProved(current, site.deps)).toBe(false);
    const nowMs = site.deps.clock();
    const result = await prove(nowMs, nowMs);
    if (result.outcome !== 'confirmed') throw new Error(result.outcome);
    const renewed = await readSession(result.secret, site.deps);
    if (renewed === null) throw new Error('the session is not live');
    expect([renewed.session.id, await isFreshlyProved(renewed, site.deps)]).toEqual([current.session.id, true]);
    site.advance(CONFIRMED_FOR_MS);
    expect(await isFreshlyProved(renewed, site.deps)).toBe(false);
    // The former secret was renewed away: an answer that comes late changes nothing.
    expect(await prove(site.deps.clock(), site.deps.clock())).toEqual({ outcome: 'not_found' });
  });

  it('has to be made after it was asked for, but for what clocks differ by', async () => {
    const nowMs = site.deps.clock();
    expect((await prove(nowMs, nowMs - 61_000)).outcome).toBe('not_anew');
    expect((await prove(nowMs, nowMs + 61_000)).outcome).toBe('not_anew');
    expect((await prove(nowMs, null)).outcome).toBe('not_anew');
    expect((await prove(nowMs, nowMs - 59_000)).outcome).toBe('confirmed');
  });

  it('is none by another subject or issuer, and none where something that is kept here would be one', async () => {
    const nowMs = site.deps.clock();
    await signedIn(['fed'], 'another');
    for (const change of [{ subject: 'another' }, { subject: 'Subject' }, { issuer: 'https://other.example' }]) {
      expect((await prove(nowMs, nowMs, { ...IDENTITY, ...change })).outcome).toBe('other_account');
    }
    await site.deps.passkeys.addPasskey(newPasskey(current.account.id, nowMs));
    expect((await prove(nowMs, nowMs)).outcome).toBe('by_own_factor');
  });

  it('by two factors proves none of those that are kept here', async () => {
    const both = await signedIn(['fed', 'mfa'], 'both');
    expect(await isFreshlyProved(both, site.deps)).toBe(true);
    await site.deps.passkeys.addPasskey(newPasskey(both.account.id, site.deps.clock()));
    expect(await isFreshlyProved(both, site.deps)).toBe(false);
  });
});
