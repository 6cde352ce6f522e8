/**
 * A row of django-oauth-toolkit's application table as an application of ours, with what of it cannot come.
 *
 * Owns what its columns mean here. Which rows are new or changed, and its secret, is `applications.ts`.
 */
import {
  type Application,
  type ClientType,
  DEFAULT_LIFETIMES,
  type GrantName,
  type IdTokenAlgorithm,
} from '../../protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../protocol/application-settings.ts';
import { checkRedirectUri, kindOf } from '../../protocol/redirect-uri.ts';
import type { AccountId, ApplicationId, ClientId } from '../../vocabulary/identifiers.ts';
import type { Finding } from '../report.ts';
import type { StagedRow } from '../staging.ts';
import { flagOf, instantOf, textOf } from './reading.ts';
import type { TableSpec } from './tables.ts';

/** What is read of it: `algorithm` came with 1.4, `post_logout_redirect_uris` with 2.3, `allowed_origins` with 2.4. */
export const APPLICATION_TABLE: TableSpec = {
  name: 'oauth2_provider_application',
  isRequired: false,
  required: ['id', 'client_id', 'client_secret', 'client_type', 'authorization_grant_type', 'redirect_uris'],
  optional: [
    'name',
    'user_id',
    'skip_authorization',
    'algorithm',
    'post_logout_redirect_uris',
    'allowed_origins',
    'hash_client_secret',
    'created',
    'updated',
  ],
};

/** Every column that is read. */
export const APPLICATION_COLUMNS: readonly string[] = [
  ...APPLICATION_TABLE.required,
  ...(APPLICATION_TABLE.optional ?? []),
];

/** What an application is given that its row does not say. */
export interface ApplicationSurroundings {
  readonly id: ApplicationId;
  readonly clientId: ClientId;
  readonly ownerId: AccountId | null;
  readonly scopes: readonly string[];
  /** django-oauth-toolkit's setting, as its tokens show it. */
  readonly accessTokenLifetimeSeconds: number;
  readonly nowMs: number;
}

/** The application without its secret, and what is to be said of it. */
export interface ReadApplication {
  readonly application: Application;
  readonly findings: readonly Finding[];
}

/** How a row is called in the report. */
export function applicationRowName(row: StagedRow): string {
  return `application ${textOf(row, 'id')} (${JSON.stringify(textOf(row, 'name').slice(0, 60))})`;
}

/** Reads a row. */
export function readApplication(row: StagedRow, around: ApplicationSurroundings): ReadApplication {
  const findings: Finding[] = [];
  const find = (severity: Finding['severity'], code: string, what: string, outcome: string) =>
    void findings.push({ severity, code, row: applicationRowName(row), what, outcome });
  const { type, grants } = grantsOf(row, find);
  const createdAtMs = instantOf(row, 'created');
  const { scopes, ownerId, accessTokenLifetimeSeconds, nowMs } = around;
  const redirectUris = urisOf(row, 'redirect_uris', type, find);
  const application: Application = {
    id: around.id,
    clientId: around.clientId,
    name: nameOf(row),
    type,
    grants,
    redirectUris,
    postLogoutRedirectUris: urisOf(row, 'post_logout_redirect_uris', type, find),
    allowedOrigins: originsOf(row, find),
    scopes: type === 'confidential' ? [...scopes, 'introspection'] : scopes,
    requirePkce: false,
    skipConsent: flagOf(row, 'skip_authorization'),
    idTokenAlgorithm: algorithmOf(row, find),
    codeLifetimeSeconds: DEFAULT_LIFETIMES.codeLifetimeSeconds,
    accessTokenLifetimeSeconds,
    refreshTokenLifetimeSeconds: null,
    refreshTokenIdleSeconds: null,
    ownerId,
    secrets: [],
    provenance: 'made',
    lastUsedAtMs: null,
    disabledAtMs: null,
    lastWithoutPkceAtMs: null,
    lastWithoutRedirectUriAtMs: null,
    lastLongAccessTokenAtMs: null,
    lastLongRefreshTokenAtMs: null,
    createdAtMs: typeof createdAtMs === 'number' ? createdAtMs : nowMs,
    updatedAtMs: nowMs,
    // It leads a request without redirect_uri to the only address; what needs that is seen here, and can be turned off then.
    settings: { ...DEFAULT_SETTINGS, redirectUriOptional: redirectUris.length === 1 },
  };
  return { application, findings };
}

type Find = (severity: Finding['severity'], code: string, what: string, outcome: string) => void;

/** As long as the form allows. Control characters would be no name to anybody. */
function nameOf(row: StagedRow): string {
  const name = textOf(row, 'name')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
  return name === '' ? textOf(row, 'client_id').slice(0, 255) : name.slice(0, 255);
}

