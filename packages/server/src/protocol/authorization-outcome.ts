/**
 * How a request to the authorization endpoint can end, for whoever turns it into pages and redirects.
 *
 * Owns the type alone; `authorization-endpoint.ts` makes it.
 */
import type { Secret } from '../vocabulary/credentials.ts';
import type { Application } from './application.ts';
import type { ErrorPageReason } from './authorization-proof.ts';
import type { AuthorizationResponse } from './authorization-response.ts';
import type { LoginReason } from './authorization-step.ts';
import type { ProtocolError } from './errors.ts';
import type { AccountClaims } from './ports/people.ts';
import type { AuthorizationDetail } from './token-context.ts';

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
  | (AuthorizationResponse & {
      /** The source that `form-action` must name so that Chromium follows this answer after a form: `https://app.example`. */
      readonly formActionSource: string;
      readonly application: Application;
      /** What a person can tell the application by. */
      readonly redirectUri: string;
      /** null: it carries a code. */
      readonly error: ProtocolError | null;
    })
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
      /** Where the answer leads once the person has signed in, for the page's own `form-action`. */
      readonly formActionSource: string;
    }
  | {
      /** A second factor is asked for, and the person has none: they set one up, and come back to the pending request. */
      readonly kind: 'set_up_factor';
      readonly pending: Secret<'pending'>;
      readonly application: Application;
      readonly redirectUri: string;
      readonly account: AccountClaims;
      /** They may go on without. */
      readonly isVoluntary: boolean;
      /** One of their groups asks for it. */
      readonly byGroup: boolean;
      readonly uiLocales: readonly string[];
      /** Where turning back leads, for the page's own `form-action`. */
      readonly formActionSource: string;
    }
  | {
      /** The person is in none of the groups that the application is for. Another account may be. */
      readonly kind: 'closed';
      readonly pending: Secret<'pending'>;
      readonly application: Application;
      readonly redirectUri: string;
      readonly account: AccountClaims;
      readonly uiLocales: readonly string[];
    }
  | {
      readonly kind: 'consent';
      readonly pending: Secret<'pending'>;
      readonly application: Application;
      /** Where an answer leads: what a person can tell one application from another by. */
      readonly redirectUri: string;
      /** Who is asked. Its `accountId` comes back with the answer: nobody allows with another's page. */
      readonly account: AccountClaims;
      readonly scope: readonly string[];
      /** Those of `scope` that were not allowed before; all of them at the first time. */
      readonly newScope: readonly string[];
      /** RFC 9396: what is asked for in detail, all of it. */
      readonly details: readonly AuthorizationDetail[];
      /** RFC 8707: the resources that it names; empty: none. */
      readonly resources: readonly string[];
      /** Fingerprint of all this. It comes back with the answer, which counts for nothing else. */
      readonly question: string;
      readonly uiLocales: readonly string[];
      /** Where an answer leads, for the page's own `form-action`. */
      readonly formActionSource: string;
    };
