/**
 * The statements of token families and access tokens. What they add up to is `grants.ts`; the forms that write several
 * tables at once are `postgres/grants-in-one.ts`.
 */
import { type ExpressionBuilder, type QueryCreator, sql } from 'kysely';
import type { Digest } from '../vocabulary/credentials.ts';
import type { ApplicationId, FamilyId } from '../vocabulary/identifiers.ts';
import { CLAIMS_COLUMNS, LITERALLY_ONE } from './columns.ts';
import { columnsOf, query, within } from './query.ts';
import type { AccessTokenTable, Schema, TokenFamilyTable } from './schema.ts';

/** A new family's row. */
export type FamilyRow = Omit<TokenFamilyTable, 'predecessor_digest' | 'rotated_at' | 'revoked_at' | 'imported_digest'>;
/** A new access token's row. */
export type AccessTokenRow = Omit<AccessTokenTable, 'revoked_at'>;

/** What moves a family on to its next refresh token. */
export interface RotateArgs {
  readonly family_id: FamilyId;
  readonly application_id: ApplicationId;
  readonly presented_digest: Digest;
  readonly successor_digest: Digest;
  readonly idle_expires_at: number | null;
  readonly now: number;
}

/** A predecessor counts as in its window when the rotation happened after `rotated_after`. */
export type RepeatArgs = RotateArgs & { readonly rotated_after: number };

/** The columns that a new family fills. */
export const FAMILY_COLUMNS = [
  'family_id',
  'application_id',
  'account_id',
  'session_id',
  'scope',
  'context',
  'nonce',
  'auth_time_at',
  'amr',
  'current_digest',
  'generation',
  'started_at',
  'expires_at',
  'idle_expires_at',
  'check_at',
] as const satisfies readonly (keyof FamilyRow)[];

/** The columns that a new access token fills. */
export const ACCESS_TOKEN_COLUMNS = [
  'token_digest',
  'application_id',
  'family_id',
  'scope',
  'context',
  'issued_at',
  'expires_at',
] as const satisfies readonly (keyof AccessTokenRow)[];

/** The one update that decides who rotates: the presented token is the current one of a live family. */
export function rotateUpdate(db: QueryCreator<Schema>, p: RotateArgs) {
  return db
    .updateTable('token_family')
    .set(({ ref }) => ({
      predecessor_digest: ref('current_digest'),
      current_digest: p.successor_digest,
      generation: sql<number>`${ref('generation')} + 1`,
      rotated_at: p.now,
      idle_expires_at: p.idle_expires_at,
    }))
    .where('family_id', '=', p.family_id)
    .where('application_id', '=', p.application_id)
    .where('current_digest', '=', p.presented_digest)
    .where((eb) => familyIsLive(eb, p.now))
    .returning('family_id');
}

/** Not revoked, and within both of its limits. */
function familyIsLive(eb: ExpressionBuilder<Schema, 'token_family'>, now: number) {
  return eb.and([
    eb('token_family.revoked_at', 'is', null),
    eb.or([eb('token_family.expires_at', 'is', null), eb('token_family.expires_at', '>', now)]),
    eb.or([eb('token_family.idle_expires_at', 'is', null), eb('token_family.idle_expires_at', '>', now)]),
  ]);
}

