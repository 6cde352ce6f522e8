/**
 * Redirect URIs: which may be registered, and which registered one a request names.
 *
 * Owns both questions. Matching is by octets (RFC 9700 §2.1), never by pattern or parser (CVE-2024-52289, CVE-2026-3872);
 * the one exception is the port of a loopback address of a public application (RFC 8252 §7.3).
 */
import type { ClientType } from './application.ts';

/** Why a redirect URI cannot be registered, with a sentence for the person who typed it. */
export type RedirectUriCheck =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'refused'; readonly fault: RedirectUriFault; readonly message: string };

/** The faults of a redirect URI; the form has a text for each. */
export type RedirectUriFault =
  | 'not_absolute'
  | 'too_long'
  | 'characters'
  | 'fragment'
  | 'userinfo'
  | 'scheme'
  | 'http_not_loopback'
  | 'private_scheme_confidential';

/** Whether this text may be registered as a redirect URI of an application of this type. */
export function checkRedirectUri(_text: string, _type: ClientType): RedirectUriCheck {
  throw new Error('checkRedirectUri is being built');
}
