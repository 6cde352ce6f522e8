/**
 * How a refusal is written at the back channel (RFC 6749 §5.2).
 *
 * Owns the body and the headers of it. Redirected errors are `authorization-response.ts`; bearer ones are `bearer.ts`.
 */
import type { EndpointResponse } from './endpoint.ts';
import { ERROR_CODES, type ProtocolError } from './errors.ts';

/** RFC 6749 §5.1: on every answer that holds a credential, and on every error beside it. */
export const NO_STORE: Readonly<Record<string, string>> = Object.freeze({
  'cache-control': 'no-store',
  pragma: 'no-cache',
});

/** The answer that carries a refusal, with the status of its code unless another is given. */
export function errorResponse(
  error: ProtocolError,
  options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): EndpointResponse {
  return {
    status: options.status ?? ERROR_CODES[error.code].status,
    headers: options.headers === undefined ? NO_STORE : { ...NO_STORE, ...options.headers },
    body: { error: error.code, error_description: error.hint },
    error,
  };
}
