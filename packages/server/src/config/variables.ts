/**
 * The registry of environment variables: every name that Diapason knows, its syntax, default, example and meaning.
 *
 * Owns nothing else. `config.ts` reads through it, `diapason config` prints it, `docs/configuration.md` is tested against it.
 * A default of null means "unset" or "follows from another setting", which `config.ts` then fills in.
 */
import { authorizationDetailTypes } from './authorization-details.ts';
import { identityProviders } from './identity-providers.ts';
import { profileFields } from './profile-fields.ts';
import * as value from './values.ts';

/** One variable. */
export interface Variable<Value> {
  readonly summary: string;
  readonly example: string;
  /** As text, parsed like any other value. */
  readonly fallback: string | null;
  readonly parse: (raw: string) => value.Parsed<Value>;
  /** Its value never leaves the process. */
  readonly hidden?: true;
  /** It may also be given as the path of a file that holds it, by the same name with `_FILE` behind it. */
  readonly fromFile?: true;
}

function variable<Value>(entry: Variable<Value>): Variable<Value> {
  return entry;
}

/** Every variable by its name, in the order of the documentation. */
export const VARIABLES = {
  DIAPASON_URL: variable({
    summary:
      'Public base URL: what browsers and applications call. The issuer is this with /o behind it. ' +
      'Passkeys are bound to its host name: with another one they open nothing.',
    example: 'https://id.example.org',
    fallback: 'http://localhost:9977',
    parse: value.baseUrl,
  }),
  DIAPASON_DATABASE: variable({
    summary: 'Where data is kept: the path of a SQLite file, or a PostgreSQL URL.',
    example: 'postgres://diapason:password@db.example.org/diapason',
    fallback: './data/diapason.db',
    parse: value.database,
    fromFile: true,
  }),
  DIAPASON_HOST: variable({
    summary: 'Address to listen on. 0.0.0.0 listens on every IPv4 address.',
    example: '0.0.0.0',
    fallback: '127.0.0.1',
    parse: value.listenHost,
  }),
  DIAPASON_PORT: variable({
    summary: 'Port to listen on; 0 takes a free one. Unless said, that of DIAPASON_URL.',
    example: '9977',
    fallback: null,
    parse: value.number(0, 65_535),
  }),
  DIAPASON_SECRET: variable({
    summary:
      'Encrypts private keys at rest and is the key of client-secret hashes: 32 characters or more. Beside a SQLite database ' +
      'it is made when absent, and kept under the path of the database with .secret behind it; PostgreSQL needs it given.',
    example: '$(openssl rand -base64 32)',
    fallback: null,
    parse: value.text(32, 1_024),
    hidden: true,
    fromFile: true,
  }),
  DIAPASON_INSECURE_HTTP: variable({
    summary: 'allowed: an http DIAPASON_URL on another host than this one. For a closed test network only.',
    example: 'allowed',
    fallback: 'refused',
    parse: value.word('refused', 'allowed'),
  }),
  DIAPASON_TRUSTED_PROXIES: variable({
    summary:
      'How many reverse proxies stand in front, or their addresses as CIDR ranges. 0: forwarded headers are ignored.',
    example: '10.0.0.0/8, 192.168.4.2',
    fallback: '0',
    parse: value.trustedProxies,
  }),
  DIAPASON_MTLS_HEADER: variable({
    summary:
      'Header in which a reverse proxy sends the certificate of a client (RFC 8705): client-cert as in RFC 9440, any other name with PEM, ' +
      'percent-encoded. Taken from the addresses of DIAPASON_TRUSTED_PROXIES alone, which then may be no count.',
    example: 'x-client-cert',
    fallback: null,
    parse: value.headerName,
  }),
  DIAPASON_MTLS_PORT: variable({
    summary: 'Port, beside the usual one, with TLS of its own that asks clients for a certificate (RFC 8705).',
    example: '9978',
    fallback: null,
    parse: value.number(0, 65_535),
  }),
  DIAPASON_MTLS_CERTIFICATE: variable({
    summary: 'Path of the PEM certificate of that port, with the certificates between it and its authority behind it.',
    example: '/etc/diapason/mtls.crt',
    fallback: null,
    parse: value.text(1, 1_024),
  }),
  DIAPASON_MTLS_KEY: variable({
    summary: 'Path of the PEM private key of that certificate.',
    example: '/etc/diapason/mtls.key',
    fallback: null,
    parse: value.text(1, 1_024),
  }),
  DIAPASON_MTLS_CA: variable({
    summary:
      'Path of the PEM certificates of all authorities that issue certificates of clients (tls_client_auth), intermediate ones too. ' +
      'Without it, tls_client_auth lets nobody in; self_signed_tls_client_auth needs none.',
    example: '/etc/diapason/clients-ca.crt',
    fallback: null,
    parse: value.text(1, 1_024),
  }),
  DIAPASON_MTLS_URL: variable({
    summary:
      'Base URL of mtls_endpoint_aliases in metadata. Unless said, https, the host of DIAPASON_URL and DIAPASON_MTLS_PORT; without that port, none.',
    example: 'https://mtls.id.example.org',
    fallback: null,
    parse: value.baseUrl,
  }),
  DIAPASON_WORKERS: variable({
    summary:
      'Processes that answer at the port. 1: the serve process itself, without children; more: it starts them, and another for each that ends by itself.',
    example: '2',
    fallback: '1',
    parse: value.number(1, 256),
  }),
  DIAPASON_SIGN_UP: variable({
    summary:
      'open: anybody may make an account; invitation: whoever was invited; closed: the same, and no page speaks of signing up. ' +
      'Invitations count in each.',
    example: 'invitation',
    fallback: 'open',
    parse: value.word('open', 'invitation', 'closed'),
  }),
  DIAPASON_SIGN_UP_DOMAINS: variable({
    summary:
      'Domains, separated by commas, whose addresses may sign up; without any, all. Subdomains are named by themselves. Addresses then have to be verified (DIAPASON_EMAIL_VERIFICATION).',
    example: 'example.org, example.net',
    fallback: '',
    parse: value.domains,
  }),
  DIAPASON_SIGN_IN_BY_MAIL: variable({
    summary:
      'on: people may sign in by a code or a link that is mailed to them, in place of the password; a second factor is asked for as ever.',
    example: 'on',
    fallback: 'off',
    parse: value.word('off', 'on'),
  }),
  DIAPASON_REGISTRATION: variable({
    summary:
      'token: programs register applications by themselves (RFC 7591) with a token of "diapason registration-token create"; open: without one as well, unverified; off: they cannot.',
    example: 'token',
    fallback: 'off',
    parse: value.word('off', 'token', 'open'),
  }),
  DIAPASON_REGISTRATION_SCOPES: variable({
    summary: 'Scopes that an application may have which nobody here has verified, separated by commas.',
    example: 'openid, profile, email',
    fallback: 'openid, profile, email, read, offline_access',
    parse: value.unverifiedScopes,
  }),
  DIAPASON_REGISTRATION_GRANTS: variable({
    summary:
      'Grants that such an application may have, separated by commas: authorization-code, refresh-token, device-code, client-credentials.',
    example: 'authorization-code, refresh-token, device-code',
    fallback: 'authorization-code, refresh-token',
    parse: value.unverifiedGrants,
  }),
  DIAPASON_REGISTRATION_CLIENTS: variable({
    summary: 'How many such applications may exist at the same time.',
    example: '200',
    fallback: '1000',
    parse: value.number(1, 1_000_000),
  }),
  DIAPASON_REGISTRATION_UNUSED_DAYS: variable({
    summary:
      'Days without a token after which such an application is removed; one that never got a token, after a day at most.',
    example: '30',
    fallback: '90',
    parse: value.number(0.001, 3_650, true),
  }),
  DIAPASON_REGISTRATION_RESOURCES: variable({
    summary:
      'Resources (RFC 8707) that applications may name which programs registered or documents describe, as absolute URIs separated by commas. They cannot choose any.',
    example: 'https://files.example.org/mcp',
    fallback: null,
    parse: value.resources,
  }),
  DIAPASON_CLIENT_ID_METADATA_DOCUMENTS: variable({
    summary:
      'on: an https address may be a client_id, and the document there describes the application, unverified; off: it may not.',
    example: 'on',
    fallback: 'off',
    parse: value.word('off', 'on'),
  }),
  DIAPASON_CLIENT_ID_METADATA_HOSTS: variable({
    summary:
      'Hosts whose documents are read, each with its port where it has one, separated by commas. Unless said, any public one.',
    example: 'app.example.org, other.example.org:8443',
    fallback: null,
    parse: value.hosts,
  }),
  DIAPASON_FETCH_NETWORKS: variable({
    summary:
      'Addresses and CIDR ranges, separated by commas, that this server may fetch from though they are not public: client documents, key sets, sector identifiers and logout endpoints of applications.',
    example: '10.20.0.0/16',
    fallback: null,
    parse: value.networks,
  }),
  DIAPASON_EMAIL_VERIFICATION: variable({
    summary:
      'Whether an address has to be confirmed before the first sign-in. required where DIAPASON_SMTP_URL is set, else optional.',
    example: 'optional',
    fallback: null,
    parse: value.word('required', 'optional'),
  }),
  DIAPASON_SMTP_URL: variable({
    summary: 'Server that takes mail.',
    example: 'smtp://user:password@mail.example.org:587',
    fallback: null,
    parse: value.smtpUrl,
    fromFile: true,
  }),
  DIAPASON_MAIL_FROM: variable({
    summary: 'Sender of mail. Unless said, no-reply@ and the host of DIAPASON_URL.',
    example: 'Example accounts <accounts@example.org>',
    fallback: null,
    parse: value.mailbox,
  }),
  DIAPASON_SESSION_IDLE_DAYS: variable({
    summary: 'Days without a visit after which a person has to sign in again.',
    example: '0.5',
    fallback: '14',
    parse: value.number(0.001, 3_650, true),
  }),
  DIAPASON_SESSION_DAYS: variable({
    summary: 'Days after which a person has to sign in again in any case.',
    example: '1',
    fallback: '30',
    parse: value.number(0.001, 3_650, true),
  }),
  DIAPASON_DELETION_GRACE_DAYS: variable({
    summary:
      'Days between the wish of a person to have their account deleted and its being done; until then it can be taken back.',
    example: '30',
    fallback: '14',
    parse: value.number(0, 365, true),
  }),
  DIAPASON_AUDIT_DAYS: variable({
    summary: 'Days for which a line of the audit log is kept.',
    example: '3650',
    fallback: '1095',
    parse: value.number(30, 36_500),
  }),
  DIAPASON_ABANDONED_SIGN_UP_DAYS: variable({
    summary:
      'Days after which a sign-up is removed, and its username free again, whose address nobody confirmed and by which nobody signed in.',
    example: '30',
    fallback: '7',
    // The link to confirm is good for a day.
    parse: value.number(2, 3_650, true),
  }),
  DIAPASON_ACTIVITY_DAYS: variable({
    summary: 'Days for which it can be seen what applications attempted at their endpoints, and why they were refused.',
    example: '30',
    fallback: '14',
    parse: value.number(0.001, 365, true),
  }),
  DIAPASON_ACTIVITY_COUNT: variable({
    summary:
      'How many refusals of each application can be seen, the newest ones, and how many of its other attempts. ' +
      'As many refusals of applications that do not exist.',
    example: '2000',
    fallback: '500',
    parse: value.number(10, 100_000),
  }),
  DIAPASON_SCOPES: variable({
    summary:
      'Scopes beside the built-in ones, each with what the consent page says of it: name=description, separated by semicolons.',
    example: 'reports=See your reports; reports:write=Change your reports',
    fallback: '',
    parse: value.declaredScopes,
    fromFile: true,
  }),
  DIAPASON_AUTHORIZATION_DETAILS: variable({
    summary:
      'Types of authorization details (RFC 9396) as JSON, each with its fields and what the consent page says of it; ' +
      'see authorization-details.md.',
    example: '{"calendar":{"description":{"en":"Read your calendar","fr":"Lire votre agenda"}}}',
    fallback: '',
    parse: authorizationDetailTypes,
    fromFile: true,
  }),
  DIAPASON_PROFILE_FIELDS: variable({
    summary:
      'Fields of profiles beside names and address, as JSON: each with its label, who fills it in, and which scope tells applications of it; ' +
      'see profile-fields.md.',
    example: '{"department":{"label":{"en":"Department","fr":"Service"},"scope":"profile"}}',
    fallback: '',
    parse: profileFields,
    fromFile: true,
  }),
  DIAPASON_PROVIDERS: variable({
    summary:
      'Providers elsewhere by which people sign in here, as JSON by their ids, each with its kind, client id and secret; ' +
      'see sign-in-elsewhere.md.',
    example: '{"google":{"kind":"google","client_id":"1234","client_secret":"hush"}}',
    fallback: '',
    parse: identityProviders,
    hidden: true,
    fromFile: true,
  }),
  DIAPASON_ORGANISATION_WORDS: variable({
    summary:
      "Words that may not make up a password, such as the organisation's names, separated by commas (ASVS 6.2.11).",
    example: 'example, examplecorp',
    fallback: '',
    parse: value.list,
  }),
  DIAPASON_BREACHED_PASSWORDS: variable({
    summary:
      'Address of a list of passwords from breaches, asked by k-anonymity: five digits of a SHA-1 go out, never the password. ' +
      'Without it none is asked; a list that does not answer refuses nothing (ASVS 6.2.12).',
    example: 'https://api.pwnedpasswords.com/range/',
    fallback: null,
    parse: value.folderUrl,
  }),
  DIAPASON_BRAND_NAME: variable({
    summary: 'Name on every page.',
    example: 'Example accounts',
    fallback: 'Diapason',
    parse: value.text(1, 60),
  }),
  DIAPASON_BRAND_LOGO: variable({
    summary: 'Path of an SVG, PNG, JPEG or WebP file, shown beside the name.',
    example: './logo.svg',
    fallback: null,
    parse: value.text(1, 1_024),
  }),
  DIAPASON_BRAND_ACCENT: variable({
    summary: 'Colour of buttons and links.',
    example: '#0b5cad',
    fallback: null,
    parse: value.colour,
  }),
  DIAPASON_LOG_LEVEL: variable({
    summary: 'Least severe log line that is written: trace, debug, info, warn, error, fatal or silent.',
    example: 'warn',
    fallback: 'info',
    parse: value.word('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  }),
  DIAPASON_METRICS_TOKEN: variable({
    summary: 'Token that /metrics wants of whoever reads it. Without one, programs on this machine may read.',
    example: '$(openssl rand -base64 32)',
    fallback: null,
    parse: value.text(16, 1_024),
    hidden: true,
    fromFile: true,
  }),
  DIAPASON_POOL_SIZE: variable({
    summary: 'PostgreSQL connections of one process, at most.',
    example: '20',
    fallback: '10',
    parse: value.number(1, 1_000),
  }),
  DIAPASON_HASH_CONCURRENCY: variable({
    summary:
      'Password hashes computed at the same time by each process (each takes 19 MiB and a core). Unless said, the number of cores, divided by DIAPASON_WORKERS.',
    example: '4',
    fallback: null,
    parse: value.number(1, 256),
  }),
} as const;

/** Name of a variable. */
export type VariableName = keyof typeof VARIABLES;

/** What a variable's text becomes. */
export type VariableValue<Name extends VariableName> =
  (typeof VARIABLES)[Name] extends Variable<infer Value> ? Value : never;

/** Every variable's name, in the order of the documentation. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly VariableName[];
