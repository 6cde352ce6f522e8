/**
 * Encrypting what is signed, for an application alone (OpenID Connect Core §10.2; RFC 7516, by `jose`).
 *
 * Owns the algorithms and which of the application's keys is taken. No `RSA1_5`, whose padding tells too much (RFC 8725 §3.2), and
 * nothing symmetric: a client secret is kept as a one-way value and is no key. What is signed first is `id-token.ts`.
 */
import { CompactEncrypt, errors, importJWK } from 'jose';
import type { Application } from './application.ts';
import type { ContentEncryption, EncryptionAlgorithm } from './application-settings.ts';
import { type ClientKeysDeps, clientKeys } from './client-keys.ts';
import type { JsonWebKeySet } from './json-web-key-set.ts';

/** The text as it leaves, or why it cannot. `detail` is for the log and the owner of the application. */
export type Encrypted =
  | { readonly outcome: 'encrypted'; readonly jwe: string }
  | { readonly outcome: 'no_key'; readonly detail: string };

type Jwk = JsonWebKeySet['keys'][number];

/**
 * RFC 7519 §5.2: a nested JWT, in compact form. A set at an address is looked at once more where it has no fitting key.
 * @throws nothing for a key that is no good: that is `no_key`.
 */
export async function encryptFor(
  application: Pick<Application, 'settings'>,
  signed: string,
  header: { readonly alg: EncryptionAlgorithm; readonly enc: ContentEncryption },
  deps: ClientKeysDeps,
): Promise<Encrypted> {
  let keys = await clientKeys(application, deps);
  if (keys.outcome === 'read' && encryptionKey(keys.jwks, header.alg) === null && application.settings.jwks === null) {
    keys = await clientKeys(application, deps, { unknownKid: true });
  }
  if (keys.outcome === 'unavailable') return { outcome: 'no_key', detail: keys.detail };
  const jwk = encryptionKey(keys.jwks, header.alg);
  if (jwk === null) return { outcome: 'no_key', detail: `the key set has no key with use enc for ${header.alg}` };
  const { kid } = jwk;
  try {
    const key = await importJWK({ kty: '', ...jwk }, header.alg);
    const jwe = await new CompactEncrypt(new TextEncoder().encode(signed))
      .setProtectedHeader({ ...header, cty: 'JWT', ...(typeof kid === 'string' ? { kid } : {}) })
      .encrypt(key);
    return { outcome: 'encrypted', jwe };
  } catch (error) {
    // A point that is on no curve and the like: the application's key, and no fault of ours.
    if (!isKeyFault(error)) throw error;
    return { outcome: 'no_key', detail: `the key for ${header.alg} cannot be used: ${error.message}` };
  }
}

/** RFC 7517 §4.2: the first key that says it is for encryption; a key for signatures is for nothing else. null: none. */
export function encryptionKey({ keys }: JsonWebKeySet, algorithm: EncryptionAlgorithm): Jwk | null {
  const fits = (key: Jwk): boolean => {
    if (key['use'] !== 'enc' || (key['alg'] !== undefined && key['alg'] !== algorithm)) return false;
    return algorithm === 'RSA-OAEP-256' ? key['kty'] === 'RSA' : key['kty'] === 'EC' && key['crv'] === 'P-256';
  };
  return keys.find(fits) ?? null;
}

/** Web Crypto answers a key that is none with a DOMException or a TypeError, jose with an error of its own. */
function isKeyFault(error: unknown): error is Error {
  return error instanceof errors.JOSEError || error instanceof DOMException || error instanceof TypeError;
}
