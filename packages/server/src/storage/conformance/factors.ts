/** Conformance of second factors: what works once works once, and goes with its account. */
import assert from 'node:assert/strict';
import type { AuthenticatorRecord } from '../../accounts/ports/factors.ts';
import type { AccountId } from '../../vocabulary/identifiers.ts';
import { atOnce, type ConformanceCase, digest, fresh, setScene } from './case.ts';

function newAuthenticator(accountId: AccountId, nowMs: number): AuthenticatorRecord {
  const record = { label: 'Phone', sealedSeed: Buffer.from('sealed'), digits: 6, lastUsedAtMs: nowMs };
  return { id: fresh('totp'), accountId, createdAtMs: nowMs, ...record };
}

/** The cases. */
export const factorCases: readonly ConformanceCase[] = [
  {
    name: 'factors: of 50 that show one code at once one is let in, and no earlier code after it (RFC 6238 §5.2)',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      const authenticator = newAuthenticator(account.id, nowMs);
      await storage.factors.addAuthenticator(authenticator, 100);
      assert.deepEqual(await storage.factors.listAuthenticators(account.id), [authenticator]);
      assert.equal(await storage.factors.acceptStep(authenticator.id, 100, nowMs), false);
      const letIn = await atOnce(50, () => storage.factors.acceptStep(authenticator.id, 102, nowMs + 1));
      assert.equal(letIn.filter(Boolean).length, 1);
      assert.equal(await storage.factors.acceptStep(authenticator.id, 101, nowMs + 2), false);
      assert.equal((await storage.factors.listAuthenticators(account.id))[0]?.lastUsedAtMs, nowMs + 1);
    },
  },
  {
    name: 'factors: a recovery code works once, at its account alone, until others replace it (ASVS 6.5.1)',
    async run(storage, clock) {
      const { account } = await setScene(storage, clock.read());
      const { account: other } = await setScene(storage, clock.read());
      const [first, second] = [Buffer.from(fresh('mac')), Buffer.from(fresh('mac'))];
      await storage.factors.replaceRecoveryCodes(account.id, [first, second]);
      assert.equal(await storage.factors.countRecoveryCodes(account.id), 2);
      assert.equal(await storage.factors.useRecoveryCode(other.id, first), false);
      const used = await atOnce(50, () => storage.factors.useRecoveryCode(account.id, first));
      assert.equal(used.filter(Boolean).length, 1);
      await storage.factors.replaceRecoveryCodes(account.id, [first]);
      assert.equal(await storage.factors.useRecoveryCode(account.id, second), false);
      assert.equal(await storage.factors.countRecoveryCodes(account.id), 1);
    },
  },
  {
    name: 'factors: a browser is trusted at one account, for a time, until it is forgotten',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      const { account: other } = await setScene(storage, clock.read());
      const browser = digest();
      const trusted = (at: number, id = account.id) => storage.factors.isTrustedBrowser(id, browser, at);
      await storage.factors.trustBrowser(account.id, browser, nowMs + 10);
      assert.equal(await trusted(nowMs), false);
      await storage.knownBrowsers.rememberBrowser(account.id, browser, nowMs);
      await storage.knownBrowsers.rememberBrowser(other.id, browser, nowMs);
      await storage.factors.trustBrowser(account.id, browser, nowMs + 10);
      await storage.knownBrowsers.rememberBrowser(account.id, browser, nowMs + 1);
      assert.equal(await trusted(nowMs + 9), true);
      assert.equal(await trusted(nowMs + 10), false);
      assert.equal(await trusted(nowMs, other.id), false);
      await storage.factors.forgetTrustedBrowsers(account.id);
      assert.equal(await trusted(nowMs), false);
    },
  },
  {
    name: 'factors: with the last authenticator its recovery codes and trusted browsers go; a reset ends sessions too',
    async run(storage, clock) {
      const { account, session, nowMs } = await setScene(storage, clock.read());
      const { account: other } = await setScene(storage, clock.read());
      const [one, two] = [newAuthenticator(account.id, nowMs), newAuthenticator(account.id, nowMs + 1)];
      const browser = digest();
      const arm = async () => {
        await storage.factors.addAuthenticator(two, 1);
        await storage.factors.replaceRecoveryCodes(account.id, [Buffer.from('mac')]);
        await storage.knownBrowsers.rememberBrowser(account.id, browser, nowMs);
        await storage.factors.trustBrowser(account.id, browser, nowMs + 10);
      };
      await storage.factors.addAuthenticator(one, 1);
      await arm();
      assert.deepEqual(await storage.factors.removeAuthenticator(other.id, one.id), { outcome: 'not_found' });
      assert.deepEqual(await storage.factors.removeAuthenticator(account.id, one.id), { outcome: 'removed' });
      assert.equal(await storage.factors.countRecoveryCodes(account.id), 1);
      assert.deepEqual(await storage.factors.removeAuthenticator(account.id, two.id), { outcome: 'removed' });
      assert.equal(await storage.factors.countRecoveryCodes(account.id), 0);
      assert.equal(await storage.factors.isTrustedBrowser(account.id, browser, nowMs), false);
      await arm();
      assert.notEqual(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
      assert.equal(await storage.factors.resetFactors(account.id, nowMs), 1);
      assert.equal(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
      assert.deepEqual(await storage.factors.listAuthenticators(account.id), []);
      assert.equal(await storage.factors.countRecoveryCodes(account.id), 0);
      assert.equal(await storage.factors.isTrustedBrowser(account.id, browser, nowMs), false);
    },
  },
];
