/**
 * The addresses of the library's pages.
 *
 * Owns every path below the accounts and admin paths; `routes.ts` answers them.
 */
import { LANGUAGES, type Language } from '../pages/messages/messages.ts';
import type { Links, ProviderLink } from '../pages/views.ts';
import type { Provider } from '../providers/provider.ts';
import type { Settings } from './options.ts';
import type { Visit } from './visit.ts';

type Paths = Pick<Settings, 'paths'>;

/** What a page links to. */
export function pageLinks(visit: Pick<Visit, 'path' | 'query' | 'language' | 'method'>, settings: Paths): Links {
  const { accounts, admin } = settings.paths;
  return {
    profile: `${accounts}/profile`,
    login: `${accounts}/login/`,
    signUp: `${accounts}/signup/`,
    logout: `${accounts}/logout/`,
    connections: `${accounts}/connections/`,
    socialSignUp: `${accounts}/social/signup/`,
    admin: admin === null ? null : `${admin}/`,
    adminLogin: admin === null ? null : `${admin}/login/`,
    socialApps: admin === null ? null : socialAppsPath(admin),
    languages: LANGUAGES.map(({ language }) => ({
      language,
      href: languageHref(language, visit, settings),
      current: language === visit.language,
    })),
  };
}

/** Starts a sign-in at a provider. */
export function providerPath(provider: Pick<Provider, 'id'>, settings: Paths): string {
  return `${settings.paths.accounts}/${provider.id}/login/`;
}

/** RFC 6749 §3.1.2: what is registered at the server, with its trailing slash. */
export function redirectUri(provider: Pick<Provider, 'id'>, settings: Pick<Settings, 'paths' | 'url'>): string {
  return `${settings.url.origin}${providerPath(provider, settings)}callback/`;
}

/** Where an attempt's cookie is sent to. */
export function attemptPath(provider: Pick<Provider, 'id'>, settings: Paths): string {
  return providerPath(provider, settings).replace(/\/$/, '');
}

/** The providers as links, which carry on to `next`. */
export function providerLinks(settings: Pick<Settings, 'paths' | 'providers'>, next: string | null): ProviderLink[] {
  const query = next === null ? '' : `?${new URLSearchParams({ next })}`;
  return [...settings.providers.values()].map((provider) => ({
    id: provider.id,
    name: provider.name,
    href: `${providerPath(provider, settings)}${query}`,
  }));
}

/** The list of social apps; `add/`, `<id>/change/` and `<id>/delete/` are below it. */
export function socialAppsPath(admin: string): string {
  return `${admin}/socialaccount/socialapp/`;
}

function languageHref(language: Language, visit: Pick<Visit, 'path' | 'query'>, settings: Paths): string {
  // A callback is good once; its page in another language is the sign-in page.
  const callback = visit.path.endsWith('/login/callback');
  const here = callback ? `${settings.paths.accounts}/login/` : `${visit.path}${withNextOnly(visit.query)}`;
  return `${settings.paths.accounts}/language/?${new URLSearchParams({ to: language, next: here })}`;
}

function withNextOnly(query: URLSearchParams): string {
  const next = query.get('next');
  return next === null ? '' : `?${new URLSearchParams({ next })}`;
}
