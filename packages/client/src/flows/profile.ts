/**
 * The profile page, and the choice of a language.
 */
import type { Kit } from '../core/kit.ts';
import { providerLinks } from '../core/links.ts';
import { redirectTo, renderPage } from '../core/render.ts';
import type { Visit } from '../core/visit.ts';
import { isLanguage } from '../pages/messages/messages.ts';
import { COOKIE } from '../web/cookies.ts';
import { readNextPath } from '../web/next-path.ts';

const LANGUAGE_COOKIE_SECONDS = 365 * 24 * 60 * 60;

/** GET /accounts/profile: who is signed in, or a way to. */
export async function showProfile(visit: Visit, kit: Kit): Promise<Response> {
  const { settings } = kit;
  const { session } = visit;
  // Without a query: where this page's link leads is public (`#login`), and a sign-in comes back here by itself.
  const providers = providerLinks(settings, null);
  const account = session?.account ?? null;
  return renderPage(visit, kit, 'profile', {
    user:
      session === null
        ? null
        : {
            username: session.user.username,
            firstName: session.user.firstName,
            lastName: session.user.lastName,
            email: session.user.email,
          },
    uid: account?.subject ?? null,
    providerName: account === null ? null : providerName(session?.stored.provider ?? account.provider, settings),
    providers,
    localSignIn: settings.localSignIn,
  });
}

function providerName(provider: string, settings: Kit['settings']): string {
  return settings.providers.get(provider)?.name ?? provider;
}

/** GET /accounts/language/?to=fr&next=…: remembers the language, and nothing else. */
export async function chooseLanguage(visit: Visit, kit: Kit): Promise<Response> {
  const to = visit.query.get('to');
  const next = readNextPath(visit.query.get('next'), kit.settings.url) ?? kit.settings.signedInPath;
  const cookies = isLanguage(to) ? [{ name: COOKIE.language, value: to, maxAgeSeconds: LANGUAGE_COOKIE_SECONDS }] : [];
  return redirectTo(next, kit, { cookies, status: 302 });
}
