/** What managing applications needs of storage. The rules of `protocol/ports.ts` hold here too. */
import type { Application, ClientSecretRecord } from '../protocol/application.ts';
import type { AccountId, ApplicationId } from '../vocabulary/identifiers.ts';

/** Applications, for those who manage them. */
export interface ApplicationStore {
  createApplication(application: Application): Promise<{ readonly outcome: 'created' | 'client_id_taken' }>;
  findApplication(id: ApplicationId): Promise<Application | null>;
  findApplicationByClientId(clientId: string): Promise<Application | null>;
  /** Everything but `id`, `clientId`, `secrets`, `createdAtMs` and the evidence. In force at once in this process, and within one second in others. */
  updateApplication(application: Application): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
  /** With its secrets, codes, tokens and consents. */
  deleteApplication(id: ApplicationId): Promise<{ readonly outcome: 'deleted' | 'not_found' }>;
  addSecret(id: ApplicationId, secret: ClientSecretRecord): Promise<{ readonly outcome: 'added' | 'not_found' }>;
  removeSecret(id: ApplicationId, secretId: string): Promise<{ readonly outcome: 'removed' | 'not_found' }>;
  /** `owner` undefined: all of them. In the order of names. */
  listApplications(owner?: AccountId): Promise<readonly Application[]>;
}
