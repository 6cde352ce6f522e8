/**
 * What code in a browser is told when a request to the application's own API is refused: JSON with a stable code.
 *
 * Owns the codes; the answer itself is `refuse-api.ts`. A redirect to a sign-in page would be followed by `fetch` and come back as HTML, so there is none:
 * the answer says where the page is.
 */

/** Every code with its HTTP status. */
export const API_REFUSALS = {
  /** Nobody is signed in, or no longer. */
  signed_out: 401,
  /** A request that changes something did not prove that a page of this application sent it. */
  cross_site: 403,
  /** Signed in without a token of the provider: with a password, or nothing was kept. */
  access_token_missing: 403,
  /** The provider gives no new token: the person signs in again. */
  access_token_ended: 401,
  /** The API behind did not accept the token: the person signs in again. */
  access_token_refused: 401,
  /** The provider gives no new token just now. */
  provider_unavailable: 503,
  /** The API behind did not answer. */
  api_unreachable: 502,
  /** The API behind answered with a redirect, which no token is sent along. */
  api_redirects: 502,
  /** The path leads out of the part of the API that is forwarded to. */
  path_refused: 400,
  method_not_allowed: 405,
  /** A bug, or a lost database. */
  unexpected: 500,
} as const satisfies Record<string, number>;

/** A stable code. */
export type ApiRefusal = keyof typeof API_REFUSALS;
