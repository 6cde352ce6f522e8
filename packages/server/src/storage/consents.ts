/** What people allowed applications: implements `ConsentStore`, and `ConnectionStore` over it and the token families. */
import { sql } from 'kysely';
import type { ConnectedApplication, ConnectionStore } from '../accounts/ports.ts';
import type { Consent, ConsentStore } from '../protocol/ports/authorization.ts';
import type { AuthorizationDetail } from '../protocol/token-context.ts';
import type { AccountId, ApplicationId } from '../vocabulary/identifiers.ts';
import { contextOf, detailsOf, detailsText, scopeList, scopeText } from './columns.ts';
import { logoutQueries } from './logout-notices.ts';
import { query, type Statements } from './query.ts';
import { count, type Engine, one, type Transition } from './transition.ts';

interface Pair {
  readonly account_id: AccountId;
  readonly application_id: ApplicationId;
}

/** The context of a family with authorization details; that of any other is left out, so that such ones stay one row. */
const DETAILED = sql<
  string | null
>`case when family.context like '%"authorizationDetails":%' then family.context else null end`;

const queries = {
  find: query((db, p: Pair) =>
    db
      .selectFrom('consent')
      .select(['scope', 'details', 'granted_at'])
      .where('account_id', '=', p.account_id)
      .where('application_id', '=', p.application_id),
  ),

  /** Stores a first consent; of one that is there already it takes the row's lock, changes nothing, and reads it. */
  insertOrLock: query((db, p: Pair & { scope: string; details: string | null; granted_at: number }) =>
    db
      .insertInto('consent')
      .columns(['account_id', 'application_id', 'scope', 'details', 'granted_at'])
      // From the account and the application, so that one that was deleted meanwhile is no broken foreign key.
      .expression(
        db
          .selectFrom(['account', 'application'])
          .select(({ val }) => ['account.id as account_id', 'application.id as application_id', val(p.scope).as('s')])
          .select(({ val }) => [val(p.details).as('d'), val(p.granted_at).as('g')])
          .where('account.id', '=', p.account_id)
          .where('application.id', '=', p.application_id),
      )
      .onConflict((on) =>
        on.columns(['account_id', 'application_id']).doUpdateSet((eb) => ({ scope: eb.ref('consent.scope') })),
      )
      .returning(['scope', 'details']),
  ),

  extend: query((db, p: Pair & { scope: string; details: string | null }) =>
    db
      .updateTable('consent')
      .set({ scope: p.scope, details: p.details })
      .where('account_id', '=', p.account_id)
      .where('application_id', '=', p.application_id),
  ),

  list: query((db, p: { account_id: AccountId }) =>
    db
      .selectFrom('consent')
      .innerJoin('application', 'application.id', 'consent.application_id')
      .select(['consent.application_id', 'application.name', 'consent.scope', 'consent.details', 'consent.granted_at'])
      .where('consent.account_id', '=', p.account_id),
  ),

  /** What holds tokens, asked for or not: an application that nobody is asked about stands in the list too. */
  listFamilies: query((db, p: { account_id: AccountId; now: number }) =>
    db
      .selectFrom('token_family as family')
      .innerJoin('application', 'application.id', 'family.application_id')
      .select(['family.application_id', 'application.name', 'family.scope', DETAILED.as('detailed')])
      .select((eb) => [
        eb.fn.min('family.started_at').as('started_at'),
        eb.fn.max(eb.fn.coalesce('family.rotated_at', 'family.started_at')).as('last_used_at'),
      ])
      .where('family.account_id', '=', p.account_id)
      .where('family.revoked_at', 'is', null)
      .where((eb) => eb.or([eb('family.expires_at', 'is', null), eb('family.expires_at', '>', p.now)]))
      .where((eb) => eb.or([eb('family.idle_expires_at', 'is', null), eb('family.idle_expires_at', '>', p.now)]))
      .groupBy(['family.application_id', 'application.name', 'family.scope'])
      .groupBy(DETAILED),
  ),

  deleteConsent: query((db, p: Pair) =>
    db.deleteFrom('consent').where('account_id', '=', p.account_id).where('application_id', '=', p.application_id),
  ),

  burnCodes: query((db, p: Pair & { now: number }) =>
    db
      .updateTable('authorization_code')
      .set({ redeemed_at: p.now })
      .where('account_id', '=', p.account_id)
      .where('application_id', '=', p.application_id)
      .where('redeemed_at', 'is', null),
  ),

  /** What was allowed to a device that has not fetched it yet. */
  takeBackDeviceGrants: query((db, p: Pair) =>
    db
      .updateTable('device_grant')
      .set({ allowed: 0 })
      .where('account_id', '=', p.account_id)
      .where('application_id', '=', p.application_id)
      .where('redeemed_at', 'is', null),
  ),

  revokeFamilies: query((db, p: Pair & { now: number }) =>
    db
      .updateTable('token_family')
      .set({ revoked_at: p.now })
      .where('account_id', '=', p.account_id)
      .where('application_id', '=', p.application_id)
      .where('revoked_at', 'is', null),
  ),

  tellRevoked: logoutQueries.tellRevoked,
};

