/** Imported tokens and consents: implements `GrantTarget` over an open transaction. */
import type { GrantTarget } from '../../import/ports.ts';
import type { Digest } from '../../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, FamilyId } from '../../vocabulary/identifiers.ts';
import { listText, scopeList, scopeText } from '../columns.ts';
import type { Dialect } from '../dialect.ts';
import { all, count, type Perform } from '../transition.ts';
import { overRows } from './json-rows.ts';

const FAMILY = {
  family_id: 'text',
  application_id: 'text',
  account_id: 'text',
  session_id: 'text',
  scope: 'text',
  amr: 'text',
  refresh_digest: 'octets',
  started_at: 'integer',
  check_at: 'integer',
} as const;
const TOKEN = {
  token_digest: 'octets',
  application_id: 'text',
  family_id: 'text',
  scope: 'text',
  issued_at: 'integer',
  expires_at: 'integer',
} as const;
const CONSENT = { account_id: 'text', application_id: 'text', scope: 'text', granted_at: 'integer' } as const;

type Json<Columns> = { readonly [Name in keyof Columns]: string | number | null };

/** Compiles the statements. Once a process. */
export function importedGrantStatements(dialect: Dialect) {
  return {
    findFamilies: overRows<{ digest: string }, { family_id: FamilyId; imported_digest: Digest }>(
      'find-families',
      dialect,
      { digest: 'octets' },
      (r) => `select f.family_id, f.imported_digest from ${r} join token_family f on f.imported_digest = r.digest`,
    ),
    insertFamilies: overRows<Json<typeof FAMILY>, never>(
      'insert-families',
      dialect,
      FAMILY,
      (r) => `insert into token_family (family_id, application_id, account_id, session_id, scope, auth_time_at, amr,
        current_digest, generation, started_at, imported_digest, check_at)
        select family_id, application_id, account_id, session_id, scope, started_at, amr, refresh_digest, 0, started_at,
        refresh_digest, check_at from ${r} where true on conflict do nothing`,
    ),
    insertTokens: overRows<Json<typeof TOKEN>, never>(
      'insert-tokens',
      dialect,
      TOKEN,
      (r) => `insert into access_token (token_digest, application_id, family_id, scope, issued_at, expires_at)
        select token_digest, application_id, family_id, scope, issued_at, expires_at from ${r} where true
        on conflict do nothing`,
    ),
    findTokens: overRows<{ digest: string }, { token_digest: Digest }>(
      'find-tokens',
      dialect,
      { digest: 'octets' },
      (r) =>
        `select t.token_digest from ${r} join access_token t on t.token_digest = r.digest where t.revoked_at is null`,
    ),
    findConsents: overRows<
      { account_id: string; application_id: string },
      { account_id: AccountId; application_id: ApplicationId; scope: string }
    >(
      'find-consents',
      dialect,
      { account_id: 'text', application_id: 'text' },
      (r) => `select c.account_id, c.application_id, c.scope from ${r}
        join consent c on c.account_id = r.account_id and c.application_id = r.application_id`,
    ),
    allow: overRows<Json<typeof CONSENT>, never>(
      'allow',
      dialect,
      CONSENT,
      (r) => `insert into consent (account_id, application_id, scope, granted_at)
        select account_id, application_id, scope, granted_at from ${r} where true
        on conflict (account_id, application_id) do update set scope = excluded.scope`,
    ),
    revokeFamilies: overRows<{ digest: string; now: number }, never>(
      'revoke-families',
      dialect,
      { digest: 'octets', now: 'integer' },
      (r) => `update token_family set revoked_at = r.now from ${r}
        where imported_digest = r.digest and generation = 0 and revoked_at is null`,
    ),
    revokeTokens: overRows<{ digest: string; now: number }, never>(
      'revoke-tokens',
      dialect,
      { digest: 'octets', now: 'integer' },
      (r) =>
        `update access_token set revoked_at = r.now from ${r} where token_digest = r.digest and revoked_at is null`,
    ),
  };
}

/** The port over an open transaction. */
export function grantTarget(q: ReturnType<typeof importedGrantStatements>, perform: Perform): GrantTarget {
  return {
    async findFamilies(refreshDigests) {
      const rows = await perform(all(q.findFamilies, { rows: digests(refreshDigests) }));
      return new Map(rows.map((row) => [row.imported_digest.toString('hex'), row.family_id]));
    },
    async insertFamilies(rows) {
      await perform(
        count(q.insertFamilies, {
          rows: rows.map((row) => ({
            family_id: row.familyId,
            application_id: row.applicationId,
            account_id: row.accountId,
            session_id: row.sessionId,
            scope: scopeText(row.scope),
            amr: listText([]),
            refresh_digest: row.refreshDigest?.toString('hex') ?? null,
            started_at: row.startedAtMs,
            check_at: row.checkAtMs,
          })),
        }),
      );
    },
    async insertTokens(rows) {
      await perform(
        count(q.insertTokens, {
          rows: rows.map((row) => ({
            token_digest: row.tokenDigest.toString('hex'),
            application_id: row.applicationId,
            family_id: row.familyId,
            scope: scopeText(row.scope),
            issued_at: row.issuedAtMs,
            expires_at: row.expiresAtMs,
          })),
        }),
      );
    },
    async findTokens(tokenDigests) {
      const rows = await perform(all(q.findTokens, { rows: digests(tokenDigests) }));
      return new Set(rows.map((row) => row.token_digest.toString('hex')));
    },
    async allow(rows) {
      const pairs = rows.map(({ accountId, applicationId }) => ({
        account_id: accountId,
        application_id: applicationId,
      }));
      const found = await perform(all(q.findConsents, { rows: pairs }));
      const before = new Map(found.map((row) => [`${row.account_id} ${row.application_id}`, scopeList(row.scope)]));
      await perform(
        count(q.allow, {
          rows: rows.map((row) => ({
            account_id: row.accountId,
            application_id: row.applicationId,
            scope: scopeText([
              ...new Set([...(before.get(`${row.accountId} ${row.applicationId}`) ?? []), ...row.scope]),
            ]),
            granted_at: row.grantedAtMs,
          })),
        }),
      );
    },
    revokeUnusedFamilies: (refreshDigests, nowMs) =>
      perform(count(q.revokeFamilies, { rows: timed(refreshDigests, nowMs) })),
    revokeTokens: (tokenDigests, nowMs) => perform(count(q.revokeTokens, { rows: timed(tokenDigests, nowMs) })),
  };
}

function digests(values: readonly Digest[]): readonly { readonly digest: string }[] {
  return values.map((value) => ({ digest: value.toString('hex') }));
}

function timed(values: readonly Digest[], now: number): readonly { readonly digest: string; readonly now: number }[] {
  return values.map((value) => ({ digest: value.toString('hex'), now }));
}
