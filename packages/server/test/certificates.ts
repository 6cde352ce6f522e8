/**
 * Certificates for tests of mutual TLS, made with WebCrypto alone: an authority, what it issues, and self-signed ones.
 *
 * Owns how they are made. What they are worth is each test's.
 */
// The library below wants it first.
import 'reflect-metadata';
import { type KeyObject, KeyObject as NodeKey, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
let serial = 0;

/** A certificate with its key. */
export interface Identity {
  readonly x509: X509Certificate;
  readonly keys: CryptoKeyPair;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** Public, with `x5c` (RFC 8705 §2.2.2). */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** As RFC 4514 writes it. */
  readonly subject?: string;
  readonly names?: readonly JsonGeneralName[];
  readonly isAuthority?: boolean;
  /** Object identifiers of the extended key usage; absent: no such extension. */
  readonly purposes?: readonly string[];
  /** The authority; absent: it signs itself. */
  readonly issuer?: Identity;
  readonly fromMs?: number;
  readonly untilMs?: number;
}

/** Makes one, good from yesterday on for a month unless said. */
export async function certificateOf(options: CertificateOptions = {}): Promise<Identity> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const { subject = 'CN=client', names = [], isAuthority = false, purposes = [], issuer } = options;
  const extensions: Extension[] = [new BasicConstraintsExtension(isAuthority, undefined, true)];
  if (isAuthority) extensions.push(new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true));
  if (purposes.length > 0) extensions.push(new ExtendedKeyUsageExtension([...purposes]));
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension([...names]));
  serial += 1;
  const made = await X509CertificateGenerator.create({
    serialNumber: serial.toString(16).padStart(4, '0'),
    subject,
    issuer: issuer?.x509 === undefined ? subject : issuerNameOf(issuer),
    notBefore: new Date(options.fromMs ?? Date.now() - DAY_MS),
    notAfter: new Date(options.untilMs ?? Date.now() + 30 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  const x509 = new X509Certificate(Buffer.from(made.rawData));
  const key: KeyObject = NodeKey.from(keys.privateKey);
  const jwk = { ...(await crypto.subtle.exportKey('jwk', keys.publicKey)), x5c: [x509.raw.toString('base64')] };
  return {
    x509,
    keys,
    certificate: x509.toString(),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    jwk,
  };
}

/** The authorities of the tests have a name of one part. */
function issuerNameOf({ x509 }: Identity): string {
  return x509.subject;
}
