/**
 * What is asked about applications: who they are, whether a secret is theirs, what they use, whether a proof of theirs is new.
 *
 * Owns the interfaces. An application itself is `application.ts` of the protocol.
 */
import type { Digest, Secret } from '../../vocabulary/credentials.ts';
import type { ApplicationId, ClientId } from '../../vocabulary/identifiers.ts';
import type { Application, ClientSecretMac, ImportedSecretHash } from '../application.ts';
import type { ProtocolError } from '../errors.ts';

/** What a proof that counts once is a proof of: one kind never stands in for the other (CVE-2026-4282). */
export type ProofKind = 'client_assertion' | 'dpop_proof';

/** Proofs that were used, until they expire by themselves. */
export interface ReplayStore {
  /** True for exactly one of any number of calls with one kind and digest: the proof counts. False: it was used before. */
  useOnce(proof: {
    readonly kind: ProofKind;
    readonly proofDigest: Digest;
    /** From here on it is refused for its age, and need not be kept. */
    readonly expiresAtMs: number;
  }): Promise<boolean>;
}

/** Applications, read only. A cached answer is at most one second old. */
export interface ApplicationReader {
  findByClientId(clientId: ClientId): Promise<Application | null>;
  /**
   * Whether an enabled application registered this origin (`allowedOrigins`): the answer to a CORS preflight, which does
   * not say whose request follows. Cached like the rest, the number of origins bounded, unknown ones included.
   */
  isAllowedOrigin(origin: string): Promise<boolean>;
}

/** Applications that describe themselves in a document at their `client_id`. Implemented by `admin/client-documents.ts`. */
export type ClientDocumentReader = (
  address: ClientId,
) => Promise<
  | { readonly outcome: 'found'; readonly application: Application }
  | { readonly outcome: 'refused'; readonly error: ProtocolError }
>;

/** Notes that a secret was used, without holding anything up: at most once a minute a secret is written. */
export interface ClientSecretUse {
  secretWasUsed(secretId: string, nowMs: number): void;
  /** An imported secret was shown: keeps the HMAC in the place of the hash, where it is still this one. Missed, it is verified again. */
  secretWasProven(secretId: string, importedHash: ImportedSecretHash, mac: ClientSecretMac): void;
}

/** Notes that an unverified application got a token, without holding anything up: at most once a minute each. */
export interface ApplicationUse {
  applicationWasUsed(applicationId: ApplicationId, nowMs: number): void;
}

/** Notes that an application still uses a token longer than it would live by default: at most once a minute each. */
export interface LongLivedTokenUse {
  longLivedTokenWasUsed(applicationId: ApplicationId, kind: 'access_token' | 'refresh_token', nowMs: number): void;
}

/** Verifies a secret against a hash that another server kept of it, a bounded number at a time. */
export interface ImportedSecretVerifier {
  verify(
    presented: Secret<'client_secret'>,
    hash: ImportedSecretHash,
  ): Promise<
    | { readonly outcome: 'right' | 'wrong' }
    /** Too many wait already: answered at once, and nothing was computed. */
    | { readonly outcome: 'busy'; readonly retryAfterSeconds: number }
  >;
}
