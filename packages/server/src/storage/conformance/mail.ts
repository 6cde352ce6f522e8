/** Conformance of the outbox and of what is mailed: taken by one process, used once, for one account. */
import assert from 'node:assert/strict';
import type { MailedPurpose, NewMailedSecret } from '../../accounts/ports/mail.ts';
import type { EmailKey, PasswordHash } from '../../accounts/ports.ts';
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { Storage } from '../storage.ts';
import { atOnce, type ConformanceCase, digest, email, fresh, newAccount, newSession, tally } from './case.ts';
import { newPasskey } from './passkeys.ts';

const HOUR_MS = 3_600_000;
const HASH = '$argon2id$conformance' as PasswordHash;

function newMail(nowMs: number, kept = false) {
  const id = fresh('mail');
  const sealedContent = Buffer.from(`content of ${id}`);
  const times = { queuedAtMs: nowMs, givesUpAtMs: nowMs + HOUR_MS };
  return { id, kind: 'notice', to: `${id}@mail.example`, sealedContent, ...times, kept } as const;
}

function newSecret(nowMs: number, accountId: AccountId, address: string, purpose: MailedPurpose): NewMailedSecret {
  return {
    purpose,
    tokenDigest: digest(),
    accountId,
    address: { address, key: address.toLowerCase() as EmailKey },
    codeMac: digest() as never,
    browserDigest: digest(),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + HOUR_MS,
  };
}

/** An account with one address, and a secret that was mailed there. */
async function mailed(storage: Storage, nowMs: number, verified = false, purpose: MailedPurpose = 'verify-address') {
  const address = `${fresh('Person')}@mail.example`;
  const account = newAccount(nowMs, { email: email(address, verified) });
  await storage.accounts.createAccount(account);
  const secret = newSecret(nowMs, account.id, address, purpose);
  await storage.outbox.queueMail(newMail(nowMs, true), secret);
  return { account, address, secret, byLink: { by: 'link', tokenDigest: secret.tokenDigest } as const };
}

