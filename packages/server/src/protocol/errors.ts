/**
 * The catalogue of protocol errors: one place says code, status and public text of each.
 *
 * `hint` may reach the client (`error_description`); `detail` is for the log and the flow trace alone.
 */

/** Every `error` code that this server answers, with the HTTP status of a direct answer and the specification. */
export const ERROR_CODES = {
  invalid_request: { status: 400, source: 'RFC 6749 §5.2' },
  invalid_client: { status: 401, source: 'RFC 6749 §5.2' },
  invalid_grant: { status: 400, source: 'RFC 6749 §5.2' },
  unauthorized_client: { status: 400, source: 'RFC 6749 §5.2' },
  unsupported_grant_type: { status: 400, source: 'RFC 6749 §5.2' },
  invalid_scope: { status: 400, source: 'RFC 6749 §5.2' },
  access_denied: { status: 400, source: 'RFC 6749 §4.1.2.1, RFC 8628 §3.5' },
  unsupported_response_type: { status: 400, source: 'RFC 6749 §4.1.2.1' },
  server_error: { status: 500, source: 'RFC 6749 §4.1.2.1' },
  temporarily_unavailable: { status: 503, source: 'RFC 6749 §4.1.2.1' },
  login_required: { status: 400, source: 'OpenID Connect Core §3.1.2.6' },
  consent_required: { status: 400, source: 'OpenID Connect Core §3.1.2.6' },
  interaction_required: { status: 400, source: 'OpenID Connect Core §3.1.2.6' },
  account_selection_required: { status: 400, source: 'OpenID Connect Core §3.1.2.6' },
  unmet_authentication_requirements: {
    status: 400,
    source: 'OpenID Connect Core Unmet Authentication Requirements 1.0 §2',
  },
  invalid_request_uri: { status: 400, source: 'RFC 9101 §7' },
  invalid_request_object: { status: 400, source: 'RFC 9101 §7' },
  request_not_supported: { status: 400, source: 'OpenID Connect Core §3.1.2.6' },
  request_uri_not_supported: { status: 400, source: 'OpenID Connect Core §3.1.2.6' },
  registration_not_supported: { status: 400, source: 'OpenID Connect Core §3.1.2.6' },
  unsupported_token_type: { status: 400, source: 'RFC 7009 §2.2.1' },
  invalid_target: { status: 400, source: 'RFC 8707 §2, RFC 8693 §2.2.2' },
  invalid_authorization_details: { status: 400, source: 'RFC 9396 §5' },
  authorization_pending: { status: 400, source: 'RFC 8628 §3.5' },
  slow_down: { status: 400, source: 'RFC 8628 §3.5' },
  expired_token: { status: 400, source: 'RFC 8628 §3.5' },
  invalid_token: { status: 401, source: 'RFC 6750 §3.1' },
  invalid_dpop_proof: { status: 400, source: 'RFC 9449 §5' },
  use_dpop_nonce: { status: 400, source: 'RFC 9449 §8' },
  insufficient_scope: { status: 403, source: 'RFC 6750 §3.1' },
} as const satisfies Record<string, { status: number; source: string }>;

/** One of the codes of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** A refusal, as a value: it is returned, not thrown. */
export interface ProtocolError {
  readonly code: ErrorCode;
  /** Public: becomes `error_description`. Printable ASCII without `"` and `\` (RFC 6749 §5.2). Says what was wrong,
   *  what was expected and where to look. Never holds what another party registered. */
  readonly hint: string;
  /** Private: what was asked beside what is registered. No secret, no token. */
  readonly detail?: string;
}

/** Makes a refusal. */
export function protocolError(code: ErrorCode, hint: string, detail?: string): ProtocolError {
  return detail === undefined ? { code, hint } : { code, hint, detail };
}

/** Whether a step came to a refusal and not to its value. */
export function isProtocolError(value: object | string | number | null | undefined): value is ProtocolError {
  return typeof value === 'object' && value !== null && 'code' in value && 'hint' in value;
}
