/**
 * Rows that stand for people whom the application itself keeps: what sessions of theirs refer to.
 *
 * Owns how such a row is known. It is there as long as a session is; the library's stores take it away with the last one.
 */

/** Before the application's id, in hexadecimal: usernames are compared whatever their case, ids are not. */
export const STAND_IN = 'application-user:';

/** Issuer of a stand-in's identities: none that a provider can have, so that they are found by no sign-in. */
export const STAND_IN_ISSUER = 'application-users';

/** How many rows that are over are taken away beside one request: more than one makes, so that none are left in the long run. */
export const SWEPT_AT_ONCE = 200;