type Q = Statements<typeof queries>;

/** Makes both stores. */
export function createConsentStores(engine: Engine): { consents: ConsentStore; connections: ConnectionStore } {
  const q = engine.prepare('consents', queries);
  return {
    consents: {
      async findConsent(accountId, applicationId) {
        const row = await engine.readOne(q.find, { account_id: accountId, application_id: applicationId });
        if (row === null) return null;
        return { scope: scopeList(row.scope), details: detailsOf(row.details), grantedAtMs: row.granted_at };
      },
      allow: (accountId, applicationId, scope, nowMs, details = []) =>
        engine.transition(() =>
          allow(q, { account_id: accountId, application_id: applicationId }, { scope, details }, nowMs),
        ),
    },
    connections: {
      async listConnections(accountId, nowMs) {
        const [consents, families] = await Promise.all([
          engine.readAll(q.list, { account_id: accountId }),
          engine.readAll(q.listFamilies, { account_id: accountId, now: nowMs }),
        ]);
        return merged(consents, families);
      },
      disconnect: (accountId, applicationId, nowMs) =>
        engine.transition(() => disconnect(q, { account_id: accountId, application_id: applicationId }, nowMs)),
    },
  };
}

function* allow(q: Q, pair: Pair, { scope, details }: Omit<Consent, 'grantedAtMs'>, nowMs: number): Transition<void> {
  const first = { scope: scopeText(scope), details: detailsText(details), granted_at: nowMs };
  const before = yield* one(q.insertOrLock, { ...pair, ...first });
  if (before === null) return;
  const allowed = scopeList(before.scope);
  const added = scope.filter((value) => !allowed.includes(value));
  const together = detailsText(joined(detailsOf(before.details), details));
  if (added.length === 0 && together === before.details) return;
  yield* count(q.extend, { ...pair, scope: scopeText([...allowed, ...added]), details: together });
}

/** More than anybody reads in their list of connections; what falls out is asked again. */
const DETAILS_MAX = 50;

/** Both, one that stands in each of them once, the latest last. */
function joined(
  before: readonly AuthorizationDetail[],
  added: readonly AuthorizationDetail[],
): readonly AuthorizationDetail[] {
  const left = added.map((detail) => JSON.stringify(detail));
  const others = before.filter((detail) => {
    const found = left.indexOf(JSON.stringify(detail));
    if (found === -1) return true;
    left.splice(found, 1);
    return false;
  });
  return [...others, ...added].slice(-DETAILS_MAX);
}

/** Codes and devices before families: a redemption under way holds its code's row, and its family is there once that is released. */
function* disconnect(q: Q, pair: Pair, nowMs: number): Transition<{ outcome: 'disconnected' | 'not_found' }> {
  const consents = yield* count(q.deleteConsent, pair);
  yield* count(q.burnCodes, { ...pair, now: nowMs });
  yield* count(q.tellRevoked, { ...pair, now: nowMs });
  yield* count(q.takeBackDeviceGrants, pair);
  const families = yield* count(q.revokeFamilies, { ...pair, now: nowMs });
  return { outcome: consents + families > 0 ? 'disconnected' : 'not_found' };
}

function merged(
  consents: readonly NonNullable<Q['list']['row']>[],
  families: readonly NonNullable<Q['listFamilies']['row']>[],
): readonly ConnectedApplication[] {
  const found = new Map<ApplicationId, ConnectedApplication>();
  for (const row of consents) {
    found.set(row.application_id, {
      applicationId: row.application_id,
      name: row.name,
      scope: scopeList(row.scope),
      details: detailsOf(row.details),
      grantedAtMs: row.granted_at,
      lastUsedAtMs: null,
    });
  }
  for (const row of families) {
    const before = found.get(row.application_id);
    const lastUsedAtMs = Number(row.last_used_at);
    found.set(row.application_id, {
      applicationId: row.application_id,
      name: row.name,
      scope: [...new Set([...(before?.scope ?? []), ...scopeList(row.scope)])],
      details: joined(before?.details ?? [], contextOf(row.detailed)?.authorizationDetails ?? []),
      grantedAtMs: Math.min(before?.grantedAtMs ?? Number.MAX_SAFE_INTEGER, Number(row.started_at)),
      lastUsedAtMs: Math.max(before?.lastUsedAtMs ?? 0, lastUsedAtMs),
    });
  }
  return [...found.values()].sort((left, right) => left.name.localeCompare(right.name, 'en'));
}
