/**
 * Requests that change something, from code in a browser: whether a page of this application sent them (RFC 9700 §4.7).
 *
 * Owns the refusal. The rule itself is in `web/cross-site.ts`.
 */

import type { Kit } from '../core/kit.ts';
import { refuseApi } from '../core/refuse-api.ts';

/** The answer to one that did not prove it. */
export function refuseCrossSite(request: Request, kit: Pick<Kit, 'settings' | 'log'>): Response {
  const said = ['origin', 'sec-fetch-site'].map(
    (name) => `${name}: ${(request.headers.get(name) ?? 'none').slice(0, 200)}`,
  );
  const hint = `the configured url is ${kit.settings.url.origin}; a browser under it sends that as Origin with every such request`;
  const detail = `${request.method.replaceAll(/[^A-Z]/g, '')} ${new URL(request.url).pathname} (${said.join(', ')})`;
  return refuseApi('cross_site', { detail, hint }, kit);
}
