/**
 * What keeps mail under the server's secret: messages that wait, and the codes in them. Commands queue mail too.
 *
 * Owns the names of the purposes; what is sealed is `mail/outbox.ts`, what a code is `accounts/mailed-secret.ts`.
 */
import type { KeyEncryption } from './key-encryption.ts';

/** Opening a message that was sealed under another secret throws `WrongSecretError`. */
export function mailSecretsOf(encryption: KeyEncryption) {
  return {
    mailedCodeKey: encryption.deriveKey('mailed-codes'),
    mailSealing: {
      seal: (id: string, content: Buffer) => encryption.seal('outgoing-mail', id, content),
      open: (id: string, sealed: Buffer) => encryption.open('outgoing-mail', id, sealed),
    },
  };
}
