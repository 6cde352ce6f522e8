/**
 * Deletes what nobody can use any more: what `Storage.cleanup` does.
 *
 * Each step takes at most a batch, found by an index, in a transaction of its own, so that requests go on in between.
 * Several processes may clean up at once: on PostgreSQL each leaves alone what another is at.
 */
import { type AuditStatements, auditStatements, deleteOldLines } from './audit.ts';
import { cleanupQueries } from './cleanup-queries.ts';
import { listText } from './columns.ts';
import { deleteDueAccounts, dueAccountQueries } from './due-accounts.ts';
import { tellOfEndedSessions } from './logout-notices.ts';
import type { Statement, Statements } from './query.ts';
import { all, count, type Engine, type Transition } from './transition.ts';

const DAY_MS = 86_400_000;
/** A code is kept so long beyond its expiry: a replay of it still finds the family that it has to revoke. */
const CODE_KEPT_MS = DAY_MS;
/** A sign-in that a pushed request began waits for its person for so long at most (`protocol/pending-request.ts`). */
const PUSHED_KEPT_MS = 3_600_000;
/** A device that polls on after the end is told that its code has expired, and not that it never was. */
const DEVICE_GRANT_KEPT_MS = 3_600_000;
/** A family that cannot go yet is looked at again no later than this, since a revocation does not move `check_at`. */
const FAMILY_CHECKED_EVERY_MS = 30 * DAY_MS;
/** One that is over and whose last access token is not is looked at again after this. */
const FAMILY_LINGERS_MS = 3_600_000;
/** Browsers keep a cookie for 400 days at most (RFC 6265bis §5.5): one not seen for longer comes back as unknown. */
const KNOWN_BROWSER_KEPT_MS = 400 * DAY_MS;
/** How long it can be looked up which application was told of a sign-out. */
const NOTICE_KEPT_MS = 30 * DAY_MS;
/** A person's own log goes back a year: long enough to look up what a bill or a mail speaks of, and no longer. */
const ACCOUNT_EVENT_KEPT_MS = 365 * DAY_MS;

/** How long it can be looked up what was mailed, and to whom; what failed can be sent again meanwhile, if it is of use. */
const MAIL_KEPT_MS = 14 * DAY_MS;

/** How long it can be looked up who was invited, beyond the invitation's expiry. Its page says so long why it is of no use. */
const INVITATION_KEPT_MS = 30 * DAY_MS;

type Q = Statements<typeof cleanupQueries>;
type Batch = { readonly until: number; readonly limit: number };

/** How a cleanup goes. Applications that nobody answers for stay where their times are not given. */
export interface CleanupOptions {
  readonly batchSize: number;
  /** From its registration: one that never got a token goes. */
  readonly unverifiedNeverUsedMs?: number;
  /** From its last token. */
  readonly unverifiedUnusedMs?: number;
  /** From the sign-up: one whose address nobody confirmed goes, and its username with it. Not given: it stays. */
  readonly abandonedSignUpMs?: number;
  /** Lines of the audit log that are older go, the oldest first. Not given: they stay. */
  readonly auditKeptMs?: number;
  /** How long it can be seen what applications attempted. Not given: it stays. */
  readonly activityMs?: number;
}

/** Rows that a cleanup deleted, by table. */
export interface CleanupCounts {
  readonly accessTokens: number;
  readonly authorizationCodes: number;
  readonly deviceGrants: number;
  readonly tokenFamilies: number;
  readonly sessions: number;
  readonly logoutNotices: number;
  readonly pendingRequests: number;
  readonly pushedRequests: number;
  readonly usedProofs: number;
  readonly failures: number;
  readonly initialAccessTokens: number;
  readonly knownBrowsers: number;
  readonly accountEvents: number;
  /** Whose owners asked for it. */
  readonly accounts: number;
  /** Whose address nobody confirmed. */
  readonly abandonedSignUps: number;
  readonly outgoingMail: number;
  readonly mailedSecrets: number;
  readonly invitations: number;
  readonly unverifiedApplications: number;
  readonly auditLines: number;
  /** At the endpoints of applications. */
  readonly flowAttempts: number;
}

