/**
 * Invitations: implements `InvitationStore`.
 *
 * Owns that one counts once: a conditional update uses it up, and what it opens is done in the same step. That its inviter still
 * vouches for it is a part of the condition. Nothing here knows a token, only its digest.
 */
import { sql } from 'kysely';
import type { NewIdentity } from '../accounts/ports/elsewhere.ts';
import type { Accepted, InvitationRecord, InvitationStore } from '../accounts/ports/invitations.ts';
import type { EmailKey, NewAccount } from '../accounts/ports.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { accountQueries } from './accounts-queries.ts';
import { fieldsText, LITERALLY_ONE, listText, textList } from './columns.ts';
import { identityRow } from './external-identities.ts';
import { columnsOf, query, type Statements } from './query.ts';
import type { InvitationTable } from './schema.ts';
import { all, count, type Engine, one, type Transition, Undone } from './transition.ts';

const COLUMNS = [
  'id',
  'token_digest',
  'address',
  'address_key',
  'group_ids',
  'is_superuser',
  'invited_by',
  'created_at',
  'expires_at',
] as const satisfies readonly (keyof InvitationTable)[];

const READ_COLUMNS = [
  'invitation.id',
  'invitation.token_digest',
  'invitation.address',
  'invitation.address_key',
  'invitation.group_ids',
  'invitation.is_superuser',
  'invitation.invited_by',
  'invitation.created_at',
  'invitation.expires_at',
  'invitation.accepted_at',
  'invitation.accepted_by',
  'invitation.revoked_at',
  'inviter.username as inviter_username',
  'inviter.is_superuser as inviter_is_superuser',
  'inviter.disabled_at as inviter_disabled_at',
] as const;

const queries = {
  ...accountQueries,

  insertInvitation: query((db, p: InvitationTable) => db.insertInto('invitation').values(columnsOf(p, COLUMNS))),

  revokeFor: query((db, p: { address_key: EmailKey; now: number }) =>
    db
      .updateTable('invitation')
      .set({ revoked_at: p.now })
      .where('address_key', '=', p.address_key)
      .where('accepted_at', 'is', null)
      .where('revoked_at', 'is', null),
  ),

  revoke: query((db, p: { id: string; now: number }) =>
    db
      .updateTable('invitation')
      .set({ revoked_at: p.now })
      .where('id', '=', p.id)
      .where('accepted_at', 'is', null)
      .where('revoked_at', 'is', null)
      .returning('id'),
  ),

  listInvitations: query((db, p: { limit: number }) =>
    db
      .selectFrom('invitation')
      .leftJoin('account as inviter', 'inviter.id', 'invitation.invited_by')
      .select(READ_COLUMNS)
      .orderBy('invitation.created_at', 'desc')
      .orderBy('invitation.id')
      .limit(p.limit),
  ),

  findInvitation: query((db, p: { token_digest: Digest }) =>
    db
      .selectFrom('invitation')
      .leftJoin('account as inviter', 'inviter.id', 'invitation.invited_by')
      .select(READ_COLUMNS)
      .where('invitation.token_digest', '=', p.token_digest),
  ),

  consume: query((db, p: { token_digest: Digest; now: number }) =>
    db
      .updateTable('invitation')
      .set({ accepted_at: p.now })
      .where('token_digest', '=', p.token_digest)
      .where('accepted_at', 'is', null)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', p.now)
      .where(({ eb, or, exists, selectFrom }) =>
        or([
          eb('invited_by', 'is', null),
          exists(
            selectFrom('account as inviter')
              .select(LITERALLY_ONE.as('found'))
              .whereRef('inviter.id', '=', 'invitation.invited_by')
              .where('inviter.is_superuser', '=', LITERALLY_ONE)
              .where('inviter.disabled_at', 'is', null),
          ),
        ]),
      )
      .returning(['id', 'address', 'address_key', 'group_ids', 'is_superuser']),
  ),

  noteWho: query((db, p: { id: string; account_id: AccountId }) =>
    db.updateTable('invitation').set({ accepted_by: p.account_id }).where('id', '=', p.id),
  ),

  hasAddress: query((db, p: { account_id: AccountId; address_key: EmailKey }) =>
    db
      .selectFrom('account_email as email')
      .innerJoin('account', 'account.id', 'email.account_id')
      .select('account.id')
      .where('email.account_id', '=', p.account_id)
      .where('email.address_key', '=', p.address_key)
      .where('email.verified_at', 'is not', null)
      .where('account.disabled_at', 'is', null),
  ),

  join: query((db, p: { account_id: AccountId; group_ids: string; now: number }, dialect) =>
    db
      .insertInto('account_group_member')
      .columns(['group_id', 'account_id', 'is_imported', 'added_at'])
      .expression(
        db
          .selectFrom('account_group')
          .select(({ val }) => [
            'account_group.id',
            val(p.account_id).as('account_id'),
            sql.lit<0>(0).as('is_imported'),
            val(p.now).as('added_at'),
          ])
          .where('account_group.id', 'in', dialect.textsOf<string>(p.group_ids)),
      )
      .onConflict((on) => on.doNothing())
      .returning('group_id'),
  ),

  groupNames: query((db, p: { group_ids: string }, dialect) =>
    db
      .selectFrom('account_group')
      .select('name')
      .where('id', 'in', dialect.textsOf<string>(p.group_ids))
      .orderBy('name'),
  ),

  makeSuperuser: query((db, p: { id: AccountId; now: number }) =>
    db.updateTable('account').set({ is_superuser: LITERALLY_ONE, updated_at: p.now }).where('id', '=', p.id),
  ),
};

