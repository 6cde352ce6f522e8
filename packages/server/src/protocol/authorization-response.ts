/**
 * The authorization response (RFC 6749 §4.1.2, RFC 9207): a redirect to a proven redirect URI.
 *
 * Owns how it is written. `state` goes back as it came, and `iss` is in every one (RFC 9700 §2.1, mix-up). A further
 * response mode is one more form beside this one.
 */
import type { Secret } from '../vocabulary/credentials.ts';
import type { ResponseTarget } from './authorization-request.ts';
import type { ProtocolError } from './errors.ts';

/** The redirect that carries a code. */
export function codeLocation(target: ResponseTarget, issuer: string, code: Secret<'code'>): string {
  return location(target, issuer, `code=${code}`);
}

/** The redirect that carries an error (RFC 6749 §4.1.2.1). Only for a target whose client and redirect URI are proven. */
export function errorLocation(target: ResponseTarget, issuer: string, error: ProtocolError): string {
  return location(target, issuer, `error=${error.code}&error_description=${encodeURIComponent(error.hint)}`);
}

/** The redirect URI is not parsed and written anew: what was registered stays as it is, octet for octet (§3.1.2). */
function location(target: ResponseTarget, issuer: string, answer: string): string {
  const { redirectUri, state } = target;
  const separator = redirectUri.includes('?') ? (/[?&]$/.test(redirectUri) ? '' : '&') : '?';
  const sentState = state === null ? '' : `&state=${encodeURIComponent(state)}`;
  return `${redirectUri}${separator}${answer}${sentState}&iss=${encodeURIComponent(issuer)}`;
}
