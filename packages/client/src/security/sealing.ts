/**
 * Encryption of what leaves this process and comes back: cookies of a sign-in under way, provider secrets in the store.
 *
 * Owns the format (AES-256-GCM, base64url of iv, tag, ciphertext) and the keys, one per purpose, so that a value sealed for
 * one purpose never opens for another. Rotation: the first secret seals, every secret opens.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { RandomBytes } from './tokens.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What a value was sealed for. The number rises when the sealed shape changes, so that an old value does not open. */
export type Purpose = 'attempt/2' | 'pending/3' | 'app-secret/1' | 'session-tokens/3' | 'form-post/1';

/** Seals and opens JSON values. */
export interface Sealer {
  seal(purpose: Purpose, value: unknown): string;
  /** null when the text was altered, made for another purpose, or under a secret that is no longer known. */
  open(purpose: Purpose, sealed: string): unknown;
  /** A key for digests, derived from the first secret. */
  digestKey(name: 'form-token' | 'attempt-limit'): Uint8Array;
}

/** A sealer under these secrets, newest first. */
export function createSealer(secrets: readonly [string, ...string[]], randomBytes: RandomBytes): Sealer {
  const keys = new Map<string, Uint8Array>();
  const keyFor = (secret: string, info: string): Uint8Array => {
    const name = `${info}\n${secret}`;
    const known = keys.get(name);
    if (known !== undefined) return known;
    const key = new Uint8Array(hkdfSync('sha256', secret, '', `@diapason/client ${info}`, 32));
    keys.set(name, key);
    return key;
  };
  return {
    seal: (purpose, value) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyFor(secrets[0], purpose), iv);
      const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url');
    },
    open: (purpose, sealed) => {
      for (const secret of secrets) {
        const opened = openWith(keyFor(secret, purpose), sealed);
        if (opened !== null) return JSON.parse(opened);
      }
      return null;
    },
    digestKey: (name) => keyFor(secrets[0], name),
  };
}

function openWith(key: Uint8Array, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length <= IV_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
