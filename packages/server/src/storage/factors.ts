/**
 * Second factors: implements `FactorStore`. What works once is consumed by one conditional statement each.
 *
 * Owns what goes with the last factor, of whichever kind; passkeys themselves are `passkeys.ts`.
 */
import { sql } from 'kysely';
import type { AuthenticatorRecord, FactorStore } from '../accounts/ports/factors.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { endSessions } from './accounts.ts';
import { accountQueries } from './accounts-queries.ts';
import { LITERALLY_ONE } from './columns.ts';
import { columnsOf, query, type Statements } from './query.ts';
import type { TotpTable } from './schema.ts';
import { count, type Engine, one, type Transition } from './transition.ts';

const COLUMNS = [
  'id',
  'account_id',
  'label',
  'sealed_seed',
  'digits',
  'created_at',
  'last_step',
  'last_used_at',
] as const;

/** Beside the store's own, what every kind of factor hangs together by. */
export const factorQueries = {
  /** Of any kind. */
  anyLeft: query((db, p: { account_id: AccountId }) =>
    db
      .selectFrom('account')
      .select('account.id')
      .where('account.id', '=', p.account_id)
      .where(({ or, exists, selectFrom }) =>
        or([
          exists(selectFrom('totp').select(LITERALLY_ONE.as('found')).where('totp.account_id', '=', p.account_id)),
          exists(
            selectFrom('passkey').select(LITERALLY_ONE.as('found')).where('passkey.account_id', '=', p.account_id),
          ),
        ]),
      ),
  ),
  removeCodes: query((db, p: { account_id: AccountId }) =>
    db.deleteFrom('recovery_code').where('account_id', '=', p.account_id),
  ),
  distrust: query((db, p: { account_id: AccountId }) =>
    db
      .updateTable('known_browser')
      .set({ trusted_until: sql`null` })
      .where('account_id', '=', p.account_id)
      .where('trusted_until', 'is not', null),
  ),
  /** Two removals at once take their turns: each sees what the other left. */
  lockAccount: query((db, p: { account_id: AccountId }) =>
    db
      .updateTable('account')
      .set(({ ref }) => ({ updated_at: ref('updated_at') }))
      .where('id', '=', p.account_id),
  ),
};

type FactorStatements = Statements<typeof factorQueries>;

/** Recovery codes stand in for a factor, and trusted browsers are spared one: with the last one they go. */
export function* removeWhatHangsOnFactors(q: FactorStatements, account_id: AccountId) {
  yield* count(q.removeCodes, { account_id });
  yield* count(q.distrust, { account_id });
}

const queries = {
  ...factorQueries,

  list: query((db, p: { account_id: AccountId }) =>
    db.selectFrom('totp').where('account_id', '=', p.account_id).orderBy('created_at').orderBy('id').select(COLUMNS),
  ),
  add: query((db, p: TotpTable) => db.insertInto('totp').values(columnsOf(p, COLUMNS))),
  accept: query((db, p: { id: string; step: number; now: number }) =>
    db
      .updateTable('totp')
      .set({ last_step: p.step, last_used_at: p.now })
      .where('id', '=', p.id)
      .where('last_step', '<', p.step),
  ),
  remove: query((db, p: { account_id: AccountId; id: string }) =>
    db.deleteFrom('totp').where('account_id', '=', p.account_id).where('id', '=', p.id),
  ),
  removeAll: query((db, p: { account_id: AccountId }) => db.deleteFrom('totp').where('account_id', '=', p.account_id)),
  removePasskeys: query((db, p: { account_id: AccountId }) =>
    db.deleteFrom('passkey').where('account_id', '=', p.account_id),
  ),
  countCodes: query((db, p: { account_id: AccountId }) =>
    db
      .selectFrom('recovery_code')
      .where('account_id', '=', p.account_id)
      .select(({ fn }) => fn.countAll<number | string>().as('codes')),
  ),
  addCode: query((db, p: { account_id: AccountId; code_mac: Buffer }) =>
    db
      .insertInto('recovery_code')
      .values({ account_id: p.account_id, code_mac: p.code_mac })
      .onConflict((on) => on.doNothing()),
  ),
  useCode: query((db, p: { account_id: AccountId; code_mac: Buffer }) =>
    db.deleteFrom('recovery_code').where('account_id', '=', p.account_id).where('code_mac', '=', p.code_mac),
  ),
  trust: query((db, p: { account_id: AccountId; browser_digest: Digest; until: number }) =>
    db
      .updateTable('known_browser')
      .set({ trusted_until: p.until })
      .where('account_id', '=', p.account_id)
      .where('browser_digest', '=', p.browser_digest),
  ),
  isTrusted: query((db, p: { account_id: AccountId; browser_digest: Digest; now: number }) =>
    db
      .selectFrom('known_browser')
      .select('trusted_until')
      .where('account_id', '=', p.account_id)
      .where('browser_digest', '=', p.browser_digest)
      .where('trusted_until', '>', p.now),
  ),
};

