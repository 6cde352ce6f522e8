/**
 * Devices that wait for their person: implements `DeviceGrantStore`.
 *
 * Each step is one conditional update of the device's row, so that of any number of simultaneous calls one wins on either
 * engine: who opens it, what is decided, how early a poll was, who redeems it.
 */
import { type QueryCreator, sql } from 'kysely';
import type { DeviceGrantFound, DeviceGrantStore } from '../protocol/ports/devices.ts';
import type { UserCodeMac } from '../protocol/user-code.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, SessionId } from '../vocabulary/identifiers.ts';
import {
  CLAIMS_COLUMNS,
  claimsOf,
  contextOf,
  contextText,
  flag,
  LITERALLY_ONE,
  listText,
  scopeList,
  scopeText,
  textList,
} from './columns.ts';
import { accessTokenRow, familyRow } from './grants-rows.ts';
import { query, type Statements } from './query.ts';
import type { DeviceGrantTable, Flag, Schema } from './schema.ts';
import { type AccessTokenRow, type FamilyRow, tokenQueries } from './token-queries.ts';
import { count, type Engine, one, type Transition } from './transition.ts';

/** RFC 8628 §3.5: "the interval MUST be increased by 5 seconds". */
const SLOW_DOWN_SECONDS = 5;
/** Longer than a person takes to look up; a device that polls twice as often as it may waits no hours for an answer. */
const INTERVAL_SECONDS_MAX = 60;
/** The clocks of devices tick unevenly, and networks carry one poll faster than the last: so much early is in time. */
const EARLY_MS = 1_000;

const NEW_COLUMNS = [
  'device_code_digest',
  'user_code_mac',
  'application_id',
  'scope',
  'context',
  'network_address',
  'user_agent',
  'issued_at',
  'expires_at',
  'interval_seconds',
  'next_poll_at',
  'polled_early',
  'allowed',
] as const satisfies readonly (keyof DeviceGrantTable)[];

interface OpenArgs {
  readonly user_code_mac: UserCodeMac;
  readonly account_id: AccountId;
  readonly session_id: SessionId;
  readonly now: number;
}
type DecideArgs = OpenArgs & { readonly allowed: Flag; readonly auth_time_at: number; readonly amr: string };
/** Which grant is redeemed, and when. */
export interface RedeemDeviceArgs {
  readonly device_code_digest: Digest;
  readonly application_id: ApplicationId;
  readonly now: number;
}

/** What a redemption writes. */
export interface RedeemDeviceRows {
  readonly redeem: RedeemDeviceArgs;
  readonly family: FamilyRow;
  readonly token: AccessTokenRow;
}

/** The redemption where the engine has its own form of it. Says whether it happened. */
export type RedeemDeviceStep = (rows: RedeemDeviceRows) => Promise<boolean>;

const queries = {
  insert: query((db, p: Pick<DeviceGrantTable, (typeof NEW_COLUMNS)[number]>) =>
    db
      .insertInto('device_grant')
      .columns(NEW_COLUMNS)
      .expression(
        db
          .selectFrom('application')
          .select(({ val }) => NEW_COLUMNS.map((name) => val(p[name]).as(name)))
          .where('application.id', '=', p.application_id),
      )
      .onConflict((on) => on.column('user_code_mac').doNothing()),
  ),

  open: query((db, p: OpenArgs) =>
    undecided(db, p)
      .set({ account_id: p.account_id, session_id: p.session_id })
      .where((eb) => eb.or([eb('session_id', 'is', null), eb('session_id', '=', p.session_id)]))
      .where((eb) => eb.or([eb('account_id', 'is', null), eb('account_id', '=', p.account_id)])),
  ),

  opened: query((db, p: { user_code_mac: UserCodeMac }) =>
    db
      .selectFrom('device_grant as grant')
      .innerJoin('application', 'application.id', 'grant.application_id')
      .select([
        'application.client_id',
        'grant.application_id',
        'grant.scope',
        'grant.context',
        'grant.network_address',
        'grant.user_agent',
        'grant.issued_at',
      ])
      .where('grant.user_code_mac', '=', p.user_code_mac),
  ),

  decide: query((db, p: DecideArgs) =>
    undecided(db, p)
      .set({ decided_at: p.now, allowed: p.allowed, auth_time_at: p.auth_time_at, amr: p.amr })
      .where('session_id', '=', p.session_id)
      .where('account_id', '=', p.account_id),
  ),

  find: query((db, p: { device_code_digest: Digest }) =>
    db
      .selectFrom('device_grant as grant')
      .leftJoin('account', (join) =>
        join.onRef('account.id', '=', 'grant.account_id').on('account.disabled_at', 'is', null),
      )
      .leftJoin('account_email as email', (join) =>
        join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
      )
      .where('grant.device_code_digest', '=', p.device_code_digest)
      .select([
        'grant.application_id',
        'grant.scope',
        'grant.context',
        'grant.expires_at',
        'grant.session_id',
        'grant.decided_at',
        'grant.allowed',
        'grant.auth_time_at',
        'grant.amr',
        'grant.redeemed_at',
      ])
      .select(CLAIMS_COLUMNS),
  ),

  /** On the right of `=` a column is as it was before. */
  poll: query((db, p: { device_code_digest: Digest; now: number }) => {
    const now = sql<number>`cast(${p.now} as bigint)`;
    const longest = sql.lit(INTERVAL_SECONDS_MAX);
    const early = sql<boolean>`next_poll_at > ${now}`;
    const interval = sql<number>`case when not (${early}) then interval_seconds when interval_seconds >= ${longest} then ${longest} else interval_seconds + ${sql.lit(SLOW_DOWN_SECONDS)} end`;
    return db
      .updateTable('device_grant')
      .set({
        interval_seconds: interval,
        next_poll_at: sql<number>`${now} + (${interval}) * 1000 - ${sql.lit(EARLY_MS)}`,
        polled_early: sql<Flag>`case when ${early} then 1 else 0 end`,
      })
      .where('device_code_digest', '=', p.device_code_digest)
      .where('decided_at', 'is', null)
      .returning('polled_early');
  }),

  redeem: query((db, p: RedeemDeviceArgs) => redeemDeviceUpdate(db, p)),
  insertFamily: tokenQueries.insertFamily,
  insertAccessToken: tokenQueries.insertAccessToken,
};

