/**
 * What seals a sign-in elsewhere on its way through a browser, under the server's secret.
 *
 * Owns the name of the purpose; what is sealed is `accounts/elsewhere-attempts.ts`.
 */
import { type KeyEncryption, WrongSecretError } from './key-encryption.ts';

/** The sealing. */
export function elsewhereSealingOf(encryption: KeyEncryption) {
  return {
    seal: (context: string, text: string) =>
      encryption.seal('elsewhere', context, Buffer.from(text)).toString('base64url'),
    /** null: it was not sealed here, or for something else. */
    open(context: string, sealed: string): string | null {
      try {
        return encryption.open('elsewhere', context, Buffer.from(sealed, 'base64url')).toString();
      } catch (error) {
        if (error instanceof WrongSecretError) return null;
        throw error;
      }
    },
  };
}
