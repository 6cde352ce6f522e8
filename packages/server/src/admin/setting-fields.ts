/**
 * The settings of an application (`protocol/application-settings.ts`) as fields: one list that the form, the command line and
 * its JSON all read. A further setting is one entry here, its name in `pages/models/applications.ts` and its two texts in each language.
 *
 * Owns names, kinds and the syntax of each field by itself. Whether they fit together is `application-rules.ts`.
 */
import { isIP } from 'node:net';
import { type FieldProblem, fieldProblem, type ProblemCode } from '../accounts/problems.ts';
import {
  ACCESS_TOKEN_FORMATS,
  APPLICATION_TYPES,
  type ApplicationSettings,
  CLIENT_AUTHENTICATIONS,
  CONTENT_ENCRYPTIONS,
  ENCRYPTION_ALGORITHMS,
  FAPI_PROFILES,
  SUBJECT_TYPES,
  TOKEN_EXCHANGES,
  USERINFO_SIGNING_ALGORITHMS,
} from '../protocol/application-settings.ts';
import { isDistinguishedName } from '../protocol/distinguished-name.ts';
import { type JsonWebKeySetFault, readJsonWebKeySet } from '../protocol/json-web-key-set.ts';
import { isResource, RESOURCES_MAX } from '../protocol/resource-indicators.ts';
import { RESPONSE_MODES } from '../protocol/response-mode.ts';

/** How a field is shown and typed. `choice`: one of `options`; `boxes`: some of them; `switch`: a box; `lines`: one to a line. */
export type SettingKind = 'choice' | 'boxes' | 'switch' | 'lines' | 'text' | 'json';

/** A value, or what is wrong with what was given. */
type Read<Value> =
  | { readonly value: Value }
  | { readonly problem: ProblemCode; readonly values?: Readonly<Record<string, string | number>> };

/** One setting as a field. The option of the command line has its name with dashes. */
export interface SettingField<Name extends string = string> {
  /** In the form, in problems and in JSON. */
  readonly name: Name;
  readonly kind: SettingKind;
  /** What may be chosen; absent: anything that `read` takes. */
  readonly options?: readonly string[];
  /** What may be chosen is the operator's to declare; shown where they declared any. */
  readonly declaredBy?: 'detailTypes';
  /** Shown to superusers, and changed by them, alone. */
  readonly superuserOnly?: true;
  /** For `--help`. */
  readonly help: string;
  /** The change that is meant by a text, by a list of them (`boxes`, `lines`), or by the state of a box. */
  readonly read: (given: unknown) => Read<Partial<ApplicationSettings>>;
  /** As it stands in the form and in JSON. */
  readonly show: (settings: ApplicationSettings) => string | boolean | readonly string[];
}

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

function keySet<Name extends string>(name: Name, help: string): SettingField<Name> {
  return {
    name,
    kind: 'json',
    help,
    read: (given) => {
      if (given === '' || given === null) return { value: { jwks: null } };
      const read = readJsonWebKeySet(given);
      return read.outcome === 'refused' ? { problem: KEY_PROBLEMS[read.fault] } : { value: { jwks: read.jwks } };
    },
    show: ({ jwks }) => (jwks === null ? '' : JSON.stringify(jwks)),
  };
}

/** An address that this server fetches. Whether it may is decided when it does; here, whether it is one at all. */
function uri<Name extends string>(
  name: Name,
  key: 'jwksUri' | 'sectorIdentifierUri',
  help: string,
): SettingField<Name> {
  return {
    name,
    kind: 'text',
    help,
    read: (given) => {
      if (given === '' || given === null) return { value: { [key]: null } };
      const isAddress =
        typeof given === 'string' &&
        given.length <= 2_000 &&
        URL.canParse(given) &&
        /^https?:$/.test(new URL(given).protocol);
      return isAddress ? { value: { [key]: given } } : { problem: 'problem.address.invalid' };
    },
    show: (settings) => settings[key] ?? '',
  };
}

/** Keeps the name as a type. */
function field<Name extends string>(described: SettingField<Name>): SettingField<Name> {
  return described;
}