/** The cases. */
export const mailCases: readonly ConformanceCase[] = [
  {
    name: 'outbox: of 50 processes at once one takes a message, and another after its lease',
    async run(storage, clock) {
      const nowMs = clock.read();
      const mail = newMail(nowMs);
      await storage.outbox.queueMail(mail, null);
      const step = { nowMs, leaseMs: 1_000, limit: 5 };
      const taken = (await atOnce(50, () => storage.outbox.claimMail(step))).flat();
      assert.deepEqual(
        taken.map(({ id, attempt, sealedContent }) => [id, attempt, sealedContent.toString()]),
        [[mail.id, 1, `content of ${mail.id}`]],
      );
      const [again] = await storage.outbox.claimMail({ ...step, nowMs: nowMs + 1_000 });
      assert.equal(again?.attempt, 2);
      const sent = { state: 'sent', detail: '250', nowMs: nowMs + 1_000 } as const;
      // Who took it first settles nothing any more.
      assert.equal(await storage.outbox.settleMail({ id: mail.id, attempt: 1 }, sent), false);
      assert.equal(await storage.outbox.settleMail({ id: mail.id, attempt: 2 }, sent), true);
      assert.equal(await storage.outbox.settleMail({ id: mail.id, attempt: 2 }, sent), false);
      assert.deepEqual(await storage.outbox.claimMail({ ...step, nowMs: nowMs + HOUR_MS }), []);
      const record = (await storage.outbox.listMail(1_000)).find(({ id }) => id === mail.id);
      assert.deepEqual([record?.state, record?.attempts, record?.detail], ['sent', 2, '250']);
    },
  },
  {
    name: 'outbox: counts what waits and what failed since a time',
    async run(storage, clock) {
      const nowMs = clock.read();
      const span = { failedSinceMs: nowMs };
      const before = await storage.outbox.countMail(span);
      const [waits, fails, failed] = [newMail(nowMs), newMail(nowMs), newMail(nowMs)];
      for (const mail of [waits, fails, failed]) await storage.outbox.queueMail(mail, null);
      // Kept to be read here: it waits for nobody.
      await storage.outbox.queueMail(newMail(nowMs, true), null);
      assert.deepEqual(await storage.outbox.countMail(span), { ...before, waiting: before.waiting + 3 });
      const taken = await storage.outbox.claimMail({ nowMs, leaseMs: 1_000, limit: 1_000 });
      const attempt = (id: string) => taken.find((mail) => mail.id === id)?.attempt ?? 0;
      const late = { state: 'failed', detail: '550', nowMs } as const;
      await storage.outbox.settleMail({ id: fails.id, attempt: attempt(fails.id) }, late);
      await storage.outbox.settleMail({ id: failed.id, attempt: attempt(failed.id) }, { ...late, nowMs: nowMs - 1 });
      const expected = { waiting: before.waiting + 1, failed: before.failed + 1 };
      assert.deepEqual(await storage.outbox.countMail(span), expected);
    },
  },
  {
    name: 'outbox: an attempt that did not reach the server is not counted; a failed message is due again when asked',
    async run(storage, clock) {
      const nowMs = clock.read();
      const mail = newMail(nowMs);
      await storage.outbox.queueMail(mail, null);
      const step = { nowMs, leaseMs: 1_000, limit: 5 };
      const [taken] = await storage.outbox.claimMail(step);
      assert.ok(taken);
      const waits = { state: 'waiting', detail: 'away', nextAttemptAtMs: nowMs + 10, counted: false } as const;
      await storage.outbox.settleMail(taken, waits);
      assert.deepEqual(await storage.outbox.claimMail({ ...step, nowMs: nowMs + 9 }), []);
      const [again] = await storage.outbox.claimMail({ ...step, nowMs: nowMs + 10 });
      assert.equal(again?.attempt, 1);
      await storage.outbox.settleMail(taken, { state: 'failed', detail: '550', nowMs });
      assert.equal(await storage.outbox.retryMail(mail.id, nowMs + HOUR_MS), 0);
      assert.equal(await storage.outbox.retryMail(mail.id, nowMs), 1);
      assert.equal(await storage.outbox.retryMail(mail.id, nowMs), 0);
      const [retried] = await storage.outbox.claimMail(step);
      assert.equal(retried?.id, mail.id);
      await storage.outbox.settleMail({ id: mail.id, attempt: 1 }, { state: 'sent', detail: '250', nowMs });
    },
  },
  {
    name: 'mailed secrets: of 50 at once one verifies the address, by link or by code',
    async run(storage, clock) {
      const nowMs = clock.read();
      const linked = await mailed(storage, nowMs);
      const byLink = await atOnce(50, () => storage.mailedSecrets.verifyAddress(linked.byLink, null, null, nowMs));
      assert.deepEqual(tally(byLink), { verified: 1, not_found: 49 });
      const { account, secret } = await mailed(storage, nowMs);
      const { browserDigest, codeMac } = secret;
      assert.ok(browserDigest !== null && codeMac !== null);
      const code = { by: 'code', browserDigest, codeMac } as const;
      const elsewhere = { ...code, browserDigest: digest() };
      assert.deepEqual(await storage.mailedSecrets.verifyAddress(elsewhere, null, null, nowMs), {
        outcome: 'not_found',
      });
      const byCode = await atOnce(50, () => storage.mailedSecrets.verifyAddress(code, null, null, nowMs));
      assert.deepEqual(tally(byCode), { verified: 1, not_found: 49 });
      assert.equal((await storage.accounts.findAccount(account.id))?.emailVerified, true);
    },
  },
  {
    name: 'mailed secrets: one address is verified at one of two accounts, whoever comes at once',
    async run(storage, clock) {
      const nowMs = clock.read();
      const first = await mailed(storage, nowMs);
      const second = newAccount(nowMs, { email: email(first.address, false) });
      await storage.accounts.createAccount(second);
      const secret = newSecret(nowMs, second.id, first.address, 'verify-address');
      await storage.outbox.queueMail(newMail(nowMs, true), secret);
      const other = { by: 'link', tokenDigest: secret.tokenDigest } as const;
      const results = await Promise.all(
        [first.byLink, other].map((proof) => storage.mailedSecrets.verifyAddress(proof, null, null, nowMs)),
      );
      assert.deepEqual(tally(results), { verified: 1, taken: 1 });
    },
  },
  {
    name: 'mailed secrets: expiry, another purpose and another owner open nothing (CVE-2023-26481, CVE-2026-4325)',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { mailedSecrets } = storage;
      const { byLink, secret } = await mailed(storage, nowMs);
      const stranger = newAccount(nowMs);
      await storage.accounts.createAccount(stranger);
      assert.equal((await mailedSecrets.verifyAddress(byLink, stranger.id, null, nowMs)).outcome, 'not_found');
      assert.equal((await mailedSecrets.resetPassword(secret.tokenDigest, HASH, nowMs)).outcome, 'not_found');
      assert.equal(await mailedSecrets.findMailedSecret('reset-password', secret.tokenDigest, nowMs), null);
      assert.equal((await mailedSecrets.verifyAddress(byLink, null, null, nowMs + HOUR_MS)).outcome, 'not_found');
      // None of that used it up.
      assert.equal((await mailedSecrets.verifyAddress(byLink, null, null, nowMs)).outcome, 'verified');
    },
  },
  {
    name: 'mailed secrets: with the first proof of an address the passkeys of whoever waited in the account go',
    async run(storage, clock) {
      const nowMs = clock.read();
      for (const purpose of ['verify-address', 'reset-password', 'sign-in'] as const) {
        const { account, address, byLink, secret } = await mailed(storage, nowMs, false, purpose);
        await storage.passkeys.addPasskey(newPasskey(account.id, nowMs));
        if (purpose === 'verify-address') await storage.mailedSecrets.verifyAddress(byLink, null, null, nowMs);
        if (purpose === 'reset-password') await storage.mailedSecrets.resetPassword(secret.tokenDigest, HASH, nowMs);
        if (purpose === 'sign-in') await storage.mailedSecrets.proveSignIn(byLink, account.id, false, nowMs);
        assert.equal((await storage.accounts.findAccount(account.id))?.emailVerified, true, purpose);
        assert.deepEqual(await storage.passkeys.listPasskeys(account.id), [], purpose);
        // Whose the account is resets their password and keeps what is theirs.
        await storage.passkeys.addPasskey(newPasskey(account.id, nowMs));
        const again = newSecret(nowMs, account.id, address, 'reset-password');
        await storage.outbox.queueMail(newMail(nowMs, true), again);
        await storage.mailedSecrets.resetPassword(again.tokenDigest, HASH, nowMs);
        assert.equal((await storage.passkeys.listPasskeys(account.id)).length, 1, purpose);
      }
    },
  },
  {
    name: 'mailed secrets: a further address that is not proved neither resets nor signs in, and stays unproved (pre-hijacking)',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { account } = await mailed(storage, nowMs, true, 'verify-address');
      const further = email(`${fresh('further')}@example.test`, false);
      assert.equal((await storage.addresses.addAddress(account.id, further, 10, nowMs)).outcome, 'added');
      for (const purpose of ['reset-password', 'sign-in'] as const) {
        const secret = newSecret(nowMs, account.id, further.address, purpose);
        await storage.outbox.queueMail(newMail(nowMs, true), secret);
        const byLink = { by: 'link', tokenDigest: secret.tokenDigest } as const;
        const { outcome } =
          purpose === 'sign-in'
            ? await storage.mailedSecrets.proveSignIn(byLink, account.id, true, nowMs)
            : await storage.mailedSecrets.resetPassword(secret.tokenDigest, HASH, nowMs);
        assert.equal(outcome, 'not_found', purpose);
      }
      const addresses = await storage.addresses.listAddresses(account.id);
      assert.equal(addresses.find(({ key }) => key === further.key)?.verifiedAtMs, null);
    },
  },
  {
    name: 'mailed secrets: one that is handed over resets once, proves no address, and leaves the second factor (ASVS 6.4.3)',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs, { email: email(`${fresh('handed')}@example.test`, false) });
      await storage.accounts.createAccount(account);
      const authenticator = { id: fresh('app'), accountId: account.id, label: '', sealedSeed: Buffer.alloc(20) };
      const times = { createdAtMs: nowMs, lastUsedAtMs: null };
      await storage.factors.addAuthenticator({ ...authenticator, digits: 6, ...times }, 1);
      const secret = { ...newSecret(nowMs, account.id, '', 'reset-password'), address: null };
      await storage.mailedSecrets.keepSecret(secret);
      assert.deepEqual(await storage.outbox.listMail(1_000).then((all) => all.filter(({ to }) => to === '')), []);
      const reset = () => storage.mailedSecrets.resetPassword(secret.tokenDigest, HASH, nowMs);
      assert.deepEqual(tally(await atOnce(50, reset)), { reset: 1, not_found: 49 });
      assert.equal((await storage.accounts.findAccount(account.id))?.emailVerified, false);
      assert.equal(await storage.factors.hasFactor(account.id), true);
      assert.equal(await storage.accounts.findPasswordHash(account.id), HASH);
    },
  },
  {
    name: 'mailed secrets: of 50 at once one signs in, and nothing of a stranger’s stays in an account that had proved no address',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { account, address, secret } = await mailed(storage, nowMs, false, 'sign-in');
      const session = newSession(nowMs, account.id);
      await storage.sessions.startSession(session, null);
      const other = newSecret(nowMs, account.id, address, 'reset-password');
      await storage.outbox.queueMail(newMail(nowMs, true), other);
      const byLink = { by: 'link', tokenDigest: secret.tokenDigest } as const;
      const stranger = newAccount(nowMs);
      await storage.accounts.createAccount(stranger);
      const prove = (owner: AccountId) => storage.mailedSecrets.proveSignIn(byLink, owner, false, nowMs);
      assert.deepEqual(await prove(stranger.id), { outcome: 'not_found' });
      assert.deepEqual(tally(await atOnce(50, () => prove(account.id))), { proved: 1, not_found: 49 });
      assert.equal(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
      assert.equal(await storage.accounts.findPasswordHash(account.id), null);
      assert.equal((await storage.accounts.findAccount(account.id))?.emailVerified, true);
      assert.equal((await storage.mailedSecrets.resetPassword(other.tokenDigest, HASH, nowMs)).outcome, 'not_found');
      // From now on it has an address: a sign-in takes nothing away.
      const again = newSecret(nowMs, account.id, address, 'sign-in');
      await storage.outbox.queueMail(newMail(nowMs, true), again);
      await storage.sessions.startSession(session, null);
      const proof = { by: 'link', tokenDigest: again.tokenDigest } as const;
      assert.deepEqual(await storage.mailedSecrets.proveSignIn(proof, account.id, false, nowMs), {
        outcome: 'proved',
        address,
        isFirstProof: false,
      });
      assert.notEqual(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
    },
  },
  {
    name: 'mailed secrets: of 50 at once one resets the password, and every session and other secret is gone',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { account, address, secret } = await mailed(storage, nowMs, true, 'reset-password');
      const session = newSession(nowMs, account.id);
      await storage.sessions.startSession(session, null);
      const other = newSecret(nowMs, account.id, address, 'reset-password');
      await storage.outbox.queueMail(newMail(nowMs, true), other);
      const reset = () => storage.mailedSecrets.resetPassword(secret.tokenDigest, HASH, nowMs);
      assert.deepEqual(tally(await atOnce(50, reset)), { reset: 1, not_found: 49 });
      assert.equal(await storage.sessions.findSession(session.tokenDigest, nowMs), null);
      assert.equal(await storage.accounts.findPasswordHash(account.id), HASH);
      assert.equal((await storage.mailedSecrets.resetPassword(other.tokenDigest, HASH, nowMs)).outcome, 'not_found');
    },
  },
  {
    name: 'addresses: an operator vouches for one: verified, at one account alone, and nothing mailed to it opens anything',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { addresses, mailedSecrets } = storage;
      const { account } = await mailed(storage, nowMs, true);
      const { account: other } = await mailed(storage, nowMs, true);
      const next = email(`${fresh('Vouched')}@mail.example`, false);
      await addresses.addAddress(account.id, next, 10, nowMs);
      const secret = newSecret(nowMs, account.id, next.address, 'verify-address');
      await storage.outbox.queueMail(newMail(nowMs, true), secret);
      const vouch = (id: AccountId, max = 10) => addresses.addVerifiedAddress(id, next, max, nowMs);
      const both = await Promise.all([vouch(account.id), vouch(other.id), vouch(account.id), vouch(other.id)]);
      const outcomes = both.map(({ outcome }) => outcome).sort();
      assert.deepEqual(outcomes, ['added', 'email_taken', 'email_taken', 'there']);
      const winner = both[0]?.outcome === 'added' || both[2]?.outcome === 'added' ? account : other;
      const mine = (await addresses.listAddresses(winner.id)).find(({ key }) => key === next.key);
      assert.deepEqual([mine?.isPrimary, mine?.verifiedAtMs], [false, nowMs]);
      if (winner === account) {
        const proof = { by: 'link', tokenDigest: secret.tokenDigest } as const;
        assert.equal((await mailedSecrets.verifyAddress(proof, account.id, null, nowMs)).outcome, 'not_found');
      }
      const more = email(`${fresh('More')}@mail.example`, false);
      assert.equal((await addresses.addVerifiedAddress(winner.id, more, 2, nowMs)).outcome, 'too_many');
      assert.equal((await addresses.addVerifiedAddress('nobody' as AccountId, more, 9, nowMs)).outcome, 'not_found');
      assert.equal((await addresses.makePrimary(winner.id, next.key, nowMs)).outcome, 'updated');
    },
  },
  {
    name: 'addresses: one is primary at any moment, and only a verified one',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { addresses, mailedSecrets } = storage;
      const { account, address } = await mailed(storage, nowMs, true);
      const next = email(`${fresh('Next')}@mail.example`, false);
      assert.equal((await addresses.addAddress(account.id, next, 10, nowMs)).outcome, 'added');
      assert.equal((await addresses.addAddress(account.id, next, 10, nowMs)).outcome, 'there');
      assert.equal(
        (await addresses.addAddress(account.id, email('x@mail.example', false), 2, nowMs)).outcome,
        'too_many',
      );
      assert.equal((await addresses.makePrimary(account.id, next.key, nowMs)).outcome, 'not_found');
      const secret = newSecret(nowMs, account.id, next.address, 'verify-address');
      await storage.outbox.queueMail(newMail(nowMs, true), secret);
      const proof = { by: 'link', tokenDigest: secret.tokenDigest } as const;
      // A further address is its owner's alone to prove.
      assert.equal((await mailedSecrets.verifyAddress(proof, null, null, nowMs)).outcome, 'not_found');
      assert.equal((await mailedSecrets.verifyAddress(proof, account.id, null, nowMs)).outcome, 'verified');
      assert.equal((await addresses.makePrimary(account.id, next.key, nowMs)).outcome, 'updated');
      const primary = (await addresses.listAddresses(account.id)).filter(({ isPrimary }) => isPrimary);
      assert.deepEqual(
        primary.map((one) => one.address),
        [next.address],
      );
      assert.equal((await addresses.removeAddress(account.id, next.key, nowMs)).outcome, 'not_found');
      const former = address.toLowerCase() as EmailKey;
      assert.equal((await addresses.removeAddress(account.id, former, nowMs)).outcome, 'removed');
      assert.equal(await addresses.findAddressOwner(former), null);
    },
  },
];
