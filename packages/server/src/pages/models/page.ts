/**
 * The view models: everything that a page shows, as data. `http/` fills one in, `render.tsx` turns it into HTML.
 *
 * Owns the shape of every page and of the context that all of them share. Owns no text: what is said stands in
 * `messages/*.json`. Form fields are keyed by their wire names (`first_name`), since these are the names that the form
 * posts and that a problem is reported under. Instants are epoch milliseconds; paths are absolute from the root.
 */

import type {
  AccountPage,
  ConfirmIdentityPage,
  ConnectionsPage,
  EmailPage,
  LinkedPage,
  LinkPage,
  LogPage,
  MyDataPage,
  PasswordPage,
  PicturePage,
  SessionsPage,
} from './account.ts';
import type { ActivityPage } from './activity.ts';
import type { GroupPage, GroupsPage, InvitationsPage } from './admin.ts';
import type { ApplicationFormPage, ApplicationPage, ApplicationsPage, SecretView } from './applications.ts';
import type {
  ConsentPage,
  DeviceCodePage,
  DeviceConsentPage,
  DeviceResultPage,
  FormPostPage,
} from './authorization.ts';
import type { ApplicationName } from './context.ts';
import type { InvitationOnlyPage, InvitationPage } from './invitation.ts';
import type { MailPage } from './mail.ts';
import type {
  AuthenticatorPage,
  NewPasskeyPage,
  PasskeyPage,
  RecoveryCodesPage,
  SecurityPage,
  SetUpFactorPage,
} from './security.ts';
import type {
  ElsewhereSignUpPage,
  KeptFormPage,
  LandingPage,
  SecondStepPage,
  SignedOutPage,
  SignInPage,
  SignOutPage,
  SignUpPage,
} from './sign-in.ts';

/**
 * A question before something is undone. GET shows it, the button Confirm posts `csrf` to the same path, Cancel is a link back:
 * `/o/applications/:id/delete/`, `/o/applications/:id/secrets/:secretId/delete/`, `/o/authorized_tokens/:id/delete/`,
 * `/account/data/delete/`, `/admin/groups/:id/delete/`.
 */
export interface ConfirmPage {
  readonly page: 'confirm';
  readonly question:
    | { readonly kind: 'delete-application'; readonly id: string; readonly name: string }
    | {
        readonly kind: 'remove-secret';
        readonly id: string;
        readonly name: string;
        readonly secret: SecretView;
        /** True: the application needs it, so that it stays. The page says so, and has no Confirm. */
        readonly isLast: boolean;
      }
    | { readonly kind: 'delete-group'; readonly id: string; readonly name: string; readonly memberCount: number }
    | { readonly kind: 'delete-account'; readonly graceSeconds: number }
    | { readonly kind: 'disconnect'; readonly id: string; readonly application: ApplicationName };
}

/** Why a sign-in elsewhere came to nothing. */
export type ElsewhereReason =
  | 'cancelled'
  | 'stale'
  | 'unreachable'
  | 'not-accepted'
  | 'broken'
  /** It was to prove who is signed in here, and is somebody else's. */
  | 'other-account'
  /** It was to authenticate them again, and does not say that it did. */
  | 'not-anew'
  /** The account here is switched off. */
  | 'disabled'
  /** Operators alone make accounts. */
  | 'closed'
  /** The same, and whoever was invited may make one. */
  | 'invitation'
  /** Its address is of a domain that may not sign up. */
  | 'domain'
  /** It opens another account here. */
  | 'taken';

/** What went wrong, where the answer is a page. The status is the caller's. */
export type ErrorCase =
  /** RFC 6749 §4.1.2.1: told to the person, never to an address that was not proven. `hint` is the catalogue's public
   *  English text for the developer. */
  | { readonly kind: 'unknown-client' | 'redirect-uri' | 'invalid-request'; readonly hint: string | null }
  /** The application is switched off. */
  | { readonly kind: 'application-disabled'; readonly application: ApplicationName }
  /** The application is for members of certain groups. `contact`: whom to ask, in the operator's words; null: the operator. */
  | {
      readonly kind: 'not-in-group';
      readonly application: ApplicationName;
      readonly username: string;
      readonly contact: string | null;
      /** Own-origin path to sign in as somebody else and go on; null: there is none. */
      readonly switchAccountUrl: string | null;
    }
  /** The pending sign-in took too long, or belongs to another browser. */
  | { readonly kind: 'sign-in-expired' }
  /** The second step of a sign-in took too long, or was taken already. `next`: where the sign-in was to lead. */
  | { readonly kind: 'second-step-expired'; readonly next: string | null }
  /** A sign-in elsewhere came to nothing. */
  | {
      readonly kind: 'elsewhere';
      readonly reason: ElsewhereReason;
      readonly provider: string;
      /** Own-origin path of the way on: start again, or sign in in another way. */
      readonly wayOn: { readonly to: 'start-again' | 'sign-in' | 'linked' | 'confirm'; readonly href: string };
      /** Of `domain`: the domains that may sign up. */
      readonly domains: readonly string[];
    }
  /** Its consent was already answered: a second submit, the back button. */
  | { readonly kind: 'consent-answered' }
  /** The form's token is old or missing. `reopenUrl`: the form anew, by GET. */
  | { readonly kind: 'stale-form'; readonly reopenUrl: string }
  /** A link from a message: unknown, used, or too old. */
  | { readonly kind: 'mailed-link' }
  /** An invitation that is of no use: why. */
  | { readonly kind: `invitation-${'unknown' | 'accepted' | 'expired' | 'revoked'}` }
  /** A link that signs in, opened in another browser than the one that asked for it. */
  | { readonly kind: 'other-browser' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'bad-request' }
  | { readonly kind: 'method-not-allowed' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'too-many-requests'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number }
  | { readonly kind: 'internal' };

/** Any error, with the reference number of the context. */
export interface ErrorPage {
  readonly page: 'error';
  readonly status: number;
  readonly error: ErrorCase;
}

/** Every page that there is. */
export type Page =
  | LandingPage
  | SignInPage
  | SignUpPage
  | ElsewhereSignUpPage
  | SecondStepPage
  | KeptFormPage
  | SignOutPage
  | SignedOutPage
  | ConsentPage
  | FormPostPage
  | DeviceCodePage
  | DeviceConsentPage
  | DeviceResultPage
  | AccountPage
  | PasswordPage
  | ConfirmIdentityPage
  | SecurityPage
  | AuthenticatorPage
  | NewPasskeyPage
  | PasskeyPage
  | RecoveryCodesPage
  | SetUpFactorPage
  | SessionsPage
  | LinkedPage
  | LinkPage
  | LogPage
  | MyDataPage
  | PicturePage
  | EmailPage
  | ApplicationsPage
  | ApplicationFormPage
  | ApplicationPage
  | ActivityPage
  | ConnectionsPage
  | MailPage
  | InvitationPage
  | InvitationOnlyPage
  | InvitationsPage
  | GroupsPage
  | GroupPage
  | ConfirmPage
  | ErrorPage;
