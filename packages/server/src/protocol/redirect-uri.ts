/**
 * Redirect URIs: which may be registered, and which registered one a request names.
 *
 * Owns both questions. Matching is by octets (RFC 9700 §2.1), never by pattern or parser (CVE-2024-52289, CVE-2026-3872);
 * the one exception is the port of a loopback address of a native application (RFC 8252 §7.3).
 */
import { type Application, isNative } from './application.ts';

/** Why a redirect URI cannot be registered, with a sentence for the person who typed it. */
export type RedirectUriCheck =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'refused'; readonly fault: RedirectUriFault; readonly message: string };

/** The faults of a redirect URI, each with its sentence. */
const FAULTS = {
  not_absolute: 'It is not an absolute URI, such as https://app.example/callback.',
  too_long: 'It is longer than 2,000 characters.',
  characters: 'It has a character that a URI cannot have, such as a space, a backslash or a control character.',
  fragment: 'It has a fragment (#), which the answer would be lost behind (RFC 6749 section 3.1.2).',
  userinfo: 'It has a user name before the host (@), which misleads whoever reads it.',
  wildcard: 'It has a wildcard (*) in its host. Register each address in full: they are compared as they are.',
  scheme:
    'Its scheme is not allowed. Use https; http for localhost; or, for a native application, a scheme of your own with a dot in it, such as com.example.app (RFC 8252 section 7.1).',
  http_not_loopback:
    'It uses http for a host that is not this machine. Use https; http is for localhost, 127.0.0.1 and [::1].',
  private_scheme_web: 'A scheme of its own is for native applications: anyone can install a program that takes it.',
} as const;
/** One of the faults. The form has a text for each. */
export type RedirectUriFault = keyof typeof FAULTS;

