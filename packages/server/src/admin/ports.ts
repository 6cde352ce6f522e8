/** What managing applications needs of storage. The rules of `protocol/ports.ts` hold here too. */
import type { Application, ClientSecretRecord } from '../protocol/application.ts';
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
