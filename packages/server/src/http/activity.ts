/**
 * `/o/applications/:id/activity/`, for the application's owner and superusers, and `/admin/activity/`, for superusers: what was attempted,
 * and why it was refused.
 *
 * Owns the pages. Who sees what is `admin/flow-trace.ts`; what comes while somebody looks on is `activity-stream.ts`.
 */
import { type ApplicationReads, findApplication } from '../admin/applications.ts';
import { findActivity, findAnyActivity, listActivity, listAllRefusals } from '../admin/flow-trace.ts';
import type { FlowTraceStore } from '../admin/ports/flow-trace.ts';
import type { ApplicationReader } from '../protocol/ports/applications.ts';
import { applicationId } from '../vocabulary/identifiers.ts';
import { attemptView, attemptViewOfAll, positionIn, positionText } from './activity-views.ts';
import type { People } from './people.ts';
import { forSuperusers } from './superusers.ts';
import { type Answer, errorAnswer, type SignedInVisit } from './visit.ts';

/** What they use. */
export interface ActivityRouteDeps {
  readonly applications: ApplicationReads['applications'] & Pick<ApplicationReader, 'findByClientId'>;
  readonly flowTrace: FlowTraceStore;
  /** How long it can be seen. */
  readonly activity: { readonly keptMs: number };
}

const PAGE_LENGTH = 50;
const DAY_MS = 86_400_000;
const ALL_PATH = '/admin/activity/';

/** Registers the routes. */
export function activityRoutes(people: People, deps: ActivityRouteDeps): void {
  people.signedIn('/o/applications/:id/activity/', { get: (visit) => ownAnswer(visit, deps) });
  forSuperusers(people, ALL_PATH, { get: (visit) => allAnswer(visit, deps) });
}

async function ownAnswer(visit: SignedInVisit, deps: ActivityRouteDeps): Promise<Answer> {
  const { id, isSuperuser } = visit.signedIn.account;
  const asked = applicationId((visit.request.params as { id: string }).id.slice(0, 64));
  const found = await findApplication(asked, { accountId: id, isSuperuser }, deps);
  // Another's is as if it did not exist.
  if (found.outcome === 'not_found') return errorAnswer(404, { kind: 'not-found' });
  const { application } = found;
  const path = `/o/applications/${encodeURIComponent(application.id)}/activity/`;
  const shown = { id: application.id, name: application.name };
  const search = searchIn(visit);
  if (search !== '') {
    const attempt = await findActivity(search, application, deps);
    return pageOf(
      { application: shown, search, attempts: attempt === null ? [] : [attemptView(attempt)] },
      visit,
      deps,
    );
  }
  const before = positionIn(visit.query.get('before'));
  const { attempts, next } = await listActivity(application, { before, limit: PAGE_LENGTH }, deps);
  const streamUrl = before === null ? `${path}events/` : null;
  const earlierUrl = next === null ? null : `${path}?before=${positionText(next)}`;
  return pageOf({ application: shown, attempts: attempts.map(attemptView), earlierUrl, streamUrl }, visit, deps);
}

async function allAnswer(visit: SignedInVisit, deps: ActivityRouteDeps): Promise<Answer> {
  const search = searchIn(visit);
  if (search !== '') {
    const found = await findAnyActivity(search, deps);
    return pageOf(
      { application: null, search, attempts: found === null ? [] : [attemptViewOfAll(found)] },
      visit,
      deps,
    );
  }
  const before = positionIn(visit.query.get('before'));
  const { attempts, next } = await listAllRefusals({ before, limit: PAGE_LENGTH }, deps);
  const earlierUrl = next === null ? null : `${ALL_PATH}?before=${positionText(next)}`;
  return pageOf({ application: null, attempts: attempts.map(attemptViewOfAll), earlierUrl }, visit, deps);
}

/** What was typed, as much of it as can be a reference. */
function searchIn({ query }: SignedInVisit): string {
  return (query.get('reference') ?? '').trim().slice(0, 64);
}

type Shown = Extract<Answer, { page: unknown }>['page'] & { readonly page: 'activity' };

function pageOf(
  shown: Pick<Shown, 'application' | 'attempts'> & Partial<Shown>,
  visit: SignedInVisit,
  { activity }: Pick<ActivityRouteDeps, 'activity'>,
): Answer {
  return {
    page: {
      search: '',
      earlierUrl: null,
      streamUrl: null,
      ...shown,
      page: 'activity',
      keptDays: Math.max(1, Math.round(activity.keptMs / DAY_MS)),
      isNewest: !visit.query.has('before'),
    },
  };
}
