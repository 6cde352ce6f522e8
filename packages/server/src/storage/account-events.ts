/** The security logs of accounts: implements `AccountEventStore`. An event is written once and never changed. */
import type { AccountEventRecord, AccountEventStore } from '../accounts/ports/events.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { query } from './query.ts';
import type { AccountEventTable } from './schema.ts';
import type { Engine } from './transition.ts';

const COLUMNS = ['account_id', 'occurred_at', 'id', 'kind', 'detail', 'user_agent', 'network_address'] as const;

/** Adding, for the steps of others too. */
export const accountEventQueries = {
  add: query((db, p: AccountEventTable) =>
    db
      .insertInto('account_event')
      .columns(COLUMNS)
      // From the account, so that one that was deleted meanwhile is no broken foreign key.
      .expression(
        db
          .selectFrom('account')
          .select('account.id as account_id')
          .select(({ val }) => [
            val(p.occurred_at).as('occurred'),
            val(p.id).as('event'),
            val(p.kind).as('kind'),
            val(p.detail).as('detail'),
            val(p.user_agent).as('agent'),
            val(p.network_address).as('address'),
          ])
          .where('account.id', '=', p.account_id),
      ),
  ),
};

const queries = {
  ...accountEventQueries,

  list: query((db, p: { account_id: AccountId; before_at: number; before_id: string; limit: number }) =>
    db
      .selectFrom('account_event')
      .select(COLUMNS)
      .where('account_id', '=', p.account_id)
      .where(({ eb, or, and }) =>
        or([
          eb('occurred_at', '<', p.before_at),
          and([eb('occurred_at', '=', p.before_at), eb('id', '<', p.before_id)]),
        ]),
      )
      .orderBy('occurred_at', 'desc')
      .orderBy('id', 'desc')
      .limit(p.limit),
  ),
};

/** Later than every event. */
const AFTER_ALL = { occurredAtMs: Number.MAX_SAFE_INTEGER, id: '' };

/** Makes the store. */
export function createAccountEventStore(engine: Engine): AccountEventStore {
  const q = engine.prepare('account_events', queries);
  return {
    async addEvent(event) {
      await engine.writeCount(q.add, accountEventRow(event));
    },
    async listEvents(accountId, { before, limit }) {
      const { occurredAtMs, id } = before ?? AFTER_ALL;
      const rows = await engine.readAll(q.list, {
        account_id: accountId,
        before_at: occurredAtMs,
        before_id: id,
        limit,
      });
      return rows.map(eventOf);
    },
  };
}

/** An event as its table has it. */
export function accountEventRow(event: AccountEventRecord): AccountEventTable {
  return {
    id: event.id,
    account_id: event.accountId,
    kind: event.kind,
    detail: event.detail,
    user_agent: event.userAgent,
    network_address: event.networkAddress,
    occurred_at: event.occurredAtMs,
  };
}

function eventOf(row: AccountEventTable): AccountEventRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    detail: row.detail,
    userAgent: row.user_agent,
    networkAddress: row.network_address,
    occurredAtMs: row.occurred_at,
  };
}
