/**
 * What the server does by itself, without a request: it deletes what has expired and delivers logout notices.
 *
 * Owns when. What is deleted is storage's, what is delivered is the protocol's. A round that fails is logged, and the next one comes.
 */
import type { Logger } from 'pino';
import { deliverLogoutNotices, type LogoutDeliveryDeps } from '../protocol/backchannel-logout.ts';
import type { Storage } from '../storage/storage.ts';
import type { Clock } from '../vocabulary/time.ts';

/** What has expired is dead at once; it is only its room that waits. */
const CLEANUP_EVERY_MS = 10 * 60_000;
const CLEANUP_BATCH_ROWS = 500;

/**
 * Deletes what nobody can use any more, a few hundred rows at a time, so that an operator has nothing to schedule. The first
 * round waits, and each process waits a little longer or shorter, so that several that start together do not work at once.
 * @param deps `spread` answers a number from 0 up to 1, another one each time.
 */
export function cleanRegularly(
  {
    storage,
    unverified,
    abandonedSignUpMs,
    auditKeptMs,
    activityMs,
    clock,
    spread,
  }: {
    readonly storage: Storage;
    /** How long an application stays that nobody answers for. */
    readonly unverified: { readonly neverUsedMs: number; readonly unusedMs: number };
    /** How long a sign-up stays whose address nobody confirmed. */
    readonly abandonedSignUpMs: number;
    readonly auditKeptMs: number;
    /** How long it can be seen what applications attempted. */
    readonly activityMs: number;
    readonly clock: Clock;
    readonly spread: () => number;
  },
  logger: Logger,
): { stop(): void } {
  let timer: NodeJS.Timeout;
  const next = () => {
    timer = setTimeout(
      async () => {
        try {
          const counts = await storage.cleanup(clock(), {
            batchSize: CLEANUP_BATCH_ROWS,
            unverifiedNeverUsedMs: unverified.neverUsedMs,
            unverifiedUnusedMs: unverified.unusedMs,
            abandonedSignUpMs,
            auditKeptMs,
            activityMs,
          });
          const keys = await storage.keys.deleteRetiredKeys(clock());
          logger.debug({ ...counts, keys }, 'cleaned up');
        } catch (error) {
          // The next round deletes what this one left.
          logger.error({ err: error }, 'a cleanup failed');
        }
        next();
      },
      CLEANUP_EVERY_MS * (0.75 + spread() / 2),
    );
    timer.unref();
  };
  next();
  return { stop: () => clearTimeout(timer) };
}

/** Most of the time nothing is due, and that is one read by an index. */
const TELL_EVERY_MS = 2_000;

/** Delivers logout notices. Each process does: of several, one gets a notice. */
export function tellRegularly(deps: LogoutDeliveryDeps, logger: Logger): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let round: Promise<void> = Promise.resolve();
  const next = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      round = deliverLogoutNotices(deps)
        // What was taken comes due again by itself.
        .catch((error: unknown) => logger.error({ err: error }, 'logout notices could not be delivered'))
        .then(next);
    }, TELL_EVERY_MS);
    timer.unref();
  };
  next();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return round;
    },
  };
}