type Q = Statements<typeof queries>;
type Row = NonNullable<Q['findInvitation']['row']>;
type Consumed = NonNullable<Q['consume']['row']>;

/** Makes the store. */
export function createInvitationStore(engine: Engine): InvitationStore {
  const q = engine.prepare('invitations', queries);
  return {
    createInvitation: (invitation) =>
      engine.transition(function* () {
        yield* count(q.revokeFor, { address_key: invitation.addressKey, now: invitation.createdAtMs });
        yield* count(q.insertInvitation, {
          id: invitation.id,
          token_digest: invitation.tokenDigest,
          address: invitation.address,
          address_key: invitation.addressKey,
          group_ids: listText(invitation.groupIds),
          is_superuser: invitation.isSuperuser ? 1 : 0,
          invited_by: invitation.invitedBy,
          created_at: invitation.createdAtMs,
          expires_at: invitation.expiresAtMs,
          accepted_at: null,
          accepted_by: null,
          revoked_at: null,
        });
      }),
    async listInvitations(limit) {
      return (await engine.readAll(q.listInvitations, { limit })).map(recordOf);
    },
    async findInvitation(tokenDigest) {
      const row = await engine.readOne(q.findInvitation, { token_digest: tokenDigest });
      return row === null ? null : recordOf(row);
    },
    async revokeInvitation(id, nowMs) {
      return { outcome: (await engine.writeOne(q.revoke, { id, now: nowMs })) === null ? 'not_open' : 'revoked' };
    },
    acceptInvitation: (tokenDigest, account, nowMs) =>
      engine.transition(() => acceptInvitation(q, tokenDigest, account, nowMs)),
    acceptBySignUp: (tokenDigest, account, nowMs, identity) =>
      engine.transition(() => acceptBySignUp(q, tokenDigest, account, nowMs, identity)),
  };
}

const NOT_OPEN = { outcome: 'not_open' } as const;

function* acceptInvitation(
  q: Q,
  token_digest: Digest,
  account_id: AccountId,
  nowMs: number,
): Transition<Awaited<ReturnType<InvitationStore['acceptInvitation']>>> {
  const invitation = yield* one(q.consume, { token_digest, now: nowMs });
  if (invitation === null) return NOT_OPEN;
  const { address_key } = invitation;
  if ((yield* one(q.hasAddress, { account_id, address_key })) === null) return new Undone({ outcome: 'other_address' });
  return yield* fulfil(q, invitation, account_id, nowMs);
}

function* acceptBySignUp(
  q: Q,
  token_digest: Digest,
  account: Omit<NewAccount, 'email' | 'isSuperuser'>,
  nowMs: number,
  identity: NewIdentity | undefined,
): Transition<Awaited<ReturnType<InvitationStore['acceptBySignUp']>>> {
  const invitation = yield* one(q.consume, { token_digest, now: nowMs });
  if (invitation === null) return NOT_OPEN;
  const inserted = yield* one(q.insert, {
    id: account.id,
    id_is_number: 0,
    username: account.username,
    username_key: account.usernameKey,
    username_skeleton: account.usernameSkeleton,
    name_is_native: 1,
    first_name: account.firstName,
    last_name: account.lastName,
    password_hash: account.passwordHash,
    locale: account.locale,
    fields: fieldsText(account.fields),
    is_superuser: 0,
    created_at: account.createdAtMs,
    updated_at: account.createdAtMs,
  });
  if (inserted === null) return new Undone({ outcome: 'username_taken' });
  const email = yield* one(q.insertEmail, {
    account_id: account.id,
    address: invitation.address,
    address_key: invitation.address_key,
    is_primary: 1,
    // The link was sent there, or the operator handed it over: either vouches for it.
    verified_at: nowMs,
    created_at: nowMs,
  });
  if (email === null) return new Undone({ outcome: 'email_taken' });
  if (identity !== undefined && (yield* one(q.insertIdentity, identityRow(account.id, identity, nowMs))) === null) {
    return new Undone({ outcome: 'identity_taken' });
  }
  return yield* fulfil(q, invitation, account.id, nowMs);
}

function* fulfil(q: Q, invitation: Consumed, account_id: AccountId, nowMs: number) {
  yield* count(q.noteWho, { id: invitation.id, account_id });
  if (invitation.is_superuser === 1) yield* count(q.makeSuperuser, { id: account_id, now: nowMs });
  const joined = yield* all(q.join, { account_id, group_ids: invitation.group_ids, now: nowMs });
  const names = yield* all(q.groupNames, { group_ids: listText(joined.map(({ group_id }) => group_id)) });
  return { outcome: 'accepted', joined: names.map(({ name }) => name) } satisfies Accepted;
}

function recordOf(row: Row): InvitationRecord {
  return {
    id: row.id,
    tokenDigest: row.token_digest,
    address: row.address,
    addressKey: row.address_key,
    groupIds: textList(row.group_ids),
    isSuperuser: row.is_superuser === 1,
    invitedBy: row.invited_by,
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    inviterUsername: row.inviter_username,
    isVouchedFor: row.invited_by === null || (row.inviter_is_superuser === 1 && row.inviter_disabled_at === null),
    acceptedAtMs: row.accepted_at,
    acceptedBy: row.accepted_by,
    revokedAtMs: row.revoked_at,
  };
}
