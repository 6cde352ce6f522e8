/**
 * Responses and their security headers.
 *
 * Owns the headers that every page carries. Which page, and which cookies, is said by the flows.
 */

/**
 * No script at all, styles from our own file, no framing. `form-action` stays at our own origin: Chromium applies it to
 * redirects after a form too, so a form that leads to a provider answers with a page that goes there (`pages/onward.tsx`).
 */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** What a response carries besides its body. */
export interface ResponseParts {
  readonly status?: number;
  /** `Set-Cookie` values. */
  readonly cookies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An HTML page. */
export function htmlResponse(html: string, init: ResponseParts = {}): Response {
  const headers = securityHeaders(init);
  headers.set('content-type', 'text/html; charset=utf-8');
  headers.set('content-security-policy', CONTENT_SECURITY_POLICY);
  return new Response(html, { status: init.status ?? 200, headers });
}

/** A redirect; 303 after a form, so that the browser goes on with GET (RFC 9700 §4.12), else 302. */
export function redirectResponse(location: string, init: ResponseParts = {}): Response {
  const headers = securityHeaders(init);
  headers.set('location', location);
  return new Response(null, { status: init.status ?? 303, headers });
}

/** JSON for code in a browser, of this origin alone; null: no body. */
export function jsonResponse(body: unknown, init: ResponseParts = {}): Response {
  const headers = securityHeaders(init);
  headers.set('cross-origin-resource-policy', 'same-origin');
  if (body !== null) headers.set('content-type', 'application/json');
  return new Response(body === null ? null : JSON.stringify(body), { status: init.status ?? 200, headers });
}

/** A few words for programs. */
export function textResponse(text: string, init: ResponseParts = {}): Response {
  const headers = securityHeaders(init);
  headers.set('content-type', 'text/plain; charset=utf-8');
  return new Response(text, { status: init.status ?? 200, headers });
}

function securityHeaders(init: ResponseParts): Headers {
  const headers = new Headers({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    ...init.headers,
  });
  for (const cookie of init.cookies ?? []) headers.append('set-cookie', cookie);
  return headers;
}
