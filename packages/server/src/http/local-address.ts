/** Where to go next, as a parameter that anybody may have written: only ever an address of our own (RFC 9700 §4.11). */

/** 2,048 characters: a query of an authorization request is kept on the server, so that nothing longer is needed. */
const NEXT_CHARACTERS_MAX = 2_048;

/**
 * Answers `next` as path, query and fragment where it leads to our own origin; otherwise null.
 * Backslashes, control characters and `//host` are what browsers read differently from parsers: they are refused outright.
 */
export function localAddress(next: string | null | undefined, ownOrigin: string): string | null {
  if (next === null || next === undefined || next.length > NEXT_CHARACTERS_MAX) return null;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (!next.startsWith('/') || next.startsWith('//') || /[\\\u0000-\u0020\u007f]/.test(next)) return null;
  const url = URL.parse(next, ownOrigin);
  if (url === null || url.origin !== ownOrigin) return null;
  const local = url.pathname + url.search + url.hash;
  // A path such as `/.//host` normalises to `//host`.
  return local.startsWith('//') ? null : local;
}