function choice<Name extends string, Key extends keyof ApplicationSettings>(
  name: Name,
  key: Key,
  options: readonly (ApplicationSettings[Key] & string)[],
  help: string,
): SettingField<Name> {
  return {
    name,
    kind: 'choice',
    options,
    help,
    read: (given) => {
      const chosen = options.find((option) => option === given);
      return chosen === undefined ? { problem: 'problem.choice.unknown' } : { value: { [key]: chosen } };
    },
    show: (settings) => String(settings[key]),
  };
}

type KeyOf<Value> = {
  [Key in keyof ApplicationSettings]: ApplicationSettings[Key] extends Value ? Key : never;
}[keyof ApplicationSettings];

/** A box, ticked or not. */
function toggle<Name extends string>(name: Name, key: KeyOf<boolean>, help: string): SettingField<Name> {
  return {
    name,
    kind: 'switch',
    help,
    read: (given) => (typeof given === 'boolean' ? { value: { [key]: given } } : { problem: 'problem.choice.unknown' }),
    show: (settings) => settings[key],
  };
}

/** Of an address that this server or a browser is sent to. */
const ADDRESS_CHARACTERS_MAX = 2_000;

/** An address of the application, https, or http on this machine; empty: none. */
function address<Name extends string>(name: Name, key: KeyOf<string | null>, help: string): SettingField<Name> {
  return {
    name,
    kind: 'text',
    help,
    read: (given) => {
      const text = typeof given === 'string' ? given.trim() : '';
      if (text === '') return { value: { [key]: null } };
      const problem = addressProblem(text);
      return problem === null ? { value: { [key]: text } } : { problem, values: { uri: text.slice(0, 100) } };
    },
    show: (settings) => settings[key] ?? '',
  };
}

/** A page for people to open. Https alone: on plain http, whoever is on the way could write what people go by. */
function page<Name extends string>(
  name: Name,
  key: 'clientUri' | 'policyUri' | 'tosUri',
  help: string,
): SettingField<Name> {
  const whole = address(name, key, help);
  const read = (given: unknown): Read<Partial<ApplicationSettings>> => {
    const isPlain = typeof given === 'string' && /^\s*http:/i.test(given);
    return isPlain
      ? { problem: 'problem.uri.insecure', values: { uri: given.trim().slice(0, 100) } }
      : whole.read(given);
  };
  return { ...whole, read };
}

function addressProblem(text: string): ProblemCode | null {
  const url = /^[\x21-\x7e]+$/.test(text) && text.length <= ADDRESS_CHARACTERS_MAX ? URL.parse(text) : null;
  if (url === null || url.host === '') return 'problem.uri.invalid';
  if (text.includes('#')) return 'problem.uri.fragment';
  if (url.username !== '' || url.password !== '') return 'problem.uri.userinfo';
  if (url.protocol === 'https:') return null;
  const isLoopback = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(url.hostname);
  return url.protocol === 'http:' && isLoopback ? null : 'problem.uri.insecure';
}
/** RFC 8705 §2.1.2: a name that a certificate has to have; empty: none. */
function certificateName<Name extends string>(
  name: Name,
  key: KeyOf<string | null>,
  isOne: (text: string) => boolean,
  what: string,
): SettingField<Name> {
  return {
    name,
    kind: 'text',
    help: `for tls_client_auth: the ${what} of its certificate; one of these five; empty: not this one`,
    read: (given) => {
      const text = typeof given === 'string' ? given.trim() : '';
      if (text === '') return { value: { [key]: null } };
      const isGood = text.length <= CERTIFICATE_NAME_CHARACTERS_MAX && !/\p{Cc}/u.test(text) && isOne(text);
      return isGood ? { value: { [key]: text } } : { problem: 'problem.certificateName.invalid' };
    },
    show: (settings) => settings[key] ?? '',
  };
}

const CERTIFICATE_NAME_CHARACTERS_MAX = 1_000;

/** RFC 1123 §2.1. No wildcard: it would stand for others too. */
function isHostName(text: string): boolean {
  return (
    text.length <= 253 && /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)
  );
}

function isMailAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