/** Makes the cleanup. */
export function createCleanup(engine: Engine) {
  const q = engine.prepare('cleanup', cleanupQueries);
  const audit = auditStatements(engine);
  const due = engine.prepare('due_accounts', dueAccountQueries);
  const expired = async (statement: Statement<Batch, unknown>, until: number, limit: number): Promise<number> => {
    let deleted = 0;
    for (;;) {
      const inBatch = await engine.writeCount(statement, { until, limit });
      deleted += inBatch;
      if (inBatch < limit) return deleted;
    }
  };
  /** @throws RangeError when the batch is not a whole number of at least 1. */
  return async (nowMs: number, options: CleanupOptions): Promise<CleanupCounts> => {
    const { batchSize } = options;
    if (!Number.isSafeInteger(batchSize) || batchSize < 1)
      throw new RangeError('batchSize is a whole number from 1 up');
    return {
      // Tokens before families, so that a family goes at the first look after its last token.
      accessTokens: await expired(q.accessTokens, nowMs, batchSize),
      tokenFamilies: await familiesThatAreOver(engine, q, nowMs, batchSize),
      authorizationCodes: await expired(q.authorizationCodes, nowMs - CODE_KEPT_MS, batchSize),
      sessions: await sessionsThatAreOver(engine, q, nowMs, batchSize),
      logoutNotices: await expired(q.logoutNotices, nowMs - NOTICE_KEPT_MS, batchSize),
      deviceGrants: await expired(q.deviceGrants, nowMs - DEVICE_GRANT_KEPT_MS, batchSize),
      pendingRequests: await expired(q.pendingRequests, nowMs, batchSize),
      pushedRequests: await expired(q.pushedRequests, nowMs - PUSHED_KEPT_MS, batchSize),
      usedProofs: await expired(q.usedProofs, nowMs, batchSize),
      failures: await expired(q.failures, nowMs, batchSize),
      initialAccessTokens: await expired(q.initialAccess, nowMs, batchSize),
      knownBrowsers: await expired(q.knownBrowsers, nowMs - KNOWN_BROWSER_KEPT_MS, batchSize),
      accountEvents: await expired(q.accountEvents, nowMs - ACCOUNT_EVENT_KEPT_MS, batchSize),
      accounts: await accountsThatAreDue(engine, due, nowMs, batchSize),
      abandonedSignUps:
        options.abandonedSignUpMs === undefined
          ? 0
          : await abandonedSignUps(engine, q, nowMs - options.abandonedSignUpMs, batchSize),
      outgoingMail: await expired(q.outgoingMail, nowMs - MAIL_KEPT_MS, batchSize),
      mailedSecrets: await expired(q.mailedSecrets, nowMs, batchSize),
      invitations: await expired(q.invitations, nowMs - INVITATION_KEPT_MS, batchSize),
      unverifiedApplications: await unusedApplications(engine, q, nowMs, options),
      auditLines:
        options.auditKeptMs === undefined
          ? 0
          : await oldAuditLines(engine, audit, nowMs - options.auditKeptMs, batchSize),
      flowAttempts:
        options.activityMs === undefined
          ? 0
          : (await expired(q.flowRefusals, nowMs - options.activityMs, batchSize)) +
            (await expired(q.flowOthers, nowMs - options.activityMs, batchSize)),
    };
  };
}

async function oldAuditLines(engine: Engine, q: AuditStatements, beforeMs: number, limit: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const inBatch = await engine.transition(() => deleteOldLines(q, beforeMs, limit));
    deleted += inBatch;
    if (inBatch < limit) return deleted;
  }
}

/** With its secrets, consents and tokens, by the foreign keys. Noted uses are up to a minute old, which nobody misses. */
async function unusedApplications(
  engine: Engine,
  q: Q,
  nowMs: number,
  { batchSize, unverifiedNeverUsedMs, unverifiedUnusedMs }: CleanupOptions,
): Promise<number> {
  if (unverifiedNeverUsedMs === undefined || unverifiedUnusedMs === undefined) return 0;
  const step = {
    created_until: nowMs - unverifiedNeverUsedMs,
    used_until: nowMs - unverifiedUnusedMs,
    limit: batchSize,
  };
  let deleted = 0;
  for (;;) {
    const inBatch = await engine.writeCount(q.unusedApplications, step);
    deleted += inBatch;
    if (inBatch < batchSize) return deleted;
  }
}

/** They never had a session: nobody has to be told. On PostgreSQL their rows stay locked between the two statements. */
async function abandonedSignUps(engine: Engine, q: Q, until: number, limit: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const batch = await engine.transition(function* (): Transition<{ due: number; deleted: number }> {
      const due = yield* all(q.abandonedSignUps, { until, limit });
      if (due.length === 0) return { due: 0, deleted: 0 };
      const accounts = listText(due.map(({ id }) => id));
      return { due: due.length, deleted: yield* count(q.deleteAbandoned, { accounts, until }) };
    });
    deleted += batch.deleted;
    if (batch.due < limit) return deleted;
  }
}

async function accountsThatAreDue(
  engine: Engine,
  q: Statements<typeof dueAccountQueries>,
  nowMs: number,
  limit: number,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const inBatch = await engine.transition(() => deleteDueAccounts(q, nowMs, limit));
    deleted += inBatch;
    if (inBatch < limit) return deleted;
  }
}

/** Each expired session is an end like any other: its applications are told (D21). */
async function sessionsThatAreOver(engine: Engine, q: Q, now: number, limit: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const ended = await engine.transition(() => endSessions(q, now, limit));
    deleted += ended;
    if (ended < limit) return deleted;
  }
}

function* endSessions(q: Q, now: number, limit: number): Transition<number> {
  const ended = yield* all(q.sessions, { until: now, limit });
  yield* tellOfEndedSessions(q, ended, now);
  return ended.length;
}

async function familiesThatAreOver(engine: Engine, q: Q, now: number, limit: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const batch = await engine.transition(() => checkFamilies(q, now, limit));
    deleted += batch.deleted;
    if (batch.due < limit) return deleted;
  }
}

/** Of the families that are due, those that are still of use are due again later, and the others go. */
function* checkFamilies(q: Q, now: number, limit: number): Transition<{ due: number; deleted: number }> {
  const due = yield* all(q.dueFamilies, { until: now, limit });
  if (due.length === 0) return { due: 0, deleted: 0 };
  const families = listText(due.map((row) => row.family_id));
  yield* count(q.postponeFamilies, {
    families,
    now,
    linger_until: now + FAMILY_LINGERS_MS,
    at_most: now + FAMILY_CHECKED_EVERY_MS,
  });
  const deleted = yield* count(q.deleteDueFamilies, { families, now });
  return { due: due.length, deleted };
}