const CHARACTERS_MAX = 2_000;
/** RFC 3986 §2: unreserved, reserved and percent-encoded, nothing else. */
const URI_CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
const ENCODED_CONTROL = /%(?:[01][0-9A-Fa-f]|7[Ff])/;
const HTTP = /^(https?):\/\/([^/?#]*)/;
/** RFC 8252 §7.1: a private-use scheme is a domain name in reverse, so it has a dot. */
const PRIVATE_USE = /^[A-Za-z][A-Za-z0-9+-]*(?:\.[A-Za-z0-9+-]+)+:/;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([0-9]{1,5}))?([/?].*)?$/;

/** Whether an application runs on people's own machines or on a server (OpenID Connect Dynamic Client Registration 1.0 §2). */
export type ApplicationKind = 'native' | 'web';

/** Which of the two this one is. */
export function kindOf(application: Pick<Application, 'type' | 'settings'>): ApplicationKind {
  return isNative(application) ? 'native' : 'web';
}

/** Whether this text may be registered as a redirect URI of an application of this kind. */
export function checkRedirectUri(text: string, kind: ApplicationKind): RedirectUriCheck {
  const fault = shapeFault(text) ?? registrationFault(text, kind);
  return fault === null ? { outcome: 'accepted' } : { outcome: 'refused', fault, message: FAULTS[fault] };
}

/** Which of an application's redirect URIs a request means. */
export type RedirectUriMatch =
  | { readonly outcome: 'matched'; readonly redirectUri: string; readonly wasSent: boolean }
  | { readonly outcome: 'missing' }
  /** `shape`: whatever is registered, nobody is sent there. */
  | { readonly outcome: 'mismatch' | 'shape' };

/**
 * RFC 6749 §3.1.2.3: proves the `redirect_uri` of a request. Left out, the application's only one is meant.
 * What is matched is also checked for its shape, so that an imported oddity leads nowhere.
 */
export function matchRedirectUri(
  asked: string | null,
  application: Pick<Application, 'type' | 'settings' | 'redirectUris'>,
): RedirectUriMatch {
  const registered = application.redirectUris;
  const only = registered.length === 1 ? registered[0] : undefined;
  const redirectUri = asked ?? only;
  if (redirectUri === undefined) return { outcome: 'missing' };
  if (shapeFault(redirectUri) !== null) return { outcome: 'shape' };
  // RFC 9700 §2.1: exact string matching.
  const matches =
    registered.includes(redirectUri) ||
    // RFC 8252 §7.3, RFC 9700 §4.1.3: of native applications alone.
    (isNative(application) && registered.some((uri) => differInLoopbackPortOnly(uri, redirectUri)));
  return matches ? { outcome: 'matched', redirectUri, wasSent: asked !== null } : { outcome: 'mismatch' };
}

/** Whether it leads to the person's own machine: any program there may be the one that listens. */
export function isLoopbackRedirect(uri: string): boolean {
  return LOOPBACK.test(uri);
}

/** Whether it has a scheme of its own (RFC 8252 §7.1), which any installed program may claim. */
export function isPrivateUseRedirect(uri: string): boolean {
  return !HTTP.test(uri);
}

/**
 * The source expression that lets a form's answer lead to this URI under `form-action` (CSP3 §2.3.1): the origin, or the
 * scheme where there is no host. An IPv6 address cannot be written there, so its scheme has to do.
 */
export function formActionSource(uri: string): string {
  const [, scheme, authority] = HTTP.exec(uri) ?? [];
  if (scheme === undefined || authority === undefined) return uri.slice(0, uri.indexOf(':') + 1);
  return authority.startsWith('[') ? `${scheme}:` : `${scheme}://${authority}`;
}

/** RFC 8252 §7.3: the port of a loopback address is the operating system's choice. Everything else is compared as it is. */
function differInLoopbackPortOnly(registered: string, asked: string): boolean {
  const [, registeredHost, , registeredRest = ''] = LOOPBACK.exec(registered) ?? [];
  const [, askedHost, askedPort, askedRest = ''] = LOOPBACK.exec(asked) ?? [];
  if (registeredHost === undefined || registeredHost !== askedHost || registeredRest !== askedRest) return false;
  return askedPort === undefined || (Number(askedPort) > 0 && Number(askedPort) <= 65_535);
}

/** What no redirect may have, registered or not. */
function shapeFault(text: string): RedirectUriFault | null {
  if (text.length > CHARACTERS_MAX) return 'too_long';
  if (!URI_CHARACTERS.test(text) || ENCODED_CONTROL.test(text)) return 'characters';
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text)) return 'not_absolute';
  if (text.includes('#')) return 'fragment';
  const authority = HTTP.exec(text)?.[2];
  // better-auth#9838: javascript:, data: and the like have no dot; an allow-list needs no list of them.
  if (authority === undefined) return PRIVATE_USE.test(text) ? privateUseFault(text) : schemeFault(text);
  // CVE-2026-28512: https://registered.example@evil.example/
  if (authority.includes('@')) return 'userinfo';
  if (authority.includes('*')) return 'wildcard';
  return URL.canParse(text) ? null : 'not_absolute';
}

function privateUseFault(text: string): RedirectUriFault | null {
  return /^[^:]+:\/\/[^/?]*@/.test(text) ? 'userinfo' : null;
}

/** `https:` without a host is not a wrong scheme but half an address. */
function schemeFault(text: string): RedirectUriFault {
  return /^https?:/i.test(text) ? 'not_absolute' : 'scheme';
}

function registrationFault(text: string, kind: ApplicationKind): RedirectUriFault | null {
  const [, scheme, authority = ''] = HTTP.exec(text) ?? [];
  if (scheme === undefined) return kind === 'native' ? null : 'private_scheme_web';
  if (scheme === 'https') return null;
  // RFC 6761 §6.3: names under .localhost lead to this machine too.
  const host = authority.replace(/:[0-9]*$/, '');
  return isLoopbackRedirect(text) || /^[a-z0-9.-]+\.localhost$/.test(host) ? null : 'http_not_loopback';
}
