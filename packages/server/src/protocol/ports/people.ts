/**
 * What the protocol knows of a person: their account's claims, how and when they signed in, their session.
 *
 * Owns the types alone; storage and `keys/` implement what stands in this folder, and know nothing of the rules around it.
 */
import type { AccountId, SessionId } from '../../vocabulary/identifiers.ts';
import type { FieldValues } from '../../vocabulary/profile-field.ts';

/** The person behind a token, as claims are made from it. */
export interface AccountClaims {
  readonly accountId: AccountId;
  /** True for an account imported from Django: `/profile/` then answers its id as a JSON number. */
  readonly idIsNumber: boolean;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  /** The primary address, null when there is none. */
  readonly email: string | null;
  readonly emailVerified: boolean;
  /** BCP 47 tag, null when the person chose none. */
  readonly locale: string | null;
  /** IANA name of a time zone, null when the person chose none. */
  readonly zoneInfo: string | null;
  /** Of the fields that the operator declares, those that are filled in. */
  readonly fields: FieldValues;
  /** Name of their picture; null: none. */
  readonly picture: string | null;
  readonly updatedAtMs: number;
  /** Names of the groups that they are in; absent: not looked up, since nothing asked for them. */
  readonly groups?: readonly string[];
}

/** How and when the person proved who they are. */
export interface AuthenticationEvent {
  readonly authTimeMs: number;
  /** RFC 8176 values, such as `pwd`. */
  readonly amr: readonly string[];
}

/** A signed-in browser session, as authorization reads it. */
export interface SessionView extends AuthenticationEvent {
  readonly sessionId: SessionId;
  readonly accountId: AccountId;
}
