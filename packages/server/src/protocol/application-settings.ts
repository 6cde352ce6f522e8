/**
 * What an application may set beyond the essentials: how it proves itself, what its tokens look like, what its requests have
 * to be. Most applications leave all of it alone.
 *
 * Owns the fields and their defaults. Storage keeps only what differs from the default, so that a new field needs no
 * migration; who may change them is `admin/application-rules.ts`.
 */

import type { JsonWebKeySet } from './json-web-key-set.ts';
import { RESPONSE_MODES, type ResponseMode } from './response-mode.ts';

/** RFC 9068, or text that means nothing to anybody but this server. */
export const ACCESS_TOKEN_FORMATS = ['opaque', 'jwt'] as const;

/** How a confidential application proves itself: by a secret (basic or post), a JWT of its own key, or a certificate (RFC 8705). Never by one or another. */
export const CLIENT_AUTHENTICATIONS = [
  'client_secret',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
] as const;

/** RFC 8693 §1.1: whether tokens may be exchanged for ones that are the person's own, or that name who acts for them too. */
export const TOKEN_EXCHANGES = ['off', 'impersonation', 'delegation', 'impersonation-and-delegation'] as const;
/** FAPI 2.0 Security Profile, and Message Signing, which is that and more (`fapi.ts`). */
export const FAPI_PROFILES = ['none', 'security', 'message-signing'] as const;
/** OpenID Connect Core §5.3.2: userinfo as JSON (`none`), or signed. */
export const USERINFO_SIGNING_ALGORITHMS = ['none', 'RS256', 'ES256', 'EdDSA'] as const;

/** Whether two factors are wanted of whoever signs in there (`second-factor.ts`). */
export const SECOND_FACTORS = ['optional', 'required'] as const;

/** OpenID Connect Core §8: whether it knows people by the account's id, or by names that no other application has. */
export const SUBJECT_TYPES = ['public', 'pairwise'] as const;

/**
 * OpenID Connect Dynamic Client Registration 1.0 §2 `application_type`. `auto`, unless said: a public application counts as native, a
 * confidential one as web, which is how they were told apart before there was a choice, and how imported ones go on working.
 */
export const APPLICATION_TYPES = ['auto', 'web', 'native'] as const;

/** RFC 7518 §4.3, §4.6, of the key: to one that the application has published. */
export const ENCRYPTION_ALGORITHMS = ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A256KW'] as const;
/** One of {@link ENCRYPTION_ALGORITHMS}. */
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];
/** RFC 7518 §5, of the content. */
export const CONTENT_ENCRYPTIONS = ['A128CBC-HS256', 'A128GCM', 'A256GCM'] as const;
/** One of {@link CONTENT_ENCRYPTIONS}. */
export type ContentEncryption = (typeof CONTENT_ENCRYPTIONS)[number];

