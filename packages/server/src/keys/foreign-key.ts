/**
 * Takes over the RSA key that another server signed with, so that ID tokens that are out and key sets that were fetched stay good.
 *
 * Owns reading the PEM text and what is wrong with it. It signs at once: every relying party has known it for long. Our own
 * key of the algorithm, which none may have seen, stays published for as long as after a rotation. The `kid` is the RFC 7638
 * thumbprint, which is what django-oauth-toolkit publishes too.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import {
  KEY_OVERLAP_MS,
  type RotationDeps,
  RSA_MODULUS_BITS,
  type SigningKeySummary,
  sealedKey,
  summaryOf,
} from './signing-keys.ts';

/** What became of the key. `unreadable` says in `fault` what is wrong with the text; it never repeats any of it. */
export type TakenOver =
  | { readonly outcome: 'taken_over' | 'present'; readonly key: SigningKeySummary }
  | { readonly outcome: 'unreadable'; readonly fault: string };

/** Longest PEM text that is looked at: an RSA key of 16,384 bits has 13 KB. */
const PEM_CHARACTERS_MAX = 32_768;

/** RFC 7518 §3.3: RS256 needs an RSA key of 2,048 bits or more. Larger than the second, a signature takes a tenth of a second. */
const MODULUS_BITS = { min: RSA_MODULUS_BITS, max: 8_192 } as const;

/** Reads an RSA private key in PEM form (PKCS #1 or #8, not encrypted) and lets it sign RS256 from now on. Again, it changes nothing. */
export async function takeOverSigningKey(pem: string, deps: RotationDeps): Promise<TakenOver> {
  const read = readRsaKey(pem);
  if (typeof read === 'string') return { outcome: 'unreadable', fault: read };
  const nowMs = deps.clock();
  const record = await sealedKey('RS256', read, { createdAtMs: nowMs, activeFromMs: nowMs }, deps.encryption);
  const present = (await deps.keys.listKeys()).find(({ kid }) => kid === record.kid);
  if (present !== undefined) return { outcome: 'present', key: summaryOf(present, 'published') };
  await deps.keys.rotateKey(record, nowMs + KEY_OVERLAP_MS);
  return { outcome: 'taken_over', key: summaryOf(record, 'signing') };
}

/** The key, or what is wrong with the text. */
export function readRsaKey(pem: string): KeyObject | string {
  if (pem.length > PEM_CHARACTERS_MAX) return `it is longer than ${PEM_CHARACTERS_MAX} characters`;
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    return 'it is encrypted: take the passphrase off first, with openssl pkey -in FILE -out FILE2';
  }
  if (/-----BEGIN (RSA )?PUBLIC KEY-----|-----BEGIN CERTIFICATE-----/.test(pem)) {
    return 'it is a public key or a certificate: the private key is needed';
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return 'it is no private key in PEM form, such as begins with -----BEGIN PRIVATE KEY-----';
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== 'rsa' || bits === undefined) {
    return `it is a key of type ${key.asymmetricKeyType}: an RSA key is needed`;
  }
  if (bits < MODULUS_BITS.min || bits > MODULUS_BITS.max) {
    return `it is an RSA key of ${bits} bits: ${MODULUS_BITS.min} to ${MODULUS_BITS.max} are needed (RFC 7518 section 3.3)`;
  }
  return key;
}
