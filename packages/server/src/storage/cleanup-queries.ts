/** The statements of `cleanup.ts`. */
import { sql } from 'kysely';
import type { Provenance } from '../protocol/application.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { type Batch, familyCleanupQueries } from './cleanup-family-queries.ts';
import { logoutQueries } from './logout-notices.ts';
import { query } from './query.ts';

/** Every statement of the cleanup. */
export const cleanupQueries = {
  accessTokens: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('access_token')
      .where('token_digest', 'in', ({ selectFrom }) =>
        selectFrom('access_token as due')
          .select('due.token_digest')
          .where('due.expires_at', '<=', p.until)
          .orderBy('due.expires_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  authorizationCodes: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('authorization_code')
      .where('code_digest', 'in', ({ selectFrom }) =>
        selectFrom('authorization_code as due')
          .select('due.code_digest')
          .where('due.expires_at', '<=', p.until)
          .orderBy('due.expires_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  deviceGrants: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('device_grant')
      .where('device_code_digest', 'in', ({ selectFrom }) =>
        selectFrom('device_grant as due')
          .select('due.device_code_digest')
          .where('due.expires_at', '<=', p.until)
          .orderBy('due.expires_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  sessions: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('session')
      .where('id', 'in', ({ selectFrom }) =>
        selectFrom('session as due')
          .select('due.id')
          .where('due.ends_at', '<=', p.until)
          .orderBy('due.ends_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      )
      .returning(['id', 'account_id']),
  ),

  ...logoutQueries,

  /** Kept for a while after they were settled, as the record of which application was told. */
  logoutNotices: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('logout_notice')
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('application_id', 'session_id', 'queued_at'),
          'in',
          selectFrom('logout_notice as due')
            .select(['due.application_id', 'due.session_id', 'due.queued_at'])
            .where('due.settled_at', '<=', p.until)
            .orderBy('due.settled_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked)
            .$asTuple('application_id', 'session_id', 'queued_at'),
        ),
      ),
  ),

  pendingRequests: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('pending_request')
      .where('pending_digest', 'in', ({ selectFrom }) =>
        selectFrom('pending_request as due')
          .select('due.pending_digest')
          .where('due.expires_at', '<=', p.until)
          .orderBy('due.expires_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  /** By both columns of its key: digests of two kinds could be equal. */
  usedProofs: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('used_proof')
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('kind', 'proof_digest'),
          'in',
          selectFrom('used_proof as due')
            .select(['due.kind', 'due.proof_digest'])
            .where('due.expires_at', '<=', p.until)
            .orderBy('due.expires_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked)
            .$asTuple('kind', 'proof_digest'),
        ),
      ),
  ),

  pushedRequests: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('pushed_request')
      .where('request_digest', 'in', ({ selectFrom }) =>
        selectFrom('pushed_request as due')
          .select('due.request_digest')
          .where('due.expires_at', '<=', p.until)
          .orderBy('due.expires_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  failures: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('failure')
      .where('key', 'in', ({ selectFrom }) =>
        selectFrom('failure as due')
          .select('due.key')
          .where('due.window_ends_at', '<=', p.until)
          .orderBy('due.window_ends_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  initialAccess: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('initial_access')
      .where('token_digest', 'in', ({ selectFrom }) =>
        selectFrom('initial_access as due')
          .select('due.token_digest')
          .where('due.expires_at', '<=', p.until)
          .orderBy('due.expires_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  outgoingMail: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('outgoing_mail')
      .where('id', 'in', ({ selectFrom }) =>
        selectFrom('outgoing_mail as due')
          .select('due.id')
          .where('due.settled_at', '<=', p.until)
          .orderBy('due.settled_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  mailedSecrets: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('mailed_secret')
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('purpose', 'token_digest'),
          'in',
          selectFrom('mailed_secret as due')
            .select(['due.purpose', 'due.token_digest'])
            .where('due.expires_at', '<=', p.until)
            .orderBy('due.expires_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked)
            .$asTuple('purpose', 'token_digest'),
        ),
      ),
  ),

  invitations: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('invitation')
      .where('id', 'in', ({ selectFrom }) =>
        selectFrom('invitation as due')
          .select('due.id')
          .where('due.expires_at', '<=', p.until)
          .orderBy('due.expires_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      ),
  ),

  knownBrowsers: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('known_browser')
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('account_id', 'browser_digest'),
          'in',
          selectFrom('known_browser as due')
            .select(['due.account_id', 'due.browser_digest'])
            .where('due.last_seen_at', '<=', p.until)
            .orderBy('due.last_seen_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked)
            .$asTuple('account_id', 'browser_digest'),
        ),
      ),
  ),

  accountEvents: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('account_event')
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('account_id', 'occurred_at', 'id'),
          'in',
          selectFrom('account_event as due')
            .select(['due.account_id', 'due.occurred_at', 'due.id'])
            .where('due.occurred_at', '<=', p.until)
            .orderBy('due.occurred_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked)
            .$asTuple('account_id', 'occurred_at', 'id'),
        ),
      ),
  ),

  flowRefusals: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('flow_attempt')
      .where(({ eb, selectFrom }) =>
        eb(
          'reference',
          'in',
          selectFrom('flow_attempt as due')
            .select('due.reference')
            .where('due.is_refusal', '=', 1)
            .where('due.occurred_at', '<=', p.until)
            .orderBy('due.occurred_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked),
        ),
      ),
  ),

  flowOthers: query((db, p: Batch, dialect) =>
    db
      .deleteFrom('flow_attempt')
      .where(({ eb, selectFrom }) =>
        eb(
          'reference',
          'in',
          selectFrom('flow_attempt as due')
            .select('due.reference')
            .where('due.is_refusal', '=', 0)
            .where('due.occurred_at', '<=', p.until)
            .orderBy('due.occurred_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked),
        ),
      ),
  ),

  /**
   * Sign-ups whose address nobody confirmed, and by which nobody ever signed in. Not what an operator made, brought or put into a
   * group. Whoever confirms changes `updated_at`, and so is not among them.
   */
  abandonedSignUps: query((db, p: Batch, dialect) =>
    db
      .selectFrom('account as due')
      .select('due.id')
      .where('due.last_sign_in_at', 'is', null)
      .where('due.imported_at', 'is', null)
      .where('due.created_at', '<=', p.until)
      .where('due.updated_at', '<=', p.until)
      .where('due.is_superuser', '=', sql.lit<0>(0))
      .where('due.disabled_at', 'is', null)
      // Counted each by itself: as joins they would read whole tables.
      .where(({ eb, selectFrom }) =>
        eb(
          selectFrom('account_email as email')
            .select(({ fn }) => fn.countAll<number>().as('addresses'))
            .whereRef('email.account_id', '=', 'due.id'),
          '>',
          sql.lit(0),
        ),
      )
      .where(({ eb, selectFrom }) =>
        eb(
          selectFrom('account_email as email')
            .select(({ fn }) => fn.max('email.verified_at').as('verified_at'))
            .whereRef('email.account_id', '=', 'due.id'),
          'is',
          null,
        ),
      )
      .where(({ eb, selectFrom }) =>
        eb(
          selectFrom('external_identity as identity')
            .select(({ fn }) => fn.countAll<number>().as('identities'))
            .whereRef('identity.account_id', '=', 'due.id'),
          '=',
          sql.lit(0),
        ),
      )
      .where(({ eb, selectFrom }) =>
        eb(
          selectFrom('account_group_member as member')
            .select(({ fn }) => fn.countAll<number>().as('groups'))
            .whereRef('member.account_id', '=', 'due.id'),
          '=',
          sql.lit(0),
        ),
      )
      .orderBy('due.created_at')
      .limit(p.limit)
      .modifyEnd(dialect.skipLocked),
  ),

  deleteAbandoned: query((db, p: { accounts: string; until: number }, dialect) =>
    db
      .deleteFrom('account')
      .where('id', 'in', dialect.textsOf<AccountId>(p.accounts))
      .where('last_sign_in_at', 'is', null)
      .where('updated_at', '<=', p.until),
  ),

  unusedApplications: query((db, p: { created_until: number; used_until: number; limit: number }, dialect) =>
    db.deleteFrom('application').where('id', 'in', ({ selectFrom }) =>
      selectFrom('application as due')
        .select('due.id')
        .where('due.provenance', '<>', sql.lit<Provenance>('made'))
        .where(({ eb, and, or }) =>
          or([
            and([eb('due.last_used_at', 'is', null), eb('due.created_at', '<=', p.created_until)]),
            eb('due.last_used_at', '<=', p.used_until),
          ]),
        )
        .limit(p.limit)
        .modifyEnd(dialect.skipLocked),
    ),
  ),

  ...familyCleanupQueries,
};
