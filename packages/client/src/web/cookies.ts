/**
 * Cookies: their names, how they are read and how they are written.
 *
 * Owns the naming rule. On https a name carries the prefix `__Host-`: no sibling host and no plain http page can plant it.
 * All ports of `localhost` share one jar, so every name starts with `diapason_client_` and none is a name that a framework uses.
 */

/** The cookies' names without their prefix. */
export const COOKIE = {
  session: 'diapason_client_session',
  form: 'diapason_client_form',
  attempt: 'diapason_client_attempt_',
  pending: 'diapason_client_pending',
  notice: 'diapason_client_notice',
  language: 'diapason_client_language',
  signedOutOf: 'diapason_client_signed_out_of',
} as const;

/** A `Set-Cookie` to be written. */
export interface CookieToSet {
  readonly name: string;
  /** Empty: the cookie is taken away. */
  readonly value: string;
  /** null: until the browser closes. */
  readonly maxAgeSeconds: number | null;
  /** Narrower than `/`; ignored on https, where the prefix demands `/`. */
  readonly path?: string;
}

/** Reads and writes the cookies of one application. */
export interface CookieJar {
  /** The cookies of a request by their unprefixed names. The first of two with one name counts. */
  read(request: Request): ReadonlyMap<string, string>;
  /** The value of a `Set-Cookie` header. */
  write(cookie: CookieToSet): string;
}

/** The jar of an application under this URL. */
export function createCookieJar(url: URL): CookieJar {
  const secure = url.protocol === 'https:';
  const prefix = secure ? '__Host-' : '';
  return {
    read: (request) => {
      const cookies = new Map<string, string>();
      for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
        const at = pair.indexOf('=');
        const name = pair.slice(0, at).trim();
        if (at < 1 || !name.startsWith(`${prefix}diapason_client_`)) continue;
        const unprefixed = name.slice(prefix.length);
        if (!cookies.has(unprefixed)) cookies.set(unprefixed, pair.slice(at + 1).trim());
      }
      return cookies;
    },
    write: ({ name, value, maxAgeSeconds, path }) =>
      [
        `${prefix}${name}=${value}`,
        `Path=${secure ? '/' : (path ?? '/')}`,
        'HttpOnly',
        // Lax, because the way back from the provider is a cross-site navigation.
        'SameSite=Lax',
        ...(secure ? ['Secure'] : []),
        ...(value === '' ? ['Max-Age=0'] : maxAgeSeconds === null ? [] : [`Max-Age=${maxAgeSeconds}`]),
      ].join('; '),
  };
}
