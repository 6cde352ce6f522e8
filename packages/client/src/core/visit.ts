/**
 * One request, read once: who is there, in which language, and what they posted.
 *
 * Owns the reading of a request's headers and cookies. Flows see a Visit and never the request.
 */
import { type Language, preferredLanguage } from '../pages/messages/messages.ts';
import { NOTICES, type Notice } from '../pages/views.ts';
import type { Sealer } from '../security/sealing.ts';
import { type RandomBytes, randomId, referenceNumber } from '../security/tokens.ts';
import { canonicalLoopbackUrl } from '../web/canonical-host.ts';
import { COOKIE, type CookieJar, type CookieToSet } from '../web/cookies.ts';
import { FORM_TOKEN_FIELD, formTokenFits, formTokenFor, sentByOwnPage } from '../web/cross-site.ts';
import { type Form, type FormProblem, readForm } from '../web/forms.ts';
import type { Settings } from './options.ts';
import type { ActiveSession, Sessions } from './sessions.ts';

/** A request as the flows see it. */
export interface Visit {
  readonly method: 'GET' | 'POST';
  /** Without its trailing slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly cookies: ReadonlyMap<string, string>;
  readonly session: ActiveSession | null;
  readonly language: Language;
  readonly notice: Notice | null;
  readonly formToken: string;
  /** Cookies that any response to this visit should carry. */
  readonly cookiesToSet: readonly CookieToSet[];
  /** Who is at the other end of the connection, for limits; null where the adapter cannot tell. */
  readonly address: string | null;
  /** This place under the configured host name, where the browser used another one of this machine. */
  readonly canonicalUrl: string | null;
  /** Names this request in the log and on a page about a failure. */
  readonly reference: string;
}

/** A posted form that came from one of our pages. */
export interface PostedForm extends Form {
  /** The person signed in or out in another tab meanwhile, or waited too long: show the form again, do nothing. */
  readonly stale: boolean;
}

interface VisitDeps {
  readonly settings: Settings;
  readonly jar: CookieJar;
  readonly sessions: Pick<Sessions, 'find'>;
  readonly sealer: Pick<Sealer, 'digestKey'>;
  readonly randomBytes: RandomBytes;
}

/** Reads a request. */
export async function readVisit(
  request: Request,
  at: { method: 'GET' | 'POST'; path: string; query: URLSearchParams; address: string | null },
  deps: VisitDeps,
): Promise<Visit> {
  const cookies = deps.jar.read(request);
  const session = await deps.sessions.find(cookies);
  const cookiesToSet: CookieToSet[] = [];

  // Before there is a session, a form is bound to a cookie of its own.
  let formCookie = cookies.get(COOKIE.form) ?? '';
  if (session === null && !/^[A-Za-z0-9_-]{22}$/.test(formCookie)) {
    formCookie = randomId(deps.randomBytes);
    cookiesToSet.push({ name: COOKIE.form, value: formCookie, maxAgeSeconds: null });
  }
  const notice = NOTICES.find((each) => each === cookies.get(COOKIE.notice)) ?? null;
  return {
    ...at,
    cookies,
    session,
    language: preferredLanguage(cookies.get(COOKIE.language) ?? null, request.headers.get('accept-language')),
    notice,
    formToken: formTokenFor(deps.sealer.digestKey('form-token'), session?.token ?? formCookie),
    cookiesToSet,
    canonicalUrl: canonicalLoopbackUrl(request, deps.settings.url),
    reference: referenceNumber(deps.randomBytes),
  };
}

/** Reads what was posted, or says why it is not looked at. */
export async function readPostedForm(
  request: Request,
  visit: Visit,
  settings: Settings,
): Promise<PostedForm | FormProblem | 'form_cross_site'> {
  if (!sentByOwnPage(request, settings.url)) return 'form_cross_site';
  const form = await readForm(request);
  if (typeof form === 'string') return form;
  return { ...form, stale: !formTokenFits(visit.formToken, form.value(FORM_TOKEN_FIELD)) };
}
