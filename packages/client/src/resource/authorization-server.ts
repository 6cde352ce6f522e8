/**
 * The authorization server as a resource server knows it: where its keys and its introspection endpoint are.
 *
 * Owns discovery (RFC 8414, OpenID Connect Discovery 1.0), which is asked every hour and, after a failure, not again at once.
 */
import { BackChannelError, createBackChannel, type Fetch, moveBase } from '../protocol/back-channel.ts';

/** A failed discovery is not repeated for each of the requests that come meanwhile. */
const RETRY_AFTER_MS = 5_000;
const ANSWER_TIMEOUT_MS = 5_000;
/** Addresses rarely change. Those of before are kept for as long as no newer ones can be had. */
const METADATA_AGE_MAX_MS = 60 * 60 * 1000;

/** What its metadata says. */
export interface ServerAddresses {
  readonly jwksUri: string | null;
  readonly introspectionUrl: string | null;
}

/** The server. */
export interface AuthorizationServer {
  readonly issuer: string;
  /** @throws BackChannelError when it cannot be reached or is another server. */
  addresses(): Promise<ServerAddresses>;
  /** A `fetch` within limits, by the back channel. @throws BackChannelError */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
}

/** How it is reached. */
export interface AuthorizationServerOptions {
  /** Its identifier, compared with `iss` and with its own metadata. */
  readonly issuer: string;
  /** Where this application reaches it, when that is another address. */
  readonly backChannelUrl: string | null;
  readonly allowInsecure: boolean;
  readonly fetch: Fetch;
  readonly now: () => number;
}

/** The server behind these options; nothing is asked yet. */
export function createAuthorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  const { issuer, backChannelUrl, now } = options;
  const channel = createBackChannel({
    fetch: options.fetch,
    allowInsecure: options.allowInsecure,
    route: (url) => (backChannelUrl === null ? url : moveBase(url, issuer, backChannelUrl)),
  });
  const ask = (url: string, init: RequestInit = {}) => {
    const limits = { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), redirect: 'manual' as const };
    return channel(url, { method: 'GET', headers: {}, body: null, ...init, ...limits } as Parameters<
      typeof channel
    >[1]);
  };
  let found: Promise<ServerAddresses> | null = null;
  let retryAtMs = 0;
  let renewAtMs = Number.POSITIVE_INFINITY;
  /** In the background: nobody waits for what is most likely the same. */
  const renew = (former: Promise<ServerAddresses>) => {
    renewAtMs = now() + RETRY_AFTER_MS;
    discover(issuer, ask).then(
      (addresses) => {
        if (found === former) found = Promise.resolve(addresses);
        renewAtMs = now() + METADATA_AGE_MAX_MS;
      },
      () => undefined,
    );
  };
  return {
    issuer,
    fetch: ask,
    addresses: () => {
      if (found === null || (retryAtMs > 0 && now() >= retryAtMs)) {
        retryAtMs = 0;
        found = discover(issuer, ask);
        found.then(
          () => {
            renewAtMs = now() + METADATA_AGE_MAX_MS;
          },
          () => {
            retryAtMs = now() + RETRY_AFTER_MS;
          },
        );
      } else if (now() >= renewAtMs) renew(found);
      return found;
    },
  };
}

async function discover(issuer: string, ask: AuthorizationServer['fetch']): Promise<ServerAddresses> {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  // OpenID Connect Discovery 1.0 §4 puts the well-known part behind the path, RFC 8414 §3.1 between host and path.
  const places = [
    `${url.origin}${path}/.well-known/openid-configuration`,
    `${url.origin}/.well-known/oauth-authorization-server${path}`,
  ];
  for (const place of places) {
    const response = await ask(place, { headers: { accept: 'application/json' } });
    if (response.status === 404) continue;
    const metadata: unknown = response.ok ? await response.json().catch(() => null) : null;
    if (typeof metadata !== 'object' || metadata === null) {
      throw new BackChannelError(place, `no metadata (status ${response.status})`);
    }
    const said = metadata as Readonly<Record<string, unknown>>;
    // RFC 8414 §3.3
    if (said['issuer'] !== issuer) throw new BackChannelError(place, `the metadata is that of ${said['issuer']}`);
    const text = (name: string) => (typeof said[name] === 'string' ? said[name] : null);
    return { jwksUri: text('jwks_uri'), introspectionUrl: text('introspection_endpoint') };
  }
  throw new BackChannelError(places[0] ?? issuer, 'no metadata (status 404)');
}
