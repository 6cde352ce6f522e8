/**
 * What a person granted to applications: the list at `/o/authorized_tokens/`, and the end of an entry (ASVS 10.4.9, 10.7.3).
 *
 * Owns nothing but the rule that it is always the signed-in person's own.
 */
import type { ApplicationId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { ConnectedApplication, ConnectionStore, SessionFound } from './ports.ts';

/** The applications that may act for the person. */
export async function listConnections(
  current: SessionFound,
  deps: { readonly connections: Pick<ConnectionStore, 'listConnections'>; readonly clock: Clock },
): Promise<readonly ConnectedApplication[]> {
  return deps.connections.listConnections(current.account.id, deps.clock());
}

/** Takes everything back from one application: the consent and every token. `not_found` where nothing was granted. */
export async function disconnect(
  application: ApplicationId,
  current: SessionFound,
  deps: { readonly connections: Pick<ConnectionStore, 'disconnect'>; readonly clock: Clock },
): Promise<{ readonly outcome: 'disconnected' | 'not_found' }> {
  return deps.connections.disconnect(current.account.id, application, deps.clock());
}
