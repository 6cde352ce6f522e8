/** What signing keys need of storage. */
import type { IdTokenAlgorithm } from '../protocol/application.ts';

/** A signing key at rest: its private half is encrypted under a key derived from `DIAPASON_SECRET`. */
export interface SigningKeyRecord {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: IdTokenAlgorithm;
  /** JWK, public members only, as JSON text. */
  readonly publicJwk: string;
  /** AES-256-GCM: nonce, ciphertext, tag. */
  readonly privateJwkEncrypted: Buffer;
  readonly createdAtMs: number;
  /** It is published from its creation and signs from here on: relying parties have fetched it by then. */
  readonly activeFromMs: number;
  /** It no longer signs, and leaves the key set here; null: in use. */
  readonly retiresAtMs: number | null;
}

/** Signing keys. */
export interface SigningKeyStore {
  listKeys(): Promise<readonly SigningKeyRecord[]>;
  /** Stores the first key of an algorithm; where another process was first, nothing happens and false comes back. */
  insertFirstKey(key: SigningKeyRecord): Promise<boolean>;
  /** Stores `next` and sets when its predecessors of the same algorithm leave the key set. */
  rotateKey(next: SigningKeyRecord, predecessorsRetireAtMs: number): Promise<void>;
  deleteRetiredKeys(nowMs: number): Promise<number>;
}

/** Named server secrets that processes share (the key that derives refresh tokens), encrypted at rest like signing keys. */
export interface ServerKeyStore {
  findServerKey(name: string): Promise<Buffer | null>;
  /** Where another process was first, its value comes back. */
  insertServerKey(name: string, encrypted: Buffer): Promise<Buffer>;
}