/** Redeems an allowed grant, once; what follows from it hangs on the row that it returns. */
export function redeemDeviceUpdate(db: QueryCreator<Schema>, p: RedeemDeviceArgs) {
  return db
    .updateTable('device_grant')
    .set({ redeemed_at: p.now })
    .where('device_code_digest', '=', p.device_code_digest)
    .where('application_id', '=', p.application_id)
    .where('allowed', '=', LITERALLY_ONE)
    .where('redeemed_at', 'is', null)
    .where('expires_at', '>', p.now)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('account')
          .select(LITERALLY_ONE.as('found'))
          .whereRef('account.id', '=', 'device_grant.account_id')
          .where('account.disabled_at', 'is', null),
      ),
    )
    .returning('device_code_digest');
}

/** A grant that can still be answered. */
function undecided(db: QueryCreator<Schema>, p: OpenArgs) {
  return db
    .updateTable('device_grant')
    .where('user_code_mac', '=', p.user_code_mac)
    .where('expires_at', '>', p.now)
    .where('decided_at', 'is', null);
}

type Q = Statements<typeof queries>;

/** Makes the store. */
export function createDeviceGrantStore(engine: Engine, hot?: RedeemDeviceStep): DeviceGrantStore {
  const q = engine.prepare('device_grants', queries);
  const redeem: RedeemDeviceStep = hot ?? ((rows) => engine.transition(() => redeemSteps(q, rows)));
  return {
    async issueDeviceGrant(record) {
      const inserted = await engine.writeCount(q.insert, {
        device_code_digest: record.deviceCodeDigest,
        user_code_mac: record.userCodeMac,
        application_id: record.applicationId,
        scope: scopeText(record.scope),
        context: contextText(record.context),
        network_address: record.networkAddress,
        user_agent: record.userAgent,
        issued_at: record.issuedAtMs,
        expires_at: record.expiresAtMs,
        interval_seconds: record.intervalSeconds,
        next_poll_at: record.issuedAtMs,
        polled_early: 0,
        allowed: 0,
      });
      return { outcome: inserted === 1 ? 'issued' : 'not_issued' };
    },
    openDeviceGrant: (userCodeMac, { accountId, sessionId }, nowMs) =>
      engine.transition(function* () {
        const args = { user_code_mac: userCodeMac, account_id: accountId, session_id: sessionId, now: nowMs };
        if ((yield* count(q.open, args)) === 0) return null;
        const row = yield* one(q.opened, { user_code_mac: userCodeMac });
        if (row === null) return null;
        return {
          clientId: row.client_id,
          applicationId: row.application_id,
          scope: scopeList(row.scope),
          context: contextOf(row.context),
          networkAddress: row.network_address,
          userAgent: row.user_agent,
          issuedAtMs: row.issued_at,
        };
      }),
    async decideDeviceGrant({ userCodeMac, visitor, allowed, nowMs }) {
      const decided = await engine.writeCount(q.decide, {
        user_code_mac: userCodeMac,
        account_id: visitor.accountId,
        session_id: visitor.sessionId,
        allowed: flag(allowed),
        auth_time_at: visitor.authTimeMs,
        amr: listText(visitor.amr),
        now: nowMs,
      });
      return { outcome: decided === 1 ? 'decided' : 'not_found' };
    },
    async findDeviceGrant(deviceCodeDigest) {
      const row = await engine.readOne(q.find, { device_code_digest: deviceCodeDigest });
      return row === null ? null : grantFound(row);
    },
    async pollDeviceGrant(deviceCodeDigest, nowMs) {
      const row = await engine.writeOne(q.poll, { device_code_digest: deviceCodeDigest, now: nowMs });
      return { outcome: row?.polled_early === 1 ? 'too_early' : 'in_time' };
    },
    async redeemDeviceCode({ deviceCodeDigest, applicationId, family, accessToken, nowMs }) {
      const redeemed = await redeem({
        redeem: { device_code_digest: deviceCodeDigest, application_id: applicationId, now: nowMs },
        family: familyRow(family, accessToken),
        token: accessTokenRow(accessToken),
      });
      return { outcome: redeemed ? 'redeemed' : 'not_redeemable' };
    },
  };
}

function* redeemSteps(q: Q, { redeem, family, token }: RedeemDeviceRows): Transition<boolean> {
  if ((yield* one(q.redeem, redeem)) === null) return false;
  yield* count(q.insertFamily, family);
  yield* count(q.insertAccessToken, token);
  return true;
}

function grantFound(row: NonNullable<Q['find']['row']>): DeviceGrantFound {
  const { decided_at, session_id, auth_time_at } = row;
  return {
    applicationId: row.application_id,
    scope: scopeList(row.scope),
    context: contextOf(row.context),
    expiresAtMs: row.expires_at,
    redeemed: row.redeemed_at !== null,
    decision:
      decided_at === null || session_id === null || auth_time_at === null
        ? null
        : {
            allowed: row.allowed === 1,
            sessionId: session_id,
            account: claimsOf(row),
            authTimeMs: auth_time_at,
            amr: textList(row.amr ?? '[]'),
          },
  };
}
