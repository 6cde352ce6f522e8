/**
 * The certificate that a client showed in its TLS handshake (RFC 8705): what it proves, and what a token is bound to.
 *
 * Owns the checks of §2. How a certificate reaches this server is `http/client-certificate.ts`; which tokens are bound to it is
 * `token-endpoint.ts`, and that such a token is not shown without it is `bearer.ts`.
 */
import { createHash, type X509Certificate } from 'node:crypto';
import type { Application } from './application.ts';
import type { ApplicationSettings } from './application-settings.ts';
import { type ClientKeysDeps, clientKeys } from './client-keys.ts';
import { isSubject } from './distinguished-name.ts';
import { type ProtocolError, protocolError } from './errors.ts';

/** A certificate whose private key its sender has: the handshake, or the proxy that made it, has seen to that. */
export interface ClientCertificate {
  readonly x509: X509Certificate;
  /** RFC 8705 §3.1, `x5t#S256`. */
  readonly thumbprint: string;
}

/** How certificates come here; absent or null from what uses it: they do not. */
export interface MutualTls {
  /** Every authority that issues certificates of `tls_client_auth`, intermediate ones too: each is trusted by itself. */
  readonly authorities: readonly X509Certificate[];
  /** RFC 8705 §5: where a handshake asks for a certificate, without a slash at its end; null: at the usual address. */
  readonly baseUrl: string | null;
}

/** What checking a certificate uses. */
export interface ClientCertificateDeps extends ClientKeysDeps {
  readonly mutualTls?: MutualTls | null;
}

/** RFC 8705 §2: the methods, in the words of metadata. */
export const TLS_AUTHENTICATION_METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;
/** One of {@link TLS_AUTHENTICATION_METHODS}. */
export type TlsAuthenticationMethod = (typeof TLS_AUTHENTICATION_METHODS)[number];

/** Whether it is one of them. */
export function isTlsMethod(method: string): method is TlsAuthenticationMethod {
  return (TLS_AUTHENTICATION_METHODS as readonly string[]).includes(method);
}

/** RFC 8705 §3.1: base64url of the SHA-256 of the DER encoding. */
export function clientCertificate(x509: X509Certificate): ClientCertificate {
  return { x509, thumbprint: createHash('sha256').update(x509.raw).digest('base64url') };
}

/**
 * RFC 8705 §2: whether the certificate is the application's.
 * @returns null when it is; `invalid_client` otherwise, in one wording, with the reason in `detail`.
 */
export async function certificateFault(
  certificate: ClientCertificate | null,
  method: TlsAuthenticationMethod,
  application: Application,
  nowMs: number,
  deps: ClientCertificateDeps,
): Promise<ProtocolError | null> {
  if (certificate === null) return NO_CERTIFICATE;
  const { x509 } = certificate;
  if (nowMs < x509.validFromDate.getTime() || nowMs >= x509.validToDate.getTime()) {
    return refusal('the certificate is not valid at this time');
  }
  switch (method) {
    case 'tls_client_auth': {
      const reason =
        chainFault(x509, nowMs, deps.mutualTls?.authorities ?? []) ?? nameFault(x509, application.settings);
      return reason === null ? null : refusal(reason);
    }
    case 'self_signed_tls_client_auth':
      return (await isRegistered(x509, application, deps)) ? null : refusal('no x5c of its keys is this certificate');
    default:
      return method satisfies never;
  }
}

/**
 * RFC 8705 §2.1: issued by an authority of the operator's. Chains that clients send along are not looked at: an intermediate
 * authority stands in the operator's file. Revocation lists are not read.
 */
function chainFault(x509: X509Certificate, nowMs: number, authorities: readonly X509Certificate[]): string | null {
  // RFC 5280 §4.2.1.12: where purposes are named, this one has to be among them.
  const purposes: readonly string[] | undefined = x509.keyUsage;
  if (purposes !== undefined && !purposes.some((oid) => [CLIENT_AUTH, ANY_PURPOSE].includes(oid))) {
    return 'the certificate is not for client authentication (extended key usage)';
  }
  const issuer = authorities.find(
    (authority) =>
      authority.ca &&
      nowMs >= authority.validFromDate.getTime() &&
      nowMs < authority.validToDate.getTime() &&
      x509.checkIssued(authority) &&
      x509.verify(authority.publicKey),
  );
  return issuer === undefined ? 'no authority of DIAPASON_MTLS_CA has issued the certificate' : null;
}

