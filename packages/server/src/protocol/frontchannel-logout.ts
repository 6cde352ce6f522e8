/**
 * OpenID Connect Front-Channel Logout 1.0: the addresses that the signed-out page loads in frames; and who of a session's
 * applications is told in which way.
 *
 * Owns both. The page is `pages/`; its policy names exactly these addresses (`http/security-headers.ts`).
 */
import type { AccountId, SessionId } from '../vocabulary/identifiers.ts';
import type { Application } from './application.ts';
import { type PairwiseKey, type SubjectOwner, sessionNameOf } from './pairwise-subject.ts';
import type { ApplicationReader } from './ports/applications.ts';
import type { LogoutNoticeStore } from './ports/logout.ts';

/** An application of a session that ends. */
export interface SessionApplication {
  readonly application: Application;
  /** `back-channel`: this server tells it. `front-channel`: the browser does. `none`: it is not told. */
  readonly told: 'back-channel' | 'front-channel' | 'none';
  /** What the frame loads, null where there is none. An application may have both. */
  readonly frameUrl: string | null;
}

/** What finding them uses. */
export interface SessionApplicationsDeps {
  readonly issuer: string;
  readonly pairwiseKey: PairwiseKey;
  readonly logoutNotices: Pick<LogoutNoticeStore, 'findSessionApplications'>;
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
}

/** A page with more frames than this would load for longer than anybody looks at it. */
const APPLICATIONS_MAX = 50;

/** The applications that got tokens in this session, in the order of their names. To be asked before the session ends. */
export async function sessionApplications(
  session: { readonly accountId: AccountId; readonly sessionId: SessionId },
  deps: SessionApplicationsDeps,
): Promise<readonly SessionApplication[]> {
  const clientIds = await deps.logoutNotices.findSessionApplications(session.accountId, session.sessionId);
  const found = await Promise.all(
    clientIds.slice(0, APPLICATIONS_MAX).map((clientId) => deps.applications.findByClientId(clientId)),
  );
  return found
    .filter((application) => application !== null)
    .sort((left, right) => left.name.localeCompare(right.name, 'en'))
    .map((application) => {
      const frameUrl = frontchannelLogoutUrl(application, session.sessionId, deps);
      const front = frameUrl === null ? 'none' : 'front-channel';
      return {
        application,
        frameUrl,
        told: application.settings.backchannelLogoutUri === null ? front : 'back-channel',
      };
    });
}

/** §3: `iss` and `sid`, both or neither, are added where the application wants them; a query of its own is kept (§2). */
export function frontchannelLogoutUrl(
  application: SubjectOwner,
  sessionId: SessionId,
  { issuer, pairwiseKey }: Pick<SessionApplicationsDeps, 'issuer' | 'pairwiseKey'>,
): string | null {
  const { frontchannelLogoutUri: uri, frontchannelLogoutSessionRequired } = application.settings;
  if (uri === null || !frontchannelLogoutSessionRequired) return uri;
  const sid = sessionNameOf(sessionId, application, pairwiseKey);
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ iss: issuer, sid })}`;
}