function grantsOf(row: StagedRow, find: Find): { readonly type: ClientType; readonly grants: readonly GrantName[] } {
  const type: ClientType = textOf(row, 'client_type') === 'public' ? 'public' : 'confidential';
  switch (textOf(row, 'authorization_grant_type')) {
    case 'authorization-code':
      if (type === 'public') {
        find(
          'warning',
          'public-needs-pkce',
          'It is public, and a public application needs PKCE with S256 here (RFC 9700 section 2.1.1).',
          'It comes. Its clients send code_challenge already where PKCE_REQUIRED was on. If they do not: teach them, or, where a server keeps its secret, make it confidential on its page.',
        );
      }
      return { type, grants: ['authorization-code', 'refresh-token'] };
    case 'openid-hybrid':
      find(
        'warning',
        'hybrid-flow',
        'It used the hybrid flow, which shows tokens in the address (RFC 9700 section 2.1.2).',
        'It comes with the authorization code grant: its client asks for response_type=code.',
      );
      return { type, grants: ['authorization-code', 'refresh-token'] };
    case 'urn:ietf:params:oauth:grant-type:device_code':
      return { type, grants: ['device-code', 'refresh-token'] };
    case 'client-credentials':
      if (type === 'public') {
        find(
          'note',
          'public-client-credentials',
          'It is public and has client credentials, which prove something only with a secret (RFC 6749 section 4.4).',
          'It comes as confidential, with its secret.',
        );
      }
      return { type: 'confidential', grants: ['client-credentials'] };
    case 'implicit':
      find(
        'warning',
        'implicit-grant',
        'It used the implicit grant, which shows tokens in the address (RFC 9700 section 2.1.2).',
        'It comes without a grant, so nobody signs in to it. Its client goes over to the authorization code with PKCE; then: diapason app update ID --grant authorization-code',
      );
      return { type, grants: [] };
    case 'password':
      find(
        'warning',
        'password-grant',
        'It used the password grant, in which it sees passwords (RFC 9700 section 2.4).',
        'It comes with its refresh tokens alone, which go on. Its client goes over to the authorization code, or to the device flow where it has no browser; then: diapason app update ID --grant authorization-code',
      );
      return { type, grants: ['refresh-token'] };
    default:
      find(
        'warning',
        'unknown-grant',
        `Its grant type is ${JSON.stringify(textOf(row, 'authorization_grant_type').slice(0, 60))}, which this server does not know.`,
        'It comes without a grant. Choose one: diapason app update ID --grant authorization-code',
      );
      return { type, grants: [] };
  }
}

function algorithmOf(row: StagedRow, find: Find): IdTokenAlgorithm {
  if (textOf(row, 'algorithm') === 'HS256') {
    find(
      'warning',
      'hs256',
      'Its ID tokens were signed with HS256, by its own secret, which this server does not keep.',
      'They are signed with RS256 from now on: its client verifies them by the key set at /o/.well-known/jwks.json.',
    );
  }
  return 'RS256';
}

/** Separated by white space, as django-oauth-toolkit does it. */
function urisOf(row: StagedRow, column: string, type: ClientType, find: Find): readonly string[] {
  const uris = [
    ...new Set(
      textOf(row, column)
        .split(/\s+/)
        .filter((uri) => uri !== ''),
    ),
  ];
  return uris.filter((uri) => {
    const check = checkRedirectUri(uri, kindOf({ type, settings: DEFAULT_SETTINGS }));
    if (check.outcome === 'accepted') return true;
    const shown = JSON.stringify(uri.slice(0, 120));
    if (uri.startsWith('urn:ietf:wg:oauth:2.0:oob')) {
      find(
        'warning',
        'out-of-band',
        `Its redirect URI ${shown} shows the code for people to copy.`,
        'It is left out. A program without a browser uses the device flow, one on a desktop a loopback address (RFC 8252 section 7.3): diapason app update ID --grant device-code,refresh-token',
      );
      return false;
    }
    if (check.fault === 'http_not_loopback' || check.fault === 'private_scheme_web') {
      find(
        'note',
        'redirect-uri-weak',
        `Its ${column} has ${shown}, which could not be registered anew. ${check.message}`,
        'It comes all the same, and works. Change it when you can.',
      );
      return true;
    }
    find('warning', 'redirect-uri-left-out', `Its ${column} has ${shown}. ${check.message}`, 'That one is left out.');
    return false;
  });
}

function originsOf(row: StagedRow, find: Find): readonly string[] {
  const origins = [
    ...new Set(
      textOf(row, 'allowed_origins')
        .split(/\s+/)
        .filter((origin) => origin !== ''),
    ),
  ];
  return origins.flatMap((text) => {
    const url = URL.parse(text);
    if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.pathname === '/')
      return [url.origin];
    find(
      'warning',
      'origin-left-out',
      `Its allowed origin ${JSON.stringify(text.slice(0, 120))} is no origin, such as https://app.example.`,
      'That one is left out: scripts of its pages cannot read answers of the server.',
    );
    return [];
  });
}
