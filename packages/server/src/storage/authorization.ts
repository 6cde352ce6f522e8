/** A returning person's authorization in one read: implements `AuthorizationReader`. */
import type { AuthorizationReader } from '../protocol/ports/authorization.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { ApplicationId } from '../vocabulary/identifiers.ts';
import {
  CLAIMS_COLUMNS,
  claimsOf,
  detailsOf,
  GROUP_REQUIRES_SECOND_FACTOR,
  LITERALLY_ONE,
  scopeList,
  textList,
} from './columns.ts';
import { query } from './query.ts';
import type { Engine } from './transition.ts';

const queries = {
  read: query((db, p: { token_digest: Digest; application_id: ApplicationId; now: number }) =>
    db
      .selectFrom('session')
      .innerJoin('account', 'account.id', 'session.account_id')
      .leftJoin('account_email as email', (join) =>
        join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
      )
      .leftJoin('consent', (join) =>
        join.onRef('consent.account_id', '=', 'account.id').on('consent.application_id', '=', p.application_id),
      )
      .where('session.token_digest', '=', p.token_digest)
      .where('session.ends_at', '>', p.now)
      .where('account.disabled_at', 'is', null)
      .select([
        'session.id as session_id',
        'session.account_id',
        'session.auth_time_at',
        'session.amr',
        'session.last_seen_at',
        'consent.scope as consent_scope',
        'consent.details as consent_details',
        'consent.granted_at as consent_granted_at',
      ])
      .select(GROUP_REQUIRES_SECOND_FACTOR)
      .select(CLAIMS_COLUMNS),
  ),
};

/** Makes the reader. */
export function createAuthorizationReader(engine: Engine): AuthorizationReader {
  const q = engine.prepare('authorization', queries);
  return {
    async readAuthorization({ sessionDigest, applicationId, nowMs }) {
      const row = await engine.readOne(q.read, {
        token_digest: sessionDigest,
        application_id: applicationId,
        now: nowMs,
      });
      const account = row === null ? null : claimsOf(row);
      if (row === null || account === null) return null;
      return {
        session: {
          sessionId: row.session_id,
          accountId: row.account_id,
          authTimeMs: row.auth_time_at,
          amr: textList(row.amr),
        },
        account,
        consent:
          row.consent_scope === null || row.consent_granted_at === null
            ? null
            : {
                scope: scopeList(row.consent_scope),
                details: detailsOf(row.consent_details),
                grantedAtMs: row.consent_granted_at,
              },
        groupRequiresSecondFactor: row.group_requires_second_factor !== null,
        sessionLastSeenAtMs: row.last_seen_at,
      };
    },
  };
}
