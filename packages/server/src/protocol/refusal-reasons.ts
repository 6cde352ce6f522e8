/**
 * Which check a refusal came of: the few dozen reasons that can be explained, each with the specification's section and with the
 * parameter that can be laid beside what is registered.
 *
 * Owns the list, and how an error of the catalogue (`errors.ts`) belongs to one of them: by its public text, which names the check, and
 * where that is kept general on purpose, by its private detail. A test reads every text of the sources and wants a reason for it;
 * another wants words for every reason in every language. The words are `pages/messages/`.
 */
import type { ProtocolError } from './errors.ts';

/** The specification that the check is of, and what to compare (a wire parameter, or how the client proved itself). */
interface Reason {
  readonly source: string;
  readonly compares?: Compared;
}

/** What can be laid beside what is registered. */
export type Compared =
  | 'client_id'
  | 'redirect_uri'
  | 'post_logout_redirect_uri'
  | 'response_type'
  | 'response_mode'
  | 'grant_type'
  | 'scope'
  | 'resource'
  | 'code_challenge_method'
  | 'client_authentication';

/** Every reason. */
export const REFUSAL_REASONS = {
  unknown_client: { source: 'RFC 6749 §2.2', compares: 'client_id' },
  client_missing: { source: 'RFC 6749 §2.2' },
  application_disabled: { source: 'RFC 6749 §5.2' },
  client_method: { source: 'RFC 6749 §2.3', compares: 'client_authentication' },
  client_secret_missing: { source: 'RFC 6749 §2.3.1', compares: 'client_authentication' },
  client_secret_wrong: { source: 'RFC 6749 §2.3.1' },
  client_public: { source: 'RFC 6749 §2.1' },
  client_authentication_form: { source: 'RFC 6749 §2.3.1' },
  client_assertion: { source: 'RFC 7523 §3' },
  client_certificate: { source: 'RFC 8705 §2' },
  client_document: { source: 'draft-ietf-oauth-client-id-metadata-document §4' },
  client_document_limit: { source: 'draft-ietf-oauth-client-id-metadata-document §6' },
  redirect_uri: { source: 'RFC 6749 §3.1.2.3, RFC 9700 §2.1', compares: 'redirect_uri' },
  redirect_uri_missing: { source: 'RFC 6749 §3.1.2.3', compares: 'redirect_uri' },
  redirect_uri_changed: { source: 'RFC 6749 §4.1.3', compares: 'redirect_uri' },
  post_logout_redirect_uri: {
    source: 'OpenID Connect RP-Initiated Logout §3',
    compares: 'post_logout_redirect_uri',
  },
  post_logout_whose: { source: 'OpenID Connect RP-Initiated Logout §2' },
  response_type: { source: 'RFC 6749 §3.1.1, RFC 9700 §2.1.2', compares: 'response_type' },
  response_mode: { source: 'OAuth 2.0 Multiple Response Type Encoding Practices §2.1', compares: 'response_mode' },
  grant_not_assigned: { source: 'RFC 6749 §5.2', compares: 'grant_type' },
  grant_unknown: { source: 'RFC 6749 §5.2', compares: 'grant_type' },
  grant_public: { source: 'RFC 6749 §4.4', compares: 'grant_type' },
  scope: { source: 'RFC 6749 §3.3', compares: 'scope' },
  resource: { source: 'RFC 8707 §2', compares: 'resource' },
  authorization_details: { source: 'RFC 9396 §5' },
  claims: { source: 'OpenID Connect Core §5.5' },
  parameter_missing: { source: 'RFC 6749 §3.1, §3.2' },
  parameter_form: { source: 'RFC 6749 §3.1, §3.2' },
  parameter_value: { source: 'OpenID Connect Core §3.1.2.1' },
  request_form: { source: 'RFC 6749 §3.2' },
  credentials_in_query: { source: 'RFC 6749 §2.3.1, RFC 9700 §4.3.2' },
  prompt_none: { source: 'OpenID Connect Core §3.1.2.6' },
  other_person: { source: 'OpenID Connect Core §3.1.2.1' },
  authentication_strength: { source: 'OpenID Connect Core Unmet Authentication Requirements §2' },
  not_in_group: { source: 'RFC 6749 §4.1.2.1' },
  person_denied: { source: 'RFC 6749 §4.1.2.1' },
  person_gone: { source: 'RFC 6749 §5.2' },
  signed_out: { source: 'OpenID Connect Back-Channel Logout §2.7' },
  pkce_missing: { source: 'RFC 7636 §4.4.1' },
  pkce_method: { source: 'RFC 7636 §4.3', compares: 'code_challenge_method' },
  pkce_challenge: { source: 'RFC 7636 §4.2' },
  pkce_verifier: { source: 'RFC 7636 §4.6' },
  pkce_verifier_missing: { source: 'RFC 7636 §4.5' },
  pkce_unexpected: { source: 'RFC 9700 §2.1.1' },
  code_unknown: { source: 'RFC 6749 §5.2' },
  code_used: { source: 'RFC 6749 §4.1.2' },
  code_expired: { source: 'RFC 6749 §4.1.2' },
  refresh_unknown: { source: 'RFC 6749 §5.2' },
  refresh_used: { source: 'RFC 9700 §4.14.2' },
  refresh_revoked: { source: 'RFC 6749 §5.2' },
  refresh_expired: { source: 'RFC 6749 §5.2' },
  key_binding: { source: 'RFC 9449 §5, RFC 8705 §3' },
  dpop_proof: { source: 'RFC 9449 §4.3' },
  dpop_nonce: { source: 'RFC 9449 §8' },
  device_code_unknown: { source: 'RFC 8628 §3.4' },
  device_code_used: { source: 'RFC 8628 §3.5' },
  device_code_expired: { source: 'RFC 8628 §3.5' },
  device_polling: { source: 'RFC 8628 §3.5' },
  device_busy: { source: 'RFC 8628 §3.2' },
  request_object: { source: 'RFC 9101 §6' },
  request_uri: { source: 'RFC 9126 §2.2, §4' },
  request_not_pushed: { source: 'RFC 9126 §5' },
  request_not_signed: { source: 'RFC 9101 §10.5' },
  id_token_hint: { source: 'OpenID Connect Core §3.1.2.1' },
  sign_in_expired: { source: 'RFC 6749 §4.1.1' },
  sign_in_answered: { source: 'RFC 6749 §4.1.1' },
  token_exchange: { source: 'RFC 8693 §2.1' },
  introspection: { source: 'RFC 7662 §2.1' },
  access_token: { source: 'RFC 6750 §3.1' },
  access_token_form: { source: 'RFC 6750 §2' },
  access_token_scope: { source: 'RFC 6750 §3.1' },
  encryption_key: { source: 'OpenID Connect Core §10.2' },
  busy: { source: 'RFC 9110 §15.6.4' },
  unsupported: { source: 'OpenID Connect Core §3.1.2.6' },
  /** The texts of a program that is newer than the one that looks. */
  other: { source: 'RFC 6749 §5.2' },
} as const satisfies Record<string, Reason>;

