/**
 * OpenID Connect Back-Channel Logout 1.0: tells applications that a session ended, by a logout token posted to each.
 *
 * Owns the token, the sending and when a failed one is tried again. Who has to be told is written by the step that ends the
 * session (`LogoutNoticeStore`); a notice survives a restart, and of several processes one delivers it.
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Application } from './application.ts';
import type { Fetcher, FetchOutcome } from './fetcher.ts';
import { type PairwiseKey, type SubjectOwner, sessionNameOf, subjectOf } from './pairwise-subject.ts';
import type { ApplicationReader } from './ports/applications.ts';
import type { LogoutNotice, LogoutNoticeStore } from './ports/logout.ts';
import type { Signer } from './ports/signer.ts';

/** What delivering uses. */
export interface LogoutDeliveryDeps {
  readonly issuer: string;
  readonly logoutNotices: Pick<LogoutNoticeStore, 'claimLogoutNotices' | 'settleLogoutNotice'>;
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
  readonly signer: Pick<Signer, 'sign'>;
  readonly pairwiseKey: PairwiseKey;
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Hears what each attempt came to: the log's record of which application was told. */
  readonly attempted: (notice: LogoutNotice, state: 'delivered' | 'failed' | 'waiting', detail: string) => void;
}

/** §2.4: the event that makes a JWT a logout token. */
export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** §2.4 and ASVS 10.5.5: two minutes at most, since each attempt makes a token of its own. */
export const LOGOUT_TOKEN_LIFETIME_SECONDS = 120;

/**
 * How long after a failed attempt the next one is: what ails an application is mostly over in a minute, a deployment in half
 * an hour, an outage in a day. Then it is given up, and the application learns of the end at its next refresh.
 */
export const RETRY_DELAYS_MS: readonly number[] = [10, 60, 300, 1_800, 7_200, 21_600, 43_200].map(
  (seconds) => seconds * 1_000,
);

/** Longer than the fetcher waits for anything: then whoever took the notice is gone. */
const LEASE_MS = 60_000;
/** At once. The fetcher has room for 32 fetches, of which others need some. */
const BATCH_NOTICES = 16;

/**
 * Delivers what is due, and says how many notices that were: as many as {@link BATCH_NOTICES} mean that there may be more.
 * @throws what storage throws; an application that does not answer is an outcome.
 */
export async function deliverLogoutNotices(deps: LogoutDeliveryDeps): Promise<number> {
  const nowMs = deps.clock();
  const notices = await deps.logoutNotices.claimLogoutNotices({ nowMs, leaseMs: LEASE_MS, limit: BATCH_NOTICES });
  await Promise.all(notices.map((notice) => deliver(notice, deps)));
  return notices.length;
}

/**
 * §2.4: the logout token. It has no `nonce`, so that it can never pass for an ID token, and a `typ` of its own for the same
 * reason (RFC 8725 §3.11).
 */
export function signLogoutToken(
  notice: Pick<LogoutNotice, 'accountId' | 'sessionId'>,
  application: SubjectOwner & Pick<Application, 'idTokenAlgorithm'>,
  deps: Pick<LogoutDeliveryDeps, 'issuer' | 'signer' | 'pairwiseKey' | 'clock' | 'randomness'>,
): Promise<string> {
  const issuedAt = Math.floor(deps.clock() / 1_000);
  return deps.signer.sign(
    {
      iss: deps.issuer,
      sub: subjectOf(notice.accountId, application, deps.pairwiseKey),
      aud: application.clientId,
      iat: issuedAt,
      exp: issuedAt + LOGOUT_TOKEN_LIFETIME_SECONDS,
      jti: deps.randomness(16).toString('base64url'),
      events: { [LOGOUT_EVENT]: {} },
      sid: sessionNameOf(notice.sessionId, application, deps.pairwiseKey),
    },
    { algorithm: application.idTokenAlgorithm, type: 'logout+jwt' },
  );
}

async function deliver(notice: LogoutNotice, deps: LogoutDeliveryDeps): Promise<void> {
  const application = await deps.applications.findByClientId(notice.clientId);
  const uri = application?.settings.backchannelLogoutUri ?? null;
  if (application === null || application.disabledAtMs !== null || uri === null) {
    return settle(notice, { state: 'failed', detail: 'the application is not told of sign-outs any more' }, deps);
  }
  const token = await signLogoutToken(notice, application, deps);
  const outcome = await deps.fetcher.fetch({
    url: uri,
    contentTypes: [],
    // §2.5: one form parameter.
    body: { contentType: 'application/x-www-form-urlencoded', text: `logout_token=${encodeURIComponent(token)}` },
  });
  return settle(notice, resultOf(outcome, notice), deps);
}

type Result =
  | { readonly state: 'delivered' | 'failed'; readonly detail: string }
  | { readonly state: 'waiting'; readonly detail: string; readonly delayMs: number };

/** §2.8: 200 says that it is done, and some frameworks say 204. Whatever else is said may be otherwise a little later. */
function resultOf(outcome: FetchOutcome, notice: LogoutNotice): Result {
  if (outcome.outcome === 'fetched') return { state: 'delivered', detail: `answered ${outcome.status}` };
  const detail = `${outcome.fault}: ${outcome.detail}`.slice(0, 300);
  const delayMs = RETRY_DELAYS_MS[notice.attempt - 1];
  return delayMs === undefined ? { state: 'failed', detail } : { state: 'waiting', detail, delayMs };
}

async function settle(notice: LogoutNotice, result: Result, deps: LogoutDeliveryDeps): Promise<void> {
  const nowMs = deps.clock();
  const { detail } = result;
  await deps.logoutNotices.settleLogoutNotice(
    notice,
    result.state === 'waiting'
      ? { state: 'waiting', detail, nextAttemptAtMs: nowMs + result.delayMs }
      : { state: result.state, detail, nowMs },
  );
  deps.attempted(notice, result.state, detail);
}
