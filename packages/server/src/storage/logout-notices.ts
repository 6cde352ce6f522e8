/**
 * The queue of back-channel logout: implements `LogoutNoticeStore`, and is what every step that ends sessions or revokes an
 * access runs as a part of itself.
 *
 * Owns the rows. What is sent, and when it is tried again, is `protocol/backchannel-logout.ts`.
 */
import { sql } from 'kysely';
import type { LogoutNotice, LogoutNoticeRecord, LogoutNoticeStore, LogoutReason } from '../protocol/ports/logout.ts';
import type { AccountId, ApplicationId, ClientId, SessionId } from '../vocabulary/identifiers.ts';
import { listText } from './columns.ts';
import { query, type Statements } from './query.ts';
import type { LogoutNoticeTable } from './schema.ts';
import { all, count, type Engine } from './transition.ts';

/** Sessions as a list in JSON, and the accounts that they are of: families are found by their account. */
export interface SessionsEnded {
  readonly sessions: string;
  readonly accounts: string;
  readonly now: number;
}

type Key = Pick<LogoutNoticeTable, 'application_id' | 'session_id' | 'queued_at'>;

/**
 * A setting that is not its default is kept by its name. In the text of a value the quotes would have backslashes before
 * them, so that only the name itself is found.
 */
const HAS_LOGOUT_URI = '%"backchannelLogoutUri":%';
const ENDS_WITH_SESSION = '%"refreshEndsWithSession":true%';

/**
 * The settings of a family's application, null of a disabled one. A sub-select of one row, since a join lets a planner read
 * every application where few families are found.
 */
function settingsOf(family: 'family' | 'token_family') {
  return sql<string>`(select application.settings from application
    where application.id = ${sql.ref(`${family}.application_id`)} and application.disabled_at is null)`;
}

/** The statements of steps that end sessions or revoke an access. */
export const logoutQueries = {
  tellSessionApplications: query((db, p: SessionsEnded, dialect) =>
    db
      .insertInto('logout_notice')
      .columns(NEW_COLUMNS)
      .expression(
        db
          .selectFrom('token_family as family')
          .select(['family.application_id', 'family.session_id', 'family.account_id'])
          .select([
            sql<number>`cast(${p.now} as bigint)`.as('queued_at'),
            sql<number>`cast(${p.now} as bigint)`.as('next_attempt_at'),
            sql.lit<LogoutReason>('session_ended').as('reason'),
            sql.lit(0).as('attempts'),
          ])
          .distinct()
          .where('family.account_id', 'in', dialect.textsOf<AccountId>(p.accounts))
          .where('family.session_id', 'in', dialect.textsOf<SessionId>(p.sessions))
          .where(settingsOf('family'), 'like', HAS_LOGOUT_URI),
      )
      .onConflict((on) => on.doNothing()),
  ),

  endSessionRefreshTokens: query((db, p: SessionsEnded, dialect) =>
    db
      .updateTable('token_family')
      .set({ revoked_at: p.now })
      .where('account_id', 'in', dialect.textsOf<AccountId>(p.accounts))
      .where('session_id', 'in', dialect.textsOf<SessionId>(p.sessions))
      .where('revoked_at', 'is', null)
      .where(sql<boolean>`' ' || scope || ' ' not like '% offline_access %'`)
      .where(settingsOf('token_family'), 'like', ENDS_WITH_SESSION),
  ),

  tellRevoked: query((db, p: { account_id: AccountId; application_id: ApplicationId; now: number }) =>
    db
      .insertInto('logout_notice')
      .columns(NEW_COLUMNS)
      .expression(
        db
          .selectFrom('token_family as family')
          .select(['family.application_id', 'family.session_id', 'family.account_id'])
          .select([
            sql<number>`cast(${p.now} as bigint)`.as('queued_at'),
            sql<number>`cast(${p.now} as bigint)`.as('next_attempt_at'),
            sql.lit<LogoutReason>('access_revoked').as('reason'),
            sql.lit(0).as('attempts'),
          ])
          .distinct()
          .where('family.account_id', '=', p.account_id)
          .where('family.application_id', '=', p.application_id)
          .where('family.revoked_at', 'is', null)
          .where(settingsOf('family'), 'like', HAS_LOGOUT_URI),
      )
      .onConflict((on) => on.doNothing()),
  ),
};

const NEW_COLUMNS = [
  'application_id',
  'session_id',
  'account_id',
  'queued_at',
  'next_attempt_at',
  'reason',
  'attempts',
] as const;

type LogoutStatements = Statements<typeof logoutQueries>;

/** A part of a transition that has just deleted these sessions: their applications will be told. */
export function* tellOfEndedSessions(
  q: LogoutStatements,
  ended: readonly { readonly id: SessionId; readonly account_id: AccountId }[],
  nowMs: number,
) {
  if (ended.length === 0) return;
  const sessions = {
    sessions: listText(ended.map((session) => session.id)),
    accounts: listText([...new Set(ended.map((session) => session.account_id))]),
    now: nowMs,
  };
  yield* count(q.tellSessionApplications, sessions);
  yield* count(q.endSessionRefreshTokens, sessions);
}

