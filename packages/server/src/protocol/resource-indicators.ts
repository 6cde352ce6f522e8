/**
 * Resource indicators (RFC 8707): the protected resources that a token is for.
 *
 * Owns the syntax of an indicator, which ones an application may name, how a token's are narrowed, how people read them, and
 * whether it is for this server. What a token carries of them is `token-context.ts`; who may look into one is `introspection.ts`.
 */
import type { Application } from './application.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import { baseUrlOf } from './issuer.ts';
import { PROTECTED_RESOURCES } from './own-resources.ts';
import type { Parameters } from './parameters.ts';
import type { TokenContext } from './token-context.ts';

/** Of one application, and so of one request. */
export const RESOURCES_MAX = 50;
const CHARACTERS_MAX = 500;
/** RFC 3986 §2: unreserved, reserved and percent-encoded, nothing else. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

/** Whether a text is a resource indicator. RFC 8707 §2: an absolute URI without a fragment. */
export function isResource(text: string): boolean {
  return text.length <= CHARACTERS_MAX && URI.test(text);
}

/** The resources as people read them: each host once, and what has none as it is written. */
export function shownResources(resources: readonly string[]): readonly string[] {
  return [...new Set(resources.map((uri) => URL.parse(uri)?.host || uri))];
}

/**
 * The resources that a request names, in their order, each once; empty: it names none.
 * @returns `invalid_target` for one that is no absolute URI, or that the application may not ask for (RFC 8707 §2).
 */
export function requestedResources(
  parameters: Parameters,
  application: Pick<Application, 'settings'>,
  issuer: string,
): readonly string[] | ProtocolError {
  const asked = [...new Set(parameters.getAll('resource'))];
  if (!asked.every(isResource)) return NOT_A_URI;
  // Compared as text (RFC 3986 §6.2.1): whoever registers them names them.
  return asked.every((uri) => isAssigned(uri, application, issuer)) ? asked : NOT_ASSIGNED;
}

/** The server's own resources are everybody's to name: their metadata (RFC 9728) tells clients to. */
function isAssigned(uri: string, { settings }: Pick<Application, 'settings'>, issuer: string): boolean {
  return settings.resources.includes(uri) || isOwnResource(uri, issuer);
}

/** The issuer, which stands for all of them, and each by its address, with the slash at its end or without. */
function isOwnResource(uri: string, issuer: string): boolean {
  if (uri === issuer) return true;
  const path = uri.replace(/\/$/, '');
  return Object.keys(PROTECTED_RESOURCES).some((own) => path === baseUrlOf(issuer) + own);
}

/**
 * The resources of an access token that is asked for on a grant (RFC 8707 §2.2): those that the token request names, which
 * must be among those that the grant is for; all of the grant's where it names none.
 * @param granted those of the authorization request; undefined: it named none, and any of the application's may be named.
 * @returns undefined for none; `invalid_target` as above, and for one that was not granted.
 */
export function narrowedResources(
  parameters: Parameters,
  application: Pick<Application, 'settings'>,
  granted: readonly string[] | undefined,
  issuer: string,
): readonly string[] | undefined | ProtocolError {
  const asked = requestedResources(parameters, application, issuer);
  if (isProtocolError(asked)) return asked;
  if (asked.length === 0) {
    // What the application may no longer ask for is left out, as with scopes.
    const left = granted?.filter((uri) => isAssigned(uri, application, issuer));
    return granted !== undefined && left?.length === 0 ? NOT_ASSIGNED : left;
  }
  return granted === undefined || asked.every((uri) => granted.includes(uri)) ? asked : NOT_GRANTED;
}

/**
 * Whether a token opens this server's own resources (userinfo, profile, introspection): one that was asked for other resources
 * alone does not (RFC 9700 §2.3, ASVS 9.2.3). They are one audience, that of the issuer, by whichever name one was asked for.
 */
export function isForThisServer(context: TokenContext | null, issuer: string): boolean {
  return context?.resources === undefined || context.resources.some((uri) => isOwnResource(uri, issuer));
}

const NOT_A_URI = protocolError(
  'invalid_target',
  'A resource is not an absolute URI without a fragment, such as https://api.example/ (RFC 8707 section 2).',
);
const NOT_ASSIGNED = protocolError(
  'invalid_target',
  'A resource in the request is not among those of this application. See the resources in its settings (RFC 8707).',
);
const NOT_GRANTED = protocolError(
  'invalid_target',
  'A token request may name the resources of its sign-in or fewer (RFC 8707 section 2.2).',
);
