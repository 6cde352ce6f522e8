/**
 * Devices that wait for their person (RFC 8628).
 *
 * Owns the interface of their storage and its records.
 */
import type { Digest } from '../../vocabulary/credentials.ts';
import type { AccountId, ApplicationId, ClientId, SessionId } from '../../vocabulary/identifiers.ts';
import type { TokenContext } from '../token-context.ts';
import type { UserCodeMac } from '../user-code.ts';
import type { AccessTokenRecord, NewFamily } from './grants.ts';
import type { AccountClaims, AuthenticationEvent } from './people.ts';

/** RFC 8628 §3.2: a device that waits for its person. */
export interface DeviceGrantRecord {
  readonly deviceCodeDigest: Digest;
  readonly userCodeMac: UserCodeMac;
  readonly applicationId: ApplicationId;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  /** Where the device asked from: what its person judges by. */
  readonly networkAddress: string;
  readonly userAgent: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly intervalSeconds: number;
}

/** Who answers for a device: the session in which the user code was typed. */
export interface DeviceVisitor {
  readonly sessionId: SessionId;
  readonly accountId: AccountId;
}

/** A device grant as its person sees it. */
export interface DeviceGrantOpened {
  readonly clientId: ClientId;
  readonly applicationId: ApplicationId;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly networkAddress: string;
  readonly userAgent: string;
  readonly issuedAtMs: number;
}

/** A device grant as its device finds it. */
export interface DeviceGrantFound {
  readonly applicationId: ApplicationId;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly expiresAtMs: number;
  readonly redeemed: boolean;
  /** null: nobody has decided yet. */
  readonly decision:
    | (AuthenticationEvent & {
        readonly allowed: boolean;
        readonly sessionId: SessionId;
        /** null when the account is disabled or gone. */
        readonly account: AccountClaims | null;
      })
    | null;
}

/** Outcome of the one step that turns a device code into tokens. */
export type RedeemDeviceCodeOutcome =
  | { readonly outcome: 'redeemed' }
  /** Used before, not allowed, expired, of another application, its person disabled: what `findDeviceGrant` says now. */
  | { readonly outcome: 'not_redeemable' };

/** Devices that wait (RFC 8628). */
export interface DeviceGrantStore {
  /** Stores it, unless another one has this user code, or its application was deleted meanwhile. */
  issueDeviceGrant(record: DeviceGrantRecord): Promise<{ readonly outcome: 'issued' | 'not_issued' }>;
  /**
   * Gives the grant to whoever typed its user code first, and to them alone from then on (CVE-2026-45337). Of any number of
   * simultaneous sessions exactly one gets it, again and again until it has decided.
   * @returns null: unknown, expired, decided, or another session's.
   */
  openDeviceGrant(userCodeMac: UserCodeMac, visitor: DeviceVisitor, nowMs: number): Promise<DeviceGrantOpened | null>;
  /** Decides a grant that this session has opened, once. */
  decideDeviceGrant(step: {
    readonly userCodeMac: UserCodeMac;
    readonly visitor: DeviceVisitor & AuthenticationEvent;
    readonly allowed: boolean;
    readonly nowMs: number;
  }): Promise<{ readonly outcome: 'decided' | 'not_found' }>;
  findDeviceGrant(deviceCodeDigest: Digest): Promise<DeviceGrantFound | null>;
  /**
   * Notes a poll of an undecided grant. RFC 8628 §3.5: one that comes too early makes the interval 5 seconds longer, for this
   * and every later one.
   */
  pollDeviceGrant(deviceCodeDigest: Digest, nowMs: number): Promise<{ readonly outcome: 'in_time' | 'too_early' }>;
  /** Marks an allowed grant redeemed, starts its family and stores its first access token, or does none of it. */
  redeemDeviceCode(step: {
    readonly deviceCodeDigest: Digest;
    readonly applicationId: ApplicationId;
    readonly family: NewFamily;
    readonly accessToken: AccessTokenRecord;
    readonly nowMs: number;
  }): Promise<RedeemDeviceCodeOutcome>;
}
