/**
 * Consents. django-oauth-toolkit keeps none: who has a good token has allowed what it may, and `approval_prompt=auto` asked nobody
 * anew as long as it lived.
 *
 * Owns gathering them while tokens are carried over. One that was brought before grows where there is more by now.
 */
import { scopeTokens } from '../../protocol/scopes.ts';
import { type AccountId, type ApplicationId, accountId, applicationId } from '../../vocabulary/identifiers.ts';
import type { ImportContext } from '../part.ts';
import { BATCH_ROWS } from '../ports.ts';
import { textOf } from './reading.ts';

const COLUMNS = ['account', 'application', 'scope', 'granted_at'] as const;

/** Makes room for them. */
export function prepareConsents({ staging }: ImportContext): void {
  staging.create('consent_of', COLUMNS, COLUMNS);
}

/** What a good token proves that somebody allowed. */
export interface Allowed {
  readonly accountId: AccountId;
  readonly applicationId: ApplicationId;
  readonly scope: readonly string[];
  readonly grantedAtMs: number;
}

/** Notes what the tokens of a page prove. */
export function noteAllowed(allowed: readonly Allowed[], { staging }: ImportContext): void {
  const rows = allowed.map((each) => [each.accountId, each.applicationId, each.scope.join(' '), each.grantedAtMs]);
  if (rows.length > 0) staging.insert('consent_of', COLUMNS, rows);
}

/** Writes them, one for each person and application. */
export async function carryConsents(context: ImportContext): Promise<void> {
  const { staging, target, report } = context;
  staging.arrange(`create table consent_whole as select account, application, group_concat(scope, ' ') as scope,
    min(granted_at) as granted_at from consent_of group by account, application`);
  const columns = COLUMNS.map((name) => `t.${name}`).join(', ');
  for (const page of staging.pages('consent_whole', { columns }, BATCH_ROWS)) {
    await target.allow(
      page.map((row) => ({
        accountId: accountId(textOf(row, 'account')),
        applicationId: applicationId(textOf(row, 'application')),
        scope: scopeTokens(textOf(row, 'scope')),
        grantedAtMs: Number(row['granted_at']),
      })),
    );
    report.count('consent', 'brought', page.length);
  }
}
