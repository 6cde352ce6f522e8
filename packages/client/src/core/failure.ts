/**
 * The catalogue of everything that can go wrong while signing in: a stable code, the status, and the way on.
 *
 * Owns the codes, which the page shows and the log carries; developers may rely on them. What people read is in
 * `pages/messages/`. `detail` and `hint` are for the log alone: they never hold a secret, a code or a token.
 */

/** Where the page leads on to. */
export type WayOn = 'start_again' | 'sign_in' | 'connections' | 'back';

interface FailureKind {
  readonly status: number;
  readonly wayOn: WayOn;
}

/** Every code with its HTTP status and way on. */
export const FAILURES = {
  /** The URL names a provider that is not configured in code. */
  provider_unknown: { status: 404, wayOn: 'sign_in' },
  /** No credentials were entered for the provider. */
  provider_not_configured: { status: 503, wayOn: 'sign_in' },
  /** The stored secret does not open: the application's own `secret` changed. */
  app_secret_unreadable: { status: 503, wayOn: 'sign_in' },
  /** The callback came without `state`, or with two. */
  state_missing: { status: 400, wayOn: 'start_again' },
  /** No sign-in with this `state` was started in this browser, or it was completed already. */
  attempt_missing: { status: 400, wayOn: 'start_again' },
  /** It was started too long ago. */
  attempt_expired: { status: 400, wayOn: 'start_again' },
  /** It was started at another provider (RFC 9700 §4.4, mix-up). */
  attempt_other_provider: { status: 400, wayOn: 'start_again' },
  /** The provider's credentials were changed since it was started. */
  attempt_other_client: { status: 400, wayOn: 'start_again' },
  /** RFC 9207 §2.4: the response names another issuer. */
  issuer_mismatch: { status: 400, wayOn: 'start_again' },
  /** RFC 9207 §2.4: the provider always names its issuer, and this response does not. */
  issuer_missing: { status: 400, wayOn: 'start_again' },
  /** RFC 6749 §4.1.2.1: the person, or the server, said no. No mistake of anybody's. */
  access_denied: { status: 200, wayOn: 'start_again' },
  /** RFC 6749 §4.1.2.1: any other error response. */
  authorization_refused: { status: 400, wayOn: 'start_again' },
  /** RFC 6749 §4.1.2.1: the server asks to come back later. */
  provider_busy: { status: 503, wayOn: 'start_again' },
  /** The response has neither a code nor an error. */
  authorization_response_invalid: { status: 400, wayOn: 'start_again' },
  /** No answer on the back channel, or a 5xx. */
  provider_unreachable: { status: 502, wayOn: 'start_again' },
  /** The metadata is not that of the configured issuer, or not usable. */
  discovery_invalid: { status: 502, wayOn: 'sign_in' },
  /** RFC 6749 §5.2 invalid_client. */
  client_credentials_refused: { status: 502, wayOn: 'sign_in' },
  /** RFC 6749 §5.2 unauthorized_client. */
  grant_not_allowed: { status: 502, wayOn: 'sign_in' },
  /** RFC 6749 §5.2 invalid_grant: used, expired, or meant for another redirect URI. */
  code_refused: { status: 400, wayOn: 'start_again' },
  /** RFC 6749 §5.2, any other error. */
  token_refused: { status: 502, wayOn: 'start_again' },
  /** DPoP was asked for in code, and the server does not offer it (RFC 9449 §5.1). */
  dpop_not_offered: { status: 502, wayOn: 'sign_in' },
  /** DPoP was asked for in code, and the server answered with a bearer token (RFC 9449 §5). */
  token_not_bound: { status: 502, wayOn: 'start_again' },
  /** RFC 6749 §5.1 is not kept. */
  token_response_invalid: { status: 502, wayOn: 'start_again' },
  /** OpenID Connect Core §3.1.3.7 is not kept; the detail names the claim. */
  id_token_invalid: { status: 502, wayOn: 'start_again' },
  /** The same, where it can be told what is wrong with it. */
  id_token_issuer_wrong: { status: 502, wayOn: 'start_again' },
  id_token_audience_wrong: { status: 502, wayOn: 'start_again' },
  id_token_party_wrong: { status: 502, wayOn: 'start_again' },
  id_token_nonce_wrong: { status: 502, wayOn: 'start_again' },
  id_token_expired: { status: 502, wayOn: 'start_again' },
  id_token_not_yet_valid: { status: 502, wayOn: 'start_again' },
  id_token_claim_missing: { status: 502, wayOn: 'start_again' },
  id_token_key_unknown: { status: 502, wayOn: 'start_again' },
  id_token_algorithm_refused: { status: 502, wayOn: 'start_again' },
  id_token_signature_wrong: { status: 502, wayOn: 'start_again' },
  /** Back-Channel Logout 1.0 §2.6 is not kept; answered to the provider, never to a person. */
  logout_token_invalid: { status: 400, wayOn: 'back' },
  /** OpenID Connect Core §5.3.2: userinfo speaks of another person. */
  subject_mismatch: { status: 502, wayOn: 'start_again' },
  /** The profile address refused the access token. */
  profile_refused: { status: 502, wayOn: 'start_again' },
  /** The profile is no JSON object, or has no usable uid. */
  profile_invalid: { status: 502, wayOn: 'start_again' },
  /** The provider identified a person who may not sign in here: of another organisation, or without the role. */
  account_not_accepted: { status: 403, wayOn: 'sign_in' },
  /** A hook of the application refused; the page shows its message. */
  refused_by_application: { status: 403, wayOn: 'sign_in' },
  /** A hook of the application threw; nothing was kept. */
  hook_failed: { status: 500, wayOn: 'start_again' },
  /** The local account is disabled. */
  account_disabled: { status: 403, wayOn: 'sign_in' },
  /** Linking: the social account belongs to another local account. */
  linked_to_other: { status: 409, wayOn: 'connections' },
  /** Linking: the person who asked for it is no longer signed in here. */
  link_session_ended: { status: 400, wayOn: 'sign_in' },
  /** The page for choosing a username was opened without a sign-in under way. */
  pending_missing: { status: 400, wayOn: 'start_again' },
  /** A form came from a page of another origin. */
  form_cross_site: { status: 403, wayOn: 'back' },
  form_too_large: { status: 413, wayOn: 'back' },
  form_media_type: { status: 415, wayOn: 'back' },
  form_repeated_field: { status: 400, wayOn: 'back' },
  method_not_allowed: { status: 405, wayOn: 'back' },
  /** `/admin/` without the rights for it. */
  superuser_required: { status: 403, wayOn: 'sign_in' },
  not_found: { status: 404, wayOn: 'back' },
  /** A bug, or a lost database. */
  unexpected: { status: 500, wayOn: 'back' },
} as const satisfies Record<string, FailureKind>;

/** A stable code. */
export type FailureCode = keyof typeof FAILURES;

/** Something that went wrong, as the flows hand it on. */
export interface Failure {
  readonly kind: 'failure';
  readonly code: FailureCode;
  /** For the log: what happened. */
  readonly detail: string;
  /** For the log: what to do about it. */
  readonly hint: string | null;
  /** The `error` of an authorization response, which the page may show. */
  readonly providerError: string | null;
  /** What the application itself says to the person, in the place of the catalogue's text. */
  readonly message?: string;
}

/** A failure of this code. */
export function failure(
  code: FailureCode,
  detail: string,
  more: { hint?: string; providerError?: string } = {},
): Failure {
  return { kind: 'failure', code, detail, hint: more.hint ?? null, providerError: more.providerError ?? null };
}
