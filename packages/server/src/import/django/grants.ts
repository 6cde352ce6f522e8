/**
 * The part of live grants: access and refresh tokens of django-oauth-toolkit that are good, and the consents that they prove.
 *
 * A refresh token becomes a token family, which the access token that came with it hangs on; an access token without one
 * gets a family of its own, one without a person none. Nothing that has expired or was revoked comes. A second run brings what is
 * new, and ends what was revoked at the source since, as long as it was not used here.
 */

import { newFamilyId } from '../../protocol/refresh-token-text.ts';
import { scopeTokens } from '../../protocol/scopes.ts';
import type { Digest } from '../../vocabulary/credentials.ts';
import { type AccountId, type ApplicationId, type FamilyId, sessionId } from '../../vocabulary/identifiers.ts';
import type { ImportContext, ImportPart } from '../part.ts';
import type { FamilyRow, TokenRow } from '../ports.ts';
import { BATCH_ROWS, type ImportedRow } from '../ports.ts';
import type { StagedRow } from '../staging.ts';
import { type Allowed, carryConsents, noteAllowed, prepareConsents } from './consents.ts';
import { accountIdOf, instantOf, keyOf, textOf } from './reading.ts';
import { ACCESS_TOKEN_TABLE, applicationOf, CODE_TABLE, REFRESH_TOKEN_TABLE, tokenDigestOf } from './token-tables.ts';
import { verifyTokens } from './tokens-verify.ts';

/** Cleanup looks at each family at least this often (`storage/grants-rows.ts`). */
const FAMILY_CHECK_EVERY_MS = 30 * 86_400_000;

/** Tokens and consents. */
export const grantsPart: ImportPart = {
  name: 'grants',
  tables: () => [ACCESS_TOKEN_TABLE, REFRESH_TOKEN_TABLE, CODE_TABLE],
  rowCount: (staging) => staging.countOf(ACCESS_TOKEN_TABLE.name) + staging.countOf(REFRESH_TOKEN_TABLE.name),
  async carry(context) {
    prepare(context);
    for (const page of refreshPages(context)) await carryRefreshPage(page, context);
    for (const page of accessPages(context)) await carryAccessPage(page, context);
    await carryConsents(context);
    await endGone(context);
    const { report, staging } = context;
    const codes = staging.countOf(CODE_TABLE.name);
    report.kind('authorization_code');
    report.count('authorization_code', 'leftOut', codes);
  },
  async verify(context) {
    prepare(context);
    const differences: string[] = [];
    for (const page of refreshPages(context)) differences.push(...(await verifyTokens('refresh_token', page, context)));
    for (const page of accessPages(context)) differences.push(...(await verifyTokens('access_token', page, context)));
    return differences;
  },
};

function prepare(context: ImportContext): void {
  const { staging, report } = context;
  for (const kind of ['refresh_token', 'access_token', 'consent']) report.kind(kind);
  staging.arrange('create index accesstoken_by_id on oauth2_provider_accesstoken (id)');
  staging.arrange('create index refreshtoken_by_id on oauth2_provider_refreshtoken (id)');
  staging.arrange('create index accesstoken_by_source on oauth2_provider_accesstoken (source_refresh_token_id)');
  staging.arrange('create index refreshtoken_by_access on oauth2_provider_refreshtoken (access_token_id)');
  prepareConsents(context);
}

/** Each with the scope of the access token that came with it, or that came out of it last. */
function refreshPages({ staging }: ImportContext) {
  const columns = `t.id, t.application_id, t.user_id, t.token, t.token_checksum, t.created, t.revoked, t.access_token_id,
    coalesce(own.scope, (select s.scope from oauth2_provider_accesstoken s where s.source_refresh_token_id = t.id
      order by s.id desc limit 1)) as scope,
    (select u.is_active from auth_user u where u.id = t.user_id) as is_active`;
  const join = 'left join oauth2_provider_accesstoken own on own.id = t.access_token_id';
  return staging.pages(REFRESH_TOKEN_TABLE.name, { columns, join }, BATCH_ROWS);
}

/** Each with the refresh token that came with it, if that is good. */
function accessPages({ staging }: ImportContext) {
  const columns = `t.id, t.application_id, t.user_id, t.token, t.token_checksum, t.expires, t.created, t.scope,
    r.token as refresh_token, r.token_checksum as refresh_checksum,
    (select u.is_active from auth_user u where u.id = t.user_id) as is_active`;
  const join = `left join oauth2_provider_refreshtoken r on r.access_token_id = t.id and (r.revoked is null or r.revoked = '')`;
  return staging.pages(ACCESS_TOKEN_TABLE.name, { columns, join }, BATCH_ROWS);
}

/** A row that may come: its digest, its application and its person are here. */
interface Bearing {
  readonly row: StagedRow;
  readonly key: string;
  readonly digest: Digest;
  readonly applicationId: ApplicationId;
  /** null: client credentials. */
  readonly accountId: AccountId | null;
  readonly scope: readonly string[];
}

type Kind = 'refresh_token' | 'access_token';

