/**
 * Mutual TLS (RFC 8705) as the operator has set it: files → what is in them, and whether the settings fit together.
 *
 * Owns that. The names and their syntax are `variables.ts`; the listener and the header are `http/`.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode } from './error-code.ts';
import type { Reader } from './reader.ts';
import type { TrustedProxies } from './values.ts';
import type { VariableName } from './variables.ts';

/** How certificates of clients arrive: by a header of a trusted proxy, by a port of our own, or both. */
export interface MutualTlsSettings {
  /** Lower case; null: none. `client-cert` has the form of RFC 9440, others PEM, percent-encoded. */
  readonly header: string | null;
  readonly listener: {
    readonly port: number;
    /** PEM. */
    readonly certificate: string;
    readonly key: KeyObject;
  } | null;
  readonly authorities: readonly X509Certificate[];
  /** Without a slash at its end; null: metadata has no aliases. */
  readonly baseUrl: string | null;
}

/** Reads the variables; null: mutual TLS is off. Faults go to the reader. */
export function readMutualTls(
  reader: Reader,
  surroundings: { readonly directory: string; readonly url: string; readonly trustedProxies: TrustedProxies },
): MutualTlsSettings | null {
  const { directory, url, trustedProxies } = surroundings;
  const header = reader.read('DIAPASON_MTLS_HEADER');
  const port = reader.read('DIAPASON_MTLS_PORT');
  const certificateFile = reader.read('DIAPASON_MTLS_CERTIFICATE');
  const keyFile = reader.read('DIAPASON_MTLS_KEY');
  const authoritiesFile = reader.read('DIAPASON_MTLS_CA');
  const derived = port === null ? null : `https://${new URL(url).hostname}:${port}`;
  const baseUrl = reader.read('DIAPASON_MTLS_URL') ?? derived;

  // RFC 8705 §6.4, RFC 9440 §4: a count would let whoever reaches the port in the proxy's place write the header.
  if (header !== null && typeof trustedProxies === 'number') {
    reader.refuse('DIAPASON_MTLS_HEADER', 'needs DIAPASON_TRUSTED_PROXIES to be addresses, such as 10.0.0.5');
  }
  const off = header === null && port === null;
  for (const [name, value] of [
    ['DIAPASON_MTLS_CERTIFICATE', certificateFile],
    ['DIAPASON_MTLS_KEY', keyFile],
  ] as const) {
    if (port !== null && value === null) reader.refuse(name, 'is not set, and DIAPASON_MTLS_PORT needs it');
    if (port === null && value !== null) reader.refuse(name, 'is set without DIAPASON_MTLS_PORT');
  }
  if (off && authoritiesFile !== null) {
    reader.refuse('DIAPASON_MTLS_CA', 'is set without DIAPASON_MTLS_PORT or DIAPASON_MTLS_HEADER');
  }
  const opened = <Value>(name: VariableName, file: string | null, open: (pem: string) => Value): Value | null => {
    if (file === null) return null;
    try {
      return open(readFileSync(resolve(directory, file), 'utf8'));
    } catch (error) {
      const code = error instanceof Error && 'syscall' in error ? errorCode(error) : null;
      reader.refuse(
        name,
        code === null ? 'names a file that holds no such PEM' : `names a file that cannot be read (${code})`,
      );
      return null;
    }
  };
  const certificate = opened('DIAPASON_MTLS_CERTIFICATE', certificateFile, (pem) => ({
    pem,
    x509: new X509Certificate(pem),
  }));
  const key = opened('DIAPASON_MTLS_KEY', keyFile, createPrivateKey);
  const authorities = opened('DIAPASON_MTLS_CA', authoritiesFile, certificatesOf) ?? [];
  if (certificate !== null && key !== null && !certificate.x509.checkPrivateKey(key)) {
    reader.refuse('DIAPASON_MTLS_KEY', 'names the key of another certificate');
  }
  if (off) return null;
  const listener =
    port === null || certificate === null || key === null ? null : { port, certificate: certificate.pem, key };
  return { header, listener, authorities, baseUrl };
}

/** Every certificate of a PEM file. @throws when there is none, one cannot be read, or one is of no authority. */
function certificatesOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const certificates = blocks.map((block) => new X509Certificate(block));
  if (certificates.length === 0 || !certificates.every(({ ca }) => ca))
    throw new Error('no certificates of authorities');
  return certificates;
}