/** A `client_id` or a URI: RFC 6749 §A.1 without the space that would part two of them. */
const NAME = /^[\x21-\x7e]{1,512}$/;
const NAMES_MAX = 50;

/** Names of applications or resources, for superusers. */
function names<Name extends string>(
  name: Name,
  key: 'tokenExchangeSubjectClients' | 'tokenExchangeAudiences',
  help: string,
): SettingField<Name> {
  return {
    name,
    kind: 'lines',
    superuserOnly: true,
    help,
    read: (given) => {
      const list: readonly unknown[] = Array.isArray(given) ? given : [given];
      const named = list.filter((value) => typeof value === 'string' && NAME.test(value)) as string[];
      if (named.length < list.length || named.length > NAMES_MAX) return { problem: 'problem.choice.unknown' };
      return { value: { [key]: [...new Set(named)] } };
    },
    show: (settings) => settings[key],
  };
}

function texts(given: unknown): readonly string[] {
  return Array.isArray(given) ? given.filter((one) => typeof one === 'string') : [];
}

/** As a group's name may be (`admin/groups.ts`), and as many as fit a page. */
const GROUP_CHARACTERS_MAX = 150;
const GROUPS_MAX = 50;

function readGroups(given: unknown): Read<Partial<ApplicationSettings>> {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const named = list.flatMap((name) => (typeof name === 'string' ? name.trim() : [])).filter((name) => name !== '');
  if (list.some((name) => typeof name !== 'string') || named.length > GROUPS_MAX) {
    return { problem: 'problem.choice.unknown' };
  }
  if (named.some((name) => [...name].length > GROUP_CHARACTERS_MAX)) {
    return { problem: 'problem.text.tooLong', values: { maximum: GROUP_CHARACTERS_MAX } };
  }
  if (named.some((name) => /\p{C}/u.test(name))) return { problem: 'problem.text.controlCharacters' };
  return { value: { allowedGroups: [...new Set(named)] } };
}

const CONTACT_CHARACTERS_MAX = 200;

function readContact(given: unknown): Read<Partial<ApplicationSettings>> {
  const text = typeof given === 'string' ? given.trim() : '';
  if ([...text].length > CONTACT_CHARACTERS_MAX) {
    return { problem: 'problem.text.tooLong', values: { maximum: CONTACT_CHARACTERS_MAX } };
  }
  if (/\p{C}/u.test(text)) return { problem: 'problem.text.controlCharacters' };
  return { value: { accessContact: text } };
}

function readResponseModes(given: unknown): Read<Partial<ApplicationSettings>> {
  const names = texts(given);
  const responseModes = RESPONSE_MODES.filter((mode) => names.includes(mode));
  if (responseModes.length < new Set(names).size) return { problem: 'problem.choice.unknown' };
  return responseModes.length === 0 ? { problem: 'problem.required' } : { value: { responseModes } };
}

/** RFC 9396 §2: names. Whether they are declared is `application-rules.ts`. */
function readTypes(given: unknown): Read<Partial<ApplicationSettings>> {
  const names = [...new Set(texts(given))];
  const isGood = names.length <= NAMES_MAX && names.every((name) => NAME.test(name));
  if (isGood) return { value: { authorizationDetailsTypes: names } };
  return {
    problem: 'problem.detailsTypes.unknown',
    values: { type: names.find((name) => !NAME.test(name))?.slice(0, 100) ?? '' },
  };
}

/** RFC 8707 §2: resources, each an absolute URI. */
function uriList<Name extends string, Key extends 'resources' | 'resourceIdentifiers'>(
  name: Name,
  key: Key,
  help: string,
): SettingField<Name> {
  return {
    name,
    kind: 'lines',
    help,
    read: (given) => {
      const uris = [...new Set(texts(given))];
      const isGood = uris.length <= RESOURCES_MAX && uris.every(isResource);
      return isGood ? { value: { [key]: uris } } : { problem: 'problem.resource.invalid' };
    },
    show: (settings) => settings[key],
  };
}

const KEY_PROBLEMS: Readonly<Record<JsonWebKeySetFault, ProblemCode>> = {
  shape: 'problem.jwks.invalid',
  private: 'problem.jwks.private',
  key: 'problem.jwks.key',
};
