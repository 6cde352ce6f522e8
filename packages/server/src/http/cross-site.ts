/**
 * Cross-site request protection of people's forms (ASVS 3.5.1, RFC 9700 §4.7): where the browser says that a POST came from
 * elsewhere it is refused, and each form carries a token that only a page of ours, shown to this browser, can hold.
 *
 * Both are needed: old browsers send neither Origin nor Sec-Fetch-Site, and a token alone is only as secret as every page.
 * Back-channel endpoints authenticate each call by itself and do not come here.
 */
import { hmacSha256 } from '../protocol/hmac.ts';
import { equalInConstantTime, type Secret } from '../vocabulary/credentials.ts';

/** Makes and checks form tokens. */
export interface FormTokens {
  tokenFor(browser: Secret<'browser'>): string;
  check(browser: Secret<'browser'> | null, token: string | null): boolean;
}

/**
 * @param key 32 octets derived from the server's secret for this one purpose.
 * The token is an HMAC of the browser's cookie: nothing is stored, and it survives a restart and a sign-in in another tab.
 */
export function formTokens(key: Buffer): FormTokens {
  const tokenFor = (browser: Secret<'browser'>) => hmacSha256(key, browser).toString('base64url');
  return {
    tokenFor,
    check(browser, token) {
      if (browser === null || token === null) return false;
      return equalInConstantTime(Buffer.from(tokenFor(browser)), Buffer.from(token));
    },
  };
}

/** Why a form post is taken for a cross-site one; null: it is not. */
export type CrossSiteReason = 'sec-fetch-site' | 'origin';

/**
 * What the browser itself says of where a POST came from.
 * @param ownOrigin of the public address, such as `https://sign-in.example`.
 */
export function crossSiteReason(
  headers: { readonly origin?: string | undefined; readonly secFetchSite?: string | undefined },
  ownOrigin: string,
): CrossSiteReason | null {
  // Fetch Metadata §2.4: `none` is a person's own act, such as a reload of the form's answer.
  const site = headers.secFetchSite;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'sec-fetch-site';
  // RFC 6454 §7. `null` comes from a sandboxed or redirected context: never from a page of ours.
  if (headers.origin !== undefined && headers.origin !== ownOrigin) return 'origin';
  return null;
}
