/**
 * Client metadata (RFC 7591 §2, OpenID Connect Dynamic Client Registration 1.0 §2) and the fields of an application: one list,
 * which is read from, written to, and named in refusals.
 *
 * Owns names and shapes. Members that are not in the list are ignored (RFC 7591 §2), `logo_uri` among them: nothing is fetched
 * from there nor shown from there (CVE-2021-26715), so it is not in the answer either.
 */
import type { Application, GrantName } from '../protocol/application.ts';
import { DEFAULT_APPLICATION_SCOPES } from '../protocol/application.ts';
import {
  CONTENT_ENCRYPTIONS,
  DEFAULT_SETTINGS,
  ENCRYPTION_ALGORITHMS,
  SUBJECT_TYPES,
  USERINFO_SIGNING_ALGORITHMS,
} from '../protocol/application-settings.ts';
import { TLS_AUTHENTICATION_METHODS } from '../protocol/client-certificate.ts';
import { kindOf } from '../protocol/redirect-uri.ts';
import type { ApplicationFields } from './application-input.ts';
import type { SecretMethod } from './ports.ts';
import { shownSettings } from './setting-fields.ts';

/** What is wrong with a member. `text` goes on from its name. */
export interface ClientMetadataFault {
  readonly member: string;
  readonly text: string;
}

/** Metadata as fields, or what is wrong. */
export type ClientMetadataRead =
  | {
      readonly outcome: 'read';
      readonly fields: ApplicationFields;
      readonly authenticationMethod: string;
      readonly secretMethod: SecretMethod;
    }
  | { readonly outcome: 'refused'; readonly fault: ClientMetadataFault };

/** `grant_types` by the names that an application has them under. */
const GRANT_TYPES: Readonly<Record<string, GrantName>> = {
  authorization_code: 'authorization-code',
  refresh_token: 'refresh-token',
  client_credentials: 'client-credentials',
  'urn:ietf:params:oauth:grant-type:device_code': 'device-code',
};

const AUTHENTICATION_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'];

/** How metadata is read. */
export interface MetadataReading {
  /** Where no `scope` is given, the usual ones of these. */
  readonly scopesMost?: readonly string[];
  /** Whether certificates of clients arrive here (RFC 8705), so that a client can prove itself by one. */
  readonly certificates: boolean;
}

type Shape = 'text' | 'texts' | 'flag' | 'object';

/** Members that stand for one field each, with what the field is where the member is left out. */
const MEMBERS = [
  { member: 'redirect_uris', field: 'redirect_uris', shape: 'texts', absent: [] },
  // Left out it is not web, as OpenID Connect has it: a public client that registers loopback addresses or a scheme of its own by
  // RFC 7591, which has no such member, is a native one.
  { member: 'application_type', field: 'application_type', shape: 'text', absent: 'auto' },
  { member: 'post_logout_redirect_uris', field: 'post_logout_redirect_uris', shape: 'texts', absent: [] },
  { member: 'id_token_signed_response_alg', field: 'id_token_algorithm', shape: 'text', absent: 'RS256' },
  { member: 'userinfo_signed_response_alg', field: 'userinfo_signing_algorithm', shape: 'text', absent: 'none' },
  { member: 'jwks', field: 'jwks', shape: 'object', absent: '' },
  { member: 'jwks_uri', field: 'jwks_uri', shape: 'text', absent: '' },
  // RFC 8705 §2.1.2
  { member: 'tls_client_auth_subject_dn', field: 'tls_client_auth_subject_dn', shape: 'text', absent: '' },
  { member: 'tls_client_auth_san_dns', field: 'tls_client_auth_san_dns', shape: 'text', absent: '' },
  { member: 'tls_client_auth_san_uri', field: 'tls_client_auth_san_uri', shape: 'text', absent: '' },
  { member: 'tls_client_auth_san_ip', field: 'tls_client_auth_san_ip', shape: 'text', absent: '' },
  { member: 'tls_client_auth_san_email', field: 'tls_client_auth_san_email', shape: 'text', absent: '' },
  // RFC 8705 §3.4 and RFC 9449 §5.2. Left out at an update they stay: nobody loosens by silence what binds tokens.
  {
    member: 'tls_client_certificate_bound_access_tokens',
    field: 'tls_client_certificate_bound_access_tokens',
    shape: 'flag',
    absent: undefined,
  },
  { member: 'dpop_bound_access_tokens', field: 'require_dpop', shape: 'flag', absent: undefined },
  // RFC 9396 §10
  { member: 'authorization_details_types', field: 'authorization_details_types', shape: 'texts', absent: [] },
  {
    member: 'id_token_encrypted_response_alg',
    field: 'id_token_encryption_algorithm',
    shape: 'text',
    absent: 'none',
  },
  {
    member: 'id_token_encrypted_response_enc',
    field: 'id_token_content_encryption',
    shape: 'text',
    absent: DEFAULT_SETTINGS.idTokenContentEncryption,
  },
  { member: 'subject_type', field: 'subject_type', shape: 'text', absent: 'public' },
  { member: 'sector_identifier_uri', field: 'sector_identifier_uri', shape: 'text', absent: '' },
  { member: 'client_uri', field: 'client_uri', shape: 'text', absent: '' },
  { member: 'policy_uri', field: 'policy_uri', shape: 'text', absent: '' },
  { member: 'tos_uri', field: 'tos_uri', shape: 'text', absent: '' },
  { member: 'backchannel_logout_uri', field: 'backchannel_logout_uri', shape: 'text', absent: '' },
  {
    member: 'backchannel_logout_session_required',
    field: 'backchannel_logout_session_required',
    shape: 'flag',
    absent: false,
  },
  { member: 'frontchannel_logout_uri', field: 'frontchannel_logout_uri', shape: 'text', absent: '' },
  {
    member: 'frontchannel_logout_session_required',
    field: 'frontchannel_logout_session_required',
    shape: 'flag',
    absent: false,
  },
] as const satisfies readonly {
  readonly member: string;
  readonly field: keyof ApplicationFields;
  readonly shape: Shape;
  readonly absent: unknown;
}[];

