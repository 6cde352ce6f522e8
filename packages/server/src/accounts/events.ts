/**
 * The security log of an account: adding to it and reading one's own.
 *
 * Owns what is kept of a browser and how much of a detail. What is recorded is each flow's own (ASVS 6.3.5, 7.5.2).
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { AccountEventRecord, AccountEventStore, AccountEvents } from './ports/events.ts';
import type { SessionFound } from './ports.ts';
import { printable } from './visitor.ts';

/** As much as is kept of a detail: the longest address has 254 characters. */
const DETAIL_CHARACTERS_MAX = 255;
const USER_AGENT_CHARACTERS_MAX = 255;

/** Makes the writer of the log. */
export function accountEvents(deps: {
  readonly accountEvents: Pick<AccountEventStore, 'addEvent'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
}): AccountEvents {
  const line: AccountEvents['line'] = (accountId, { kind, detail }, origin) => ({
    id: deps.randomness(16).toString('hex'),
    accountId,
    kind,
    detail: detail === undefined ? null : printable(detail).slice(0, DETAIL_CHARACTERS_MAX),
    userAgent: origin === null ? null : printable(origin.userAgent).slice(0, USER_AGENT_CHARACTERS_MAX),
    networkAddress: origin === null ? null : origin.networkAddress,
    occurredAtMs: deps.clock(),
  });
  return { line, record: (...of) => deps.accountEvents.addEvent(line(...of)) };
}

/** So many events make one page of the log. */
const PAGE_LENGTH = 50;

/** Where a page of the log begins: below this event. */
export type LogPosition = Pick<AccountEventRecord, 'id' | 'occurredAtMs'>;

/** One page of one's own log, the newest first; `next` is where the one after it begins, null at the end. */
export async function readLog(
  current: SessionFound,
  before: LogPosition | null,
  deps: { readonly accountEvents: Pick<AccountEventStore, 'listEvents'> },
): Promise<{ readonly events: readonly AccountEventRecord[]; readonly next: LogPosition | null }> {
  const read = await deps.accountEvents.listEvents(current.account.id, { before, limit: PAGE_LENGTH + 1 });
  const events = read.slice(0, PAGE_LENGTH);
  const last = events.at(-1);
  return { events, next: read.length > PAGE_LENGTH && last !== undefined ? last : null };
}
