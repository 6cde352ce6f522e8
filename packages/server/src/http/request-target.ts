/**
 * The target of a request (RFC 9112 §3.2): which forms are taken, and how much of one the log shows.
 *
 * Owns nothing of what a path means; that is the router's and the routes'.
 */

/** RFC 9112 §3.2.2: the absolute form. */
const ABSOLUTE = /^https?:\/\/[^/?#]*/i;
/** C0 control characters and DEL, as a path may carry them. No address of ours has one, and PostgreSQL stores no NUL. */
const ENCODED_CONTROL = /%(?:[01][0-9a-f]|7f)/i;
/** As much of a path as a log line holds: longer than any of ours. */
const LOGGED_CHARACTERS_MAX = 256;

/** The path and query of a target in absolute form, which a server has to take; any other as it is. */
export function originForm(target: string): string {
  const authority = ABSOLUTE.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Whether the path is free of control characters. The query is each endpoint's to read. */
export function isReadableTarget(target: string): boolean {
  return !ENCODED_CONTROL.test(pathOf(target));
}

/** The path for the log: never the query, since codes and states travel there; the route alone where a path is secret. */
export function shownPath(
  target: string,
  route: { readonly url?: string | undefined; readonly config: { readonly secretPath?: boolean } },
): string {
  const path = route.config.secretPath === true ? (route.url ?? '') : pathOf(target);
  return path.slice(0, LOGGED_CHARACTERS_MAX);
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? '';
}
