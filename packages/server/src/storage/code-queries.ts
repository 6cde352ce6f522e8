/**
 * The statements of authorization codes. What they add up to is `grants.ts`; the form that redeems in one statement is
 * `postgres/grants-in-one.ts`.
 */
import type { QueryCreator } from 'kysely';
import type { Digest } from '../vocabulary/credentials.ts';
import type { ApplicationId, FamilyId } from '../vocabulary/identifiers.ts';
import { CLAIMS_COLUMNS, LITERALLY_ONE } from './columns.ts';
import { query } from './query.ts';
import type { AuthorizationCodeTable, Schema } from './schema.ts';

/** A new code's row. */
export type CodeRow = Omit<AuthorizationCodeTable, 'redeemed_at' | 'family_id'>;

/** What marks a code as redeemed. */
export interface RedeemArgs {
  readonly code_digest: Digest;
  readonly application_id: ApplicationId;
  readonly family_id: FamilyId;
  readonly now: number;
}

/** What notes that an application still needs something old. */
interface NoteArgs {
  readonly application_id: ApplicationId;
  readonly now: number;
  readonly a_minute_ago: number;
}

const CODE_COLUMNS = [
  'code_digest',
  'application_id',
  'account_id',
  'session_id',
  'redirect_uri',
  'redirect_uri_was_sent',
  'code_challenge',
  'nonce',
  'scope',
  'context',
  'auth_time_at',
  'amr',
  'issued_at',
  'expires_at',
] as const satisfies readonly (keyof CodeRow)[];

/**
 * The one update that decides who redeems a code (RFC 6749 §4.1.2): never redeemed, not expired, its application's, its
 * person enabled, and the session that it was issued in not ended.
 */
export function redeemUpdate(db: QueryCreator<Schema>, p: RedeemArgs) {
  return db
    .updateTable('authorization_code')
    .set({ redeemed_at: p.now, family_id: p.family_id })
    .where('code_digest', '=', p.code_digest)
    .where('application_id', '=', p.application_id)
    .where('redeemed_at', 'is', null)
    .where('expires_at', '>', p.now)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('account')
          .select(LITERALLY_ONE.as('found'))
          .whereRef('account.id', '=', 'authorization_code.account_id')
          .where('account.disabled_at', 'is', null),
      ),
    )
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('session')
          .select(LITERALLY_ONE.as('found'))
          .whereRef('session.id', '=', 'authorization_code.session_id'),
      ),
    )
    .returning('code_digest');
}

/** Every statement of codes. */
export const codeQueries = {
  /** From the account and the application, so that one that was deleted meanwhile is no broken foreign key. */
  insertCode: query((db, p: CodeRow) =>
    db
      .insertInto('authorization_code')
      .columns(CODE_COLUMNS)
      .expression(
        db
          .selectFrom(['account', 'application'])
          .select(({ val }) => CODE_COLUMNS.map((name) => val(p[name]).as(name)))
          .where('account.id', '=', p.account_id)
          .where('application.id', '=', p.application_id),
      ),
  ),

  /** At most once a minute: the row is shared by everybody who signs in to the application. */
  noteWithoutPkce: query((db, p: NoteArgs) =>
    db
      .updateTable('application')
      .set({ last_without_pkce_at: p.now })
      .where('id', '=', p.application_id)
      .where(({ eb, or }) =>
        or([eb('last_without_pkce_at', 'is', null), eb('last_without_pkce_at', '<=', p.a_minute_ago)]),
      ),
  ),

  /** The same. */
  noteWithoutRedirectUri: query((db, p: NoteArgs) =>
    db
      .updateTable('application')
      .set({ last_without_redirect_uri_at: p.now })
      .where('id', '=', p.application_id)
      .where(({ eb, or }) =>
        or([eb('last_without_redirect_uri_at', 'is', null), eb('last_without_redirect_uri_at', '<=', p.a_minute_ago)]),
      ),
  ),

  findCode: query((db, p: { code_digest: Digest }) =>
    db
      .selectFrom('authorization_code as code')
      .leftJoin('account', (join) =>
        join.onRef('account.id', '=', 'code.account_id').on('account.disabled_at', 'is', null),
      )
      .leftJoin('account_email as email', (join) =>
        join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
      )
      .leftJoin('session', 'session.id', 'code.session_id')
      .where('code.code_digest', '=', p.code_digest)
      .select(CODE_COLUMNS.map((name) => `code.${name}` as const))
      .select(['code.redeemed_at', 'session.id as found_session_id'])
      .select(CLAIMS_COLUMNS),
  ),

  redeemCode: query((db, p: RedeemArgs) => redeemUpdate(db, p)),

  codeState: query((db, p: { code_digest: Digest; application_id: ApplicationId }) =>
    db
      .selectFrom('authorization_code')
      .select(['redeemed_at', 'family_id', 'expires_at'])
      .where('code_digest', '=', p.code_digest)
      .where('application_id', '=', p.application_id),
  ),

  burnCode: query((db, p: { code_digest: Digest; now: number }) =>
    db
      .updateTable('authorization_code')
      .set({ redeemed_at: p.now })
      .where('code_digest', '=', p.code_digest)
      .where('redeemed_at', 'is', null),
  ),

  /** A burnt code has none. */
  revokeFamilyOfCode: query((db, p: { code_digest: Digest; now: number }) =>
    db
      .updateTable('token_family')
      .set({ revoked_at: p.now })
      .where('revoked_at', 'is', null)
      .where('family_id', '=', ({ selectFrom }) =>
        selectFrom('authorization_code')
          .select('authorization_code.family_id')
          .where('authorization_code.code_digest', '=', p.code_digest),
      ),
  ),
};
