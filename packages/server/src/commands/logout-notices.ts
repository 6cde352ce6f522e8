/**
 * `diapason app notices`: which applications were told of a sign-out, and which were not (OpenID Connect Back-Channel Logout 1.0).
 *
 * Owns the output. When a notice is tried again, and when it counts as failed, is `protocol/backchannel-logout.ts`.
 */
import { OPERATOR } from '../admin/application-rules.ts';
import { findApplication, findApplicationByClientId, listApplications } from '../admin/applications.ts';
import type { Application } from '../protocol/application.ts';
import { applicationId } from '../vocabulary/identifiers.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import { instant, isoInstant, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

/** Of one application, the latest ones. */
const NOTICES_MAX = 500;

type Notice = Awaited<ReturnType<Workbench['storage']['logoutNotices']['listLogoutNotices']>>[number];
type Listed = Notice & { readonly name: string };

/** `app notices`: those that wait or failed, or all, the latest first. They are kept for 30 days once they are settled. */
export async function listLogoutNotices(
  name: string | undefined,
  options: { readonly all?: true; readonly json?: true },
  terminal: Terminal,
): Promise<Outcome> {
  return withWorkbench(terminal, async (workbench) => {
    const applications = await named(name, workbench);
    if (applications === null) {
      return refused(`No application has the client_id or id ${JSON.stringify(name)}. See: diapason app list`);
    }
    const listed: Listed[] = [];
    for (const application of applications) {
      const notices = await workbench.storage.logoutNotices.listLogoutNotices(application.id, NOTICES_MAX);
      const wanted = notices.filter(({ state }) => options.all === true || state !== 'delivered');
      listed.push(...wanted.map((notice) => ({ ...notice, name: application.name })));
    }
    listed.sort((left, right) => right.queuedAtMs - left.queuedAtMs);
    if (options.json) return json(listed.map(noticeJson));
    const rows = listed.map((notice) => [
      notice.name,
      notice.state,
      String(notice.attempt),
      instant(notice.queuedAtMs),
      notice.detail ?? '',
    ]);
    return done(table(['APPLICATION', 'STATE', 'ATTEMPTS', 'SINCE', 'LAST ANSWER'], rows, 'No notices.'));
  });
}

async function named(name: string | undefined, { applications }: Workbench): Promise<readonly Application[] | null> {
  if (name === undefined) return listApplications(OPERATOR, applications);
  const byClientId = await findApplicationByClientId(name, OPERATOR, applications);
  if (byClientId.outcome === 'found') return [byClientId.application];
  if (name === '' || name.length > 64) return null;
  const byId = await findApplication(applicationId(name), OPERATOR, applications);
  return byId.outcome === 'found' ? [byId.application] : null;
}

function noticeJson(notice: Listed): object {
  return {
    client_id: notice.clientId,
    application: notice.name,
    account_id: notice.accountId,
    session_id: notice.sessionId,
    reason: notice.reason,
    state: notice.state,
    attempts: notice.attempt,
    detail: notice.detail,
    queued_at: isoInstant(notice.queuedAtMs),
    settled_at: isoInstant(notice.settledAtMs),
  };
}
