/** What managing applications needs of storage. The rules of `protocol/ports/grants.ts` hold here too. */
import type { Application, ClientSecretRecord } from '../protocol/application.ts';
import type { DeclaredScope } from '../protocol/scopes.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId, ApplicationId } from '../vocabulary/identifiers.ts';

/** Applications, for those who manage them. */
export interface ApplicationStore {
  /** `id_taken`: there is one with this `id` or `clientId`, and it stays as it is. */
  createApplication(application: Application): Promise<{ readonly outcome: 'created' | 'id_taken' }>;
  findApplication(id: ApplicationId): Promise<Application | null>;
  findApplicationByClientId(clientId: string): Promise<Application | null>;
  /** Everything but `id`, `clientId`, `secrets`, `createdAtMs` and the evidence. In force at once in this process, and within one second in others. */
  updateApplication(application: Application): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  /** With its secrets, codes, tokens and consents. */
  deleteApplication(id: ApplicationId): Promise<{ readonly outcome: 'deleted' | 'not_found' }>;
  /** `id_taken`: there is a secret with this `id`, and it stays as it is. */
  addSecret(
    id: ApplicationId,
    secret: ClientSecretRecord,
  ): Promise<{ readonly outcome: 'added' | 'id_taken' | 'not_found' }>;
  removeSecret(id: ApplicationId, secretId: string): Promise<{ readonly outcome: 'removed' | 'not_found' }>;
  /** `owner` undefined: all of them. In the order of names. */
  listApplications(owner?: AccountId): Promise<readonly Application[]>;
}

/** What opens dynamic registration (RFC 7591 §3: initial access tokens) and its management (RFC 7592). Digests alone are kept. */
export interface RegistrationStore {
  createInitialAccess(token: {
    readonly tokenDigest: Digest;
    readonly uses: number;
    readonly createdAtMs: number;
    readonly expiresAtMs: number;
  }): Promise<void>;
  /** Whether it has a use left. */
  isInitialAccess(tokenDigest: Digest, nowMs: number): Promise<boolean>;
  /** Takes a use. True for as many of any number of calls as there are uses. */
  spendInitialAccess(tokenDigest: Digest, nowMs: number): Promise<boolean>;
  /** Gives a use back that led to nothing. */
  returnInitialAccess(tokenDigest: Digest): Promise<void>;
  storeAccess(applicationId: ApplicationId, tokenDigest: Digest): Promise<void>;
  findByAccess(tokenDigest: Digest): Promise<ApplicationId | null>;
  /** True for exactly one of any number of calls with the same presented token. */
  rotateAccess(applicationId: ApplicationId, presented: Digest, next: Digest): Promise<boolean>;
}

/** Scopes at rest. */
export interface DeclaredScopeStore {
  /** In the order of their names. */
  listDeclaredScopes(): Promise<readonly DeclaredScope[]>;
}
