/** Who changes something on a page, for the audit log: always whoever the session is of, from where the request came. */
import type { Administration, AuditActor } from '../admin/ports/audit.ts';
import type { SignedInVisit } from './visit.ts';

/** What pages change things through. */
export interface AdministrationDeps {
  administration(actor: AuditActor): Administration;
}

/** Everything that an administrator or an owner changes, in the name of the visit. */
export function administrationOf(visit: SignedInVisit, { administration }: AdministrationDeps): Administration {
  return administration({
    kind: 'account',
    accountId: visit.signedIn.account.id,
    door: 'page',
    from: visit.visitor.networkAddress,
  });
}
