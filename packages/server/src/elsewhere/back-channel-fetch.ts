/**
 * The `fetch` of the client library, by the one hardened way out: what a provider's metadata names is an address that somebody else
 * chose (CVE-2026-1180), so that it is resolved, checked and pinned like every other.
 *
 * Owns the translation between both. Redirects are not followed; time and size are the fetcher's.
 */
import type { Fetcher } from '../protocol/fetcher.ts';

/** The parts of `fetch` that the library uses. */
type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Makes it. No answer throws, as `fetch` does; the message is for the log. */
export function backChannelFetch(fetcher: Fetcher): Fetch {
  return async (url, init) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    const { body } = init;
    const outcome = await fetcher.fetch({
      url,
      contentTypes: ['application/json', 'application/jwt'],
      headers,
      anyStatus: true,
      ...(body === null || body === undefined
        ? {}
        : {
            body: { contentType: headers['content-type'] ?? 'application/x-www-form-urlencoded', text: String(body) },
          }),
    });
    if (outcome.outcome === 'failed') throw new Error(`${outcome.fault}: ${outcome.detail}`);
    const type = outcome.contentType == null ? {} : { 'content-type': outcome.contentType };
    const challenge = outcome.wwwAuthenticate == null ? {} : { 'www-authenticate': outcome.wwwAuthenticate };
    return new Response(outcome.body, { status: outcome.status, headers: { ...type, ...challenge } });
  };
}
