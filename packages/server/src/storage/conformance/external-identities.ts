/** Conformance of accounts elsewhere: one identity opens one account, and the last way in stays. */
import assert from 'node:assert/strict';
import type { WaysIn } from '../../accounts/ports/ways-in.ts';
import type { PasswordHash } from '../../accounts/ports.ts';
import { atOnce, type ConformanceCase, digest, email, fresh, newAccount, newIdentity, tally } from './case.ts';
import { newPasskey } from './passkeys.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA' as PasswordHash;

/** The cases. */
export const externalIdentityCases: readonly ConformanceCase[] = [
  {
    name: 'identities: of 50 arrivals of one person at once one makes the account (ASVS 6.8.1)',
    async run(storage, clock) {
      const nowMs = clock.read();
      const identity = newIdentity();
      const made = await atOnce(50, () =>
        storage.externalIdentities.createAccountWithIdentity(newAccount(nowMs, { passwordHash: null }), identity),
      );
      assert.deepEqual(tally(made), { created: 1, identity_taken: 49 });
      const account = await storage.externalIdentities.useIdentity({ ...identity, label: 'alice 2' }, nowMs + 5);
      assert.ok(account !== null);
      const [linked, ...others] = await storage.externalIdentities.listIdentities(account.id);
      assert.deepEqual(others, []);
      assert.deepEqual([linked?.label, linked?.lastSignInAtMs, linked?.linkedAtMs], ['alice 2', nowMs + 5, nowMs]);
      // The same subject of another issuer is somebody else.
      const other = newIdentity({ subject: identity.subject, issuer: 'https://other.example' });
      assert.equal(await storage.externalIdentities.useIdentity(other, nowMs), null);
    },
  },
  {
    name: 'identities: a refused name or address leaves no account and no identity behind',
    async run(storage, clock) {
      const nowMs = clock.read();
      const first = newAccount(nowMs, { email: email(`${fresh('held')}@example.org`, true) });
      await storage.accounts.createAccount(first);
      const identity = newIdentity();
      const named = { ...newAccount(nowMs), usernameKey: first.usernameKey, usernameSkeleton: first.usernameSkeleton };
      assert.equal(
        (await storage.externalIdentities.createAccountWithIdentity(named, identity)).outcome,
        'username_taken',
      );
      const addressed = newAccount(nowMs, { email: first.email });
      assert.equal(
        (await storage.externalIdentities.createAccountWithIdentity(addressed, identity)).outcome,
        'email_taken',
      );
      assert.equal(await storage.accounts.findAccount(addressed.id), null);
      assert.equal(await storage.externalIdentities.useIdentity(identity, nowMs), null);
    },
  },
  {
    name: 'identities: one is linked to one of 50 accounts that ask for it at once, and to no disabled one',
    async run(storage, clock) {
      const nowMs = clock.read();
      const identity = newIdentity();
      const accounts = await atOnce(50, async () => {
        const account = newAccount(nowMs);
        await storage.accounts.createAccount(account);
        return account;
      });
      const linked = await Promise.all(
        accounts.map(({ id }) => storage.externalIdentities.linkIdentity(id, identity, nowMs)),
      );
      assert.deepEqual(tally(linked), { linked: 1, linked_to_other: 49 });
      const owner = await storage.externalIdentities.useIdentity(identity, nowMs);
      assert.ok(owner !== null);
      assert.equal(
        (await storage.externalIdentities.linkIdentity(owner.id, identity, nowMs)).outcome,
        'already_linked',
      );
      await storage.accounts.disableAccount(owner.id, nowMs);
      assert.equal(
        (await storage.externalIdentities.linkIdentity(owner.id, newIdentity(), nowMs)).outcome,
        'not_found',
      );
    },
  },
  {
    name: 'identities: the last way in stays, whoever unlinks what at once',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { externalIdentities } = storage;
      const account = newAccount(nowMs, { passwordHash: null });
      const [first, second] = [newIdentity(), newIdentity({ providerId: 'other' })];
      await storage.externalIdentities.createAccountWithIdentity(account, first);
      await externalIdentities.linkIdentity(account.id, second, nowMs);
      const usable = { providers: ['work', 'other'], passkeys: true, mail: false };
      // A provider that is gone opens nothing.
      assert.equal(
        (await externalIdentities.unlinkIdentity(account.id, first, { ...usable, providers: ['work'] }, nowMs)).outcome,
        'last_way_in',
      );
      const results = await Promise.all(
        [first, second].map((one) => externalIdentities.unlinkIdentity(account.id, one, usable, nowMs)),
      );
      assert.deepEqual(tally(results), { unlinked: 1, last_way_in: 1 });
      await storage.accounts.setPasswordHash(account.id, HASH, nowMs);
      const [left] = await externalIdentities.listIdentities(account.id);
      assert.ok(left !== undefined);
      const stranger = newAccount(nowMs);
      await storage.accounts.createAccount(stranger);
      assert.equal((await externalIdentities.unlinkIdentity(stranger.id, left, usable, nowMs)).outcome, 'not_found');
      assert.equal((await externalIdentities.unlinkIdentity(account.id, left, usable, nowMs)).outcome, 'unlinked');
    },
  },
  {
    name: 'identities: a passkey, or mail to a verified primary address, lets the last one go where it opens accounts',
    async run(storage, clock) {
      const nowMs = clock.read();
      const none = { providers: ['work'], passkeys: false, mail: false };
      const linked = async (verified: boolean) => {
        const address = email(`${fresh('address')}@example.org`, verified);
        const account = newAccount(nowMs, { passwordHash: null, email: address });
        const identity = newIdentity();
        await storage.externalIdentities.createAccountWithIdentity(account, identity);
        const unlink = async (ways: WaysIn) =>
          (await storage.externalIdentities.unlinkIdentity(account.id, identity, ways, nowMs)).outcome;
        return { account, unlink };
      };
      const mailed = await linked(true);
      assert.equal(await mailed.unlink(none), 'last_way_in');
      assert.equal(await mailed.unlink({ ...none, mail: true }), 'unlinked');
      const other = await linked(false);
      assert.equal(await other.unlink({ ...none, mail: true }), 'last_way_in');
      // A passkey of somebody else opens nothing here.
      await storage.passkeys.addPasskey(newPasskey(mailed.account.id, nowMs));
      assert.equal(await other.unlink({ ...none, passkeys: true }), 'last_way_in');
      await storage.passkeys.addPasskey(newPasskey(other.account.id, nowMs));
      assert.equal(await other.unlink(none), 'last_way_in');
      assert.equal(await other.unlink({ ...none, passkeys: true }), 'unlinked');
    },
  },
  {
    name: 'identities: an address alone opens an account that nothing else opens, once',
    async run(storage, clock) {
      const nowMs = clock.read();
      const closed = newAccount(nowMs, { passwordHash: null });
      await storage.accounts.createAccount(closed);
      const linked = await atOnce(50, () => storage.externalIdentities.linkFirstWayIn(closed.id, newIdentity(), nowMs));
      assert.deepEqual(tally(linked), { linked: 1, has_another: 49 });
      const open = newAccount(nowMs, { passwordHash: HASH });
      await storage.accounts.createAccount(open);
      assert.equal(
        (await storage.externalIdentities.linkFirstWayIn(open.id, newIdentity(), nowMs)).outcome,
        'has_another',
      );
    },
  },
  {
    name: 'account pre-hijacking: the first verified address unlinks what was linked, unless it is proved where it was asked for',
    async run(storage, clock) {
      const nowMs = clock.read();
      for (const isMaker of [true, false]) {
        const address = `${fresh('mailbox')}@example.org`;
        const account = newAccount(nowMs, { passwordHash: null, email: email(address, false) });
        const identity = newIdentity();
        await storage.externalIdentities.createAccountWithIdentity(account, identity);
        const [browserDigest, tokenDigest] = [digest(), digest()];
        assert.ok(account.email !== null);
        await storage.outbox.queueMail(
          {
            id: fresh('mail'),
            kind: 'notice',
            to: address,
            sealedContent: Buffer.from('sealed'),
            queuedAtMs: nowMs,
            givesUpAtMs: nowMs + 60_000,
            kept: true,
          },
          {
            purpose: 'verify-address',
            tokenDigest,
            accountId: account.id,
            address: account.email,
            codeMac: null,
            browserDigest,
            createdAtMs: nowMs,
            expiresAtMs: nowMs + 60_000,
          },
        );
        const proof = { by: 'link', tokenDigest, browserDigest: isMaker ? browserDigest : digest() } as const;
        const verified = await storage.mailedSecrets.verifyAddress(proof, null, null, nowMs);
        assert.equal(verified.outcome, 'verified');
        const known = await storage.externalIdentities.useIdentity(identity, nowMs);
        assert.equal(known?.id ?? null, isMaker ? account.id : null);
      }
    },
  },
];