/** Those of a page that are whole. What is missing is reported and counted. */
async function bearings(
  kind: Kind,
  page: readonly StagedRow[],
  { target, report }: ImportContext,
): Promise<readonly Bearing[]> {
  const accounts = await target.findAccounts(
    page.map((row) => accountIdOf(row, 'user_id')).filter((id) => id !== null),
  );
  const applications = await target.findApplications(page.map(applicationOf).filter((id) => id !== null));
  return page.flatMap((row) => {
    const [key, digest, applicationId] = [keyOf(row, 'id'), tokenDigestOf(row), applicationOf(row)];
    const person = accountIdOf(row, 'user_id');
    const leaveOut = (code: string, what: string, outcome: string) => {
      report.count(kind, 'leftOut');
      const name = kind === 'refresh_token' ? 'refresh token' : 'access token';
      report.find({ severity: 'warning', code, row: `${name} ${textOf(row, 'id')}`, what, outcome });
      return [];
    };
    if (key === null || digest === null) {
      return leaveOut(
        'token-unreadable',
        'It has neither a text nor a checksum.',
        'It is left out: nobody can show it.',
      );
    }
    if (applicationId === null || !applications.has(applicationId)) {
      return leaveOut('token-without-application', 'Its application is not here.', 'It is left out.');
    }
    if (person !== null && !accounts.has(person)) {
      return leaveOut('token-without-account', 'Its account is not here.', 'It is left out.');
    }
    return [{ row, key, digest, applicationId, accountId: person, scope: scopeTokens(textOf(row, 'scope')) }];
  });
}

async function carryRefreshPage(page: readonly StagedRow[], context: ImportContext): Promise<void> {
  const { target, report, nowMs, randomness } = context;
  const live = page.filter((row) => textOf(row, 'revoked') === '' && isActive(row));
  report.count('refresh_token', 'leftOut', page.length - live.length);
  const whole = await bearings('refresh_token', live, context);
  const before = await target.findImported(
    'refresh_token',
    page.map((row) => keyOf(row, 'id') ?? ''),
  );
  await endRevoked(
    'refresh_token',
    page.filter((row) => !live.includes(row)),
    before,
    context,
  );
  const families: FamilyRow[] = [];
  const recorded: ImportedRow[] = [];
  const allowed: Allowed[] = [];
  for (const { row, key, digest, applicationId, accountId: person, scope } of whole) {
    if (before.has(key)) {
      report.count('refresh_token', 'unchanged');
      continue;
    }
    if (person === null || scope.length === 0) {
      report.count('refresh_token', 'leftOut');
      report.find({
        severity: 'note',
        code: 'refresh-token-without-scope',
        row: `refresh token ${key}`,
        what: 'The access token that says what it is for is gone.',
        outcome: 'It is left out: it was refused there as well.',
      });
      continue;
    }
    const startedAtMs = startOf(row, nowMs);
    const checkAtMs = startedAtMs + FAMILY_CHECK_EVERY_MS;
    families.push({
      familyId: newFamilyId(randomness),
      applicationId,
      accountId: person,
      sessionId: sessionId(randomness(16).toString('hex')),
      scope,
      startedAtMs,
      refreshDigest: digest,
      checkAtMs,
    });
    allowed.push({ accountId: person, applicationId, scope, grantedAtMs: startedAtMs });
    recorded.push(importedRow('refresh_token', key, digest, nowMs));
    report.count('refresh_token', 'brought');
  }
  if (families.length > 0) await target.insertFamilies(families);
  if (recorded.length > 0) await target.recordImported(recorded);
  noteAllowed(allowed, context);
  context.advance(page.length);
}

async function carryAccessPage(page: readonly StagedRow[], context: ImportContext): Promise<void> {
  const { target, report, nowMs } = context;
  const live = page.filter((row) => isGood(row, context));
  report.count('access_token', 'leftOut', page.length - live.length);
  const whole = await bearings('access_token', live, context);
  const before = await target.findImported(
    'access_token',
    whole.map(({ key }) => key),
  );
  const refreshDigests = whole.map(({ row }) => refreshDigestOf(row)).filter((digest) => digest !== null);
  const known = await target.findFamilies(refreshDigests);
  const families: FamilyRow[] = [];
  const tokens: TokenRow[] = [];
  const recorded: ImportedRow[] = [];
  const allowed: Allowed[] = [];
  for (const bearing of whole) {
    if (before.has(bearing.key)) {
      report.count('access_token', 'unchanged');
      continue;
    }
    const issuedAtMs = startOf(bearing.row, nowMs);
    const expires = instantOf(bearing.row, 'expires');
    const expiresAtMs = typeof expires === 'number' ? expires : nowMs;
    const family = familyOf(bearing, { issuedAtMs, expiresAtMs }, known, context);
    if (family !== null && typeof family === 'object') families.push(family);
    tokens.push({
      tokenDigest: bearing.digest,
      applicationId: bearing.applicationId,
      familyId: typeof family === 'object' ? (family?.familyId ?? null) : family,
      scope: bearing.scope,
      issuedAtMs,
      expiresAtMs,
    });
    if (bearing.accountId !== null) {
      const { accountId, applicationId, scope } = bearing;
      allowed.push({ accountId, applicationId, scope, grantedAtMs: issuedAtMs });
    }
    recorded.push(importedRow('access_token', bearing.key, bearing.digest, nowMs));
    report.count('access_token', 'brought');
  }
  if (families.length > 0) await target.insertFamilies(families);
  if (tokens.length > 0) await target.insertTokens(tokens);
  if (recorded.length > 0) await target.recordImported(recorded);
  noteAllowed(allowed, context);
  context.advance(page.length);
}

