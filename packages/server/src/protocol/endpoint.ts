/**
 * The shape of the protocol's answers, free of any HTTP framework.
 *
 * Owns the response type and what `http/` hands in. What is answered is each endpoint's own file.
 */
import type { ClientId } from '../vocabulary/identifiers.ts';
import type { ClientCertificate } from './client-certificate.ts';
import type { ProtocolError } from './errors.ts';

/** An answer ready to be written: `http/` adds nothing but security headers and CORS. */
export interface EndpointResponse {
  readonly status: number;
  /** Lower-case names. `cache-control: no-store` where a credential is in the body. */
  readonly headers: Readonly<Record<string, string>>;
  /** An object is sent as JSON; text as it is, under the `content-type` in `headers`; null: no body. */
  readonly body: object | string | null;
  /** What the log and the flow trace may know and the caller may not. */
  readonly error?: ProtocolError;
  /**
   * The application that the request was found to come from, or whose token it showed: its registered origins may read
   * the answer (CORS), and its owner sees what happened. Absent where none was found.
   */
  readonly clientId?: ClientId;
}

/** A form POST to a back-channel endpoint, unparsed: the endpoint parses it once. */
export interface BackChannelRequest {
  readonly method: string;
  /** Raw header value, null when absent. */
  readonly contentType: string | null;
  readonly authorization: string | null;
  /** RFC 9449 §4.1: the `DPoP` header; absent or null: none. */
  readonly dpop?: string | null;
  /** RFC 8705 §2: the certificate of the TLS handshake; absent or null: none. */
  readonly certificate?: ClientCertificate | null;
  /** RFC 9110 §12.5.1: the `Accept` header; absent or null: none. */
  readonly accept?: string | null;
  /** Raw body text. Bounded by `http/` to 64 KiB. */
  readonly body: string;
  /** Raw query without `?`: nothing may be in it (RFC 6749 §2.3.1, §3.2). */
  readonly query: string;
}

/** A request to a resource of the server's own: userinfo, profile. */
export interface ResourceRequest {
  readonly method: string;
  readonly authorization: string | null;
  /** RFC 9449 §4.1: the `DPoP` header; absent or null: none. */
  readonly dpop?: string | null;
  /** RFC 8705 §2: the certificate of the TLS handshake; absent or null: none. */
  readonly certificate?: ClientCertificate | null;
  readonly contentType: string | null;
  readonly body: string;
  readonly query: string;
}
