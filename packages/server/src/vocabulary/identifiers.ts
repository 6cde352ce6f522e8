/**
 * The names of things: branded identifiers that no other string can stand in for by accident.
 *
 * Owns the brands and the constructors that check. Secrets and their hashes are in `credentials.ts`.
 */

declare const brand: unique symbol;
/** A primitive that carries a name at type level and nothing at run time. */
export type Branded<Primitive, Name extends string> = Primitive & { readonly [brand]: Name };

/** Primary key of an account. Text; an imported Django account keeps its integer key as text ("42"). */
export type AccountId = Branded<string, 'AccountId'>;
/** Primary key of an application, as it stands in `/o/applications/:id/`. Not the `client_id`. */
export type ApplicationId = Branded<string, 'ApplicationId'>;
/** RFC 6749 §2.2. Printable ASCII, unique. */
export type ClientId = Branded<string, 'ClientId'>;
/** Primary key of a session row. It opens nothing: the cookie holds another value. May be shown and logged. */
export type SessionId = Branded<string, 'SessionId'>;
/**
 * Primary key of a token family: all that descends from one authorization (its code, its refresh tokens, its access
 * tokens). It is a part of each refresh token's text, so it is not shown or logged.
 */
export type FamilyId = Branded<string, 'FamilyId'>;

/** Takes text for an account id. @throws RangeError when it is empty or longer than 64 characters. */
export function accountId(text: string): AccountId {
  return checked(text, 'account id') as AccountId;
}

/** Takes text for an application id. @throws RangeError when it is empty or longer than 64 characters. */
export function applicationId(text: string): ApplicationId {
  return checked(text, 'application id') as ApplicationId;
}

/** Takes text for a client id. @throws RangeError when it is empty, over 255 characters, or not VSCHAR (RFC 6749 §A.1). */
export function clientId(text: string): ClientId {
  if (!/^[\x20-\x7e]{1,255}$/.test(text)) throw new RangeError('a client id is 1 to 255 printable ASCII characters');
  return text as ClientId;
}

/** Takes text for a session id. @throws RangeError when it is empty or longer than 64 characters. */
export function sessionId(text: string): SessionId {
  return checked(text, 'session id') as SessionId;
}

/** Takes text for a family id. @throws RangeError when it is empty or longer than 64 characters. */
export function familyId(text: string): FamilyId {
  return checked(text, 'family id') as FamilyId;
}

function checked(text: string, what: string): string {
  if (text.length === 0 || text.length > 64) throw new RangeError(`a ${what} is 1 to 64 characters`);
  return text;
}
