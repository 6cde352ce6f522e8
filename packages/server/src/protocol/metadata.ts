/**
 * What the server says about itself: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, one document for both.
 *
 * Owns the document and the addresses in it. Each list is the registry that the endpoint itself reads, so that what is
 * advertised is what works.
 */

import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import { ACR_VALUES } from './acr.ts';
import { ID_TOKEN_ALGORITHMS } from './application.ts';
import {
  CONTENT_ENCRYPTIONS,
  ENCRYPTION_ALGORITHMS,
  SUBJECT_TYPES,
  USERINFO_SIGNING_ALGORITHMS,
} from './application-settings.ts';
import { PROMPTS, RESPONSE_TYPES } from './authorization-request.ts';
import { claimNames, type ProfileClaims } from './claims.ts';
import { CLIENT_ASSERTION_ALGORITHMS } from './client-assertion.ts';
import { CLIENT_AUTHENTICATION_METHODS, type ClientAuthenticationMethod } from './client-authentication.ts';
import { isTlsMethod, type MutualTls } from './client-certificate.ts';
import { DPOP_ALGORITHMS } from './dpop.ts';
import { GRANTS } from './grants/registry.ts';
import { INTROSPECTION_METHODS } from './introspection.ts';
import { issuerOf } from './issuer.ts';
import { CODE_CHALLENGE_METHODS } from './pkce.ts';
import { REQUEST_OBJECT_ALGORITHMS } from './request-object.ts';
import { RESPONSE_MODES } from './response-mode.ts';
import type { ScopeRegistry } from './scopes.ts';

/** What the document is made of. */
export interface MetadataDeps {
  /** `DIAPASON_URL` without a slash at its end. */
  readonly baseUrl: string;
  readonly scopes: ScopeRegistry;
  readonly profileClaims: ProfileClaims;
  readonly detailTypes: AuthorizationDetailTypes;
  /** BCP 47 tags of the languages that the pages speak. */
  readonly uiLocales: readonly string[];
  /** Whether programs may register themselves (RFC 7591). */
  readonly registration: boolean;
  /** Whether a `client_id` may be the address of a document. */
  readonly clientDocuments: boolean;
  /** RFC 8705; absent or null: no certificate of a client can arrive here. */
  readonly mutualTls?: MutualTls | null;
}

/** The document. It changes only with the configuration: make it once. */
export function providerMetadata(deps: MetadataDeps): Readonly<Record<string, unknown>> {
  const issuer = issuerOf(deps.baseUrl);
  const arriving = <Method extends ClientAuthenticationMethod>(methods: readonly Method[]) =>
    deps.mutualTls == null ? methods.filter((method) => !isTlsMethod(method)) : methods;
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize/`,
    token_endpoint: `${issuer}/token/`,
    userinfo_endpoint: `${issuer}/userinfo/`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    // RFC 8628 §4
    device_authorization_endpoint: `${issuer}/device-authorization/`,
    revocation_endpoint: `${issuer}/revoke_token/`,
    introspection_endpoint: `${issuer}/introspect/`,
    end_session_endpoint: `${issuer}/logout/`,
    ...(deps.clientDocuments ? { client_id_metadata_document_supported: true } : {}),
    ...(deps.registration ? { registration_endpoint: `${issuer}/register/` } : {}),
    // OpenID Connect Back-Channel Logout 1.0 §2.1, Front-Channel Logout 1.0 §3
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    // RFC 9126 §5. It authenticates clients as the token endpoint does.
    pushed_authorization_request_endpoint: `${issuer}/par/`,
    require_pushed_authorization_requests: false,
    scopes_supported: [...deps.scopes.keys()],
    // RFC 9396 §10
    ...(deps.detailTypes.size === 0 ? {} : { authorization_details_types_supported: [...deps.detailTypes.keys()] }),
    response_types_supported: RESPONSE_TYPES,
    // JARM §2.3.4: `jwt` is the name of one of the others.
    response_modes_supported: [...RESPONSE_MODES, 'jwt'],
    authorization_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
    grant_types_supported: [...GRANTS.keys()],
    subject_types_supported: SUBJECT_TYPES,
    id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
    id_token_encryption_alg_values_supported: ENCRYPTION_ALGORITHMS,
    id_token_encryption_enc_values_supported: CONTENT_ENCRYPTIONS,
    userinfo_signing_alg_values_supported: USERINFO_SIGNING_ALGORITHMS,
    // RFC 9701 §7
    introspection_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
    token_endpoint_auth_methods_supported: arriving(CLIENT_AUTHENTICATION_METHODS),
    token_endpoint_auth_signing_alg_values_supported: CLIENT_ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: arriving(CLIENT_AUTHENTICATION_METHODS),
    revocation_endpoint_auth_signing_alg_values_supported: CLIENT_ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: arriving(INTROSPECTION_METHODS),
    introspection_endpoint_auth_signing_alg_values_supported: CLIENT_ASSERTION_ALGORITHMS,
    code_challenge_methods_supported: CODE_CHALLENGE_METHODS,
    // RFC 9449 §5.1
    dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
    ...mutualTlsMetadata(deps.mutualTls ?? null),
    // RFC 9207 §3
    authorization_response_iss_parameter_supported: true,
    prompt_values_supported: PROMPTS,
    acr_values_supported: ACR_VALUES,
    claim_types_supported: ['normal'],
    claims_supported: [
      ...claimNames(deps.profileClaims),
      'iss',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'acr',
      'amr',
      'at_hash',
      'sid',
    ],
    ui_locales_supported: deps.uiLocales,
    // OpenID Connect Discovery 1.0 §3: request_uri is taken for supported unless denied; the others are said for clarity.
    claims_parameter_supported: true,
    // RFC 9101 §10.5. By value and pushed; by a reference of the application's own it is not fetched.
    request_parameter_supported: true,
    require_signed_request_object: false,
    request_object_signing_alg_values_supported: REQUEST_OBJECT_ALGORITHMS,
    request_uri_parameter_supported: false,
  };
}

/** RFC 8705 §3.3 and §5: only where certificates arrive, so that nothing is said of them where they do not. */
function mutualTlsMetadata(mutualTls: MutualTls | null): Readonly<Record<string, unknown>> {
  if (mutualTls === null) return {};
  const bound = { tls_client_certificate_bound_access_tokens: true };
  if (mutualTls.baseUrl === null) return bound;
  const issuer = issuerOf(mutualTls.baseUrl);
  return {
    ...bound,
    mtls_endpoint_aliases: {
      token_endpoint: `${issuer}/token/`,
      userinfo_endpoint: `${issuer}/userinfo/`,
      revocation_endpoint: `${issuer}/revoke_token/`,
      introspection_endpoint: `${issuer}/introspect/`,
      pushed_authorization_request_endpoint: `${issuer}/par/`,
      device_authorization_endpoint: `${issuer}/device-authorization/`,
    },
  };
}