const queries = {
  sessionApplications: query((db, p: { account_id: AccountId; session_id: SessionId }) =>
    db
      .selectFrom('token_family as family')
      .innerJoin('application', 'application.id', 'family.application_id')
      .select('application.client_id')
      .distinct()
      .where('family.account_id', '=', p.account_id)
      .where('family.session_id', '=', p.session_id)
      .where('application.disabled_at', 'is', null),
  ),

  /** A read that finds nothing costs no commit: most of the time nothing is due. */
  due: query((db, p: { now: number }) =>
    db.selectFrom('logout_notice').select('queued_at').where('next_attempt_at', '<=', p.now).limit(sql.lit(1)),
  ),

  claim: query((db, p: { now: number; lease_until: number; limit: number }, dialect) =>
    db
      .updateTable('logout_notice')
      .set(({ eb }) => ({ next_attempt_at: p.lease_until, attempts: eb('attempts', '+', sql.lit(1)) }))
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('application_id', 'session_id', 'queued_at'),
          'in',
          selectFrom('logout_notice as due')
            .select(['due.application_id', 'due.session_id', 'due.queued_at'])
            .where('due.next_attempt_at', '<=', p.now)
            .orderBy('due.next_attempt_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked)
            .$asTuple('application_id', 'session_id', 'queued_at'),
        ),
      )
      .returning(['application_id', 'session_id', 'account_id', 'reason', 'queued_at', 'attempts'])
      .returning(
        sql<ClientId>`(select client_id from application where application.id = logout_notice.application_id)`.as(
          'client_id',
        ),
      ),
  ),

  settle: query(
    (db, p: Key & Pick<LogoutNoticeTable, 'attempts' | 'next_attempt_at' | 'settled_at' | 'outcome' | 'detail'>) =>
      db
        .updateTable('logout_notice')
        .set({ next_attempt_at: p.next_attempt_at, settled_at: p.settled_at, outcome: p.outcome, detail: p.detail })
        .where('application_id', '=', p.application_id)
        .where('session_id', '=', p.session_id)
        .where('queued_at', '=', p.queued_at)
        .where('attempts', '=', p.attempts)
        .where('settled_at', 'is', null),
  ),

  list: query((db, p: { application_id: ApplicationId; limit: number }) =>
    db
      .selectFrom('logout_notice as notice')
      .innerJoin('application', 'application.id', 'notice.application_id')
      .select([
        'notice.application_id',
        'application.client_id',
        'notice.session_id',
        'notice.account_id',
        'notice.reason',
        'notice.queued_at',
        'notice.attempts',
        'notice.outcome',
        'notice.detail',
        'notice.settled_at',
      ])
      .where('notice.application_id', '=', p.application_id)
      .orderBy('notice.queued_at', 'desc')
      .orderBy('notice.session_id')
      .limit(p.limit),
  ),
};

type Q = Statements<typeof queries>;

/** Makes the store. */
export function createLogoutNoticeStore(engine: Engine): LogoutNoticeStore {
  const q = engine.prepare('logout', queries);
  return {
    async findSessionApplications(accountId, sessionId) {
      const rows = await engine.readAll(q.sessionApplications, { account_id: accountId, session_id: sessionId });
      return rows.map((row) => row.client_id);
    },
    async claimLogoutNotices({ nowMs, leaseMs, limit }) {
      if ((await engine.readOne(q.due, { now: nowMs })) === null) return [];
      const step = { now: nowMs, lease_until: nowMs + leaseMs, limit };
      return engine.transition(function* () {
        return (yield* all(q.claim, step)).map(noticeOf);
      });
    },
    async settleLogoutNotice(notice, result) {
      const waiting = result.state === 'waiting';
      const changed = await engine.writeCount(q.settle, {
        application_id: notice.applicationId,
        session_id: notice.sessionId,
        queued_at: notice.queuedAtMs,
        attempts: notice.attempt,
        next_attempt_at: waiting ? result.nextAttemptAtMs : null,
        settled_at: waiting ? null : result.nowMs,
        outcome: waiting ? null : result.state,
        detail: result.detail,
      });
      return changed === 1;
    },
    async listLogoutNotices(applicationId, limit) {
      return (await engine.readAll(q.list, { application_id: applicationId, limit })).map(recordOf);
    },
  };
}

function noticeOf(row: NonNullable<Q['claim']['row']>): LogoutNotice {
  return {
    applicationId: row.application_id,
    clientId: row.client_id,
    accountId: row.account_id,
    sessionId: row.session_id,
    reason: row.reason,
    queuedAtMs: row.queued_at,
    attempt: row.attempts,
  };
}

function recordOf(row: NonNullable<Q['list']['row']>): LogoutNoticeRecord {
  return {
    ...noticeOf(row),
    state: row.outcome ?? 'waiting',
    detail: row.detail,
    settledAtMs: row.settled_at,
  };
}
