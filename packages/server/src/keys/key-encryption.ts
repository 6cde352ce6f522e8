/**
 * Encryption at rest under `DIAPASON_SECRET`: private keys now, whatever else must be readable again later.
 *
 * One key for each purpose, by HKDF (RFC 5869), so that what was sealed for one use can never be opened as another; AES-256-GCM
 * (NIST SP 800-38D), with the row's name as associated data, so that two rows cannot be exchanged. Owns no key that signs.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Randomness } from '../vocabulary/credentials.ts';

/** What keys are derived for. A new use is a new name. */
export type KeyPurpose =
  | 'signing-keys'
  | 'server-keys'
  | 'client-secrets'
  | 'form-tokens'
  | 'user-codes'
  | 'dpop-nonces'
  | 'totp-seeds'
  | 'recovery-codes'
  | 'outgoing-mail'
  | 'mailed-codes'
  | 'factor-forms'
  | 'elsewhere'
  | 'pairwise-subjects'
  | 'exports'
  | 'backups';

/** The database was written under another `DIAPASON_SECRET`, or what it holds was altered: AES-GCM cannot tell which. */
export class WrongSecretError extends Error {
  override readonly name = 'WrongSecretError';
  readonly fault = 'wrong_secret';
}

/** Seals and opens under the keys of one secret. */
export interface KeyEncryption {
  /** 32 octets for one purpose, always the same. They stay in this process. */
  deriveKey(purpose: KeyPurpose): Buffer;
  /** @param context name of the row that it is for; opening wants the same. */
  seal(purpose: KeyPurpose, context: string, plaintext: Buffer): Buffer;
  /** @throws WrongSecretError when the secret, the purpose or the context is another one, or a bit was turned. */
  open(purpose: KeyPurpose, context: string, sealed: Buffer): Buffer;
}

/** The first octet of what is sealed: which way it was done. */
const FORMAT = 1;
/** NIST SP 800-38D §5.2.1.1: 96 bits. Random: far below 2^32 messages a key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Derives everything from the secret. @param secret `DIAPASON_SECRET`: 32 characters or more of high entropy. */
export function createKeyEncryption(secret: string, randomness: Randomness): KeyEncryption {
  const derived = new Map<KeyPurpose, Buffer>();
  const deriveKey = (purpose: KeyPurpose): Buffer => {
    const known = derived.get(purpose);
    if (known !== undefined) return known;
    // The salt may be public and the same for all (RFC 5869 §3.1); the purpose is the `info`.
    const key = Buffer.from(hkdfSync('sha256', secret, 'diapason', `diapason/1/${purpose}`, 32));
    derived.set(purpose, key);
    return key;
  };
  return {
    deriveKey,
    seal(purpose, context, plaintext) {
      const nonce = randomness(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', deriveKey(purpose), nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(context, 'utf8'));
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), nonce, ciphertext, cipher.getAuthTag()]);
    },
    open(purpose, context, sealed) {
      if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT) throw wrongSecret(context);
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', deriveKey(purpose), nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context, 'utf8'));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      const plaintext = decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES));
      try {
        return Buffer.concat([plaintext, decipher.final()]);
      } catch {
        throw wrongSecret(context);
      }
    },
  };
}

function wrongSecret(context: string): WrongSecretError {
  return new WrongSecretError(
    `the key ${context} in this database was encrypted under another DIAPASON_SECRET: set the secret that this database was made with (for an embedded one it is in <database>.secret)`,
  );
}
