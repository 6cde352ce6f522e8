/**
 * From a view to a response: the page, in the visitor's language, with the cookies of the visit.
 *
 * Owns the frame around each page, the failure page, and redirects with their cookies.
 */
import { messagesIn } from '../pages/messages/messages.ts';
import { stylesheetName } from '../pages/stylesheet.ts';
import type { Frame, Notice, Views } from '../pages/views.ts';
import type { Provider } from '../providers/provider.ts';
import { COOKIE, type CookieToSet } from '../web/cookies.ts';
import { FORM_TOKEN_FIELD } from '../web/cross-site.ts';
import { htmlResponse, redirectResponse } from '../web/responses.ts';
import { FAILURES, type Failure, type WayOn } from './failure.ts';
import type { Kit } from './kit.ts';
import { pageLinks, providerPath } from './links.ts';
import type { Visit } from './visit.ts';

type RenderKit = Pick<Kit, 'settings' | 'pages' | 'jar'>;

interface Extras {
  readonly status?: number;
  readonly cookies?: readonly CookieToSet[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A page. */
export function renderPage<Name extends keyof Views>(
  visit: Visit,
  kit: RenderKit,
  name: Name,
  view: Views[Name],
  extras: Extras = {},
): Response {
  // TypeScript does not see that Pages[Name] takes Views[Name] for one and the same Name.
  const page = kit.pages[name] as (view: Views[Name], frame: Frame) => string;
  const cookies = [
    ...visit.cookiesToSet,
    // Shown now, and not again.
    ...(visit.notice === null ? [] : [{ name: COOKIE.notice, value: '', maxAgeSeconds: null }]),
    ...(extras.cookies ?? []),
  ];
  return htmlResponse(page(view, frameOf(visit, kit)), {
    status: extras.status ?? 200,
    cookies: cookies.map(kit.jar.write),
    ...(extras.headers === undefined ? {} : { headers: extras.headers }),
  });
}

/** 303 to a path of this application, or to a provider. */
export function redirectTo(
  location: string,
  kit: Pick<Kit, 'jar'>,
  extras: { cookies?: readonly CookieToSet[]; notice?: Notice; status?: number } = {},
): Response {
  const notice: CookieToSet[] =
    extras.notice === undefined ? [] : [{ name: COOKIE.notice, value: extras.notice, maxAgeSeconds: 60 }];
  return redirectResponse(location, {
    status: extras.status ?? 303,
    cookies: [...(extras.cookies ?? []), ...notice].map(kit.jar.write),
  });
}

/** The page of a failure, and its line in the log. */
export function renderFailure(
  visit: Visit,
  kit: RenderKit & Pick<Kit, 'log'>,
  failed: Failure,
  more: { provider?: Provider; next?: string; cookies?: readonly CookieToSet[]; headers?: Record<string, string> } = {},
): Response {
  const { provider } = more;
  const { status, wayOn } = FAILURES[failed.code];
  kit.log({
    // That a person cancels, or waits too long, is no trouble of the operator's.
    level: status >= 500 ? 'error' : failed.code === 'access_denied' ? 'info' : 'warn',
    event: 'refused',
    reference: visit.reference,
    code: failed.code,
    ...(provider === undefined ? {} : { provider: provider.id }),
    detail: failed.detail,
    ...(failed.hint === null ? {} : { hint: failed.hint }),
  });
  const view = {
    code: failed.code,
    ...wayOnOf(wayOn, visit, kit, provider, more.next),
    providerName: provider?.name ?? null,
    // Said once is enough.
    providerError: failed.providerError === failed.code ? null : failed.providerError,
    message: failed.message ?? null,
    reference: visit.reference,
  };
  return renderPage(visit, kit, 'failure', view, {
    status,
    ...(more.cookies === undefined ? {} : { cookies: more.cookies }),
    ...(more.headers === undefined ? {} : { headers: more.headers }),
  });
}

function wayOnOf(
  wanted: WayOn,
  visit: Visit,
  kit: Pick<Kit, 'settings'>,
  provider: Provider | undefined,
  next: string | undefined,
): { wayOn: WayOn; href: string } {
  const links = pageLinks(visit, kit.settings);
  const query = next === undefined ? '' : `?${new URLSearchParams({ next })}`;
  switch (wanted) {
    case 'start_again':
      return provider === undefined
        ? { wayOn: 'start_again', href: `${links.login}${query}` }
        : { wayOn: 'start_again', href: `${providerPath(provider, kit.settings)}${query}` };
    case 'sign_in':
      return { wayOn: 'sign_in', href: links.login };
    case 'connections':
      return { wayOn: 'connections', href: links.connections };
    case 'back':
      return { wayOn: 'back', href: links.profile };
  }
}

function frameOf(visit: Visit, kit: RenderKit): Frame {
  const { settings } = kit;
  return {
    language: visit.language,
    text: messagesIn(visit.language),
    name: settings.name,
    stylesheet: `${settings.paths.accounts}/assets/${stylesheetName}`,
    links: pageLinks(visit, settings),
    formToken: { name: FORM_TOKEN_FIELD, value: visit.formToken },
    user:
      visit.session === null
        ? null
        : { username: visit.session.user.username, isSuperuser: visit.session.user.isSuperuser },
    notice: visit.notice,
  };
}
