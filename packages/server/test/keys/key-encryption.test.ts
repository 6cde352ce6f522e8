import { describe, expect, it } from 'vitest';
import { createKeyEncryption, WrongSecretError } from '../../src/keys/key-encryption.ts';
import { systemRandomness } from '../../src/vocabulary/credentials.ts';

const SECRET = 'a secret of thirty-two characters or more';
const encryption = createKeyEncryption(SECRET, systemRandomness);
const plaintext = Buffer.from('the private half of a key');

describe('NIST SP 800-38D, encryption at rest', () => {
  it('opens what it sealed, under the same secret, purpose and context', () => {
    const sealed = encryption.seal('signing-keys', 'kid-1', plaintext);
    expect(sealed.includes(plaintext)).toBe(false);
    expect(createKeyEncryption(SECRET, systemRandomness).open('signing-keys', 'kid-1', sealed)).toEqual(plaintext);
  });

  it('seals under another nonce each time', () => {
    expect(encryption.seal('signing-keys', 'kid-1', plaintext)).not.toEqual(
      encryption.seal('signing-keys', 'kid-1', plaintext),
    );
  });

  it('names a wrong secret, and shows none', () => {
    const sealed = encryption.seal('signing-keys', 'kid-1', plaintext);
    const other = createKeyEncryption('another secret of thirty-two characters', systemRandomness);
    expect(() => other.open('signing-keys', 'kid-1', sealed)).toThrow(WrongSecretError);
    try {
      other.open('signing-keys', 'kid-1', sealed);
    } catch (error) {
      if (!(error instanceof WrongSecretError)) throw error;
      expect(error.fault).toBe('wrong_secret');
      expect(error.message).toContain('DIAPASON_SECRET');
      expect(error.message).not.toContain('another secret');
      expect(error.message).not.toContain('\n');
    }
  });

  it('opens nothing under another purpose or context, so rows cannot be exchanged', () => {
    const sealed = encryption.seal('signing-keys', 'kid-1', plaintext);
    expect(() => encryption.open('server-keys', 'kid-1', sealed)).toThrow(WrongSecretError);
    expect(() => encryption.open('signing-keys', 'kid-2', sealed)).toThrow(WrongSecretError);
  });

  it('opens nothing of which one bit was turned or an end was cut, wherever', () => {
    const sealed = encryption.seal('signing-keys', 'kid-1', plaintext);
    for (let index = 0; index < sealed.length; index += 1) {
      const turned = Buffer.from(sealed);
      turned.writeUInt8(sealed.readUInt8(index) ^ 1, index);
      expect(() => encryption.open('signing-keys', 'kid-1', turned)).toThrow(WrongSecretError);
      expect(() => encryption.open('signing-keys', 'kid-1', sealed.subarray(0, index))).toThrow(WrongSecretError);
    }
  });
});

describe('RFC 5869, derived keys', () => {
  it('are the same in every process and different for each purpose and secret', () => {
    const again = createKeyEncryption(SECRET, systemRandomness);
    expect(again.deriveKey('client-secrets')).toEqual(encryption.deriveKey('client-secrets'));
    const other = createKeyEncryption('another secret of thirty-two characters', systemRandomness);
    const keys = [
      encryption.deriveKey('signing-keys'),
      encryption.deriveKey('server-keys'),
      encryption.deriveKey('client-secrets'),
      encryption.deriveKey('form-tokens'),
      other.deriveKey('client-secrets'),
    ].map((key) => key.toString('hex'));
    expect(new Set(keys).size).toBe(5);
    for (const key of keys) expect(key).toHaveLength(64);
  });
});
