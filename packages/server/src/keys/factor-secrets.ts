/**
 * What seals second factors under the server's secret: seeds, recovery codes, and what a form carries between two steps. The
 * import seals by it too.
 *
 * Owns the names of the purposes; what is sealed is `accounts/factor-codes.ts`.
 */
import { createHmac } from 'node:crypto';
import { type KeyEncryption, WrongSecretError } from './key-encryption.ts';

/** Opening a seed that was sealed under another secret throws `WrongSecretError`. */
export function factorSecretsOf(encryption: KeyEncryption) {
  const codeKey = encryption.deriveKey('recovery-codes');
  return {
    /** @param id of the authenticator; opening wants the same. */
    sealSeed: (id: string, seed: Buffer) => encryption.seal('totp-seeds', id, seed),
    openSeed: (id: string, sealed: Buffer) => encryption.open('totp-seeds', id, sealed),
    recoveryCodeMac: (accountId: string, code: string) =>
      createHmac('sha256', codeKey).update(`${accountId} ${code}`).digest(),
    sealForm: (context: string, text: string) =>
      encryption.seal('factor-forms', context, Buffer.from(text)).toString('base64url'),
    /** null: it was not sealed here, or for something else. */
    openForm(context: string, sealed: string): string | null {
      try {
        return encryption.open('factor-forms', context, Buffer.from(sealed, 'base64url')).toString();
      } catch (error) {
        if (error instanceof WrongSecretError) return null;
        throw error;
      }
    },
  };
}
