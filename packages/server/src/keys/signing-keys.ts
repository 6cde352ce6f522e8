/**
 * The keys that sign: made at the first start, listed, rotated so that no relying party notices (D30).
 *
 * A new key is published at once and signs only after every relying party can have fetched it; the old one stays published until
 * all that it signed has run out. Owns these rules and key generation. Reading the keys fast is `key-ring.ts`, signing is `signer.ts`.
 */
import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { ID_TOKEN_ALGORITHMS, type IdTokenAlgorithm } from '../protocol/application.ts';
import type { Audited } from '../vocabulary/audited.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { KeyEncryption } from './key-encryption.ts';
import type { SigningKeyRecord, SigningKeyStore } from './ports.ts';

/**
 * From a key's publication to its first signature. Relying parties keep a key set for some minutes (jose: ten) and fetch it anew
 * for a `kid` that they do not know, some of them not more often than that.
 */
export const KEY_PROPAGATION_MS = 60 * 60_000;

/**
 * From its successor's first signature to the end of a key's publication. ID tokens live an hour; for a day they still serve as
 * `id_token_hint`.
 */
export const KEY_OVERLAP_MS = 24 * 60 * 60_000;

/** RFC 7518 §3.3: 2048 bits or larger. */
export const RSA_MODULUS_BITS = 2_048;

/** What making and rotating keys needs. */
export interface SigningKeysDeps {
  readonly keys: SigningKeyStore;
  readonly encryption: Pick<KeyEncryption, 'seal'>;
  readonly clock: Clock;
}

/** The same for an operator, whose every change is in the audit log. */
export interface RotationDeps extends Omit<SigningKeysDeps, 'keys'> {
  readonly keys: Audited<Pick<SigningKeyStore, 'rotateKey' | 'listKeys'>>;
}

/** A key, for the operator's eyes. */
export interface SigningKeySummary {
  readonly kid: string;
  readonly algorithm: IdTokenAlgorithm;
  /** `upcoming`: published, signs from `activeFromMs`. `signing`. `published`: it verifies only, until `retiresAtMs`. `retired`. */
  readonly state: 'upcoming' | 'signing' | 'published' | 'retired';
  readonly createdAtMs: number;
  readonly activeFromMs: number;
  readonly retiresAtMs: number | null;
}

/** Makes the first key of each algorithm that has none. Of processes that start together one makes it. */
export async function ensureSigningKeys(deps: SigningKeysDeps): Promise<void> {
  const nowMs = deps.clock();
  const present = await deps.keys.listKeys();
  const missing = ID_TOKEN_ALGORITHMS.filter((algorithm) => !present.some((key) => key.algorithm === algorithm));
  // One after the other: finding RSA primes takes a core, and at a first start nothing waits.
  for (const algorithm of missing) {
    await deps.keys.insertFirstKey(await newKey(algorithm, nowMs, nowMs, deps.encryption));
  }
}

/**
 * Makes the next key of an algorithm. It is published at once, signs an hour later, and its predecessors leave the key set a
 * day after that. Where there is none to wait for, it signs at once.
 */
export async function rotateSigningKey(algorithm: IdTokenAlgorithm, deps: RotationDeps): Promise<SigningKeySummary> {
  const nowMs = deps.clock();
  const present = await deps.keys.listKeys();
  const hasPredecessor = present.some((key) => key.algorithm === algorithm && isPublished(key, nowMs));
  const activeFromMs = hasPredecessor ? nowMs + KEY_PROPAGATION_MS : nowMs;
  const next = await newKey(algorithm, nowMs, activeFromMs, deps.encryption);
  await deps.keys.rotateKey(next, activeFromMs + KEY_OVERLAP_MS);
  return summaryOf(next, hasPredecessor ? 'upcoming' : 'signing');
}

/** Every key that there is, the newest of each algorithm first. */
export async function listSigningKeys(
  deps: Pick<SigningKeysDeps, 'clock'> & { readonly keys: Pick<SigningKeyStore, 'listKeys'> },
): Promise<readonly SigningKeySummary[]> {
  const nowMs = deps.clock();
  const records = await deps.keys.listKeys();
  return ID_TOKEN_ALGORITHMS.flatMap((algorithm) => {
    const own = records
      .filter((key) => key.algorithm === algorithm)
      .sort((left, right) => right.activeFromMs - left.activeFromMs);
    const signing = signingKeyOf(own, algorithm, nowMs);
    return own.map((key) => summaryOf(key, stateOf(key, signing, nowMs)));
  });
}

