/**
 * Requests from this application to a provider.
 *
 * Owns what every such request obeys: TLS beyond this machine unless chosen otherwise, the provider's back-channel address in
 * the place of its public one, a limit on the answer, and one kind of error for "no answer". Time limits and the protocol
 * itself are openid-client's.
 */
import type { CustomFetch } from 'openid-client';
import { isSecureEnough } from '../providers/base-url.ts';

/** No metadata, key set or profile comes near this. */
const ANSWER_BYTES_MAX = 1024 * 1024;

/** The provider gave no usable answer. `message` says which address and why, for the log. */
export class BackChannelError extends Error {
  constructor(url: string, reason: string, options?: ErrorOptions) {
    // The query may hold what does not belong in a log.
    super(`${url.replace(/[?#].*$/, '')}: ${reason}`, options);
    this.name = 'BackChannelError';
  }
}

/** The parts of `fetch` that are used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A `fetch` for openid-client, which keeps to the rules above. */
export function createBackChannel(options: {
  readonly fetch: Fetch;
  readonly allowInsecure: boolean;
  /** From the address that the provider publishes to the one at which this application reaches it. */
  readonly route: (url: string) => string;
}): CustomFetch {
  return async (publishedUrl, init) => {
    const url = options.route(publishedUrl);
    if (!isSecureEnough(new URL(url), options.allowInsecure)) {
      throw new BackChannelError(
        url,
        'http beyond this machine is not used unless the provider says allowInsecure: true',
      );
    }
    let response: Response;
    try {
      const { body, ...rest } = init;
      response = await options.fetch(url, { ...rest, body: body ?? null, redirect: 'manual' } as RequestInit);
      return new Response(await readBody(response, url), { status: response.status, headers: response.headers });
    } catch (error) {
      throw error instanceof BackChannelError ? error : new BackChannelError(url, reasonOf(error), { cause: error });
    }
  };
}

/** Maps what lies under `from` to the same below `to`, and everything else on the same origin to the origin of `to`. */
export function moveBase(url: string, from: string, to: string): string {
  const base = from.replace(/\/+$/, '');
  const target = to.replace(/\/+$/, '');
  const rest = url.slice(base.length);
  if (url.startsWith(base) && (rest === '' || /^[/?#]/.test(rest))) return `${target}${rest}`;
  const parsed = new URL(url);
  if (parsed.origin !== new URL(base).origin) return url;
  return `${new URL(target).origin}${parsed.pathname}${parsed.search}`;
}

async function readBody(response: Response, url: string): Promise<Uint8Array<ArrayBuffer> | null> {
  if (response.body === null || [101, 204, 205, 304].includes(response.status)) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new BackChannelError(url, `the answer is longer than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause: unknown = error.cause;
  // Node: `fetch failed`, with the system's own word (ECONNREFUSED, ENOTFOUND) in the cause.
  if (cause instanceof Error) return `no answer (${'code' in cause ? String(cause.code) : cause.message})`;
  return `no answer (${error.message})`;
}