/** The family that an access token hangs on: that of its refresh token, a new one of its own, or none without a person. */
function familyOf(
  { row, applicationId, accountId: person, scope }: Bearing,
  { issuedAtMs, expiresAtMs }: { readonly issuedAtMs: number; readonly expiresAtMs: number },
  known: ReadonlyMap<string, FamilyId>,
  { randomness }: ImportContext,
): FamilyRow | FamilyId | null {
  if (person === null) return null;
  const refreshDigest = refreshDigestOf(row);
  const family = refreshDigest === null ? undefined : known.get(refreshDigest.toString('hex'));
  if (family !== undefined) return family;
  return {
    familyId: newFamilyId(randomness),
    applicationId,
    accountId: person,
    sessionId: sessionId(randomness(16).toString('hex')),
    scope,
    startedAtMs: issuedAtMs,
    refreshDigest: null,
    checkAtMs: expiresAtMs,
  };
}

function refreshDigestOf(row: StagedRow): Digest | null {
  return tokenDigestOf({ token: row['refresh_token'] ?? null, token_checksum: row['refresh_checksum'] ?? null });
}

/** Not expired, and its person may sign in. */
function isGood(row: StagedRow, { report, nowMs }: ImportContext): boolean {
  const expiresAtMs = instantOf(row, 'expires');
  if (expiresAtMs === 'unreadable') {
    report.find({
      severity: 'warning',
      code: 'date-unreadable',
      row: `access token ${textOf(row, 'id')}`,
      what: `Its expires is no date: ${JSON.stringify(textOf(row, 'expires').slice(0, 40))}.`,
      outcome: 'It is left out.',
    });
    return false;
  }
  return expiresAtMs !== null && expiresAtMs > nowMs && isActive(row);
}

/** A person who is not active has no tokens here (ASVS 7.4.2). Client credentials have no person. */
function isActive(row: StagedRow): boolean {
  const active = row['is_active'];
  return active !== 0 && active !== '0' && active !== 'false' && active !== 'f' && active !== 'False';
}

function startOf(row: StagedRow, nowMs: number): number {
  const created = instantOf(row, 'created');
  return typeof created === 'number' ? Math.min(created, nowMs) : nowMs;
}

function importedRow(kind: Kind, sourceKey: string, digest: Digest, importedAtMs: number): ImportedRow {
  return { kind, sourceKey, digest, secretDigest: null, importedAtMs };
}

/** What an earlier run brought and was revoked at the source since is ended here too. */
async function endRevoked(
  kind: Kind,
  rows: readonly StagedRow[],
  before: ReadonlyMap<string, ImportedRow>,
  context: ImportContext,
): Promise<void> {
  const digests = rows
    .map((row) => before.get(keyOf(row, 'id') ?? '')?.digest)
    .filter((digest) => digest !== undefined);
  await end(kind, digests, context);
}

async function end(kind: Kind, digests: readonly Digest[], { target, report, nowMs }: ImportContext): Promise<void> {
  if (digests.length === 0) return;
  const ended =
    kind === 'refresh_token'
      ? await target.revokeUnusedFamilies(digests, nowMs)
      : await target.revokeTokens(digests, nowMs);
  if (ended === 0) return;
  const name = kind === 'refresh_token' ? 'refresh tokens' : 'access tokens';
  report.find({
    severity: 'note',
    code: 'revoked-at-source',
    row: `${ended} ${name}`,
    what: 'They were brought before, and were revoked or deleted at the source since.',
    outcome: 'They are revoked here too.',
  });
}

/** django-oauth-toolkit revokes an access token by deleting its row. */
async function endGone(context: ImportContext): Promise<void> {
  const { staging, target } = context;
  for (const [kind, { name }] of [
    ['refresh_token', REFRESH_TOKEN_TABLE],
    ['access_token', ACCESS_TOKEN_TABLE],
  ] as const) {
    let after = '';
    for (;;) {
      const keys = await target.listImported(kind, after);
      const last = keys.at(-1);
      if (last === undefined) break;
      // A number that was staged is no text, and a UUID stands there without its hyphens on some engines.
      const gone = staging.all(
        `select value as key from json_each(?) where not exists (
           select 1 from ${name} t where t.id in (value, cast(value as numeric), replace(value, '-', '')))`,
        JSON.stringify(keys),
      );
      const before = await target.findImported(
        kind,
        gone.map((row) => textOf(row, 'key')),
      );
      await end(
        kind,
        [...before.values()].map(({ digest }) => digest),
        context,
      );
      after = last;
    }
  }
}
