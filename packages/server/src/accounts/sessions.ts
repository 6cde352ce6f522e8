/**
 * Browser sessions: a secret in a cookie, its digest in storage, and two limits.
 *
 * Owns how a session starts, is read and ends (ASVS 7.2 to 7.4). The cookie itself is `http/cookies.ts`; who may start one is
 * `sign-in.ts` and `sign-up.ts`. The account always comes from the session found here, never from a form
 * (CVE-2025-61928).
 */
import { digestOf, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import { type AccountId, type SessionId, sessionId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { AccountEvents } from './ports/events.ts';
import type { SessionFound, SessionRecord, SessionStore } from './ports.ts';
import { printable, type Visitor } from './visitor.ts';

/** How long a session lives. ASVS 7.1.1, 7.3.1, 7.3.2: both limits are documented and configurable. */
export interface SessionLimits {
  /** From the last request to the end. */
  readonly sessionIdleMs: number;
  /** From the sign-in to the end, whatever happens. */
  readonly sessionLifetimeMs: number;
}

/**
 * 14 and 30 days. NIST SP 800-63B-4 §2.1.3 advises 30 days at most for the lowest assurance level; two weeks of idleness
 * let somebody return from a holiday signed in.
 */
export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  sessionIdleMs: 14 * 86_400_000,
  sessionLifetimeMs: 30 * 86_400_000,
};

/** A session is noted as used once a minute at most: a page's twenty requests cost one write. */
export const TOUCH_INTERVAL_MS = 60_000;

/** As much of a `User-Agent` as is kept. The longest that common browsers send is under 200 characters. */
const USER_AGENT_CHARACTERS_MAX = 255;

/** What starting a session needs. */
export interface SessionStartDeps {
  readonly sessions: Pick<SessionStore, 'startSession'>;
  readonly sessionLimits: SessionLimits;
  /** Every session's start is in the person's log, whatever way in it was. */
  readonly events: AccountEvents;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** A session that was just started. */
export interface StartedSession {
  /** The cookie's value: 256 random bits. */
  readonly secret: Secret<'session'>;
  readonly session: SessionRecord;
}

/**
 * Starts a session, under a new secret each time (ASVS 7.2.4), and ends the one that the browser brought in the same step
 * (CVE-2025-12390).
 * @param amr how the person proved who they are (RFC 8176 §2).
 */
export async function startSession(
  accountId: AccountId,
  visitor: Visitor,
  deps: SessionStartDeps,
  amr: readonly string[] = ['pwd'],
): Promise<StartedSession> {
  const secret = newSecret<'session'>(deps.randomness);
  const nowMs = deps.clock();
  const session: SessionRecord = {
    id: sessionId(deps.randomness(16).toString('hex')),
    tokenDigest: digestOf(secret),
    accountId,
    authTimeMs: nowMs,
    amr,
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
    expiresAtMs: nowMs + deps.sessionLimits.sessionLifetimeMs,
    idleExpiresAtMs: nowMs + deps.sessionLimits.sessionIdleMs,
    userAgent: printable(visitor.userAgent).slice(0, USER_AGENT_CHARACTERS_MAX),
    networkAddress: visitor.networkAddress,
  };
  await deps.sessions.startSession(session, visitor.session === null ? null : digestOf(visitor.session), {
    event: deps.events.line(accountId, { kind: 'signed-in', detail: session.amr.join(' ') }, visitor),
    browser: visitor.browser === null ? null : digestOf(visitor.browser),
  });
  return { secret, session };
}

/** What renewing a session needs. */
export interface SessionRenewalDeps {
  readonly sessions: Pick<SessionStore, 'renewSession'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * The person who is signed in proved themselves anew, by `amr` (RFC 8176 §2): the same session under a new secret (ASVS 7.2.4),
 * which applications keep knowing by its id. null: it ended meanwhile, or was renewed by another request.
 */
export async function renewSession(
  current: SessionFound,
  amr: readonly string[],
  deps: SessionRenewalDeps,
): Promise<Secret<'session'> | null> {
  const secret = newSecret<'session'>(deps.randomness);
  const nowMs = deps.clock();
  const { outcome } = await deps.sessions.renewSession(
    current.session.id,
    { previous: current.session.tokenDigest, tokenDigest: digestOf(secret), authTimeMs: nowMs, amr },
    nowMs,
  );
  return outcome === 'renewed' ? secret : null;
}

/** What reading a session needs. */
export interface SessionReadDeps {
  readonly sessions: Pick<SessionStore, 'findSession' | 'touchSession'>;
  readonly sessionLimits: Pick<SessionLimits, 'sessionIdleMs'>;
  readonly clock: Clock;
  /** Hears that noting the use failed: the request does not wait for it and does not fail by it. */
  readonly touchFailed: (error: unknown) => void;
}

/**
 * The live session behind a cookie, with its account; null when there is none (ended, past a limit, account disabled).
 * Notes its use, at most once a minute, without holding the request up.
 */
export async function readSession(secret: Secret<'session'>, deps: SessionReadDeps): Promise<SessionFound | null> {
  const nowMs = deps.clock();
  const found = await deps.sessions.findSession(digestOf(secret), nowMs);
  if (found !== null) noteSessionUse(found.session, deps);
  return found;
}

/** Moves the inactivity limit of a session that is in use; for the authorization endpoint, which reads it by its own join. */
export function noteSessionUse(
  session: Pick<SessionRecord, 'id' | 'lastSeenAtMs'>,
  deps: Pick<SessionReadDeps, 'sessionLimits' | 'clock' | 'touchFailed'> & {
    readonly sessions: Pick<SessionStore, 'touchSession'>;
  },
): void {
  const nowMs = deps.clock();
  if (nowMs - session.lastSeenAtMs < TOUCH_INTERVAL_MS) return;
  deps.sessions
    .touchSession(session.id, nowMs, nowMs + deps.sessionLimits.sessionIdleMs)
    .catch((error: unknown) => deps.touchFailed(error));
}

/** Signs this browser out: the session is gone from storage, whatever the cookie does (ASVS 7.4.1). */
export async function endSession(
  current: SessionFound,
  deps: { readonly sessions: Pick<SessionStore, 'endSession'> },
): Promise<void> {
  await deps.sessions.endSession(current.session.id);
}

/** The person's live sessions, this one included. ASVS 7.5.2. */
export async function listSessions(
  current: SessionFound,
  deps: { readonly sessions: Pick<SessionStore, 'listSessionsOf'>; readonly clock: Clock },
): Promise<readonly SessionRecord[]> {
  return deps.sessions.listSessionsOf(current.account.id, deps.clock());
}

/** Ends one of the person's own sessions; somebody else's is `not_found`. */
export async function endOwnSession(
  id: SessionId,
  current: SessionFound,
  deps: { readonly sessions: Pick<SessionStore, 'endSessionOf'> },
): Promise<{ readonly outcome: 'ended' | 'not_found' }> {
  return deps.sessions.endSessionOf(current.account.id, id);
}

/** Ends every session of the person but this one, and says how many. ASVS 7.4.3. */
export async function endOtherSessions(
  current: SessionFound,
  deps: { readonly sessions: Pick<SessionStore, 'endSessionsOf'> },
): Promise<number> {
  return deps.sessions.endSessionsOf(current.account.id, current.session.id);
}
