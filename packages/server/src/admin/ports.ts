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
  /** Everything but `id`, `clientId`, `provenance`, `secrets`, `disabledAtMs`, `createdAtMs` and the evidence. In force at once in this process, and within one second in others. */
  updateApplication(application: Application): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  /** null: enabled again. In force like a change. */
  setDisabled(
    id: ApplicationId,
    disabledAtMs: number | null,
    nowMs: number,
  ): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
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
  /**
   * Stores the application with its secrets and the token of its registration, and takes a use of the initial access token, or
   * does none of it. Of any number of simultaneous calls as many get `registered` as the token has uses.
   */
  register(step: NewRegistration): Promise<{ readonly outcome: 'registered' | 'bad_token' | 'full' | 'id_taken' }>;
  /**
   * Stores the application of a client document, as `register` does an unverified one. `id_taken`: another request came first,
   * and what it stored stays.
   */
  registerDocument(
    step: Pick<NewRegistration, 'application' | 'unverifiedMax'>,
  ): Promise<{ readonly outcome: 'registered' | 'full' | 'id_taken' }>;
  /** Those that nobody answers for (`isUnverified`). */
  countUnverified(): Promise<number>;
  /** What a registration access token opens; null: nothing. */
  findByAccess(
    tokenDigest: Digest,
  ): Promise<{ readonly applicationId: ApplicationId; readonly secretMethod: SecretMethod } | null>;
  /**
   * Changes the application (as `updateApplication` does) and puts the next token in the place of the presented one, or does
   * neither. Of any number of simultaneous calls with one presented token exactly one gets `updated`.
   */
  update(step: {
    readonly application: Application;
    readonly presented: Digest;
    readonly next: Digest;
    readonly secretMethod: SecretMethod;
  }): Promise<{ readonly outcome: 'updated' | 'bad_token' }>;
}

/** How a client with a secret said that it would send it; either way is taken from each. */
export type SecretMethod = 'client_secret_basic' | 'client_secret_post';

/** A registration by a program. */
export interface NewRegistration {
  readonly application: Application;
  /** Of the registration access token (RFC 7592 §1.3). */
  readonly accessDigest: Digest;
  readonly secretMethod: SecretMethod;
  /** null: it came without a token. */
  readonly initialAccess: Digest | null;
  /**
   * An unverified application is stored while there are fewer of them. On PostgreSQL those that come in the same moment may pass
   * it together: it bounds litter, and is no lock.
   */
  readonly unverifiedMax: number;
  readonly nowMs: number;
}

/** Scopes at rest. */
export interface DeclaredScopeStore {
  /** In the order of their names. */
  listDeclaredScopes(): Promise<readonly DeclaredScope[]>;
}
