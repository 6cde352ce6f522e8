/**
 * The end of one's own account: asked for by its owner, done after a period of grace, taken back until then.
 *
 * Owns the flow. From the moment that it is asked for, nobody but the owner in this browser is signed in, and no application has a
 * token of theirs: what was meant to end has ended. Signing in again is how somebody takes it back elsewhere. Who is due is deleted by
 * `storage/cleanup.ts`.
 */
import type { Clock } from '../vocabulary/time.ts';
import type { AccountEvents, EventOrigin } from './ports/events.ts';
import type { Notices } from './ports/mail.ts';
import type { AccountStore, SessionFound } from './ports.ts';

/** What they need. */
export interface DeletionDeps {
  readonly accounts: Pick<AccountStore, 'askDeletion' | 'takeBackDeletion'>;
  readonly events: AccountEvents;
  readonly notices: Notices;
  /** Between the wish and its being done. */
  readonly deletionGraceMs: number;
  readonly clock: Clock;
}

/**
 * Asks for the end of the account of whoever is signed in. Asked again, the first instant stays. Call it after a fresh proof
 * (ASVS 7.5.1).
 */
export async function askDeletion(
  current: SessionFound,
  origin: EventOrigin,
  deps: DeletionDeps,
): Promise<{ readonly outcome: 'asked' | 'already_asked' | 'not_found' }> {
  const { id } = current.account;
  const nowMs = deps.clock();
  const deletedAtMs = nowMs + deps.deletionGraceMs;
  const result = await deps.accounts.askDeletion(id, deletedAtMs, current.session.id, nowMs);
  if (result.outcome !== 'asked') return result;
  await deps.events.record(id, { kind: 'deletion-asked' }, origin);
  await deps.notices.tell(id, { kind: 'deletion-asked', deletedAtMs });
  return result;
}

/** Takes it back. What had ended stays ended: one signs in anew, and allows applications anew. */
export async function takeBackDeletion(
  current: SessionFound,
  origin: EventOrigin,
  deps: DeletionDeps,
): Promise<{ readonly outcome: 'taken_back' | 'not_asked' }> {
  const { id } = current.account;
  const result = await deps.accounts.takeBackDeletion(id, deps.clock());
  if (result.outcome === 'not_asked') return result;
  await deps.events.record(id, { kind: 'deletion-taken-back' }, origin);
  await deps.notices.tell(id, { kind: 'deletion-taken-back' });
  return result;
}
