/** What an import reads and writes of applications and scopes. The rules of `ports.ts` hold here too. */
import type { Application, ClientSecretRecord } from '../protocol/application.ts';
import type { DeclaredScope } from '../protocol/scopes.ts';
import type { ApplicationId, ClientId } from '../vocabulary/identifiers.ts';

/** The id of the one secret that an import brings. */
export function importedSecretId(id: ApplicationId): string {
  return `imported-${id}`;
}

/** Writing applications. There are never many: each is a statement or two of its own. */
export interface ApplicationTarget {
  /** When each of those that are here was last changed. */
  findApplications(ids: readonly ApplicationId[]): Promise<ReadonlyMap<ApplicationId, number>>;
  /** Whose each `client_id` is, of those that are here. */
  findClientIds(ids: readonly ClientId[]): Promise<ReadonlyMap<ClientId, ApplicationId>>;
  readApplications(ids: readonly ApplicationId[]): Promise<ReadonlyMap<ApplicationId, Application>>;
  /** With their secrets. None of them is here. */
  insertApplications(applications: readonly Application[]): Promise<void>;
  /** Everything but `client_id` and the evidence. `secret` stands in the place of the one that an import brought; `kept`: that stays. */
  updateApplication(application: Application, secret: ClientSecretRecord | null | 'kept'): Promise<void>;
  /** Adds scopes, or gives those that were declared before another description. */
  declareScopes(scopes: readonly DeclaredScope[]): Promise<void>;
}
