/**
 * The signing keys in memory, ready for use, and at most a few seconds behind the database: another process's rotation is seen.
 *
 * Owns the cache and the decryption. Which key signs when is `signing-keys.ts`.
 */
import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { IdTokenAlgorithm } from '../protocol/application.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { KeyEncryption } from './key-encryption.ts';
import type { SigningKeyRecord, SigningKeyStore } from './ports.ts';

/** A key, opened. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: IdTokenAlgorithm;
  /** Public members, `kid`, `alg`, `use`. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly privateKey: KeyObject;
  readonly activeFromMs: number;
  readonly retiresAtMs: number | null;
}

/** The keys of this moment. */
export interface KeyRing {
  /** Answers from memory, or reads them anew when they are too old. @throws WrongSecretError */
  keys(): Promise<readonly SigningKey[]>;
}

/** A hundredth of a percent of an hour's propagation; one read of three rows in five seconds costs nothing. */
export const KEY_RING_AGE_MAX_MS = 5_000;

/** What reading keys needs. */
export interface KeyRingDeps {
  readonly keys: Pick<SigningKeyStore, 'listKeys'>;
  readonly encryption: Pick<KeyEncryption, 'open'>;
  readonly clock: Clock;
}

/** Makes a key ring; it reads at its first use. */
export function createKeyRing(deps: KeyRingDeps): KeyRing {
  let loaded: { readonly keys: readonly SigningKey[]; readonly atMs: number } | null = null;
  let loading: Promise<readonly SigningKey[]> | null = null;
  const load = async (): Promise<readonly SigningKey[]> => {
    const atMs = deps.clock();
    const records = await deps.keys.listKeys();
    const known = new Map(loaded?.keys.map((key) => [key.kid, key]));
    const keys = records.map((record) => opened(record, known.get(record.kid), deps.encryption));
    loaded = { keys, atMs };
    return keys;
  };
  return {
    async keys() {
      if (loaded !== null && Math.abs(deps.clock() - loaded.atMs) < KEY_RING_AGE_MAX_MS) return loaded.keys;
      // Requests that come together share one read.
      loading ??= load().finally(() => {
        loading = null;
      });
      return loading;
    },
  };
}

function opened(
  record: SigningKeyRecord,
  known: SigningKey | undefined,
  encryption: Pick<KeyEncryption, 'open'>,
): SigningKey {
  const { kid, algorithm, activeFromMs, retiresAtMs } = record;
  if (known !== undefined) return { ...known, activeFromMs, retiresAtMs };
  const privateJwk: JsonWebKey = JSON.parse(
    encryption.open('signing-keys', kid, record.privateJwkEncrypted).toString('utf8'),
  );
  return {
    kid,
    algorithm,
    publicJwk: JSON.parse(record.publicJwk),
    privateKey: createPrivateKey({ key: privateJwk, format: 'jwk' }),
    activeFromMs,
    retiresAtMs,
  };
}
