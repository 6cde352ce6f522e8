/**
 * Notices that have to reach applications when somebody is signed out (OpenID Connect Back-Channel Logout 1.0).
 *
 * Owns the queue's interface and its records. What puts notices into it is storage.
 */
import type { AccountId, ApplicationId, ClientId, SessionId } from '../../vocabulary/identifiers.ts';

/** Why an application is told that a person is signed out of it. */
export type LogoutReason = 'session_ended' | 'access_revoked';

/** A logout token that has to reach an application (OpenID Connect Back-Channel Logout 1.0). */
export interface LogoutNotice {
  readonly applicationId: ApplicationId;
  readonly clientId: ClientId;
  readonly accountId: AccountId;
  readonly sessionId: SessionId;
  readonly reason: LogoutReason;
  readonly queuedAtMs: number;
  /** Which attempt this is, from 1 up. */
  readonly attempt: number;
}

/** What became of a notice: the record of which application was told. */
export interface LogoutNoticeRecord extends LogoutNotice {
  readonly state: 'waiting' | 'delivered' | 'failed';
  /** What the last attempt came to, null before it. */
  readonly detail: string | null;
  readonly settledAtMs: number | null;
}

/**
 * The queue of logout notices. Nothing is put into it from here: storage does so in the very step that ends a session or
 * revokes an access, so that no notice is lost between the two.
 */
export interface LogoutNoticeStore {
  /** Applications that got tokens in this session, told or not. */
  findSessionApplications(accountId: AccountId, sessionId: SessionId): Promise<readonly ClientId[]>;
  /**
   * Takes notices that are due, and makes each due again at `nowMs + leaseMs`, should its taker not come back. Of any number of
   * simultaneous calls, in any number of processes, exactly one gets a notice.
   */
  claimLogoutNotices(step: {
    readonly nowMs: number;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly LogoutNotice[]>;
  /** Records what an attempt came to. False: somebody else has taken the notice meanwhile. */
  settleLogoutNotice(
    notice: LogoutNotice,
    result:
      | { readonly state: 'delivered' | 'failed'; readonly detail: string; readonly nowMs: number }
      | { readonly state: 'waiting'; readonly detail: string; readonly nextAttemptAtMs: number },
  ): Promise<boolean>;
  /** The latest of an application, newest first. */
  listLogoutNotices(applicationId: ApplicationId, limit: number): Promise<readonly LogoutNoticeRecord[]>;
}
