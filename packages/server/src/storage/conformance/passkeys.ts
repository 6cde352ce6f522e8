/** Conformance of passkeys: a credential is one account's, a count is taken once, and the last way in stays. */
import assert from 'node:assert/strict';
import type { PasskeyRecord } from '../../accounts/ports/passkeys.ts';
import type { WaysIn } from '../../accounts/ports/ways-in.ts';
import type { PasswordHash } from '../../accounts/ports.ts';
import type { AccountId } from '../../vocabulary/identifiers.ts';
import { atOnce, type ConformanceCase, digest, email, fresh, newAccount, newIdentity, setScene } from './case.ts';

/** A server of passwords and passkeys alone. */
const NONE_BESIDE: WaysIn = { providers: [], passkeys: true, mail: false };

/** A passkey that there was not before. */
export function newPasskey(accountId: AccountId, nowMs: number, changes: Partial<PasskeyRecord> = {}): PasskeyRecord {
  return {
    id: fresh('passkey'),
    accountId,
    label: 'Phone',
    credentialId: fresh('credential'),
    publicKey: Buffer.from('cose'),
    userHandle: 'handle',
    signCount: 0,
    transports: ['internal', 'hybrid'],
    isBackupEligible: true,
    isBackedUp: false,
    aaguid: '00000000-0000-0000-0000-000000000000',
    createdAtMs: nowMs,
    lastUsedAtMs: null,
    ...changes,
  };
}

