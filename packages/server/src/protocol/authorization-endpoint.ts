/**
 * The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2) from the outside: a request comes in, is resumed
 * after a sign-in, or is answered on the consent page; each goes the same way and ends in one `AuthorizationOutcome`.
 *
 * Owns the order of the steps and the pending request's life. Parsing and proof are `authorization-request.ts`, the
 * decision is `authorization-step.ts`, the redirect is `authorization-response.ts`. It knows no cookie and no page.
 */
import type { Digest, Randomness, Secret } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Application } from './application.ts';
import type { ProtocolError } from './errors.ts';
import type {
  ApplicationReader,
  AuthorizationReader,
  ConsentStore,
  GrantStore,
  PendingRequestStore,
  SessionView,
  Signer,
} from './ports.ts';
import type { ScopeRegistry } from './scopes.ts';

/** A request to the authorization endpoint, unparsed. */
export interface AuthorizationHttpRequest {
  readonly method: string;
  /** Raw query without `?`. */
  readonly query: string;
  readonly contentType: string | null;
  /** Raw body of a POST, otherwise empty. */
  readonly body: string;
}

/** The browser that asks. Who is signed in there is read by the endpoint, in one read with what they allowed before. */
export interface BrowserContext {
  /** Digest of the session cookie; null without one. */
  readonly sessionDigest: Digest | null;
  /** Digest of a cookie that every browser gets before its first request is left pending. */
  readonly browserDigest: Digest;
}

/** What the authorization endpoint uses. */
export interface AuthorizationDeps {
  /** `DIAPASON_URL` + `/o`: RFC 9207 `iss`. */
  readonly issuer: string;
  readonly applications: ApplicationReader;
  readonly authorization: AuthorizationReader;
  readonly consents: Pick<ConsentStore, 'allow'>;
  readonly pendingRequests: PendingRequestStore;
  readonly grants: Pick<GrantStore, 'issueCode'>;
  readonly signer: Pick<Signer, 'verifyOwn'>;
  /** Told of each live session that was read: moving its inactivity limit is `accounts/`, and nobody waits for it. */
  readonly sessionWasUsed: (session: SessionView, lastSeenAtMs: number, nowMs: number) => void;
  readonly scopes: ScopeRegistry;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Why an error is shown to the person and not sent to the application. The pages have a text for each. */
export type ErrorPageReason =
  /** The request cannot be read: repeated `client_id`, malformed encoding and the like. */
  | 'malformed_request'
  /** 405; neither GET nor POST. */
  | 'method_not_allowed'
  | 'unknown_application'
  | 'application_disabled'
  | 'redirect_uri_missing'
  /** It is not, octet for octet, one that is registered. */
  | 'redirect_uri_mismatch'
  /** The pending sign-in is too old, or another browser's. */
  | 'request_expired'
  /** The form was sent before: the application has its answer. */
  | 'request_answered';

/** Why somebody has to sign in, though perhaps signed in already. */
export type LoginReason =
  | 'signed_out'
  /** `prompt=login`, `select_account` or `create`. */
  | 'prompt'
  /** `max_age` has passed. */
  | 'max_age'
  /** `id_token_hint` names somebody else. */
  | 'other_account';

/** What the browser gets. */
export type AuthorizationOutcome =
  | {
      readonly kind: 'error_page';
      readonly status: number;
      readonly reason: ErrorPageReason;
      readonly error: ProtocolError;
      /** null while it is not proven. */
      readonly application: Application | null;
    }
  | {
      readonly kind: 'redirect';
      readonly location: string;
      /** The source that `form-action` must name so that Chromium follows this redirect after a form: `https://app.example`. */
      readonly formActionSource: string;
      readonly application: Application;
      /** null: it carries a code. */
      readonly error: ProtocolError | null;
    }
  | {
      readonly kind: 'login';
      readonly pending: Secret<'pending'>;
      readonly application: Application;
      readonly reason: LoginReason;
      /** `login_hint` as it came: untrusted text of up to 320 characters. */
      readonly loginHint: string | null;
      /** `ui_locales`, best first; empty when not sent. */
      readonly uiLocales: readonly string[];
      /** `prompt=create`: sign-up is wanted. */
      readonly signUp: boolean;
    }
  | {
      readonly kind: 'consent';
      readonly pending: Secret<'pending'>;
      readonly application: Application;
      /** Who is asked. Comes back with the answer: nobody allows with another's page. */
      readonly accountId: AccountId;
      readonly scope: readonly string[];
      /** Those of `scope` that were not allowed before; all of them at the first time. */
      readonly newScope: readonly string[];
      readonly uiLocales: readonly string[];
      /** Where an answer leads, for the page's own `form-action`. */
      readonly formActionSource: string;
    };

/** The answer of the consent page. `deny` is also what the sign-in page's way back to the application sends. */
export interface ConsentAnswer {
  readonly pending: Secret<'pending'>;
  readonly decision: 'allow' | 'deny';
  /** `accountId` of the consent outcome, as the form brought it back; null for `deny`. */
  readonly accountId: AccountId | null;
}

/** RFC 6749 §4.1.1: a request from the application, by way of the browser. GET and POST (OpenID Connect Core §3.1.2.1). */
export async function authorize(
  _request: AuthorizationHttpRequest,
  _browser: BrowserContext,
  _deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  throw new Error('authorize is being built');
}

/** Goes on with a pending request: after sign-in, sign-up, or when the sign-in page is opened again. */
export async function resumeAuthorization(
  _pending: Secret<'pending'>,
  _browser: BrowserContext,
  _deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  throw new Error('resumeAuthorization is being built');
}

/**
 * Takes the answer of the consent page: exactly one of any number of identical ones is acted upon, the others get
 * `request_answered`. `deny` needs nobody signed in.
 */
export async function decideConsent(
  _answer: ConsentAnswer,
  _browser: BrowserContext,
  _deps: AuthorizationDeps,
): Promise<AuthorizationOutcome> {
  throw new Error('decideConsent is being built');
}
