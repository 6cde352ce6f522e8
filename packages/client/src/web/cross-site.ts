/**
 * Whether a posted form came from this application's own page.
 *
 * Owns both halves of the answer (RFC 9700 §4.7): what the browser says about the page that sent it, and the token in the
 * form, bound to the session or, before there is one, to a cookie. A foreign page is refused; a token that no longer fits
 * (signed in or out in another tab meanwhile) only means that the form is shown again.
 */
import { equalInConstantTime, keyedDigest } from '../security/tokens.ts';

/** The name of the hidden field. */
export const FORM_TOKEN_FIELD = 'form_token';

/** True unless the browser says that another origin's page sent the request. */
export function sentByOwnPage(request: Request, applicationUrl: URL): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return false;
  const origin = request.headers.get('origin');
  return origin === null || origin === applicationUrl.origin;
}

/** The token for forms of the browser that holds this session or form cookie. */
export function formTokenFor(key: Uint8Array, cookieValue: string): string {
  return keyedDigest(key, cookieValue);
}

/** True when the posted token is that of this browser. */
export function formTokenFits(expected: string, posted: string): boolean {
  return equalInConstantTime(expected, posted);
}
