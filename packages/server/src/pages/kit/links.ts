/**
 * Addresses that come from outside, before they become a link. `http/` has validated them; this is the second lock, for the
 * day on which one slips through: a page never links to a script or, under our own name, to another site.
 */

/** An own-origin path as it is; anything else becomes the start page. */
export function ownPath(path: string): string {
  // "//host" and "/\host" are other sites to a browser; so is "/<tab>/host", since it drops control characters.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  return /^\/(?![/\\])[^\\\u0000-\u001f]*$/.test(path) ? path : '/';
}

/** An application's address (https, http, or a scheme of its own) as it is; null for schemes that run what they carry. */
export function applicationAddress(url: string): string | null {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  return scheme === undefined || ['javascript', 'data', 'vbscript', 'blob', 'file'].includes(scheme) ? null : url;
}
