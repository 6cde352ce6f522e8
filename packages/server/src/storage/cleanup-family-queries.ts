/** The statements of `cleanup.ts` for token families, which end by rules of their own. */
import { sql } from 'kysely';
import type { FamilyId } from '../vocabulary/identifiers.ts';
import { LITERALLY_ONE } from './columns.ts';
import { query } from './query.ts';

/** Of what is over, so many rows at a time. */
export interface Batch {
  readonly until: number;
  readonly limit: number;
}

/** A part of `cleanupQueries`. */
export const familyCleanupQueries = {
  /** On PostgreSQL their rows stay locked until the transition ends, so that none is rotated in between. */
  dueFamilies: query((db, p: Batch, dialect) =>
    db
      .selectFrom('token_family')
      .select('family_id')
      .where('check_at', '<=', p.until)
      .orderBy('check_at')
      .limit(p.limit)
      .modifyEnd(dialect.skipLocked),
  ),

  /**
   * Those that can still be rotated are due again at their end; those of a living session, at its end; those that hold a
   * living access token, a little later.
   */
  postponeFamilies: query(
    (db, p: { families: string; now: number; linger_until: number; at_most: number }, dialect) => {
      const atMost = sql<number>`cast(${p.at_most} as bigint)`;
      return db
        .updateTable('token_family')
        .set(({ eb, fn, ref, selectFrom }) => {
          const endsAt = dialect.least(
            fn.coalesce(ref('expires_at'), atMost),
            fn.coalesce(ref('idle_expires_at'), atMost),
          );
          return {
            check_at: eb
              .case()
              .when(eb.and([eb('current_digest', 'is not', null), eb(endsAt, '>', p.now)]))
              .then(dialect.least(endsAt, atMost))
              .else(
                fn.coalesce(
                  selectFrom('session')
                    .select('session.ends_at')
                    .whereRef('session.id', '=', 'token_family.session_id')
                    .where('session.ends_at', '>', p.linger_until),
                  sql<number>`cast(${p.linger_until} as bigint)`,
                ),
              )
              .end(),
          };
        })
        .where('family_id', 'in', dialect.textsOf<FamilyId>(p.families))
        .where('revoked_at', 'is', null)
        .where(({ eb, or, and, exists, selectFrom }) =>
          or([
            and([
              eb('current_digest', 'is not', null),
              or([eb('expires_at', 'is', null), eb('expires_at', '>', p.now)]),
              or([eb('idle_expires_at', 'is', null), eb('idle_expires_at', '>', p.now)]),
            ]),
            exists(
              selectFrom('access_token')
                .select(LITERALLY_ONE.as('found'))
                .whereRef('access_token.family_id', '=', 'token_family.family_id')
                .where('access_token.expires_at', '>', p.now),
            ),
            // Its application is told when the session ends, and is found by this row.
            exists(
              selectFrom('session')
                .select(LITERALLY_ONE.as('found'))
                .whereRef('session.id', '=', 'token_family.session_id'),
            ),
          ]),
        );
    },
  ),

  deleteDueFamilies: query((db, p: { families: string; now: number }, dialect) =>
    db
      .deleteFrom('token_family')
      .where('family_id', 'in', dialect.textsOf<FamilyId>(p.families))
      .where('check_at', '<=', p.now),
  ),
};
