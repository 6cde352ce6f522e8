/**
 * What every back-channel endpoint asks of a request before it asks anything of its own: a POST, with a form body, and
 * nothing secret in the address.
 *
 * Owns those three checks and the one parse. Who the client is is `client-authentication.ts`.
 */
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import { errorResponse } from './error-response.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import { type Parameters, parseParameters } from './parameters.ts';

/** The parameters, or the answer that refuses the request. */
export type BackChannelRead =
  | { readonly outcome: 'read'; readonly parameters: Parameters }
  | { readonly outcome: 'refused'; readonly response: EndpointResponse };

const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion', 'access_token'];
const GRANT_PARAMETERS = ['grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token', 'scope', 'token'];

/**
 * Reads a back-channel request.
 * @returns 405 for another method than POST; `invalid_request` for another content type, for anything of the protocol in
 *   the query, and for each fault of `parameters.ts`.
 */
export function readBackChannelRequest(request: BackChannelRequest): BackChannelRead {
  // RFC 6749 §3.2, RFC 7009 §2.1, RFC 7662 §2.1: POST.
  if (request.method !== 'POST') {
    const error = protocolError('invalid_request', 'This endpoint takes POST alone (RFC 6749 section 3.2).');
    return { outcome: 'refused', response: errorResponse(error, { status: 405, headers: { allow: 'POST' } }) };
  }
  // RFC 6749 §2.3.1: credentials are never in the address, where logs and histories keep them.
  const misplaced = request.query === '' ? null : misplacedParameter(parseParameters(request.query));
  if (misplaced !== null) return refused(misplaced);
  const media = formBodyFault(request.contentType);
  if (media !== null) return refused(media);
  const parameters = parseParameters(request.body);
  const fault = parameters.firstFault();
  return fault === null ? { outcome: 'read', parameters } : refused(fault);
}

/** Says why a body is not a form body, by its content type; null when it is one. */
export function formBodyFault(contentType: string | null): ProtocolError | null {
  const media = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (media === 'application/x-www-form-urlencoded') return null;
  const wanted = 'send Content-Type: application/x-www-form-urlencoded and a body such as name=value&name=value.';
  if (media === 'application/json' || media.endsWith('+json')) {
    return protocolError('invalid_request', `The body is JSON, and a form body is wanted: ${wanted}`);
  }
  if (media === '') return protocolError('invalid_request', `The request has no content type: ${wanted}`);
  return protocolError('invalid_request', `The body is of another type than a form: ${wanted}`);
}

function misplacedParameter(query: Parameters): ProtocolError | null {
  const names = query.names();
  if (names.some((name) => CREDENTIALS.includes(name))) {
    return protocolError(
      'invalid_request',
      'Client credentials are in the query: send them in the Authorization header or in the body (RFC 6749 section 2.3.1).',
    );
  }
  if (names.some((name) => GRANT_PARAMETERS.includes(name))) {
    return protocolError(
      'invalid_request',
      'Parameters are in the query: send them in the body (RFC 6749 section 3.2).',
    );
  }
  return null;
}

function refused(error: ProtocolError): BackChannelRead {
  return { outcome: 'refused', response: errorResponse(error) };
}
