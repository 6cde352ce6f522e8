/**
 * Opens the keys of a running server, and keeps them as the database has them.
 *
 * Owns the joining of `keys/` with the protocol's names for each key.
 */
import { createPasswordHasher } from '../accounts/password-hashing.ts';
import type { PasswordHash } from '../accounts/ports.ts';
import { elsewhereSealingOf } from '../keys/elsewhere-sealing.ts';
import { factorSecretsOf } from '../keys/factor-secrets.ts';
import { createKeyEncryption } from '../keys/key-encryption.ts';
import { createKeyRing } from '../keys/key-ring.ts';
import { mailSecretsOf } from '../keys/mail-secrets.ts';
import { loadServerKeys, SERVER_KEYS_REFRESH_MS } from '../keys/server-keys.ts';
import { createSigner } from '../keys/signer.ts';
import { ensureSigningKeys } from '../keys/signing-keys.ts';
import type { ClientSecretKey } from '../protocol/client-secret.ts';
import type { DpopNonceKey } from '../protocol/dpop-nonce.ts';
import type { PairwiseKey } from '../protocol/pairwise-subject.ts';
import type { ImportedSecretVerifier } from '../protocol/ports/applications.ts';
import type { RefreshTokenKeys } from '../protocol/refresh-token-text.ts';
import type { UserCodeKey } from '../protocol/user-code.ts';
import type { Storage } from '../storage/storage.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';

/** Keys that are open. */
export type OpenKeys = Awaited<ReturnType<typeof openKeys>>;

/**
 * Everything that signs, derives or opens, from the one secret. `close` ends the refreshing.
 * @throws WrongSecretError when the database was made under another secret.
 */
export async function openKeys(
  secret: string,
  { storage, clock, randomness }: { readonly storage: Storage; readonly clock: Clock; readonly randomness: Randomness },
) {
  const encryption = createKeyEncryption(secret, randomness);
  const serverKeys = await loadServerKeys({
    serverKeys: storage.serverKeys,
    encryption,
    clock,
    randomness,
  });
  await ensureSigningKeys({ keys: storage.keys, encryption, clock });
  const refresh = setInterval(() => {
    // A lost database is told by every request; the keys at hand stay good meanwhile.
    serverKeys.refresh().catch(() => undefined);
  }, SERVER_KEYS_REFRESH_MS);
  refresh.unref();
  return {
    signer: createSigner({ keyRing: createKeyRing({ keys: storage.keys, encryption, clock }), clock }),
    clientSecretKey: serverKeys.clientSecretKey as ClientSecretKey,
    formTokenKey: serverKeys.formTokenKey,
    factorSecrets: factorSecretsOf(encryption),
    elsewhereSealing: elsewhereSealingOf(encryption),
    userCodeKey: serverKeys.userCodeKey as UserCodeKey,
    dpopNonceKey: serverKeys.dpopNonceKey as DpopNonceKey,
    pairwiseKey: serverKeys.pairwiseKey as PairwiseKey,
    refreshTokenKeys: () => serverKeys.refreshTokenKeys() as RefreshTokenKeys,
    ...mailSecretsOf(encryption),
    close: () => clearInterval(refresh),
  };
}

/** A hasher of its own, so that clients that show wrong secrets never stand before people who sign in: one at a time, few waiting. */
export function importedSecretVerifier(randomness: Randomness): ImportedSecretVerifier {
  const hasher = createPasswordHasher({ hashConcurrency: 1, hashQueueLength: 16, randomness });
  return { verify: (presented, hash) => hasher.verify(presented, hash as string as PasswordHash) };
}
