/** Models of the pages on which people come and go: landing, sign-in, sign-up, sign-out. Owns the types. */
import type { ApplicationName, FormState, HiddenField, Notice, PasswordRule, ProviderLink } from './context.ts';
import type { InvitationTerms } from './invitation.ts';
import type { ProfileFieldView } from './profile-field.ts';
import type { PasskeyRequest } from './security.ts';

/** `/`, signed out. */
export interface LandingPage {
  readonly page: 'landing';
  /** False where operators alone make accounts: no link to sign-up. */
  readonly signUpIsOpen: boolean;
}

/** Fields of the sign-in form. */
export type SignInField = 'username' | 'password';

/** `GET /login/`. Posts `username`, `password`, `next`, `csrf` to `/login/`. */
export interface SignInPage {
  readonly page: 'sign-in';
  readonly form: FormState<SignInField, 'password'>;
  /** Own-origin path to go to afterwards, kept by the link to sign-up; null: none. */
  readonly next: string | null;
  /** The application that the person comes from; null: they came by themselves. */
  readonly application: ApplicationName | null;
  readonly signUpIsOpen: boolean;
  /** False where there is no mail: no link to choose a new password. */
  readonly canReset: boolean;
  /** A code may be mailed in place of the password. */
  readonly byMail: boolean;
  /** True: it posts `credential` and `challenge` (with `next`, `kept`, `csrf`) to `/login/passkey/` as well. */
  readonly takesPasskeys: boolean;
  /** A form that was sent after the session's end, carried as the hidden field `kept`; null: none. */
  readonly kept: string | null;
  /** Shown above the form, for example after the password was changed; null: none. */
  readonly notice: Notice | null;
  /** In the operator's order; empty: there are none. */
  readonly elsewhere: readonly ProviderLink[];
}

/**
 * The second step of a sign-in. Posts `step`, `code` or a passkey (`credential`, `challenge`), `trust`, `next`, `kept` and `csrf` to
 * `/login/verify/`.
 */
export interface SecondStepPage {
  readonly page: 'second-step';
  /** `trust`: `on` or empty. */
  readonly form: FormState<'code' | 'trust', 'code'>;
  /** False: a code can only be one for recovery. */
  readonly hasApp: boolean;
  /** null: the account has no passkey. */
  readonly passkey: PasskeyRequest | null;
  /** What the first step proved, sealed. */
  readonly step: string;
  readonly next: string | null;
  readonly application: ApplicationName | null;
  readonly kept: string | null;
}

/** The answer of a sign-in that came between a form and its answer: offers to send the form now. */
export interface KeptFormPage {
  readonly page: 'kept-form';
  /** Own-origin path that the form was for. */
  readonly action: string;
  readonly fields: readonly HiddenField[];
  /** As whom it would be sent. */
  readonly username: string;
}

/** Fields of the sign-up form. */
export type SignUpField = 'username' | 'email' | 'first_name' | 'last_name' | 'password';

/** `GET /signup/`. Posts its fields, `next` and `csrf` to `/signup/`. */
export interface SignUpPage {
  readonly page: 'sign-up';
  readonly form: FormState<SignUpField, 'password'>;
  /** Of the operator's fields those without which there is no account. */
  readonly fields: readonly ProfileFieldView[];
  readonly next: string | null;
  readonly application: ApplicationName | null;
  readonly passwordRule: PasswordRule;
  readonly elsewhere: readonly ProviderLink[];
}

/** `GET /accounts/social/signup/`: a new person whom a provider identified. Posts its fields, `arrival` and `csrf` there. */
export interface ElsewhereSignUpPage {
  readonly page: 'elsewhere-sign-up';
  readonly form: FormState<'username' | 'email' | 'first_name' | 'last_name'>;
  readonly provider: string;
  /** What the person knows the account there by; empty: not known. */
  readonly label: string;
  readonly asksForEmail: boolean;
  /** Names and `fields` are asked for too. */
  readonly asksForMore: boolean;
  /** The operator's, with what the provider said of them. */
  readonly fields: readonly ProfileFieldView[];
  /** What the account is made by; null: by no invitation. */
  readonly invitation: InvitationTerms | null;
  /** Whom the provider identified, sealed. */
  readonly arrival: string;
  readonly application: ApplicationName | null;
}

/** `GET /logout/`, and RP-initiated logout where the person has to be asked. */
export interface SignOutPage {
  readonly page: 'sign-out';
  /** Where the form posts to. */
  readonly action: '/logout/' | '/o/logout/';
  /** The parameters of an RP-initiated logout; `csrf` is added by the page. */
  readonly hidden: readonly HiddenField[];
  /** The application that asks for it; null: the person does. */
  readonly application: ApplicationName | null;
  /** Where "stay signed in" leads. */
  readonly stayUrl: string;
}

/** How an application learns that the person signed out. */
export type ToldView = 'back-channel' | 'front-channel' | 'none';

/** After sign-out. */
export interface SignedOutPage {
  readonly page: 'signed-out';
  /** The applications that were used in the session, each with how it is told. */
  readonly told: readonly { readonly name: string; readonly kind: ToldView }[];
  /** Addresses that are loaded unseen (OpenID Connect Front-Channel Logout 1.0 §2). */
  readonly frames: readonly string[];
  /** The application that the person came from, with a validated address to go back to; null: none. */
  readonly application: (ApplicationName & { readonly returnUrl: string | null }) | null;
}
