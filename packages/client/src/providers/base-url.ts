/**
 * Base URLs of servers, as settings and forms say them.
 *
 * Owns their reading: http or https, no query, no trailing slash; http beyond loopback only where insecurity was chosen.
 */

/** Why a text is no usable base URL. */
export type BaseUrlProblem = 'url_malformed' | 'url_insecure';

/** The URL without trailing slashes, or what is wrong with it. */
export function readBaseUrl(text: string, allowInsecure: boolean): { url: string } | { problem: BaseUrlProblem } {
  const url = URL.parse(text);
  const plain = url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (url === null || !plain || !/^https?:$/.test(url.protocol)) return { problem: 'url_malformed' };
  if (!isSecureEnough(url, allowInsecure)) return { problem: 'url_insecure' };
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
}

/** RFC 9700 §2.6: TLS, except towards this machine or where the developer chose otherwise. */
export function isSecureEnough(url: URL, allowInsecure: boolean): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && (allowInsecure || isLoopback(url.hostname));
}

/** The same for a setting in code. @throws TypeError that says what is wrong with it. */
export function requireBaseUrl(text: string, setting: string, allowInsecure: boolean): string {
  const read = readBaseUrl(text, allowInsecure);
  if ('url' in read) return read.url;
  throw new TypeError(
    read.problem === 'url_malformed'
      ? `${setting} is "${text}": expected an http or https URL without query, such as https://accounts.example.org`
      : `${setting} is "${text}": http is used beyond this machine only with allowInsecure: true, because tokens would travel in the clear`,
  );
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    /^127(\.\d+){3}$/.test(hostname) ||
    hostname === '[::1]'
  );
}
