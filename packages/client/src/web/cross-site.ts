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

/**
 * True for a request that changes nothing, and for one that the browser says comes from a page of this application. Where no form
 * token stands beside it, silence is no proof: without `Sec-Fetch-Site` (http beyond this machine, old browsers) `Origin` has to
 * say so, which browsers send with every method but GET and HEAD.
 */
export function provesOwnPage(request: Request, applicationUrl: URL): boolean {
  if (/^(GET|HEAD|OPTIONS|TRACE)$/.test(request.method)) return true;
  const silent = request.headers.get('sec-fetch-site') === null && request.headers.get('origin') === null;
  return !silent && sentByOwnPage(request, applicationUrl);
}

/** The token for forms of the browser that holds this session or form cookie. */
export function formTokenFor(key: Uint8Array, cookieValue: string): string {
  return keyedDigest(key, cookieValue);
}

/** True when the posted token is that of this browser. */
export function formTokenFits(expected: string, posted: string): boolean {
  return equalInConstantTime(expected, posted);
}
