/**
 * Secrets of the server that every process shares: the keys that successors of refresh tokens are derived with, and those that
 * come straight from `DIAPASON_SECRET` (client secrets', form tokens' and user codes'), which are therefore in no backup.
 *
 * A derivation key is random, sealed in the database, and numbered: rotating adds the next number, in force only once every
 * process has read it, and the former one stays beside it until the last window that it served is over (design: Storage). Owns
 * where these keys come from, not what is done with them.
 */
import type { Audited } from '../vocabulary/audited.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { KeyEncryption } from './key-encryption.ts';
import type { ServerKeyStore } from './ports.ts';

/** What finding the shared keys needs. */
export interface ServerKeysDeps {
  readonly serverKeys: ServerKeyStore;
  readonly encryption: KeyEncryption;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** The shared keys, 32 octets each. */
export interface ServerKeys {
  /** The key of the moment, and those that it replaced a short while ago. Asked at each use. */
  refreshTokenKeys(): { readonly current: Buffer; readonly previous: readonly Buffer[] };
  /** HMAC-SHA-256 of client secrets. */
  readonly clientSecretKey: Buffer;
  /** HMAC-SHA-256 of form tokens. */
  readonly formTokenKey: Buffer;
  /** HMAC-SHA-256 of the user codes of devices. */
  readonly userCodeKey: Buffer;
  /** HMAC-SHA-256 of the time: nonces of DPoP. */
  readonly dpopNonceKey: Buffer;
  /** HMAC-SHA-256 of people and sessions, as pairwise applications know them. */
  readonly pairwiseKey: Buffer;
  /** Reads what other processes added. Call it every {@link SERVER_KEYS_REFRESH_MS}. */
  refresh(): Promise<void>;
}

/** How often a process looks for a new key. */
export const SERVER_KEYS_REFRESH_MS = 30_000;
/** From a key's insertion to its use: every process has looked twice by then. */
const PROPAGATION_MS = 2 * SERVER_KEYS_REFRESH_MS;
/** For so long a former key still derives: the window for a repeated refresh is 30 s, and clocks differ. */
const OVERLAP_MS = 10 * 60_000;

/** A derivation key, opened. */
interface DerivationKey {
  readonly key: Buffer;
  readonly activeFromMs: number;
}

/**
 * Finds the shared keys, making what is not there; of processes that start together all get the first one's.
 * @throws WrongSecretError when the database was made under another secret.
 */
export async function loadServerKeys(deps: ServerKeysDeps): Promise<ServerKeys> {
  const derivationKeys: DerivationKey[] = [await findOrMake(1, 0, deps)];
  const refresh = async (): Promise<void> => {
    for (;;) {
      const next = await findKey(derivationKeys.length + 1, deps);
      if (next === null) return;
      derivationKeys.push(next);
    }
  };
  await refresh();
  return {
    refreshTokenKeys: () => keysInForce(derivationKeys, deps.clock()),
    clientSecretKey: deps.encryption.deriveKey('client-secrets'),
    formTokenKey: deps.encryption.deriveKey('form-tokens'),
    userCodeKey: deps.encryption.deriveKey('user-codes'),
    dpopNonceKey: deps.encryption.deriveKey('dpop-nonces'),
    pairwiseKey: deps.encryption.deriveKey('pairwise-subjects'),
    refresh,
  };
}

/** Adds the next derivation key. In force in a minute; where another process added it just now, that one is. */
export async function rotateRefreshTokenKey(
  deps: ServerKeysDeps & { readonly serverKeys: Audited<ServerKeyStore> },
): Promise<void> {
  let number = 1;
  while ((await deps.serverKeys.findServerKey(nameOf(number))) !== null) number += 1;
  await findOrMake(number, deps.clock() + PROPAGATION_MS, deps);
}

function nameOf(number: number): string {
  return `refresh-derivation/${number}`;
}

async function findKey(number: number, deps: ServerKeysDeps): Promise<DerivationKey | null> {
  const sealed = await deps.serverKeys.findServerKey(nameOf(number));
  return sealed === null ? null : openKey(number, sealed, deps);
}

async function findOrMake(number: number, activeFromMs: number, deps: ServerKeysDeps): Promise<DerivationKey> {
  const found = await findKey(number, deps);
  if (found !== null) return found;
  // 6 octets hold an instant until the year 10889.
  const plaintext = Buffer.alloc(6 + 32);
  plaintext.writeUIntBE(activeFromMs, 0, 6);
  deps.randomness(32).copy(plaintext, 6);
  const sealed = deps.encryption.seal('server-keys', nameOf(number), plaintext);
  return openKey(number, await deps.serverKeys.insertServerKey(nameOf(number), sealed), deps);
}

function openKey(number: number, sealed: Buffer, deps: ServerKeysDeps): DerivationKey {
  const plaintext = deps.encryption.open('server-keys', nameOf(number), sealed);
  return { activeFromMs: plaintext.readUIntBE(0, 6), key: plaintext.subarray(6) };
}

/** Keys are in the order of their numbers, and so of their instants; the first is in force from ever. */
function keysInForce(keys: readonly DerivationKey[], nowMs: number) {
  const index = keys.findLastIndex(({ activeFromMs }) => activeFromMs <= nowMs);
  const current = keys[index];
  if (current === undefined) throw new Error('the first derivation key is in force from ever');
  const previous = keys.filter((_, at) => at < index && (keys[at + 1]?.activeFromMs ?? 0) > nowMs - OVERLAP_MS);
  // The coming one counts too: a process whose clock is ahead uses it already.
  const coming = keys.slice(index + 1);
  return { current: current.key, previous: [...previous, ...coming].map(({ key }) => key) };
}
