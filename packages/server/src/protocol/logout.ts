/**
 * RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0) at `/o/logout/`.
 *
 * Owns the request's checks and whether the person is asked. Ending the session is `accounts/`.
 */
import type { Application } from './application.ts';
import type { ProtocolError } from './errors.ts';
import type { ApplicationReader, SessionView, Signer } from './ports.ts';

/** A request to `/o/logout/`, unparsed. */
export interface LogoutHttpRequest {
  readonly method: string;
  readonly query: string;
  readonly contentType: string | null;
  readonly body: string;
  /** True once the person has confirmed on our page (whose form http has proven to be ours). */
  readonly confirmed: boolean;
}

/** What logout uses. */
export interface LogoutDeps {
  readonly issuer: string;
  readonly applications: ApplicationReader;
  readonly signer: Pick<Signer, 'verifyOwn'>;
}

/** What the browser gets. */
export type LogoutOutcome =
  | { readonly kind: 'error_page'; readonly status: number; readonly error: ProtocolError }
  /** Ask the person. The page's form posts `parameters` back unchanged, to this same endpoint, with the confirmation. */
  | {
      readonly kind: 'ask';
      readonly application: Application | null;
      readonly parameters: readonly (readonly [name: string, value: string])[];
      readonly uiLocales: readonly string[];
      readonly formActionSource: string | null;
    }
  /** End the session, if there is one, and go to `location`; null: to the server's own page that says so. */
  | {
      readonly kind: 'end';
      readonly application: Application | null;
      readonly location: string | null;
      readonly formActionSource: string | null;
    };

/** OpenID Connect RP-Initiated Logout 1.0 §2. GET and POST. */
export async function logoutEndpoint(
  _request: LogoutHttpRequest,
  _session: SessionView | null,
  _deps: LogoutDeps,
): Promise<LogoutOutcome> {
  throw new Error('logoutEndpoint is being built');
}
