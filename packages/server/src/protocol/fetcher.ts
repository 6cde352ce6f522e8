/**
 * What the protocol needs of the outside world: documents that applications keep at addresses of their own (key sets,
 * sector identifiers, client documents), and messages to them (back-channel logout).
 *
 * Owns the port alone. Whoever registers an application chooses these addresses, so that a server that fetched them without
 * care would be a way into its own network: `fetch/hardened-fetch.ts` is the one implementation, and nothing fetches beside it.
 */
import type { JsonWebKeySet } from './json-web-key-set.ts';

/** A request to an address that somebody else chose. Redirects are never followed. */
export interface OutsideRequest {
  readonly url: string;
  /** What may come back, such as `application/json`; `+json` types count as JSON. Empty: the body is not looked at. */
  readonly contentTypes: readonly string[];
  /** Of the body that comes back. Absent: 64 KiB. */
  readonly bytesMax?: number;
  /** Beside those that every request has; names in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
  /** True: an answer of any status but a redirect is `fetched`, since it says in its body what is wrong. Absent: 2xx alone. */
  readonly anyStatus?: true;
  /** Absent: GET. Present: POST of this text. */
  readonly body?: { readonly contentType: string; readonly text: string };
}

/** Why nothing useful came back. */
export type FetchFault =
  /** No https URL, credentials or a fragment in it, or too long. */
  | 'bad_url'
  /** The name does not resolve, or not in time. */
  | 'not_found'
  /** It resolves to an address that is not public: loopback, private, link-local, multicast and the like. */
  | 'private_address'
  /** No connection, a failed handshake, a broken answer. */
  | 'unreachable'
  | 'timed_out'
  /** 3xx. */
  | 'redirected'
  /** Any other status than 2xx. */
  | 'bad_status'
  | 'too_large'
  | 'wrong_type'
  /** Too many fetches are under way. */
  | 'busy';

/** A document, or why there is none. */
export type FetchOutcome =
  | {
      readonly outcome: 'fetched';
      readonly status: number;
      /** The header (RFC 9111 §5.2) as it came; null: none. */
      readonly cacheControl: string | null;
      readonly contentType?: string | null;
      /** RFC 9110 §11.6.1. Of both: absent or null is none. */
      readonly wwwAuthenticate?: string | null;
      readonly body: string;
    }
  | {
      readonly outcome: 'failed';
      readonly fault: FetchFault;
      /** For the log: it may hold addresses of this server's network. */
      readonly detail: string;
      /** null: there was no answer. */
      readonly status: number | null;
    };

/** Faults before an answer: told apart, they would say which names and addresses this server can reach (ASVS 1.3.6). */
const UNREACHED: readonly FetchFault[] = ['not_found', 'private_address', 'unreachable', 'timed_out', 'busy'];

/** What a failure is called where whoever chose the address reads it. */
export function publicDetail({
  fault,
  detail,
}: Pick<Extract<FetchOutcome, { outcome: 'failed' }>, 'fault' | 'detail'>) {
  return UNREACHED.includes(fault) ? 'it cannot be reached from here' : detail;
}

/** Fetches from outside, within bounds of size and time. Never throws: whatever the other side does is an outcome. */
export interface Fetcher {
  fetch(request: OutsideRequest): Promise<FetchOutcome>;
}

/** Key sets at addresses of applications (`jwks_uri`), kept for a while. Implemented by `fetch/key-sets.ts`. */
export interface KeySetReader {
  /** `unknownKid`: what is kept has not the key that is sought; it is fetched anew, at most once a minute. */
  keySet(
    uri: string,
    options: { readonly unknownKid: boolean },
  ): Promise<
    | { readonly outcome: 'read'; readonly jwks: JsonWebKeySet }
    | { readonly outcome: 'unavailable'; readonly detail: string }
  >;
}