/** A name of {@link REFUSAL_REASONS}. */
export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** The first whose text it is, is meant. `detail`: of a text that is general on purpose. */
const TEXTS: readonly (readonly [RefusalReason, RegExp, { readonly detail: RegExp }?])[] = [
  ['unknown_client', /^Client authentication failed: /, { detail: /^no such client/ }],
  ['application_disabled', /^Client authentication failed: /, { detail: /disabled/ }],
  ['client_method', /^Client authentication failed: /, { detail: /^the application is set to / }],
  ['client_public', /^Client authentication failed: /, { detail: /public application/ }],
  ['client_secret_missing', /^Client authentication failed: /, { detail: /showed no secret/ }],
  ['client_assertion', /^Client authentication failed: .* no key registered/],
  ['client_certificate', /^Client authentication failed: .* certificate/],
  ['client_secret_wrong', /^Client authentication failed: /],
  ['client_assertion', /^The client_assertion |client_assertion_type|client_assertion/],
  ['client_certificate', /^No client certificate has arrived/],
  [
    'client_authentication_form',
    /^The client authenticates twice|is not Basic with base64|client_id in the body is not/,
  ],
  ['client_missing', /does not say which client|client_id is missing \(RFC 6749/],
  ['unknown_client', /^No application has this client_id/],
  ['client_document', /document(s)? (of|at|there)|at this client_id|^The client_id is an address/i],
  ['client_document_limit', /^This network has named many|^As many unverified applications/],
  ['application_disabled', /disabled by the operator/],
  ['redirect_uri', /^The redirect_uri is not registered/],
  ['redirect_uri_missing', /parameter redirect_uri is missing/],
  ['redirect_uri_changed', /^The redirect_uri is missing: the authorization|^The redirect_uri is not the one/],
  ['post_logout_redirect_uri', /^The post_logout_redirect_uri is not registered/],
  ['post_logout_whose', /^A post_logout_redirect_uri needs|is not the one that the id_token_hint was issued to/],
  ['parameter_missing', /^The parameter (\w+|response_type) is missing/],
  ['response_type', /^The only response_type/],
  ['response_mode', /response_mode/],
  ['grant_public', /^A public client cannot/],
  ['grant_unknown', /^There is no (password|implicit|assertion) grant|^This server has the grant types/],
  ['grant_not_assigned', /may not use the (grant type|authorization code|device authorization)/],
  ['person_denied', /^The person did not allow/],
  ['other_person', /^Another person signed in|about another person/],
  ['authentication_strength', /two factors|^No sign-in here has one of the acr/],
  ['not_in_group', /in none of the groups/],
  ['person_gone', /can no longer sign in/],
  ['signed_out', /^The person has signed out/],
  ['prompt_none', /prompt=none forbids/],
  ['pkce_missing', /must use PKCE/],
  ['pkce_method', /^The only code_challenge_method|code_challenge_method without/],
  ['pkce_challenge', /^The code_challenge is not/],
  ['pkce_unexpected', /^There is a code_verifier/],
  ['pkce_verifier_missing', /^The code_verifier is missing/],
  ['pkce_verifier', /^The code_verifier /],
  ['key_binding', /is bound to|dpop_jkt|bound to no DPoP key|are bound to its certificate/],
  ['dpop_nonce', /needs the nonce of/],
  ['dpop_proof', /DPoP/],
  ['code_used', /^The code was used before/],
  ['code_expired', /^The code has expired/],
  ['code_unknown', /^The code is unknown/],
  ['refresh_used', /^The refresh token was used before/],
  ['refresh_revoked', /^The refresh token was revoked/],
  ['refresh_expired', /^The refresh token has expired/],
  ['refresh_unknown', /^The refresh token is unknown/],
  ['device_code_used', /^The device_code was used/],
  ['device_code_expired', /^The device_code has expired/],
  ['device_code_unknown', /^The device_code is unknown/],
  ['device_polling', /has not answered yet|^The poll came before/],
  ['device_busy', /^No user code could be had/],
  ['request_not_pushed', /has to push its requests/],
  ['request_not_signed', /has to sign its requests/],
  ['request_object', /^The request object/],
  ['request_uri', /request_uri/],
  ['id_token_hint', /id_token_hint/],
  ['sign_in_expired', /^This sign-in has waited too long/],
  ['sign_in_answered', /^This request has been answered/],
  ['encryption_key', /ID tokens encrypted|encrypted with .* no key/],
  ['token_exchange', /subject_token|actor_token|requested_token_type|[Ee]xchange|opaque access tokens|acting parties/],
  ['resource', /resource/],
  ['authorization_details', /authorization_details|^A detail does not fit|name the details of its grant/],
  ['claims', /parameter claims/],
  ['introspection', /^Introspection is for|scope introspection|should authorize this call/],
  ['access_token_scope', /access token does not have the scope|stands for an application, not for a person/],
  ['access_token', /^The access token (is unknown|was asked)/],
  ['credentials_in_query', /in the query/],
  ['access_token_form', /^Send an access token|access token is sent twice|is not Bearer and a token/],
  ['scope', /scope/],
  ['parameter_value', /value of prompt|prompt value none|max_age is not/],
  ['unsupported', /is not supported/],
  ['request_form', /takes POST alone|takes GET|body is|no content type/],
  [
    'parameter_form',
    /appears more than once|too long for this server|control character|not form-encoded|more than \S+ parameters/,
  ],
  ['busy', /^Too many imported client secrets/],
];

/** The reason of a refusal; `other` where its text is none that is known. */
export function refusalReason({ hint, detail = '' }: Pick<ProtocolError, 'hint' | 'detail'>): RefusalReason {
  const found = TEXTS.find(([, text, also]) => text.test(hint) && (also === undefined || also.detail.test(detail)));
  return found === undefined ? 'other' : found[0];
}

/** What to lay beside what is registered; null: nothing. */
export function comparedBy(reason: RefusalReason): Compared | null {
  const { compares }: Reason = REFUSAL_REASONS[reason];
  return compares ?? null;
}

/** The specification's section: the one that the public text names, else the reason's own. */
export function sectionOf(reason: RefusalReason, hint: string): string {
  const named = /\(((?:RFC \d+|OpenID Connect[\w .-]*|FAPI 2\.0 [\w ]+?)(?:,? sections? [\d.]+)?)\)/.exec(hint)?.[1];
  return named === undefined ? REFUSAL_REASONS[reason].source : named.replace(/,? sections? /, ' §');
}

/** Takes a kept name for a reason; one that is not known here is `other`. */
export function keptReason(name: string | null): RefusalReason {
  return name !== null && Object.hasOwn(REFUSAL_REASONS, name) ? (name as RefusalReason) : 'other';
}