/** When a key is used for what: the part of a record that decides it. */
type KeyTimes = Pick<SigningKeyRecord, 'algorithm' | 'activeFromMs' | 'retiresAtMs'>;

/** Whether the key is in the key set. */
export function isPublished(key: KeyTimes, nowMs: number): boolean {
  return key.retiresAtMs === null || key.retiresAtMs > nowMs;
}

/**
 * The key that signs: the latest that may, of two of one instant the one that was not replaced. Where none may yet (the first key, seen by a process whose clock is behind), the one
 * that may first. undefined: there is no key of this algorithm.
 */
export function signingKeyOf<Key extends KeyTimes>(
  keys: readonly Key[],
  algorithm: IdTokenAlgorithm,
  nowMs: number,
): Key | undefined {
  const published = keys
    .filter((key) => key.algorithm === algorithm && isPublished(key, nowMs))
    .sort((left, right) => left.activeFromMs - right.activeFromMs || endOf(left) - endOf(right));
  return published.findLast((key) => key.activeFromMs <= nowMs) ?? published[0];
}

function endOf({ retiresAtMs }: KeyTimes): number {
  return retiresAtMs ?? Number.MAX_SAFE_INTEGER;
}

async function newKey(
  algorithm: IdTokenAlgorithm,
  createdAtMs: number,
  activeFromMs: number,
  encryption: Pick<KeyEncryption, 'seal'>,
): Promise<SigningKeyRecord> {
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: RSA_MODULUS_BITS });
  return sealedKey(algorithm, pair.privateKey, { createdAtMs, activeFromMs }, encryption);
}

/** The record of a private key, its `kid` the RFC 7638 thumbprint of the public half. */
export async function sealedKey(
  algorithm: IdTokenAlgorithm,
  privateKey: CryptoKey | KeyObject,
  { createdAtMs, activeFromMs }: Pick<SigningKeyRecord, 'createdAtMs' | 'activeFromMs'>,
  encryption: Pick<KeyEncryption, 'seal'>,
): Promise<SigningKeyRecord> {
  const members = await exportJWK(privateKey);
  const publicMembers = publicMembersOf(members);
  const kid = await calculateJwkThumbprint(publicMembers, 'sha256');
  const publicJwk: JWK = { ...publicMembers, kid, alg: algorithm, use: 'sig' };
  const privateJwk = Buffer.from(JSON.stringify(members), 'utf8');
  return {
    kid,
    algorithm,
    publicJwk: JSON.stringify(publicJwk),
    privateJwkEncrypted: encryption.seal('signing-keys', kid, privateJwk),
    createdAtMs,
    activeFromMs,
    retiresAtMs: null,
  };
}

/** RFC 7518 §6.2.1, §6.3.1; RFC 8037 §2. */
function publicMembersOf({ kty, n, e, crv, x, y }: JWK): JWK {
  return JSON.parse(JSON.stringify({ kty, n, e, crv, x, y }));
}

function stateOf(key: SigningKeyRecord, signing: SigningKeyRecord | undefined, nowMs: number) {
  if (!isPublished(key, nowMs)) return 'retired';
  if (key.kid === signing?.kid) return 'signing';
  return key.activeFromMs > nowMs ? 'upcoming' : 'published';
}

/** The same for an operator, whose every change is in the audit log. */
export interface RotationDeps extends Omit<SigningKeysDeps, 'keys'> {
  readonly keys: Audited<Pick<SigningKeyStore, 'rotateKey' | 'listKeys'>>;
}

/** A key, for the operator's eyes. */
export function summaryOf(key: SigningKeyRecord, state: SigningKeySummary['state']): SigningKeySummary {
  const { kid, algorithm, createdAtMs, activeFromMs, retiresAtMs } = key;
  return { kid, algorithm, state, createdAtMs, activeFromMs, retiresAtMs };
}
