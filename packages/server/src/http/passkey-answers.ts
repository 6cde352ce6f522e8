/**
 * What forms that take a passkey share: reading the browser's answer, showing a passkey, and telling of one that
 * was refused for its count.
 *
 * Owns the names of the fields. What is checked is `accounts/passkey-ceremonies.ts`.
 */
import type { CeremonyAnswer } from '../accounts/passkey-ceremonies.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { Notices } from '../accounts/ports/mail.ts';
import type { PasskeyRecord } from '../accounts/ports/passkeys.ts';
import type { PasskeyView } from '../pages/models/security.ts';
import { text } from './forms.ts';
import type { Visit } from './visit.ts';

/** The browser's answer in a form; null: it was sent without one. */
export function passkeyIn(form: URLSearchParams): CeremonyAnswer | null {
  const credential = text(form, 'credential');
  return credential === '' ? null : { credential, challenge: text(form, 'challenge') };
}

/** A passkey as its owner sees it. */
export function passkeyView(passkey: PasskeyRecord): PasskeyView {
  const { id, label, isBackupEligible, createdAtMs, lastUsedAtMs } = passkey;
  return { id, label, isBackupEligible, createdAtMs, lastUsedAtMs };
}

/** ASVS 6.3.5: there may be a copy of somebody's passkey. */
export async function tellOfCopy(
  { accountId, label }: PasskeyRecord,
  visit: Visit,
  deps: { readonly events: AccountEvents; readonly notices: Notices },
): Promise<void> {
  const { visitor, request } = visit;
  request.log.warn(
    { event: 'passkey_cloned', accountId, address: visitor.networkAddress },
    'a passkey may have a copy',
  );
  await deps.events.record(accountId, { kind: 'passkey-cloned', detail: label }, visitor);
  await deps.notices.tell(accountId, { kind: 'passkey-cloned', name: label });
}