/** Makes the store. */
export function createFactorStore(engine: Engine): FactorStore {
  const q = engine.prepare('factors', queries);
  const accounts = engine.prepare('factors_accounts', accountQueries);
  return {
    hasFactor: async (accountId) => (await engine.readOne(q.anyLeft, { account_id: accountId })) !== null,
    async listAuthenticators(accountId) {
      return (await engine.readAll(q.list, { account_id: accountId })).map(authenticatorOf);
    },
    async addAuthenticator(authenticator, step) {
      await engine.writeCount(q.add, {
        id: authenticator.id,
        account_id: authenticator.accountId,
        label: authenticator.label,
        sealed_seed: authenticator.sealedSeed,
        digits: authenticator.digits,
        created_at: authenticator.createdAtMs,
        last_step: step,
        last_used_at: authenticator.lastUsedAtMs,
      });
    },
    acceptStep: async (id, step, nowMs) => (await engine.writeCount(q.accept, { id, step, now: nowMs })) === 1,
    removeAuthenticator: (accountId, id) =>
      engine.transition(function* (): Transition<{ outcome: 'removed' | 'not_found' }> {
        yield* count(q.lockAccount, { account_id: accountId });
        if ((yield* count(q.remove, { account_id: accountId, id })) === 0) return { outcome: 'not_found' };
        if ((yield* one(q.anyLeft, { account_id: accountId })) === null) yield* removeWhatHangsOnFactors(q, accountId);
        return { outcome: 'removed' };
      }),
    async countRecoveryCodes(accountId) {
      return Number((await engine.readOne(q.countCodes, { account_id: accountId }))?.codes ?? 0);
    },
    replaceRecoveryCodes: (accountId, macs) =>
      engine.transition(function* (): Transition<void> {
        yield* count(q.removeCodes, { account_id: accountId });
        for (const mac of macs) yield* count(q.addCode, { account_id: accountId, code_mac: mac });
      }),
    useRecoveryCode: async (accountId, mac) =>
      (await engine.writeCount(q.useCode, { account_id: accountId, code_mac: mac })) === 1,
    async trustBrowser(accountId, browserDigest, untilMs) {
      await engine.writeCount(q.trust, { account_id: accountId, browser_digest: browserDigest, until: untilMs });
    },
    isTrustedBrowser: async (accountId, browserDigest, nowMs) =>
      (await engine.readOne(q.isTrusted, { account_id: accountId, browser_digest: browserDigest, now: nowMs })) !==
      null,
    async forgetTrustedBrowsers(accountId) {
      await engine.writeCount(q.distrust, { account_id: accountId });
    },
    resetFactors: (accountId, nowMs) =>
      engine.transition(function* (): Transition<number> {
        const apps = yield* count(q.removeAll, { account_id: accountId });
        const passkeys = yield* count(q.removePasskeys, { account_id: accountId });
        yield* removeWhatHangsOnFactors(q, accountId);
        yield* endSessions(accounts, accountId, null, nowMs);
        return apps + passkeys;
      }),
  };
}

function authenticatorOf(row: TotpTable): AuthenticatorRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    label: row.label,
    sealedSeed: row.sealed_seed,
    digits: row.digits,
    createdAtMs: row.created_at,
    lastUsedAtMs: row.last_used_at,
  };
}
