/**
 * The end of this browser's session, and the page that says which applications are told of it.
 *
 * Owns both for the person's own sign-out (`/logout/`) and for one that an application asks for (`/o/logout/`).
 */

import type { AccountEvents } from '../accounts/ports/events.ts';
import type { SessionStore } from '../accounts/ports.ts';
import { endSession } from '../accounts/sessions.ts';
import type { Application } from '../protocol/application.ts';
import { type SessionApplicationsDeps, sessionApplications } from '../protocol/frontchannel-logout.ts';
import { formActionSource } from '../protocol/redirect-uri.ts';
import { applicationName } from './authorize.ts';
import type { CookieJar } from './cookies.ts';
import { framesHeaders } from './security-headers.ts';
import type { Answer, Visit } from './visit.ts';

/** What it uses. */
export interface SignedOutDeps extends SessionApplicationsDeps {
  readonly sessions: Pick<SessionStore, 'endSession'>;
  readonly events: AccountEvents;
  readonly jar: CookieJar;
}

/** Frames get this long before the browser goes back to the application; those that need longer load no further. */
const FRAMES_SECONDS = 3;

/**
 * Ends the session, if there is one.
 * @param back the application that the browser goes back to, and its validated address; null: it stays here.
 * @returns the redirect, or the page: where frames have to load, or where there is something to tell and nowhere to go.
 */
export async function signedOutAnswer(
  visit: Visit,
  back: { readonly application: Application | null; readonly location: string } | null,
  deps: SignedOutDeps,
): Promise<Answer> {
  const { signedIn } = visit;
  const setCookies = [deps.jar.write('session', null)];
  const session = signedIn && { accountId: signedIn.account.id, sessionId: signedIn.session.id };
  // Found before the end: the session's applications are looked up by it.
  const told = session === null ? [] : await sessionApplications(session, deps);
  if (signedIn !== null) {
    await endSession(signedIn, deps);
    await deps.events.record(signedIn.account.id, { kind: 'signed-out' }, visit.visitor);
    visit.request.log.info({ event: 'sign_out', accountId: signedIn.account.id }, 'signed out');
  }
  const frames = told.flatMap(({ frameUrl }) => frameUrl ?? []);
  // The page that says so is a GET where it can be: a reload sends nothing again.
  if (frames.length === 0 && (back !== null || told.length === 0)) {
    return { seeOther: back?.location ?? '/logout/', setCookies };
  }
  return {
    page: {
      page: 'signed-out',
      told: told.map(({ application, told: kind }) => ({ name: application.name, kind })),
      frames,
      application:
        back?.application == null ? null : { ...applicationName(back.application), returnUrl: back.location },
    },
    headers: {
      ...(frames.length === 0 ? {} : framesHeaders(frames.map(formActionSource))),
      ...(back === null ? {} : { refresh: `${FRAMES_SECONDS};url=${back.location}` }),
    },
    setCookies,
    // Nobody is signed in any more, whatever this request came with.
    signedOut: true,
  };
}
