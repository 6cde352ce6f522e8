/** Passkeys: implements `PasskeyStore`. A count is taken once by one conditional statement. */
import type { PasskeyRecord, PasskeyStore } from '../accounts/ports/passkeys.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { flag, scopeList, scopeText } from './columns.ts';
import { factorQueries, removeWhatHangsOnFactors } from './factors.ts';
import { columnsOf, query } from './query.ts';
import type { Flag, PasskeyTable } from './schema.ts';
import { count, type Engine, one, type Transition } from './transition.ts';
import { opensOtherwise, type WaysInArgs, waysInArgs } from './ways-in.ts';

const COLUMNS = [
  'id',
  'account_id',
  'label',
  'credential_id',
  'public_key',
  'user_handle',
  'sign_count',
  'transports',
  'is_backup_eligible',
  'is_backed_up',
  'aaguid',
  'created_at',
  'last_used_at',
] as const;

interface Owned {
  readonly account_id: AccountId;
  readonly id: string;
}

interface Use {
  readonly id: string;
  readonly sign_count: number;
  readonly is_backed_up: Flag;
  readonly now: number;
}

const queries = {
  ...factorQueries,

  list: query((db, p: { account_id: AccountId }) =>
    db.selectFrom('passkey').where('account_id', '=', p.account_id).orderBy('created_at').orderBy('id').select(COLUMNS),
  ),

  find: query((db, p: { credential_id: string }) =>
    db.selectFrom('passkey').where('credential_id', '=', p.credential_id).select(COLUMNS),
  ),

  add: query((db, p: PasskeyTable) =>
    db
      .insertInto('passkey')
      .values(columnsOf(p, COLUMNS))
      .onConflict((on) => on.column('credential_id').doNothing()),
  ),

  acceptCounted: query((db, p: Use) =>
    db
      .updateTable('passkey')
      .set({ sign_count: p.sign_count, is_backed_up: p.is_backed_up, last_used_at: p.now })
      .where('id', '=', p.id)
      .where('sign_count', '<', p.sign_count),
  ),

  /** It says 0 and has always said 0: such an authenticator does not count. */
  acceptUncounted: query((db, p: Omit<Use, 'sign_count'>) =>
    db
      .updateTable('passkey')
      .set({ is_backed_up: p.is_backed_up, last_used_at: p.now })
      .where('id', '=', p.id)
      .where('sign_count', '=', 0),
  ),

  rename: query((db, p: Owned & { label: string }) =>
    db.updateTable('passkey').set({ label: p.label }).where('account_id', '=', p.account_id).where('id', '=', p.id),
  ),

  remove: query((db, p: Owned & WaysInArgs, dialect) =>
    db
      .deleteFrom('passkey')
      .where('account_id', '=', p.account_id)
      .where('id', '=', p.id)
      .where(opensOtherwise(p, { passkeyId: p.id }, dialect)),
  ),

  findOwn: query((db, p: Owned) =>
    db.selectFrom('passkey').select('id').where('account_id', '=', p.account_id).where('id', '=', p.id),
  ),
};

/** Makes the store. */
export function createPasskeyStore(engine: Engine): PasskeyStore {
  const q = engine.prepare('passkeys', queries);
  return {
    async listPasskeys(accountId) {
      return (await engine.readAll(q.list, { account_id: accountId })).map(passkeyOf);
    },
    async findPasskey(credentialId) {
      const row = await engine.readOne(q.find, { credential_id: credentialId });
      return row === null ? null : passkeyOf(row);
    },
    async addPasskey(passkey) {
      return { outcome: (await engine.writeCount(q.add, rowOf(passkey))) === 1 ? 'added' : 'taken' };
    },
    async acceptUse(id, { signCount, isBackedUp, nowMs }) {
      const use = { id, is_backed_up: flag(isBackedUp), now: nowMs };
      const noted =
        signCount === 0
          ? await engine.writeCount(q.acceptUncounted, use)
          : await engine.writeCount(q.acceptCounted, { ...use, sign_count: signCount });
      return noted === 1;
    },
    async renamePasskey(accountId, id, label) {
      const renamed = await engine.writeCount(q.rename, { account_id: accountId, id, label });
      return { outcome: renamed === 1 ? 'renamed' : 'not_found' };
    },
    removePasskey: (account_id, id, waysIn) =>
      engine.transition(function* (): Transition<Removed> {
        yield* count(q.lockAccount, { account_id });
        if ((yield* count(q.remove, { account_id, id, ...waysInArgs(waysIn) })) === 0) {
          return { outcome: (yield* one(q.findOwn, { account_id, id })) === null ? 'not_found' : 'last_way_in' };
        }
        if ((yield* one(q.anyLeft, { account_id })) === null) yield* removeWhatHangsOnFactors(q, account_id);
        return { outcome: 'removed' };
      }),
  };
}

type Removed = Awaited<ReturnType<PasskeyStore['removePasskey']>>;

function rowOf(passkey: PasskeyRecord): PasskeyTable {
  return {
    id: passkey.id,
    account_id: passkey.accountId,
    label: passkey.label,
    credential_id: passkey.credentialId,
    public_key: passkey.publicKey,
    user_handle: passkey.userHandle,
    sign_count: passkey.signCount,
    transports: scopeText(passkey.transports),
    is_backup_eligible: flag(passkey.isBackupEligible),
    is_backed_up: flag(passkey.isBackedUp),
    aaguid: passkey.aaguid,
    created_at: passkey.createdAtMs,
    last_used_at: passkey.lastUsedAtMs,
  };
}

function passkeyOf(row: PasskeyTable): PasskeyRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    label: row.label,
    credentialId: row.credential_id,
    publicKey: row.public_key,
    userHandle: row.user_handle,
    signCount: row.sign_count,
    transports: scopeList(row.transports),
    isBackupEligible: row.is_backup_eligible === 1,
    isBackedUp: row.is_backed_up === 1,
    aaguid: row.aaguid,
    createdAtMs: row.created_at,
    lastUsedAtMs: row.last_used_at,
  };
}
