/**
 * Accounts elsewhere that open accounts here: implements `ExternalIdentityStore`.
 *
 * Owns that one identity opens one account (the primary key), and that the last way in stays: whatever decides over an account's ways in
 * writes its row first, so that two such steps come one after the other.
 */
import type { ExternalIdentityStore, LinkedIdentity, NewIdentity } from '../accounts/ports/elsewhere.ts';
import type { PasswordHash } from '../accounts/ports.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { accountOf, createAccount } from './accounts.ts';
import { accountQueries } from './accounts-queries.ts';
import { query, type Statements } from './query.ts';
import type { ExternalIdentityTable } from './schema.ts';
import { all, count, type Engine, one, type Transition, Undone } from './transition.ts';
import { opensOtherwise, type WaysInArgs, waysInArgs } from './ways-in.ts';

interface Use {
  readonly issuer: string;
  readonly subject: string;
  readonly provider_id: string;
  readonly label: string;
  readonly now: number;
}

interface Owned {
  readonly account_id: AccountId;
  readonly issuer: string;
  readonly subject: string;
}

const queries = {
  ...accountQueries,

  use: query((db, p: Use) =>
    db
      .updateTable('external_identity')
      .set({ provider_id: p.provider_id, label: p.label, last_sign_in_at: p.now })
      .where('provider', '=', p.issuer)
      .where('subject', '=', p.subject)
      .returning('account_id'),
  ),

  /** From the name of an import to the issuer. */
  adopt: query((db, p: Use & { imported_as: string }) =>
    db
      .updateTable('external_identity')
      .set({ provider: p.issuer, provider_id: p.provider_id, label: p.label, last_sign_in_at: p.now })
      .where('provider', '=', p.imported_as)
      .where('subject', '=', p.subject)
      .where('provider_id', 'is', null)
      .returning('account_id'),
  ),

  listIdentities: query((db, p: { account_id: AccountId }) =>
    db
      .selectFrom('external_identity')
      .select(['provider', 'subject', 'account_id', 'provider_id', 'label', 'linked_at', 'last_sign_in_at'])
      .where('account_id', '=', p.account_id)
      .orderBy('linked_at')
      .orderBy('provider')
      .orderBy('subject'),
  ),

  countPasskeys: query((db, p: { account_id: AccountId }) =>
    db
      .selectFrom('passkey')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', p.account_id),
  ),

  /** Locks the account's row until the end of the step. */
  lock: query((db, p: { id: AccountId; now: number }) =>
    db
      .updateTable('account')
      .set({ updated_at: p.now })
      .where('id', '=', p.id)
      .where('disabled_at', 'is', null)
      .returning('password_hash'),
  ),

  unlink: query((db, p: Owned & WaysInArgs, dialect) =>
    db
      .deleteFrom('external_identity')
      .where('account_id', '=', p.account_id)
      .where('provider', '=', p.issuer)
      .where('subject', '=', p.subject)
      .where(opensOtherwise(p, { identity: p }, dialect)),
  ),

  findOwn: query((db, p: Owned) =>
    db
      .selectFrom('external_identity')
      .select('account_id')
      .where('account_id', '=', p.account_id)
      .where('provider', '=', p.issuer)
      .where('subject', '=', p.subject),
  ),
};

type Q = Statements<typeof queries>;
type Unlinked = Awaited<ReturnType<ExternalIdentityStore['unlinkIdentity']>>;
type Created = Awaited<ReturnType<ExternalIdentityStore['createAccountWithIdentity']>>;

/** Makes the store. */
export function createExternalIdentityStore(engine: Engine): ExternalIdentityStore {
  const q = engine.prepare('external_identities', queries);
  return {
    createAccountWithIdentity: (account, identity) =>
      engine.transition(function* (): Transition<Created> {
        const created = yield* createAccount(q, account);
        if (created instanceof Undone) return new Undone<Created>(created.result);
        if (created.outcome !== 'created') return created;
        const linked = yield* one(q.insertIdentity, identityRow(account.id, identity, account.createdAtMs));
        return linked === null ? new Undone<Created>({ outcome: 'identity_taken' }) : created;
      }),
    useIdentity: (identity, nowMs) =>
      engine.transition(function* () {
        const used = yield* use(q, identity, nowMs);
        const row = used === null ? null : yield* one(q.find, { id: used.account_id });
        return row === null ? null : accountOf(row);
      }),
    async listIdentities(accountId) {
      return (await engine.readAll(q.listIdentities, { account_id: accountId })).map(linkedOf);
    },
    linkIdentity: (accountId, identity, nowMs) =>
      engine.transition(function* () {
        if ((yield* one(q.lock, { id: accountId, now: nowMs })) === null) return { outcome: 'not_found' as const };
        const used = yield* use(q, identity, nowMs);
        if (used !== null) {
          return {
            outcome: used.account_id === accountId ? ('already_linked' as const) : ('linked_to_other' as const),
          };
        }
        const linked = yield* one(q.insertIdentity, identityRow(accountId, identity, nowMs));
        return { outcome: linked === null ? ('linked_to_other' as const) : ('linked' as const) };
      }),
    linkFirstWayIn: (accountId, identity, nowMs) =>
      engine.transition(function* () {
        const locked: { password_hash: PasswordHash | null } | null = yield* one(q.lock, { id: accountId, now: nowMs });
        const others = yield* all(q.listIdentities, { account_id: accountId });
        const passkeys = yield* one(q.countPasskeys, { account_id: accountId });
        const isOpen =
          locked === null || locked.password_hash !== null || others.length > 0 || Number(passkeys?.count) > 0;
        if (isOpen) return { outcome: 'has_another' as const };
        const linked = yield* one(q.insertIdentity, identityRow(accountId, identity, nowMs));
        return { outcome: linked === null ? ('has_another' as const) : ('linked' as const) };
      }),
    unlinkIdentity: (account_id, { issuer, subject }, waysIn, nowMs) =>
      engine.transition(function* (): Transition<Unlinked> {
        if ((yield* one(q.lock, { id: account_id, now: nowMs })) === null) return { outcome: 'not_found' };
        const owned = { account_id, issuer, subject };
        if ((yield* count(q.unlink, { ...owned, ...waysInArgs(waysIn) })) === 1) return { outcome: 'unlinked' };
        return { outcome: (yield* one(q.findOwn, owned)) === null ? 'not_found' : 'last_way_in' };
      }),
  };
}

/** A new identity as it is kept: linking it is its first use. */
export function identityRow(accountId: AccountId, identity: NewIdentity, nowMs: number): ExternalIdentityTable {
  return {
    provider: identity.issuer,
    subject: identity.subject,
    account_id: accountId,
    provider_id: identity.providerId,
    label: identity.label,
    linked_at: nowMs,
    last_sign_in_at: nowMs,
  };
}

function* use(q: Q, { issuer, subject, providerId, label, importedAs }: NewIdentity, nowMs: number) {
  const args = { issuer, subject, provider_id: providerId, label, now: nowMs };
  const used = yield* one(q.use, args);
  if (used !== null || importedAs === null) return used;
  return yield* one(q.adopt, { ...args, imported_as: importedAs });
}

function linkedOf(row: ExternalIdentityTable): LinkedIdentity {
  return {
    providerId: row.provider_id,
    issuer: row.provider,
    subject: row.subject,
    label: row.label,
    linkedAtMs: row.linked_at,
    lastSignInAtMs: row.last_sign_in_at,
  };
}