/** RFC 5280 §4.2.1.12: id-kp-clientAuth, anyExtendedKeyUsage. */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_PURPOSE = '2.5.29.37.0';

/** RFC 8705 §2.1.2: exactly one name is registered, and it is in the certificate. No wildcards, of either side. */
function nameFault(x509: X509Certificate, settings: ApplicationSettings): string | null {
  const names = registeredNames(settings);
  const [only, ...others] = names;
  if (only === undefined || others.length > 0) return 'the application has not exactly one tls_client_auth name';
  return hasName(x509, only) ? null : `the certificate has not the registered ${only.kind}`;
}

/** A name that a certificate has to have. */
interface RegisteredName {
  readonly kind: 'subject_dn' | 'san_dns' | 'san_uri' | 'san_ip' | 'san_email';
  readonly value: string;
}

/** The names that an application has registered (RFC 8705 §2.1.2). */
export function registeredNames(settings: ApplicationSettings): readonly RegisteredName[] {
  const all = [
    { kind: 'subject_dn', value: settings.tlsClientAuthSubjectDn },
    { kind: 'san_dns', value: settings.tlsClientAuthSanDns },
    { kind: 'san_uri', value: settings.tlsClientAuthSanUri },
    { kind: 'san_ip', value: settings.tlsClientAuthSanIp },
    { kind: 'san_email', value: settings.tlsClientAuthSanEmail },
  ] as const;
  return all.flatMap(({ kind, value }) => (value === null ? [] : [{ kind, value }]));
}

function hasName(x509: X509Certificate, { kind, value }: RegisteredName): boolean {
  switch (kind) {
    case 'subject_dn':
      return isSubject(value, x509.subject);
    case 'san_dns':
      // A name with a dot in front would stand for every host below it.
      return !value.startsWith('.') && x509.checkHost(value, EXACTLY) !== undefined;
    case 'san_ip':
      return x509.checkIP(value) !== undefined;
    case 'san_email':
      return x509.checkEmail(value, { subject: 'never' }) !== undefined;
    case 'san_uri':
      return alternativeUris(x509.subjectAltName ?? '').includes(value);
    default:
      return kind satisfies never;
  }
}

const EXACTLY = { subject: 'never', wildcards: false, partialWildcards: false } as const;

/** `DNS:a.example, URI:"https://a.example/a,b"`: an entry with a comma or a quote in it is quoted as JSON is (CVE-2021-44532). */
function alternativeUris(text: string): readonly string[] {
  const uris: string[] = [];
  for (const [, type, entry = ''] of text.matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy)) {
    if (type === 'URI') uris.push(entry.startsWith('"') ? JSON.parse(entry) : entry);
  }
  return uris;
}

/** RFC 8705 §2.2: the certificate itself is registered, in the `x5c` of a key; who issued it does not matter. */
async function isRegistered(x509: X509Certificate, application: Application, deps: ClientKeysDeps): Promise<boolean> {
  const certificate = x509.raw.toString('base64');
  for (const unknownKid of [false, true]) {
    const keys = await clientKeys(application, deps, { unknownKid });
    const isThere =
      keys.outcome === 'read' && keys.jwks.keys.some(({ x5c }) => Array.isArray(x5c) && x5c[0] === certificate);
    if (isThere) return true;
    if (application.settings.jwksUri === null) return false;
  }
  return false;
}

const NO_CERTIFICATE = protocolError(
  'invalid_client',
  'No client certificate has arrived with this request: this application proves itself by one (RFC 8705 section 2), at the addresses of mtls_endpoint_aliases where metadata has them.',
);

function refusal(detail: string): ProtocolError {
  return protocolError(
    'invalid_client',
    'Client authentication failed: the client_id is unknown, or the certificate is not the one registered for it (RFC 8705 section 2).',
    detail,
  );
}
