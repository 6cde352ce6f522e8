/**
 * Browser sessions: implements `SessionStore`. A session that has ended is deleted, so that "ended means ended" (ASVS
 * 7.4.1) needs no condition that a query could forget.
 */
import { sql } from 'kysely';
import type { SessionNotes, SessionRecord, SessionStore } from '../accounts/ports.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId, SessionId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import { accountEventQueries, accountEventRow } from './account-events.ts';
import { accountOf } from './accounts.ts';
import { ACCOUNT_COLUMNS } from './accounts-queries.ts';
import { GROUP_REQUIRES_SECOND_FACTOR, LITERALLY_ONE, listText, textList } from './columns.ts';
import { logoutQueries, tellOfEndedSessions } from './logout-notices.ts';
import { columnsOf, query, type Statement, type Statements } from './query.ts';
import type { SessionTable } from './schema.ts';
import { all, count, type Engine, one, type Transition } from './transition.ts';

const COLUMNS = [
  'id',
  'token_digest',
  'account_id',
  'auth_time_at',
  'amr',
  'created_at',
  'last_seen_at',
  'expires_at',
  'idle_expires_at',
  'ends_at',
  'user_agent',
  'network_address',
] as const;

/** The session's columns that have a namesake in the account's. */
const SESSION_COLUMNS = [
  'session.id as session_id',
  'session.token_digest',
  'session.account_id',
  'session.auth_time_at',
  'session.amr',
  'session.created_at as session_created_at',
  'session.last_seen_at',
  'session.expires_at',
  'session.idle_expires_at',
  'session.user_agent',
  'session.network_address',
] as const;

const queries = {
  /** Also the lock that makes a session's start and the end of its account's sessions wait for each other. */
  noteSignIn: query((db, p: { id: AccountId; at: number }) =>
    db
      .updateTable('account')
      .set({ last_sign_in_at: p.at })
      .where('id', '=', p.id)
      .where('disabled_at', 'is', null)
      .returning('id'),
  ),

  insert: query((db, p: SessionTable) => db.insertInto('session').values(columnsOf(p, COLUMNS))),

  noteEvent: accountEventQueries.add,

  /** Only one that is known: whether a new one becomes so is decided behind the start. */
  noteBrowser: query((db, p: { account_id: AccountId; browser_digest: Digest; at: number }) =>
    db
      .updateTable('known_browser')
      .set({ last_seen_at: p.at })
      .where('account_id', '=', p.account_id)
      .where('browser_digest', '=', p.browser_digest),
  ),

  find: query((db, p: { token_digest: Digest; now: number }) =>
    db
      .selectFrom('session')
      .innerJoin('account', 'account.id', 'session.account_id')
      .leftJoin('account_email as email', (join) =>
        join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
      )
      .where('session.token_digest', '=', p.token_digest)
      .where('session.ends_at', '>', p.now)
      .where('account.disabled_at', 'is', null)
      .select(SESSION_COLUMNS)
      .select(GROUP_REQUIRES_SECOND_FACTOR)
      .select(ACCOUNT_COLUMNS),
  ),

  list: query((db, p: { account_id: AccountId; now: number }) =>
    db
      .selectFrom('session')
      .where('session.account_id', '=', p.account_id)
      .where('session.ends_at', '>', p.now)
      .orderBy('session.last_seen_at', 'desc')
      .orderBy('session.id')
      .select(SESSION_COLUMNS),
  ),

  touch: query((db, p: { id: SessionId; last_seen_at: number; idle_expires_at: number }, dialect) =>
    db
      .updateTable('session')
      .set(({ ref }) => ({
        last_seen_at: p.last_seen_at,
        idle_expires_at: p.idle_expires_at,
        ends_at: dialect.least(ref('expires_at'), sql`cast(${p.idle_expires_at} as bigint)`),
      }))
      .where('id', '=', p.id)
      // Two processes may note the same session: the later sight of it stays.
      .where('last_seen_at', '<', p.last_seen_at),
  ),

  renew: query(
    (
      db,
      p: {
        id: SessionId;
        previous: Digest;
        token_digest: Digest;
        auth_time_at: number;
        amr: string;
        now: number;
      },
    ) =>
      db
        .updateTable('session')
        .set({ token_digest: p.token_digest, auth_time_at: p.auth_time_at, amr: p.amr })
        .where('id', '=', p.id)
        .where('token_digest', '=', p.previous)
        .where('ends_at', '>', p.now),
  ),

  end: query((db, p: { id: SessionId }) =>
    db.deleteFrom('session').where('id', '=', p.id).returning(['id', 'account_id']),
  ),

  endByToken: query((db, p: { token_digest: Digest }) =>
    db.deleteFrom('session').where('token_digest', '=', p.token_digest).returning(['id', 'account_id']),
  ),

  endOf: query((db, p: { id: SessionId; account_id: AccountId }) =>
    db
      .deleteFrom('session')
      .where('id', '=', p.id)
      .where('account_id', '=', p.account_id)
      .returning(['id', 'account_id']),
  ),

  endAllOf: query((db, p: { account_id: AccountId; except: SessionId }) =>
    db
      .deleteFrom('session')
      .where('account_id', '=', p.account_id)
      .where('id', '<>', p.except)
      .returning(['id', 'account_id']),
  ),

  ...logoutQueries,
};

