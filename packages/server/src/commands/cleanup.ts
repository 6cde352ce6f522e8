/** `diapason cleanup`. Owns its output; what is deleted, and in which steps, is `storage/`. */
import { withDatabase } from './database.ts';
import { done, json, type Outcome } from './outcome.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Small enough that a running server waits for no step longer than a few milliseconds. */
const BATCH_SIZE = 500;

/** Deletes what nobody can use any more and prints how many rows of each kind. */
export async function cleanup(options: { readonly json?: true }, terminal: Terminal): Promise<Outcome> {
  return withDatabase(terminal, async (storage, { unverified, abandonedSignUpMs, auditKeptMs, activity }) => {
    const nowMs = terminal.clock();
    const deleted = await storage.cleanup(nowMs, {
      batchSize: BATCH_SIZE,
      unverifiedNeverUsedMs: unverified.neverUsedMs,
      unverifiedUnusedMs: unverified.unusedMs,
      abandonedSignUpMs,
      auditKeptMs,
      activityMs: activity.keptMs,
    });
    const retiredKeys = await storage.keys.deleteRetiredKeys(nowMs);
    const counts: readonly (readonly [string, number])[] = [
      ['access_tokens', deleted.accessTokens],
      ['authorization_codes', deleted.authorizationCodes],
      ['token_families', deleted.tokenFamilies],
      ['sessions', deleted.sessions],
      ['accounts', deleted.accounts],
      ['abandoned_sign_ups', deleted.abandonedSignUps],
      ['account_events', deleted.accountEvents],
      ['outgoing_mail', deleted.outgoingMail],
      ['mailed_secrets', deleted.mailedSecrets],
      ['invitations', deleted.invitations],
      ['initial_access_tokens', deleted.initialAccessTokens],
      ['logout_notices', deleted.logoutNotices],
      ['pending_requests', deleted.pendingRequests],
      ['pushed_requests', deleted.pushedRequests],
      ['used_proofs', deleted.usedProofs],
      ['failures', deleted.failures],
      ['signing_keys', retiredKeys],
      ['unverified_applications', deleted.unverifiedApplications],
      ['audit_lines', deleted.auditLines],
      ['flow_attempts', deleted.flowAttempts],
    ];
    if (options.json) return json(Object.fromEntries(counts));
    return done(
      table(
        ['DELETED', 'ROWS'],
        counts.map(([name, rows]) => [name, String(rows)]),
        '',
      ),
    );
  });
}