/** Everything, with the default that an application has unless it says otherwise. Wire words where the wire has them. */
export interface ApplicationSettings {
  /** RFC 9068: `jwt` for resource servers that verify by themselves. Opaque tokens can be revoked at once. */
  readonly accessTokenFormat: (typeof ACCESS_TOKEN_FORMATS)[number];
  /** Whether it runs on people's own machines, which decides over its redirect URIs (RFC 8252). */
  readonly applicationType: (typeof APPLICATION_TYPES)[number];
  /** How it may have its answers (ASVS 10.4.12); not empty. */
  readonly responseModes: readonly ResponseMode[];
  /** RFC 7517: the application's public keys; null: none registered. */
  readonly jwks: JsonWebKeySet | null;
  /** OpenID Connect Dynamic Client Registration 1.0 §2 `userinfo_signed_response_alg`. */
  readonly userinfoSigningAlgorithm: (typeof USERINFO_SIGNING_ALGORITHMS)[number];
  /** OpenID Connect Core §10.2: ID tokens are signed and then encrypted to a key of the application; `none`: signed. */
  readonly idTokenEncryptionAlgorithm: 'none' | EncryptionAlgorithm;
  /** Of no effect without the other. */
  readonly idTokenContentEncryption: ContentEncryption;
  /** In force from a person's next sign-in on. To the application a person is another one then. */
  readonly subjectType: (typeof SUBJECT_TYPES)[number];
  /** §8.1: a list of redirect URIs at an https address, whose host is its sector; null: the redirect URIs have one host. */
  readonly sectorIdentifierUri: string | null;
  /** RFC 9449 §5.2: it gets no tokens but those that are bound to its key. */
  readonly requireDpop: boolean;
  /** Where its public keys are; null: nowhere. Not beside `jwks` (RFC 7591 §2). */
  readonly jwksUri: string | null;
  readonly clientAuthentication: (typeof CLIENT_AUTHENTICATIONS)[number];
  /** RFC 8705 §2.1.2: the name that its certificate has to have, one of the five; null: not this one. RFC 4514. */
  readonly tlsClientAuthSubjectDn: string | null;
  readonly tlsClientAuthSanDns: string | null;
  readonly tlsClientAuthSanUri: string | null;
  readonly tlsClientAuthSanIp: string | null;
  readonly tlsClientAuthSanEmail: string | null;
  /** RFC 8705 §3.4: it gets no tokens but those that are bound to its certificate. */
  readonly tlsClientCertificateBoundAccessTokens: boolean;
  /** RFC 8707: the resources (absolute URIs) that it may ask for tokens for. Only a superuser says so. */
  readonly resources: readonly string[];
  /** RFC 9396 §10: the types of authorization details that it may ask for. */
  readonly authorizationDetailsTypes: readonly string[];
  /** RFC 8707: the resources (absolute URIs) that it is itself: it may look into tokens for them. Only a superuser says so. */
  readonly resourceIdentifiers: readonly string[];
  /** RFC 7591 §2: pages about the application, its handling of data and its terms, for people to open; null: none. Never fetched. */
  readonly clientUri: string | null;
  readonly policyUri: string | null;
  readonly tosUri: string | null;
  /** FAPI 2.0: what else it is held to. */
  readonly fapiProfile: (typeof FAPI_PROFILES)[number];
  /** RFC 9126 §6: a request that was not pushed is refused. */
  readonly requirePushedRequest: boolean;
  /** RFC 9101 §10.5: a request that is no signed request object is refused. */
  readonly requireSignedRequest: boolean;
  /**
   * Whether an OpenID request may leave out its `redirect_uri`, as django-oauth-toolkit lets it where one is registered. OpenID
   * Connect Core §3.1.2.1 does not. Applications that come from there have it until they need it no more.
   */
  readonly redirectUriOptional: boolean;
  /** OpenID Connect Back-Channel Logout 1.0 §2.2: where logout tokens are posted; null: nowhere. */
  readonly backchannelLogoutUri: string | null;
  /** §2.2: without a `sid` in the logout token it could not tell whose session ended. Ours always have one. */
  readonly backchannelLogoutSessionRequired: boolean;
  /** OpenID Connect Front-Channel Logout 1.0 §2: what is loaded in a frame of the signed-out page; null: nothing. */
  readonly frontchannelLogoutUri: string | null;
  /** §2: whether that address gets `iss` and `sid`. */
  readonly frontchannelLogoutSessionRequired: boolean;
  /**
   * Whether its refresh tokens end with the session that they were issued in, those with `offline_access` apart
   * (Back-Channel Logout 1.0 §2.7). Off: signing out of one application ends no other's tokens (D20).
   */
  readonly refreshEndsWithSession: boolean;
  /** `required`: as if each of its requests demanded `acr` 2 (OpenID Connect Core §5.5.1.1). */
  readonly secondFactor: (typeof SECOND_FACTORS)[number];
  /** RFC 8693: only a superuser sets it and the next two. */
  readonly tokenExchange: (typeof TOKEN_EXCHANGES)[number];
  /** `client_id`s whose tokens it may exchange; empty: its own, and those that name it as their audience. */
  readonly tokenExchangeSubjectClients: readonly string[];
  /** What it may ask for as `audience` (a `client_id`) or `resource` (an absolute URI). */
  readonly tokenExchangeAudiences: readonly string[];
  /** Names of the groups that it is for; empty: for everybody. Only a superuser sets it and the next. */
  readonly allowedGroups: readonly string[];
  /** Whom somebody asks who is in none of them; empty: those who run the server. */
  readonly accessContact: string;
}

/** What an application has that sets nothing. */
export const DEFAULT_SETTINGS: ApplicationSettings = {
  accessTokenFormat: 'opaque',
  applicationType: 'auto',
  responseModes: RESPONSE_MODES,
  jwks: null,
  userinfoSigningAlgorithm: 'none',
  idTokenEncryptionAlgorithm: 'none',
  // OpenID Connect Dynamic Client Registration 1.0 §2.
  idTokenContentEncryption: 'A128CBC-HS256',
  subjectType: 'public',
  sectorIdentifierUri: null,
  requireDpop: false,
  jwksUri: null,
  clientAuthentication: 'client_secret',
  tlsClientAuthSubjectDn: null,
  tlsClientAuthSanDns: null,
  tlsClientAuthSanUri: null,
  tlsClientAuthSanIp: null,
  tlsClientAuthSanEmail: null,
  tlsClientCertificateBoundAccessTokens: false,
  resources: [],
  authorizationDetailsTypes: [],
  resourceIdentifiers: [],
  clientUri: null,
  policyUri: null,
  tosUri: null,
  fapiProfile: 'none',
  requirePushedRequest: false,
  requireSignedRequest: false,
  redirectUriOptional: false,
  backchannelLogoutUri: null,
  backchannelLogoutSessionRequired: false,
  frontchannelLogoutUri: null,
  frontchannelLogoutSessionRequired: false,
  refreshEndsWithSession: false,
  secondFactor: 'optional',
  tokenExchange: 'off',
  tokenExchangeSubjectClients: [],
  tokenExchangeAudiences: [],
  allowedGroups: [],
  accessContact: '',
};

/** The fields that differ from the default: what storage keeps. */
export function changedSettings(settings: ApplicationSettings): Partial<ApplicationSettings> {
  const defaults: Readonly<Record<string, unknown>> = { ...DEFAULT_SETTINGS };
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name])),
  );
}
