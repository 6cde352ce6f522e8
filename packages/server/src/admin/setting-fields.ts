/**
 * The settings of an application (`protocol/application-settings.ts`) as fields: one list that the form, the command line and
 * its JSON all read. A further setting is one entry here, its name in `pages/models/applications.ts` and its two texts in each language.
 *
 * Owns names, kinds and the syntax of each field by itself. Whether they fit together is `application-rules.ts`.
 */
import { isIP } from 'node:net';
import { type FieldProblem, fieldProblem } from '../accounts/problems.ts';
import {
  ACCESS_TOKEN_FORMATS,
  APPLICATION_TYPES,
  type ApplicationSettings,
  CLIENT_AUTHENTICATIONS,
  CONTENT_ENCRYPTIONS,
  ENCRYPTION_ALGORITHMS,
  FAPI_PROFILES,
  SECOND_FACTORS,
  SUBJECT_TYPES,
  TOKEN_EXCHANGES,
  USERINFO_SIGNING_ALGORITHMS,
} from '../protocol/application-settings.ts';
import { isDistinguishedName } from '../protocol/distinguished-name.ts';
import { RESPONSE_MODES } from '../protocol/response-mode.ts';
import {
  address,
  certificateName,
  choice,
  field,
  isHostName,
  isMailAddress,
  keySet,
  names,
  page,
  readContact,
  readGroups,
  readResponseModes,
  readTypes,
  toggle,
  uri,
  uriList,
} from './setting-kinds.ts';

