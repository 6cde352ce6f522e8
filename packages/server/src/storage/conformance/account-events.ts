/** Conformance of the security logs of accounts. */
import assert from 'node:assert/strict';
import type { AccountEventRecord } from '../../accounts/ports/events.ts';
import { type AccountId, accountId } from '../../vocabulary/identifiers.ts';
import { type ConformanceCase, fresh, newAccount } from './case.ts';

const YEAR_MS = 365 * 86_400_000;

/** An event of an account. */
export function eventOf(account: AccountId, occurredAtMs: number): AccountEventRecord {
  return {
    id: fresh('event'),
    accountId: account,
    kind: 'signed-in',
    detail: 'pwd "é"',
    userAgent: 'Browser "1.0"',
    networkAddress: '2001:db8::1',
    occurredAtMs,
  };
}

/** The cases. */
export const accountEventCases: readonly ConformanceCase[] = [
  {
    name: 'account events: an account’s own are read, the newest first, a page at a time',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs);
      const other = newAccount(nowMs);
      await storage.accounts.createAccount(account);
      await storage.accounts.createAccount(other);
      // Two in one millisecond: a page may end between them.
      const events = [1, 2, 2, 3].map((later) => eventOf(account.id, nowMs + later));
      const bare = { ...eventOf(account.id, nowMs + 4), detail: null, userAgent: null, networkAddress: null };
      for (const event of [...events, bare]) await storage.accountEvents.addEvent(event);
      await storage.accountEvents.addEvent(eventOf(other.id, nowMs + 2));
      const newestFirst = [...events, bare].reverse();
      assert.deepEqual(await storage.accountEvents.listEvents(account.id, { before: null, limit: 9 }), newestFirst);
      const first = await storage.accountEvents.listEvents(account.id, { before: null, limit: 3 });
      const before = first.at(-1) ?? null;
      const second = await storage.accountEvents.listEvents(account.id, { before, limit: 3 });
      assert.deepEqual([...first, ...second], newestFirst);
    },
  },
  {
    name: 'account events: nothing is kept of an account that is gone',
    async run(storage, clock) {
      const account = newAccount(clock.read());
      await storage.accounts.createAccount(account);
      await storage.accountEvents.addEvent(eventOf(account.id, clock.read()));
      await storage.accounts.deleteAccount(account.id);
      await storage.accountEvents.addEvent(eventOf(account.id, clock.read()));
      await storage.accountEvents.addEvent(eventOf(accountId('nobody'), clock.read()));
      assert.deepEqual(await storage.accountEvents.listEvents(account.id, { before: null, limit: 9 }), []);
    },
  },
  {
    name: 'account events: one is kept for a year',
    async run(storage, clock) {
      const nowMs = clock.read();
      const account = newAccount(nowMs);
      await storage.accounts.createAccount(account);
      const old = eventOf(account.id, nowMs - YEAR_MS);
      const young = eventOf(account.id, nowMs - YEAR_MS + 1);
      await storage.accountEvents.addEvent(old);
      await storage.accountEvents.addEvent(young);
      await storage.cleanup(nowMs, { batchSize: 1 });
      assert.deepEqual(await storage.accountEvents.listEvents(account.id, { before: null, limit: 9 }), [young]);
    },
  },
];
