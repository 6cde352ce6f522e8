/**
 * Secrets of the server that every process shares: the key that refresh tokens' successors are derived with, and the key that
 * client secrets are kept under.
 *
 * The first is random, made once and kept encrypted in the database; the second comes straight from `DIAPASON_SECRET`, so that
 * it is not in a backup. Owns where they come from, not what is done with them.
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import type { KeyEncryption } from './key-encryption.ts';
import type { ServerKeyStore } from './ports.ts';

/** What finding the shared keys needs. */
export interface ServerKeysDeps {
  readonly serverKeys: ServerKeyStore;
  readonly encryption: KeyEncryption;
  readonly randomness: Randomness;
}

/** The shared keys, 32 octets each. */
export interface ServerKeys {
  /** Derives a refresh token's successor from the presented one. */
  readonly refreshDerivationKey: Buffer;
  /** HMAC-SHA-256 of client secrets. */
  readonly clientSecretKey: Buffer;
  /** HMAC-SHA-256 of form tokens. */
  readonly formTokenKey: Buffer;
}

/** The name carries a number: a rotated key is a further row, and the former one stays to be found for its window. */
const REFRESH_DERIVATION = 'refresh-derivation/1';

/**
 * Finds the shared keys, making what is not there; of processes that start together all get the first one's.
 * @throws WrongSecretError when the database was made under another secret.
 */
export async function loadServerKeys(deps: ServerKeysDeps): Promise<ServerKeys> {
  const { serverKeys, encryption, randomness } = deps;
  const sealed =
    (await serverKeys.findServerKey(REFRESH_DERIVATION)) ??
    (await serverKeys.insertServerKey(
      REFRESH_DERIVATION,
      encryption.seal('server-keys', REFRESH_DERIVATION, randomness(32)),
    ));
  return {
    refreshDerivationKey: encryption.open('server-keys', REFRESH_DERIVATION, sealed),
    clientSecretKey: encryption.deriveKey('client-secrets'),
    formTokenKey: encryption.deriveKey('form-tokens'),
  };
}
