/** The ways into accounts that a server offers beside passwords. Owns the shape; which there are is `accounts/ways-in.ts`. */

/** What counts as a way in, where an account has it. */
export interface WaysIn {
  /** Ids of the providers elsewhere that are declared. */
  readonly providers: readonly string[];
  readonly passkeys: boolean;
  /** A code or link to a verified primary address. */
  readonly mail: boolean;
}