/** The cases. */
export const passkeyCases: readonly ConformanceCase[] = [
  {
    name: 'passkeys: of 50 that register one credential at once one has it, and no other account after it',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      const { account: other } = await setScene(storage, clock.read());
      assert.equal(await storage.factors.hasFactor(account.id), false);
      const credentialId = fresh('credential');
      const added = await atOnce(50, (index) =>
        storage.passkeys.addPasskey(newPasskey(index % 2 === 0 ? account.id : other.id, nowMs, { credentialId })),
      );
      assert.equal(added.filter(({ outcome }) => outcome === 'added').length, 1);
      const first = await storage.passkeys.findPasskey(credentialId);
      assert.equal([account.id, other.id].includes(first?.accountId ?? account.id), true);
      const passkey = newPasskey(account.id, nowMs + 1);
      assert.deepEqual(await storage.passkeys.addPasskey(passkey), { outcome: 'added' });
      assert.deepEqual(await storage.passkeys.findPasskey(passkey.credentialId), passkey);
      assert.deepEqual((await storage.passkeys.listPasskeys(account.id)).at(-1), passkey);
      assert.equal(await storage.factors.hasFactor(account.id), true);
      assert.equal(await storage.passkeys.findPasskey(fresh('credential')), null);
    },
  },
  {
    name: 'passkeys: of 50 uses with one count one is taken, and no lower one after it (WebAuthn §7.2)',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      // A count has 32 bits without a sign: more than PostgreSQL's integer.
      const passkey = newPasskey(account.id, nowMs, { signCount: 4_294_967_290 });
      await storage.passkeys.addPasskey(passkey);
      const use = (signCount: number) =>
        storage.passkeys.acceptUse(passkey.id, { signCount, isBackedUp: true, nowMs: nowMs + 1 });
      const taken = await atOnce(50, () => use(4_294_967_295));
      assert.equal(taken.filter(Boolean).length, 1);
      assert.equal(await use(4_294_967_294), false);
      assert.equal(await use(0), false);
      const found = await storage.passkeys.findPasskey(passkey.credentialId);
      assert.deepEqual(found, { ...passkey, signCount: 4_294_967_295, isBackedUp: true, lastUsedAtMs: nowMs + 1 });
    },
  },
  {
    name: 'passkeys: one that does not count is taken as often as it comes, until it counts',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      const passkey = newPasskey(account.id, nowMs);
      await storage.passkeys.addPasskey(passkey);
      const use = (signCount: number) =>
        storage.passkeys.acceptUse(passkey.id, { signCount, isBackedUp: false, nowMs });
      assert.deepEqual([await use(0), await use(0), await use(1), await use(0)], [true, true, true, false]);
    },
  },
  {
    name: 'passkeys: of 50 uses of one challenge at once one is let in, and it is none of a second step',
    async run(storage, clock) {
      const challenge = { proofDigest: digest(), expiresAtMs: clock.read() + 1_000 };
      const used = await atOnce(50, () => storage.replays.useOnce({ kind: 'passkey_challenge', ...challenge }));
      assert.equal(used.filter(Boolean).length, 1);
      assert.equal(await storage.replays.useOnce({ kind: 'second_step', ...challenge }), true);
    },
  },
  {
    name: 'passkeys: are renamed and removed by their account alone; with the last factor what hangs on it goes',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      const { account: other } = await setScene(storage, clock.read());
      await storage.accounts.setPasswordHash(account.id, '$a$hash' as PasswordHash, nowMs);
      const [one, two] = [newPasskey(account.id, nowMs), newPasskey(account.id, nowMs + 1)];
      await storage.passkeys.addPasskey(one);
      await storage.passkeys.addPasskey(two);
      await storage.factors.replaceRecoveryCodes(account.id, [Buffer.from('mac')]);
      assert.deepEqual(await storage.passkeys.renamePasskey(other.id, one.id, 'Mine'), { outcome: 'not_found' });
      assert.deepEqual(await storage.passkeys.renamePasskey(account.id, one.id, 'Key'), { outcome: 'renamed' });
      assert.equal((await storage.passkeys.listPasskeys(account.id))[0]?.label, 'Key');
      assert.deepEqual(await storage.passkeys.removePasskey(other.id, one.id, NONE_BESIDE), { outcome: 'not_found' });
      assert.deepEqual(await storage.passkeys.removePasskey(account.id, one.id, NONE_BESIDE), { outcome: 'removed' });
      assert.equal(await storage.factors.countRecoveryCodes(account.id), 1);
      assert.deepEqual(await storage.passkeys.removePasskey(account.id, two.id, NONE_BESIDE), { outcome: 'removed' });
      assert.deepEqual(await storage.passkeys.removePasskey(account.id, two.id, NONE_BESIDE), { outcome: 'not_found' });
      assert.equal(await storage.factors.countRecoveryCodes(account.id), 0);
      assert.equal(await storage.factors.hasFactor(account.id), false);
    },
  },
  {
    name: 'passkeys: of two that are the only ways in, removed at once, one stays',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      await storage.accounts.setPasswordHash(account.id, null, nowMs);
      const passkeys = Array.from({ length: 2 }, () => newPasskey(account.id, nowMs));
      for (const passkey of passkeys) await storage.passkeys.addPasskey(passkey);
      const outcomes = await Promise.all(
        passkeys.map(({ id }) => storage.passkeys.removePasskey(account.id, id, NONE_BESIDE)),
      );
      assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['last_way_in', 'removed']);
      assert.equal((await storage.passkeys.listPasskeys(account.id)).length, 1);
    },
  },
  {
    name: 'passkeys: the last one goes where a provider that is declared opens the account, or mail to its verified primary address',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { externalIdentities, passkeys } = storage;
      const waysIn = { providers: ['work'], passkeys: true, mail: true };
      const withPasskey = async (verified: boolean) => {
        const address = email(`${fresh('address')}@example.org`, verified);
        const account = newAccount(nowMs, { passwordHash: null, email: address });
        await storage.accounts.createAccount(account);
        const passkey = newPasskey(account.id, nowMs);
        await passkeys.addPasskey(passkey);
        return { account, remove: async (ways: WaysIn) => passkeys.removePasskey(account.id, passkey.id, ways) };
      };
      const mailed = await withPasskey(true);
      assert.deepEqual(await mailed.remove({ ...waysIn, mail: false }), { outcome: 'last_way_in' });
      assert.deepEqual(await mailed.remove(waysIn), { outcome: 'removed' });
      const linked = await withPasskey(false);
      assert.deepEqual(await linked.remove(waysIn), { outcome: 'last_way_in' });
      const identity = newIdentity();
      assert.equal((await externalIdentities.linkIdentity(linked.account.id, identity, nowMs)).outcome, 'linked');
      assert.deepEqual(await linked.remove({ ...waysIn, providers: ['other'] }), { outcome: 'last_way_in' });
      assert.deepEqual(await linked.remove(waysIn), { outcome: 'removed' });
    },
  },
  {
    name: 'passkeys: of a passkey and an account elsewhere that are the only ways in, taken away at once, one stays',
    async run(storage, clock) {
      const nowMs = clock.read();
      const waysIn = { providers: ['work'], passkeys: true, mail: true };
      await atOnce(25, async () => {
        const account = newAccount(nowMs, { passwordHash: null });
        const identity = newIdentity();
        await storage.externalIdentities.createAccountWithIdentity(account, identity);
        const passkey = newPasskey(account.id, nowMs);
        await storage.passkeys.addPasskey(passkey);
        const taken = await Promise.all([
          storage.passkeys.removePasskey(account.id, passkey.id, waysIn),
          storage.externalIdentities.unlinkIdentity(account.id, identity, waysIn, nowMs),
        ]);
        assert.equal(taken.filter(({ outcome }) => outcome === 'last_way_in').length, 1);
        const left = await storage.passkeys.listPasskeys(account.id);
        const linked = await storage.externalIdentities.listIdentities(account.id);
        assert.equal(left.length + linked.length, 1);
      });
    },
  },
  {
    name: 'passkeys: go with a reset of factors, and with their account',
    async run(storage, clock) {
      const { account, nowMs } = await setScene(storage, clock.read());
      const { account: other } = await setScene(storage, clock.read());
      const [one, two] = [newPasskey(account.id, nowMs), newPasskey(other.id, nowMs)];
      await storage.passkeys.addPasskey(one);
      await storage.passkeys.addPasskey(two);
      assert.equal(await storage.factors.resetFactors(account.id, nowMs), 1);
      assert.equal(await storage.passkeys.findPasskey(one.credentialId), null);
      await storage.accounts.deleteAccount(other.id);
      assert.equal(await storage.passkeys.findPasskey(two.credentialId), null);
    },
  },
];