/** Every field, in the order of the form. */
export const SETTING_FIELDS = [
  choice(
    'application_type',
    'applicationType',
    APPLICATION_TYPES,
    'auto (unless said: a public one is native), web or native: native ones have any port of loopback and own schemes',
  ),
  choice(
    'client_authentication',
    'clientAuthentication',
    CLIENT_AUTHENTICATIONS,
    'client_secret (unless said), private_key_jwt or self_signed_tls_client_auth, which need --jwks or --jwks-uri, or tls_client_auth',
  ),
  keySet('jwks', 'public keys of the application as a JSON Web Key Set; empty: none'),
  toggle('require_dpop', 'requireDpop', 'tokens are bound to a key of the application (DPoP, RFC 9449)'),
  certificateName('tls_client_auth_subject_dn', 'tlsClientAuthSubjectDn', isDistinguishedName, 'subject (RFC 4514)'),
  certificateName('tls_client_auth_san_dns', 'tlsClientAuthSanDns', isHostName, 'DNS name'),
  certificateName('tls_client_auth_san_uri', 'tlsClientAuthSanUri', URL.canParse, 'URI'),
  certificateName('tls_client_auth_san_ip', 'tlsClientAuthSanIp', (text) => isIP(text) !== 0, 'IP address'),
  certificateName('tls_client_auth_san_email', 'tlsClientAuthSanEmail', isMailAddress, 'e-mail address'),
  toggle(
    'tls_client_certificate_bound_access_tokens',
    'tlsClientCertificateBoundAccessTokens',
    'tokens are bound to the certificate of the application (RFC 8705)',
  ),
  uri('jwks_uri', 'jwksUri', 'https address of its public keys; empty: none'),
  choice(
    'userinfo_signing_algorithm',
    'userinfoSigningAlgorithm',
    USERINFO_SIGNING_ALGORITHMS,
    'none (unless said), RS256, ES256 or EdDSA: userinfo as a signed JWT',
  ),
  choice(
    'id_token_encryption_algorithm',
    'idTokenEncryptionAlgorithm',
    ['none', ...ENCRYPTION_ALGORITHMS],
    `none (unless said), ${ENCRYPTION_ALGORITHMS.join(', ')}: encrypted to a public key with use enc`,
  ),
  choice(
    'id_token_content_encryption',
    'idTokenContentEncryption',
    CONTENT_ENCRYPTIONS,
    `${CONTENT_ENCRYPTIONS.join(', ')}; unless said: the first`,
  ),
  choice(
    'subject_type',
    'subjectType',
    SUBJECT_TYPES,
    'public (unless said) or pairwise: people have names here that no other application knows',
  ),
  uri(
    'sector_identifier_uri',
    'sectorIdentifierUri',
    'address of the list of its redirect URIs, for pairwise; empty: none',
  ),
  choice('access_token_format', 'accessTokenFormat', ACCESS_TOKEN_FORMATS, 'opaque (unless said) or jwt (RFC 9068)'),
  address('backchannel_logout_uri', 'backchannelLogoutUri', 'where logout tokens are posted (Back-Channel Logout 1.0)'),
  toggle(
    'backchannel_logout_session_required',
    'backchannelLogoutSessionRequired',
    'it goes by the sid of logout tokens',
  ),
  address(
    'frontchannel_logout_uri',
    'frontchannelLogoutUri',
    'loaded in a frame at sign-out (Front-Channel Logout 1.0)',
  ),
  toggle('frontchannel_logout_session_required', 'frontchannelLogoutSessionRequired', 'with iss and sid'),
  toggle('refresh_ends_with_session', 'refreshEndsWithSession', 'its refresh tokens end with the session'),
  choice(
    'second_factor',
    'secondFactor',
    SECOND_FACTORS,
    'optional (unless said) or required: whoever signs in there does so by two factors, and sets a second one up first',
  ),
  {
    ...choice(
      'token_exchange',
      'tokenExchange',
      TOKEN_EXCHANGES,
      'off (unless said), impersonation, delegation or impersonation-and-delegation (RFC 8693)',
    ),
    superuserOnly: true,
  },
  names(
    'token_exchange_subject_clients',
    'tokenExchangeSubjectClients',
    'client_ids whose tokens it may exchange; without any, its own and those that name it as audience',
  ),
  names(
    'token_exchange_audiences',
    'tokenExchangeAudiences',
    'client_ids and resource URIs that it may exchange tokens for',
  ),
  field({
    name: 'allowed_groups',
    kind: 'lines',
    superuserOnly: true,
    help: 'groups that it is for; without any, for everybody',
    read: readGroups,
    show: ({ allowedGroups }) => allowedGroups,
  }),
  field({
    name: 'access_contact',
    kind: 'text',
    superuserOnly: true,
    help: 'whom somebody asks who is in none of those groups, as the page says it',
    read: readContact,
    show: ({ accessContact }) => accessContact,
  }),
  field({
    name: 'response_modes',
    kind: 'boxes',
    options: RESPONSE_MODES,
    help: 'how it may have its answers; unless said: all',
    read: readResponseModes,
    show: ({ responseModes }) => responseModes,
  }),
  // A token says by its audience whom it is for: that would be anybody, if owners could name them.
  { ...uriList('resources', 'resources', 'URIs that it may ask tokens for (RFC 8707)'), superuserOnly: true },
  field({
    name: 'authorization_details_types',
    kind: 'boxes',
    declaredBy: 'detailTypes',
    help: 'types of authorization details that it may ask for (RFC 9396)',
    read: readTypes,
    show: ({ authorizationDetailsTypes }) => authorizationDetailsTypes,
  }),
  // Whoever is a resource sees the tokens for it.
  {
    ...uriList(
      'resource_identifiers',
      'resourceIdentifiers',
      'URIs that it is itself: it may look into tokens for them',
    ),
    superuserOnly: true,
  },
  page('client_uri', 'clientUri', 'https page about the application, linked where people are asked'),
  page('policy_uri', 'policyUri', 'https page on what it does with data, linked where people are asked'),
  page('tos_uri', 'tosUri', 'https page with its terms, linked where people are asked'),
  choice(
    'fapi_profile',
    'fapiProfile',
    FAPI_PROFILES,
    'none (unless said), security (FAPI 2.0 Security Profile) or message-signing (and FAPI 2.0 Message Signing)',
  ),
  toggle('require_pushed_request', 'requirePushedRequest', 'refuse requests that were not pushed (RFC 9126)'),
  toggle(
    'redirect_uri_optional',
    'redirectUriOptional',
    'OpenID requests may leave out the only redirect URI (legacy)',
  ),
  toggle('require_signed_request', 'requireSignedRequest', 'refuse requests that are not signed (RFC 9101)'),
] as const;

/** Name of a field. */
export type SettingFieldName = (typeof SETTING_FIELDS)[number]['name'];
/** What was given, by the names of the fields; what is absent stays as it is. */
export type SettingValues = { readonly [Name in SettingFieldName]?: unknown };

/** Reads what was given: the settings that it changes, or what is wrong, a problem a field. */
export function readSettings(given: SettingValues): {
  readonly change: Partial<ApplicationSettings>;
  readonly problems: readonly FieldProblem[];
} {
  const problems: FieldProblem[] = [];
  let change: Partial<ApplicationSettings> = {};
  for (const { name, read } of SETTING_FIELDS) {
    const value = given[name];
    if (value === undefined) continue;
    const result = read(value);
    if ('problem' in result) problems.push(fieldProblem(name, result.problem, result.values));
    else change = { ...change, ...result.value };
  }
  return { change, problems };
}

/** The settings by the names of the fields. */
export function shownSettings(settings: ApplicationSettings): Readonly<Record<SettingFieldName, SettingShown>> {
  const shown = SETTING_FIELDS.map(({ name, show }) => [name, show(settings)] as const);
  return Object.fromEntries(shown) as Record<SettingFieldName, SettingShown>;
}

/** As it stands in the form and in JSON. */
export type SettingShown = string | boolean | readonly string[];
