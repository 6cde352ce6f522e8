/**
 * Opening the application of this machine under another of its names.
 *
 * Owns one case: `url` says `localhost` and the browser says `127.0.0.1`. Cookies set there would not come back to the redirect
 * URI, and the sign-in could not be completed (`attempt_missing`). Other hosts are left alone: a proxy may have its reasons.
 */

/** The same place under the configured name, or null when the browser is there already, or somewhere else altogether. */
export function canonicalLoopbackUrl(request: Request, applicationUrl: URL): string | null {
  const host = request.headers.get('host');
  const asked = host === null ? null : URL.parse(`${applicationUrl.protocol}//${host}`);
  if (asked === null || asked.host === applicationUrl.host || asked.port !== applicationUrl.port) return null;
  if (!isLoopbackName(asked.hostname) || !isLoopbackName(applicationUrl.hostname)) return null;
  const { pathname, search } = new URL(request.url);
  return `${applicationUrl.origin}${pathname}${search}`;
}

function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
