/**
 * Where to go next, as a request may say it.
 *
 * Owns the one rule against open redirects (RFC 9700 §4.11): a target is a path of this application, or it is not used.
 */

const LENGTH_MAX = 1_024;

/** The target as path, query and fragment, or null when it leads anywhere else or is not there. */
export function readNextPath(next: string | null, applicationUrl: URL): string | null {
  if (next === null || next === '' || next.length > LENGTH_MAX) return null;
  // Browsers read a backslash as a slash and drop control characters: `/\evil.example`, `/\t/evil.example`.
  if (!next.startsWith('/') || /[\\\p{Cc}]/u.test(next)) return null;
  const target = URL.parse(next, applicationUrl.origin);
  if (target === null || target.origin !== applicationUrl.origin) return null;
  const path = `${target.pathname}${target.search}${target.hash}`;
  // `/.//evil.example` resolves to the path `//evil.example`, which a browser would read as a host.
  return path.startsWith('//') ? null : path;
}