/** Members whose field has another form. */
const MADE_FIELDS: Readonly<Record<string, string>> = {
  name: 'client_name',
  grants: 'grant_types',
  scopes: 'scope',
  client_type: 'token_endpoint_auth_method',
  client_authentication: 'token_endpoint_auth_method',
};

/** The member that a field of the form stands for, so that a refusal speaks of what was sent. */
export function memberOf(field: string): string {
  return MEMBERS.find((each) => each.field === field)?.member ?? MADE_FIELDS[field] ?? field;
}

/** The names on the wire of some grants. */
export function grantTypesOf(grants: readonly GrantName[]): readonly string[] {
  return Object.keys(GRANT_TYPES).filter((type) => grants.some((name) => name === GRANT_TYPES[type]));
}

/** Reads metadata; null counts as left out (RFC 7592 §2.2). */
export function readClientMetadata(given: unknown, { scopesMost, certificates }: MetadataReading): ClientMetadataRead {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return refused('The body', 'is not a JSON object of client metadata (RFC 7591 section 3.1).');
  }
  const metadata = new Map(Object.entries(given).filter(([, value]) => value !== null));
  const unfit = unfitMember(metadata, certificates);
  if (unfit !== null) return { outcome: 'refused', fault: unfit };
  const authenticationMethod = String(metadata.get('token_endpoint_auth_method') ?? 'client_secret_basic');
  const grantTypes = (metadata.get('grant_types') ?? ['authorization_code']) as readonly string[];
  const scope = metadata.get('scope') as string | undefined;
  const name = String(metadata.get('client_name') ?? '').trim();
  const fields: Record<string, unknown> = {
    name: name === '' ? nameFrom(metadata.get('redirect_uris')) : name,
    client_type: authenticationMethod === 'none' ? 'public' : 'confidential',
    client_authentication: /^client_secret|^none$/.test(authenticationMethod) ? 'client_secret' : authenticationMethod,
    grants: grantTypes.map((type) => GRANT_TYPES[type]),
    scopes:
      scope === undefined
        ? DEFAULT_APPLICATION_SCOPES.filter((name) => scopesMost?.includes(name) !== false)
        : scope.split(' ').filter((word) => word !== ''),
  };
  for (const { member, field, absent } of MEMBERS) fields[field] = metadata.get(member) ?? absent;
  const secretMethod = authenticationMethod === 'client_secret_post' ? authenticationMethod : 'client_secret_basic';
  return { outcome: 'read', fields, authenticationMethod, secretMethod };
}