type Q = Statements<typeof queries>;

/** Makes the store. */
export function createSessionStore(engine: Engine, clock: Clock): SessionStore {
  const q = engine.prepare('sessions', queries);
  return {
    startSession: (session, replaces, notes) => engine.transition(() => startSession(q, session, replaces, notes)),
    async findSession(tokenDigest, nowMs) {
      const row = await engine.readOne(q.find, { token_digest: tokenDigest, now: nowMs });
      if (row === null) return null;
      const groupRequiresSecondFactor = row.group_requires_second_factor !== null;
      return { session: sessionOf(row), account: accountOf(row), groupRequiresSecondFactor };
    },
    async touchSession(id, lastSeenAtMs, idleExpiresAtMs) {
      await engine.writeCount(q.touch, { id, last_seen_at: lastSeenAtMs, idle_expires_at: idleExpiresAtMs });
    },
    async renewSession(id, { previous, tokenDigest, authTimeMs, amr }, nowMs) {
      const renewed = await engine.writeCount(q.renew, {
        id,
        previous,
        token_digest: tokenDigest,
        auth_time_at: authTimeMs,
        amr: listText(amr),
        now: nowMs,
      });
      return { outcome: renewed === 1 ? 'renewed' : 'not_found' };
    },
    async endSession(id) {
      await engine.transition(() => end(q, q.end, { id }, clock()));
    },
    async endSessionOf(accountId, id) {
      const ended = await engine.transition(() => end(q, q.endOf, { id, account_id: accountId }, clock()));
      return { outcome: ended === 1 ? 'ended' : 'not_found' };
    },
    endSessionsOf: (accountId, except) =>
      engine.transition(() =>
        end(q, q.endAllOf, { account_id: accountId, except: except ?? ('' as SessionId) }, clock()),
      ),
    async listSessionsOf(accountId, nowMs) {
      return (await engine.readAll(q.list, { account_id: accountId, now: nowMs })).map(sessionOf);
    },
  };
}

/** Ends what the statement finds and sees to it that their applications are told; says how many there were. */
function* end<Args extends object>(
  q: Q,
  statement: Statement<Args, { id: SessionId; account_id: AccountId }>,
  which: Args,
  nowMs: number,
): Transition<number> {
  const ended = yield* all(statement, which);
  yield* tellOfEndedSessions(q, ended, nowMs);
  return ended.length;
}

function* startSession(
  q: Q,
  session: SessionRecord,
  replaces: Digest | null,
  notes: SessionNotes | undefined,
): Transition<void> {
  if (replaces !== null) yield* end(q, q.endByToken, { token_digest: replaces }, session.createdAtMs);
  // Disabled, or deleted, since the password was verified: no session comes to be, and none is found.
  if ((yield* one(q.noteSignIn, { id: session.accountId, at: session.createdAtMs })) === null) return;
  yield* count(q.insert, {
    id: session.id,
    token_digest: session.tokenDigest,
    account_id: session.accountId,
    auth_time_at: session.authTimeMs,
    amr: listText(session.amr),
    created_at: session.createdAtMs,
    last_seen_at: session.lastSeenAtMs,
    expires_at: session.expiresAtMs,
    idle_expires_at: session.idleExpiresAtMs,
    ends_at: Math.min(session.expiresAtMs, session.idleExpiresAtMs),
    user_agent: session.userAgent,
    network_address: session.networkAddress,
  });
  if (notes === undefined) return;
  yield* count(q.noteEvent, accountEventRow(notes.event));
  if (notes.browser === null) return;
  const { accountId: account_id, createdAtMs: at } = session;
  yield* count(q.noteBrowser, { account_id, browser_digest: notes.browser, at });
}

function sessionOf(row: NonNullable<Q['list']['row']>): SessionRecord {
  return {
    id: row.session_id,
    tokenDigest: row.token_digest,
    accountId: row.account_id,
    authTimeMs: row.auth_time_at,
    amr: textList(row.amr),
    createdAtMs: row.session_created_at,
    lastSeenAtMs: row.last_seen_at,
    expiresAtMs: row.expires_at,
    idleExpiresAtMs: row.idle_expires_at,
    userAgent: row.user_agent,
    networkAddress: row.network_address,
  };
}
