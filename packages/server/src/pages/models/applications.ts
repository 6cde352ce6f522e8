/** Models of the pages on which developers look after their applications. Owns the types. */
import type { Problem } from '../messages.ts';
import type { ScopeView } from './authorization.ts';
import type { Notice } from './context.ts';

/** A line of the list of applications. */
export interface ApplicationLine {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly clientType: ClientTypeView;
  /** Username of its owner; null: the superusers'. */
  readonly owner: string | null;
  readonly isDisabled: boolean;
  readonly createdAtMs: number;
}

/** RFC 6749 §2.1. */
export type ClientTypeView = 'confidential' | 'public';

/** `/o/applications/`. */
export interface ApplicationsPage {
  readonly page: 'applications';
  readonly applications: readonly ApplicationLine[];
  /** True for a superuser: everybody's are listed, with their owners. */
  readonly showsOwners: boolean;
  readonly notice: Notice | null;
}

/** Fields of the application form, by their wire names. */
export type ApplicationField =
  | 'name'
  | 'client_type'
  | 'grants'
  | 'redirect_uris'
  | 'post_logout_redirect_uris'
  | 'allowed_origins'
  | 'scopes'
  | 'require_pkce'
  | 'skip_consent'
  | 'id_token_algorithm'
  | 'code_lifetime_seconds'
  | 'access_token_lifetime_seconds'
  | 'refresh_token_lifetime_seconds'
  | 'refresh_token_idle_seconds'
  | SettingFieldName;

/** Fields of the folded part that few applications need. Each has the texts `setting.NAME` and `setting.NAME.hint`. */
export type SettingFieldName =
  | 'client_authentication'
  | 'jwks'
  | 'jwks_uri'
  | 'client_uri'
  | 'policy_uri'
  | 'tos_uri'
  | 'require_dpop'
  | 'tls_client_auth_subject_dn'
  | 'tls_client_auth_san_dns'
  | 'tls_client_auth_san_uri'
  | 'tls_client_auth_san_ip'
  | 'tls_client_auth_san_email'
  | 'tls_client_certificate_bound_access_tokens'
  | 'userinfo_signing_algorithm'
  | 'application_type'
  | 'id_token_encryption_algorithm'
  | 'id_token_content_encryption'
  | 'subject_type'
  | 'sector_identifier_uri'
  | 'access_token_format'
  | 'backchannel_logout_uri'
  | 'backchannel_logout_session_required'
  | 'frontchannel_logout_uri'
  | 'frontchannel_logout_session_required'
  | 'refresh_ends_with_session'
  | 'token_exchange'
  | 'token_exchange_subject_clients'
  | 'token_exchange_audiences'
  | 'second_factor'
  | 'allowed_groups'
  | 'access_contact'
  | 'response_modes'
  | 'resources'
  | 'authorization_details_types'
  | 'resource_identifiers'
  | 'fapi_profile'
  | 'require_pushed_request'
  | 'require_signed_request'
  | 'redirect_uri_optional';

/** One of them: a list of options to choose one from, or some of (boxes), a box, lines of text, text, or JSON. */
export interface SettingView {
  readonly field: SettingFieldName;
  readonly kind: 'choice' | 'boxes' | 'switch' | 'lines' | 'text' | 'json';
  /** Empty: anything. */
  readonly options: readonly string[];
  /** As typed. Of a box: whether it is ticked. Of boxes: those that are. */
  readonly value: string | boolean | readonly string[];
}

/** What stands in the application form: as typed, so that nothing is lost when it comes back. */
export interface ApplicationValues {
  readonly name: string;
  /** `confidential` or `public`. */
  readonly client_type: string;
  /** Checked boxes (repeated field). */
  readonly grants: readonly string[];
  /** One to a line, as are the next two. */
  readonly redirect_uris: string;
  readonly post_logout_redirect_uris: string;
  readonly allowed_origins: string;
  /** Checked boxes (repeated field). */
  readonly scopes: readonly string[];
  /** A box: sent as `on`, or not at all. So is the next. */
  readonly require_pkce: boolean;
  readonly skip_consent: boolean;
  readonly id_token_algorithm: string;
  /** Whole seconds as text; the last two may be empty: no end. */
  readonly code_lifetime_seconds: string;
  readonly access_token_lifetime_seconds: string;
  readonly refresh_token_lifetime_seconds: string;
  readonly refresh_token_idle_seconds: string;
}

/** `/o/applications/register/` (`application` null) and `/o/applications/:id/update/`. Posts to where it stands. */
export interface ApplicationFormPage {
  readonly page: 'application-form';
  /** The one that is edited, under its present name; null: a new one. */
  readonly application: { readonly id: string; readonly name: string } | null;
  /** Goes back as the hidden field `form`: sent twice, the form registers once. null: sending it twice does no harm. */
  readonly formId: string | null;
  readonly values: ApplicationValues;
  readonly fieldProblems: Readonly<Partial<Record<ApplicationField, Problem>>>;
  readonly formProblem: Problem | null;
  readonly grantsOffered: readonly string[];
  readonly scopesOffered: readonly ScopeView[];
  readonly algorithmsOffered: readonly string[];
  readonly settings: readonly SettingView[];
  /** True for superusers alone. */
  readonly canSkipConsent: boolean;
}

/** One of the secrets of an application. The secret itself is not known any more. */
export interface SecretView {
  readonly id: string;
  /** The last four characters. */
  readonly hint: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** Addresses that a developer copies into the application's settings. */
export interface EndpointUrls {
  readonly issuer: string;
  readonly discovery: string;
  readonly authorization: string;
  readonly token: string;
  readonly deviceAuthorization: string;
  readonly userinfo: string;
  readonly profile: string;
  readonly revocation: string;
  readonly introspection: string;
  readonly endSession: string;
}

/**
 * `/o/applications/:id/`. Adding a secret posts `csrf` to `/o/applications/:id/secrets/`; removing one asks first, at
 * `/o/applications/:id/secrets/:secretId/delete/`.
 */
export interface ApplicationPage {
  readonly page: 'application';
  readonly application: {
    readonly id: string;
    readonly name: string;
    readonly clientId: string;
    readonly clientType: ClientTypeView;
    readonly grants: readonly string[];
    readonly redirectUris: readonly string[];
    readonly postLogoutRedirectUris: readonly string[];
    readonly allowedOrigins: readonly string[];
    readonly scopes: readonly ScopeView[];
    /** By its own setting or by its type. */
    readonly requirePkce: boolean;
    readonly skipConsent: boolean;
    readonly idTokenAlgorithm: string;
    readonly codeLifetimeSeconds: number;
    readonly accessTokenLifetimeSeconds: number;
    readonly refreshTokenLifetimeSeconds: number | null;
    readonly refreshTokenIdleSeconds: number | null;
    /** Username; null: the superusers'. */
    readonly owner: string | null;
    readonly isDisabled: boolean;
    readonly lastWithoutPkceAtMs: number | null;
    readonly lastWithoutRedirectUriAtMs: number | null;
    readonly lastLongAccessTokenAtMs: number | null;
    readonly lastLongRefreshTokenAtMs: number | null;
    readonly createdAtMs: number;
    readonly updatedAtMs: number;
  };
  readonly secrets: readonly SecretView[];
  /** The new secret, in the answer that made it and never again; null: none was made. */
  readonly newSecret: string | null;
  /** The most secrets that one application may have; no button to add one beyond. */
  readonly secretsMax: number;
  /** The hidden field `form` of the button that adds a secret: sent twice, it adds one. */
  readonly secretFormId: string;
  readonly endpoints: EndpointUrls;
  readonly notice: Notice | null;
}