/** An application as client metadata: what is in force, whatever was sent (RFC 7591 §3.2.1). */
export function clientMetadataOf(
  application: Application,
  secretMethod: SecretMethod,
): Readonly<Record<string, unknown>> {
  const { settings } = application;
  const shown = shownSettings(settings);
  const keyed = settings.clientAuthentication === 'client_secret' ? secretMethod : settings.clientAuthentication;
  const optional = Object.entries({
    jwks_uri: shown.jwks_uri,
    tls_client_auth_subject_dn: shown.tls_client_auth_subject_dn,
    tls_client_auth_san_dns: shown.tls_client_auth_san_dns,
    tls_client_auth_san_uri: shown.tls_client_auth_san_uri,
    tls_client_auth_san_ip: shown.tls_client_auth_san_ip,
    tls_client_auth_san_email: shown.tls_client_auth_san_email,
    sector_identifier_uri: shown.sector_identifier_uri,
    client_uri: shown.client_uri,
    policy_uri: shown.policy_uri,
    tos_uri: shown.tos_uri,
    backchannel_logout_uri: shown.backchannel_logout_uri,
    frontchannel_logout_uri: shown.frontchannel_logout_uri,
  }).filter(([, value]) => value !== '');
  return {
    client_name: application.name,
    application_type: kindOf(application),
    redirect_uris: application.redirectUris,
    post_logout_redirect_uris: application.postLogoutRedirectUris,
    grant_types: grantTypesOf(application.grants),
    response_types: application.grants.includes('authorization-code') ? ['code'] : [],
    token_endpoint_auth_method: application.type === 'public' ? 'none' : keyed,
    scope: application.scopes.join(' '),
    id_token_signed_response_alg: application.idTokenAlgorithm,
    ...(settings.idTokenEncryptionAlgorithm === 'none'
      ? {}
      : {
          id_token_encrypted_response_alg: settings.idTokenEncryptionAlgorithm,
          id_token_encrypted_response_enc: settings.idTokenContentEncryption,
        }),
    ...(settings.userinfoSigningAlgorithm === 'none'
      ? {}
      : { userinfo_signed_response_alg: settings.userinfoSigningAlgorithm }),
    subject_type: settings.subjectType,
    ...(settings.jwks === null ? {} : { jwks: settings.jwks }),
    ...(settings.authorizationDetailsTypes.length === 0
      ? {}
      : { authorization_details_types: settings.authorizationDetailsTypes }),
    ...Object.fromEntries(optional),
    tls_client_certificate_bound_access_tokens: settings.tlsClientCertificateBoundAccessTokens,
    dpop_bound_access_tokens: settings.requireDpop,
    backchannel_logout_session_required: settings.backchannelLogoutSessionRequired,
    frontchannel_logout_session_required: settings.frontchannelLogoutSessionRequired,
  };
}

/** A member of the wrong shape, or with a value that this server does not have. */
function unfitMember(metadata: ReadonlyMap<string, unknown>, certificates: boolean): ClientMetadataFault | null {
  if (metadata.has('software_statement')) {
    const text =
      'is not taken: this server trusts nobody to vouch for software. Leave it out and send the metadata itself.';
    return { member: 'software_statement', text };
  }
  // Dynamic Client Registration 1.0 §2: "When id_token_encrypted_response_enc is included, id_token_encrypted_response_alg MUST also be provided."
  if (metadata.has('id_token_encrypted_response_enc') && !metadata.has('id_token_encrypted_response_alg')) {
    return { member: 'id_token_encrypted_response_enc', text: 'needs id_token_encrypted_response_alg beside it.' };
  }
  const shapes: readonly (readonly [string, Shape])[] = [
    ...MEMBERS.map(({ member, shape }) => [member, shape] as const),
    ['client_name', 'text'],
    ['scope', 'text'],
    ['grant_types', 'texts'],
    ['response_types', 'texts'],
    ['token_endpoint_auth_method', 'text'],
  ];
  for (const [member, shape] of shapes) {
    const value = metadata.get(member);
    if (value !== undefined && !isShaped(value, shape)) return { member, text: SHAPE_WORDS[shape] };
  }
  const choices: readonly (readonly [string, readonly string[]])[] = [
    ['grant_types', Object.keys(GRANT_TYPES)],
    ['response_types', ['code']],
    [
      'token_endpoint_auth_method',
      certificates ? [...AUTHENTICATION_METHODS, ...TLS_AUTHENTICATION_METHODS] : AUTHENTICATION_METHODS,
    ],
    ['subject_type', SUBJECT_TYPES],
    ['userinfo_signed_response_alg', USERINFO_SIGNING_ALGORITHMS.filter((name) => name !== 'none')],
    ['id_token_encrypted_response_alg', ENCRYPTION_ALGORITHMS],
    ['id_token_encrypted_response_enc', CONTENT_ENCRYPTIONS],
    ['application_type', ['web', 'native']],
  ];
  for (const [member, known] of choices) {
    const value = metadata.get(member);
    const given: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
    if (!given.every((each) => known.some((word) => word === each))) {
      return { member, text: `may hold ${known.join(', ')} and nothing else.` };
    }
  }
  return null;
}

const SHAPE_WORDS: Readonly<Record<Shape, string>> = {
  text: 'has to be a string.',
  texts: 'has to be an array of strings.',
  flag: 'has to be true or false.',
  object: 'has to be a JSON object.',
};

function isShaped(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'texts':
      return Array.isArray(value) && value.every((each) => typeof each === 'string');
    case 'flag':
      return typeof value === 'boolean';
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return shape satisfies never;
  }
}

/** RFC 7591 §2: a name is wished for and not required; people should read something that they can place. */
function nameFrom(redirectUris: unknown): string {
  const [first] = Array.isArray(redirectUris) ? redirectUris : [];
  const host = typeof first === 'string' ? URL.parse(first)?.host : undefined;
  return host === undefined || host === '' ? 'Unnamed application' : host;
}

function refused(member: string, text: string): ClientMetadataRead {
  return { outcome: 'refused', fault: { member, text } };
}