/** Every statement of families and access tokens. */
export const tokenQueries = {
  insertFamily: query((db, p: FamilyRow) => db.insertInto('token_family').values(columnsOf(p, FAMILY_COLUMNS))),

  insertAccessToken: query((db, p: AccessTokenRow) =>
    db.insertInto('access_token').values(columnsOf(p, ACCESS_TOKEN_COLUMNS)),
  ),

  findAccessToken: query((db, p: { token_digest: Digest }) =>
    db
      .selectFrom('access_token as token')
      .innerJoin('application', 'application.id', 'token.application_id')
      .leftJoin('token_family as family', 'family.family_id', 'token.family_id')
      .leftJoin('account', (join) =>
        join.onRef('account.id', '=', 'family.account_id').on('account.disabled_at', 'is', null),
      )
      .leftJoin('account_email as email', (join) =>
        join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
      )
      .where('token.token_digest', '=', p.token_digest)
      .select([
        'token.application_id',
        'token.family_id',
        'token.scope',
        'token.context',
        'token.issued_at',
        'token.expires_at',
        'token.revoked_at',
        'application.client_id',
        'application.disabled_at as application_disabled_at',
        'family.account_id',
        'family.revoked_at as family_revoked_at',
      ])
      .select(CLAIMS_COLUMNS),
  ),

  findRefreshToken: query((db, p: { family_id: FamilyId }) =>
    refreshTokenSelect(db).where('family.family_id', '=', p.family_id),
  ),
  findImportedRefreshToken: query((db, p: { imported_digest: Digest }) =>
    refreshTokenSelect(db).where('family.imported_digest', '=', p.imported_digest),
  ),

  rotateRefreshToken: query((db, p: RotateArgs) => rotateUpdate(db, p)),

  /** Stores an access token where the presented refresh token is the immediate predecessor, inside its window. */
  repeatRotation: query((db, p: { rotate: RepeatArgs; token: AccessTokenRow }) => {
    const rotate = within(p.rotate);
    const token = within(p.token);
    return db
      .insertInto('access_token')
      .columns(ACCESS_TOKEN_COLUMNS)
      .expression((eb) =>
        eb
          .selectFrom('token_family')
          .select((of) => ACCESS_TOKEN_COLUMNS.map((name) => of.val(token[name]).as(name)))
          .where('token_family.family_id', '=', rotate.family_id)
          .where('token_family.application_id', '=', rotate.application_id)
          .where('token_family.predecessor_digest', '=', rotate.presented_digest)
          .where('token_family.current_digest', '=', rotate.successor_digest)
          .where('token_family.rotated_at', '>', rotate.rotated_after)
          .where((of) => familyIsLive(of, rotate.now)),
      )
      .returning('token_digest');
  }),

  familyState: query((db, p: { family_id: FamilyId; application_id: ApplicationId }) =>
    db
      .selectFrom('token_family')
      .select(['current_digest', 'revoked_at', 'expires_at', 'idle_expires_at'])
      .where('family_id', '=', p.family_id)
      .where('application_id', '=', p.application_id)
      .where('current_digest', 'is not', null),
  ),

  /** Of a presented token that is not the current one. */
  revokeReusedFamily: query((db, p: { family_id: FamilyId; presented_digest: Digest; now: number }) =>
    db
      .updateTable('token_family')
      .set({ revoked_at: p.now })
      .where('family_id', '=', p.family_id)
      .where('current_digest', '<>', p.presented_digest)
      .where('revoked_at', 'is', null)
      .returning('family_id'),
  ),

  revokeFamily: query((db, p: { family_id: FamilyId; now: number }) =>
    db
      .updateTable('token_family')
      .set({ revoked_at: p.now })
      .where('family_id', '=', p.family_id)
      .where('revoked_at', 'is', null),
  ),

  revokeFamilyOfAccessToken: query((db, p: { token_digest: Digest; application_id: ApplicationId; now: number }) =>
    db
      .updateTable('token_family')
      .set({ revoked_at: p.now })
      .where('revoked_at', 'is', null)
      // RFC 8693: a token that another application exchanged for its own does not end the one that it came from.
      .where('application_id', '=', p.application_id)
      .where('family_id', '=', ({ selectFrom }) =>
        selectFrom('access_token')
          .select('access_token.family_id')
          .where('access_token.token_digest', '=', p.token_digest)
          .where('access_token.application_id', '=', p.application_id),
      ),
  ),

  revokeAccessToken: query((db, p: { token_digest: Digest; application_id: ApplicationId; now: number }) =>
    db
      .updateTable('access_token')
      .set({ revoked_at: p.now })
      .where('token_digest', '=', p.token_digest)
      .where('application_id', '=', p.application_id)
      .where('revoked_at', 'is', null),
  ),
};

function refreshTokenSelect(db: QueryCreator<Schema>) {
  return db
    .selectFrom('token_family as family')
    .innerJoin('application', 'application.id', 'family.application_id')
    .leftJoin('account', (join) =>
      join.onRef('account.id', '=', 'family.account_id').on('account.disabled_at', 'is', null),
    )
    .leftJoin('account_email as email', (join) =>
      join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
    )
    .where('family.current_digest', 'is not', null)
    .select([
      'family.family_id',
      'family.application_id',
      'application.client_id',
      'family.session_id',
      'family.scope',
      'family.context',
      'family.nonce',
      'family.auth_time_at',
      'family.amr',
      'family.current_digest',
      'family.predecessor_digest',
      'family.rotated_at',
      'family.started_at',
      'family.expires_at',
      'family.idle_expires_at',
      'family.revoked_at',
    ])
    .select(CLAIMS_COLUMNS);
}
