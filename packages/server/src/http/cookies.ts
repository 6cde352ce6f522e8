/**
 * The server's cookies: names, attributes, reading and writing. Nothing else sets a cookie.
 *
 * All ports of one host share a cookie jar, so the names are this product's own. On https each carries the `__Host-`
 * prefix, which browsers accept only with Secure, Path=/ and no Domain: a neighbouring subdomain cannot plant one.
 */
import { parseCookie, stringifySetCookie } from 'cookie';
import { presentedSecret, type Secret } from '../vocabulary/credentials.ts';

/** What the cookies are, and how long the browser keeps each; the server keeps its own limits. */
const COOKIES = {
  /** The signed-in session. */
  session: { name: 'diapason_session', maxAgeSeconds: 30 * 86_400 },
  /** A random name for the browser: pending requests and form tokens are bound to it, and its owner's limits are apart. */
  browser: { name: 'diapason_browser', maxAgeSeconds: 365 * 86_400 },
  /** The language that the person chose. */
  locale: { name: 'diapason_locale', maxAgeSeconds: 365 * 86_400 },
} as const;

type CookieKind = keyof typeof COOKIES;

/** A cookie's value is as long as what we make (43 characters) or it is not ours. */
const VALUE_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** What a request brought. null: none, or not of our making. */
export interface RequestCookies {
  readonly session: Secret<'session'> | null;
  readonly browser: Secret<'browser'> | null;
  readonly locale: string | null;
}

/** Reads and writes the server's cookies for one public address. */
export interface CookieJar {
  read(header: string | undefined): RequestCookies;
  /** A `Set-Cookie` value. Text null deletes it. */
  write(kind: CookieKind, value: string | null): string;
}

/** @param secure whether the public address is https. */
export function cookieJar(secure: boolean): CookieJar {
  const nameOf = (kind: CookieKind) => (secure ? `__Host-${COOKIES[kind].name}` : COOKIES[kind].name);
  const names = { session: nameOf('session'), browser: nameOf('browser'), locale: nameOf('locale') };
  const nothing: RequestCookies = { session: null, browser: null, locale: null };
  return {
    read(header) {
      if (header === undefined || header.length > 16_384) return nothing;
      const found = parseCookie(header);
      const session = wellFormed(found[names.session]);
      const browser = wellFormed(found[names.browser]);
      return {
        session: session === null ? null : presentedSecret<'session'>(session),
        browser: browser === null ? null : presentedSecret<'browser'>(browser),
        locale: wellFormed(found[names.locale]),
      };
    },
    write(kind, value) {
      return stringifySetCookie({
        name: names[kind],
        value: value ?? '',
        path: '/',
        httpOnly: true,
        secure,
        // Lax, not Strict: an application's redirect to the authorization endpoint has to find the session.
        sameSite: 'lax',
        maxAge: value === null ? 0 : COOKIES[kind].maxAgeSeconds,
      });
    },
  };
}

function wellFormed(value: string | undefined): string | null {
  return value !== undefined && VALUE_PATTERN.test(value) ? value : null;
}
