/**
 * Delivers what waits in the outbox, and says when a message is tried again.
 *
 * Owns the rhythm. A server that is not to be reached is asked by one message every two seconds, and no message loses a try by it,
 * so that mail goes out within seconds of its return. A message that the server does not take now is tried less and less often, until
 * it is of no use to anybody; one that it never takes has failed at once, where the operator sees it (D34).
 */
import type { Clock } from '../vocabulary/time.ts';
import { composeMail, type Letterhead } from './compose.tsx';
import { type MailSealing, openMessage } from './outbox.ts';
import type { ClaimedMail, MailResult, OutboxStore } from './ports.ts';
import type { Handed, MailTransport } from './transport.ts';

/** What delivering uses. */
export interface DeliveryDeps {
  readonly outbox: Pick<OutboxStore, 'claimMail' | 'settleMail'>;
  readonly sealing: MailSealing;
  readonly transport: MailTransport;
  readonly letterhead: Letterhead;
  readonly clock: Clock;
  /** Hears what each attempt came to. */
  readonly attempted: (mail: ClaimedMail, result: MailResult, unreachable: boolean) => void;
}

/** What a round came to. */
export interface Delivered {
  /** As many as {@link BATCH_MESSAGES}: there may be more. */
  readonly taken: number;
  readonly reachable: boolean;
}

/** At once, each on a connection of its own: most servers let one client have ten. */
export const BATCH_MESSAGES = 5;
/** Longer than connecting and answering may take (`transport.ts`): then whoever took the message is gone. */
const LEASE_MS = 120_000;
/** While the server is not to be reached. */
const PROBE_EVERY_MS = 2_000;
/** After the first try of a message, the second and so on; the last again and again. Grey-listing servers want five minutes. */
const RETRY_DELAYS_MS = [10, 60, 300, 900, 1_800, 3_600].map((seconds) => seconds * 1_000);

/** Delivers a batch of what is due. @throws what storage throws; a mail server's failure is an outcome. */
export async function deliverMail(deps: DeliveryDeps): Promise<Delivered> {
  const nowMs = deps.clock();
  const claimed = await deps.outbox.claimMail({ nowMs, leaseMs: LEASE_MS, limit: BATCH_MESSAGES });
  const [first, ...others] = claimed;
  if (first === undefined) return { taken: 0, reachable: true };
  // One goes ahead: of a server that is down each of the others would only wait for the same silence.
  const reachable = await deliver(first, deps);
  if (reachable) {
    await Promise.all(others.map((mail) => deliver(mail, deps)));
    return { taken: claimed.length, reachable };
  }
  const nextAttemptAtMs = deps.clock() + PROBE_EVERY_MS;
  const result = {
    state: 'waiting',
    detail: 'the mail server is not reached',
    nextAttemptAtMs,
    counted: false,
  } as const;
  await Promise.all(others.map((mail) => deps.outbox.settleMail(mail, result)));
  return { taken: claimed.length, reachable };
}

/** False where the server was not reached. */
async function deliver(mail: ClaimedMail, deps: DeliveryDeps): Promise<boolean> {
  if (mail.givesUpAtMs <= deps.clock()) {
    await settle(
      mail,
      { state: 'failed', detail: 'not sent before it was of no use any more', nowMs: deps.clock() },
      deps,
    );
    return true;
  }
  let handed: Handed;
  try {
    const composed = composeMail(openMessage(mail, deps.sealing), deps.letterhead);
    handed = await deps.transport.hand(composed, mail.id);
  } catch (error) {
    // Sealed under another secret, or by another version: trying again changes nothing.
    handed = { outcome: 'never', detail: error instanceof Error ? error.message.slice(0, 300) : 'cannot be composed' };
  }
  await settle(mail, resultOf(handed, mail, deps.clock()), deps, handed.outcome === 'unreachable');
  return handed.outcome !== 'unreachable';
}

function resultOf({ outcome, detail }: Handed, mail: ClaimedMail, nowMs: number): MailResult {
  switch (outcome) {
    case 'taken':
      return { state: 'sent', detail, nowMs };
    case 'never':
      return { state: 'failed', detail, nowMs };
    case 'unreachable':
      return { state: 'waiting', detail, nextAttemptAtMs: nowMs + PROBE_EVERY_MS, counted: false };
    case 'not_now': {
      const delayMs = RETRY_DELAYS_MS[mail.attempt - 1] ?? RETRY_DELAYS_MS.at(-1) ?? 0;
      return { state: 'waiting', detail, nextAttemptAtMs: nowMs + delayMs, counted: true };
    }
    default:
      return outcome satisfies never;
  }
}

async function settle(mail: ClaimedMail, result: MailResult, deps: DeliveryDeps, unreachable = false): Promise<void> {
  await deps.outbox.settleMail(mail, result);
  deps.attempted(mail, result, unreachable);
}
