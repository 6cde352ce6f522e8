/**
 * The headers that each answer carries for the browser's sake (ASVS chapter 3.4, RFC 9700 §4.16 and §4.2.4).
 *
 * Scripts and styles come from our own files only; nothing is framed; nothing leaks in a Referer. There is no
 * Cross-Origin-Opener-Policy: applications that sign in through a popup need their opener back.
 */

const HSTS = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' };

/** Headers of every answer. */
export function baseHeaders(secure: boolean): Readonly<Record<string, string>> {
  return { 'x-content-type-options': 'nosniff', ...(secure ? HSTS : {}) };
}

/**
 * Headers of a page.
 * @param formActionOrigins where this page's form may lead besides ourselves. Chromium applies `form-action` to the redirect
 *   that answers a form too, so the consent page names the origin (or private-use scheme) of its application.
 */
export function pageHeaders(formActionOrigins: readonly string[]): Readonly<Record<string, string>> {
  const formAction = ["'self'", ...formActionOrigins].join(' ');
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
      `connect-src 'self'; manifest-src 'self'; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`,
    'x-frame-options': 'DENY',
    // Not `no-referrer`: under it Chromium sends `Origin: null` with our own forms.
    'referrer-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cross-origin-resource-policy': 'same-origin',
    vary: 'accept-language, cookie',
  };
}

/**
 * The policy of the signed-out page, which loads the front-channel logout of applications in frames, and theirs alone.
 * @param frameSources their origins, as CSP sources.
 */
export function framesHeaders(frameSources: readonly string[]): Readonly<Record<string, string>> {
  return {
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
      `connect-src 'self'; manifest-src 'self'; frame-src ${[...new Set(frameSources)].join(' ')}; ` +
      "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  };
}

/**
 * Headers of the page that posts an answer to an application. Beside our style it runs our one script and posts to the one
 * source, not even back to ourselves. No Referer: the address of this page is none of the application's business.
 * @param formActionSource where its form leads, as a CSP source.
 */
export function formPostHeaders(formActionSource: string): Readonly<Record<string, string>> {
  return {
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
      `form-action ${formActionSource}; frame-ancestors 'none'; base-uri 'none'`,
    'referrer-policy': 'no-referrer',
  };
}
