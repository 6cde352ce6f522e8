/** What an operator does with messages that could not be sent. When one is of no use any more is `mail/delivery.ts`. */
import type { OutboxStore } from '../mail/ports.ts';
import type { Audited } from '../vocabulary/audited.ts';
import type { Clock } from '../vocabulary/time.ts';

/** Sends failed messages that are still of use once more, all (null) or one; says how many there were. */
export async function retryMail(
  id: string | null,
  { outbox, clock }: { readonly outbox: Audited<OutboxStore>; readonly clock: Clock },
): Promise<number> {
  return outbox.retryMail(id, clock());
}
