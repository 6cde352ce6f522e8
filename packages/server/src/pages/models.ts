/**
 * The view models: everything that a page shows, as data. `http/` fills one in, `render.tsx` turns it into HTML.
 *
 * Owns the shape of every page and of the context that all of them share. Owns no text: what is said stands in
 * `messages/*.json`. Form fields are keyed by their wire names (`first_name`), since these are the names that the form
 * posts and that a problem is reported under. Instants are epoch milliseconds; paths are absolute from the root.
 * Longer than our files are: it is the whole contract between `http/` and the pages, to be read in one place.
 */
import type { Locale, Problem } from './messages.ts';

/** What every page needs beside its own model. */
export interface PageContext {
  /** Language of the page; see `chooseLocale` in `messages.ts`. */
  readonly locale: Locale;
  readonly brand: Brand;
  /** Goes into each form as the hidden field `csrf`. */
  readonly csrfToken: string;
  /** Path and query of this page: where the language form comes back to (hidden field `next`). */
  readonly currentPath: string;
  /** Who is signed in; null: nobody, and the page shows no account menu. */
  readonly person: Person | null;
  /** The request id. Shown on error pages alone, as the reference number that the log holds too. */
  readonly reference: string;
  /** URL of a file in `assets/`, with its content hash, or of the generated `brand.css`. */
  readonly assetUrl: (name: AssetName) => string;
  /** The present, for "3 minutes ago". */
  readonly nowMs: number;
  /** IANA name of the zone that times are written in, `UTC` where none is known. */
  readonly timeZone: string;
}

/** Files that pages refer to. `brand.css` is made by `brandStylesheet`, the rest lie in `assets/`. */
export type AssetName = 'diapason.css' | 'brand.css' | 'diapason.js' | 'form-post.js' | 'favicon.svg';

/** What an installation calls itself. The accent colour is in `brand.css`. */
export interface Brand {
  readonly name: string;
  /** Own-origin path (the content security policy admits no other) of an image, shown 32 px high; null: the tuning fork. */
  readonly logoUrl: string | null;
}

/** The signed-in person, for the head of the page. */
export interface Person {
  readonly username: string;
  /** First and last name, or the username where there is none. */
  readonly displayName: string;
  readonly isSuperuser: boolean;
}

/**
 * A form as it was last sent: what the person typed, and what is wrong with it. `Secret` names the fields that are never
 * filled in again.
 */
export interface FormState<Field extends string, Secret extends Field = never> {
  readonly values: Readonly<Record<Exclude<Field, Secret>, string>>;
  /** At most one problem a field, shown beside it and in the summary on top. */
  readonly fieldProblems: Readonly<Partial<Record<Field, Problem>>>;
  /** What is wrong with the whole; null: nothing. */
  readonly formProblem: Problem | null;
}

/** An application as people meet it. */
export interface ApplicationName {
  readonly name: string;
  /** Host of its redirect URI (with a port that is not the scheme's), or the custom scheme; null: not known. */
  readonly host: string | null;
}

/** How long a password must be, and is advised to be, in characters. */
export interface PasswordRule {
  readonly minimum: number;
  readonly advised: number;
}

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
  /** Shown above the form, for example after the password was changed; null: none. */
  readonly notice: Notice | null;
}

/** Fields of the sign-up form. */
export type SignUpField = 'username' | 'email' | 'first_name' | 'last_name' | 'password';
/** `GET /signup/`. Posts its fields, `next` and `csrf` to `/signup/`. */
export interface SignUpPage {
  readonly page: 'sign-up';
  readonly form: FormState<SignUpField, 'password'>;
  readonly next: string | null;
  readonly application: ApplicationName | null;
  readonly passwordRule: PasswordRule;
}

/** A field that the form carries along unseen. */
export interface HiddenField {
  readonly name: string;
  readonly value: string;
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

/** A scope, to be put in words. */
export interface ScopeView {
  readonly name: string;
  /** The operator's words for a scope that they declared; null: its bare name. Ours have words in every language. */
  readonly description: string | null;
}

/**
 * The question whether an application may. Posts `hidden` and `csrf` to `action`; the button Allow adds
 * `allow=Authorize` (as django-oauth-toolkit's form does), Cancel adds nothing.
 */
export interface ConsentPage {
  readonly page: 'consent';
  readonly action: string;
  readonly hidden: readonly HiddenField[];
  readonly application: ApplicationName;
  /** Who answers for it: the operator, or the person who registered it. */
  readonly owner: { readonly kind: 'operator' } | { readonly kind: 'person'; readonly username: string };
  /** All that is asked for, in the order of the request. */
  readonly scopes: readonly ScopeView[];
  /** Those of `scopes` that were allowed earlier; not empty: only the rest is new. */
  readonly allowedEarlier: readonly string[];
  /** All of what is asked for in detail (RFC 9396), allowed earlier or not: it is said exactly, or it means nothing. */
  readonly details: readonly DetailView[];
  readonly account: ConsentAccount;
  /** How long the application keeps its access without the person. */
  readonly access: ConsentAccess;
  /** "Not you?": signs in as somebody else and comes back here. */
  readonly switchAccountUrl: string;
}

/** A value of a detail: texts with their words in each language, a number by its digits, or yes and no. */
export type DetailValue =
  | {
      readonly kind: 'texts';
      readonly texts: readonly { readonly text: string; readonly words: Readonly<Record<Locale, string>> | null }[];
    }
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'flag'; readonly is: boolean };

/** One authorization detail in words. */
export interface DetailView {
  readonly type: string;
  /** The operator's words around the values; null: they have none for it any more. */
  readonly sentence: Readonly<Record<Locale, readonly (string | DetailValue)[]>> | null;
  /** What has no place in the sentence. */
  readonly facts: readonly { readonly label: Readonly<Record<Locale, string>>; readonly value: DetailValue }[];
}

/** Hands an answer to an application: a form that a script sends at once, and a button where no script runs. */
export interface FormPostPage {
  readonly page: 'form-post';
  readonly application: ApplicationName;
  /** The redirect URI. */
  readonly action: string;
  /** The parameters of the answer. */
  readonly fields: readonly HiddenField[];
}

/** What the application would learn, word for word. */
export interface ConsentAccount {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string | null;
}

/** RFC 6749 §1.5: whether access is renewed without the person. */
export type ConsentAccess =
  | { readonly kind: 'once'; readonly seconds: number }
  /** With a refresh token. null: without end. */
  | { readonly kind: 'renewed'; readonly endsAfterSeconds: number | null; readonly idleSeconds: number | null };

/** The one field of the page where a device's code is typed (RFC 8628 §3.3). */
export type UserCodeField = 'user_code';
/** `GET /o/device/`. Posts `user_code` and `csrf` to `/o/device/`. */
export interface DeviceCodePage {
  readonly page: 'device-code';
  /** The code stands in it already where the person followed a link (§3.3.1): they are asked to compare it. */
  readonly form: FormState<UserCodeField>;
  readonly cameByLink: boolean;
}

/** The question whether a device may. Posts `user_code` and `csrf` to `/o/device/decision/`; the button Allow adds `allow`. */
export interface DeviceConsentPage {
  readonly page: 'device-consent';
  /** `XXXX-XXXX`. */
  readonly userCode: string;
  readonly application: ApplicationName;
  readonly owner: ConsentPage['owner'];
  readonly scopes: readonly ScopeView[];
  readonly details: readonly DetailView[];
  readonly account: ConsentAccount;
  readonly access: ConsentAccess;
  /** The device's own request: from where, by what, when. */
  readonly device: {
    readonly networkAddress: string;
    /** As it sent it; the page makes words of it. */
    readonly userAgent: string;
    readonly askedAtMs: number;
  };
}

/** `/o/device/allowed/` and `/o/device/denied/`: what was decided. */
export interface DeviceResultPage {
  readonly page: 'device-result';
  readonly allowed: boolean;
}

/** Fields of the profile form. */
export type ProfileField = 'username' | 'first_name' | 'last_name' | 'locale';
/** `/account/`. Posts its fields and `csrf` to `/account/`. `locale` is a BCP 47 tag, or empty for "as the browser says". */
export interface AccountPage {
  readonly page: 'account';
  readonly form: FormState<ProfileField>;
  readonly notice: Notice | null;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly createdAtMs: number;
  /** Live sessions, this one included. */
  readonly sessionCount: number;
  readonly connectionCount: number;
}

/** Fields of the password form. */
export type PasswordField = 'current_password' | 'password';
/** `/account/password/`. Posts its fields and `csrf` there. */
export interface PasswordPage {
  readonly page: 'password';
  readonly form: FormState<PasswordField, PasswordField>;
  readonly passwordRule: PasswordRule;
  /** False for an account that has none yet: the current one is not asked for. */
  readonly hasPassword: boolean;
  readonly notice: Notice | null;
}

/** One place where the person is signed in. */
export interface SessionView {
  readonly id: string;
  readonly isCurrent: boolean;
  /** As the browser sent it; the page makes words of it. */
  readonly userAgent: string;
  readonly networkAddress: string;
  readonly signedInAtMs: number;
  readonly lastSeenAtMs: number;
}
/** `/account/sessions/`. Posts `csrf` and `end` there: a session's id, or `others`. */
export interface SessionsPage {
  readonly page: 'sessions';
  readonly sessions: readonly SessionView[];
  readonly notice: Notice | null;
}

/** Fields of the e-mail form. */
export type EmailField = 'email' | 'current_password';
/** `/account/email/`. Posts its fields and `csrf` there. */
export interface EmailPage {
  readonly page: 'email';
  readonly form: FormState<EmailField, 'current_password'>;
  readonly address: string | null;
  readonly verified: boolean;
  /** False: the address is shown, without a form. */
  readonly canChange: boolean;
  readonly notice: Notice | null;
}

/** A line of the list of applications. */
export interface ApplicationLine {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly clientType: ClientTypeView;
  /** Username of its owner; null: the superusers'. */
  readonly owner: string | null;
  readonly isDisabled: boolean;
  readonly createdAtMs: number;
}
/** RFC 6749 §2.1. */
export type ClientTypeView = 'confidential' | 'public';
/** `/o/applications/`. */
export interface ApplicationsPage {
  readonly page: 'applications';
  readonly applications: readonly ApplicationLine[];
  /** True for a superuser: everybody's are listed, with their owners. */
  readonly showsOwners: boolean;
  readonly notice: Notice | null;
}

/** Fields of the application form, by their wire names. */
export type ApplicationField =
  | 'name'
  | 'client_type'
  | 'grants'
  | 'redirect_uris'
  | 'post_logout_redirect_uris'
  | 'allowed_origins'
  | 'scopes'
  | 'require_pkce'
  | 'skip_consent'
  | 'id_token_algorithm'
  | 'code_lifetime_seconds'
  | 'access_token_lifetime_seconds'
  | 'refresh_token_lifetime_seconds'
  | 'refresh_token_idle_seconds'
  | SettingFieldName;
/** Fields of the folded part that few applications need. Each has the texts `setting.NAME` and `setting.NAME.hint`. */
export type SettingFieldName =
  | 'client_authentication'
  | 'jwks'
  | 'jwks_uri'
  | 'require_dpop'
  | 'userinfo_signing_algorithm'
  | 'access_token_format'
  | 'backchannel_logout_uri'
  | 'backchannel_logout_session_required'
  | 'frontchannel_logout_uri'
  | 'frontchannel_logout_session_required'
  | 'refresh_ends_with_session'
  | 'token_exchange'
  | 'token_exchange_subject_clients'
  | 'token_exchange_audiences'
  | 'response_modes'
  | 'resources'
  | 'authorization_details_types'
  | 'resource_identifiers'
  | 'require_pushed_request'
  | 'require_signed_request';
/** One of them: a list of options to choose one from, or some of (boxes), a box, lines of text, text, or JSON. */
export interface SettingView {
  readonly field: SettingFieldName;
  readonly kind: 'choice' | 'boxes' | 'switch' | 'lines' | 'text' | 'json';
  /** Empty: anything. */
  readonly options: readonly string[];
  /** As typed. Of a box: whether it is ticked. Of boxes: those that are. */
  readonly value: string | boolean | readonly string[];
}
/** What stands in the application form: as typed, so that nothing is lost when it comes back. */
export interface ApplicationValues {
  readonly name: string;
  /** `confidential` or `public`. */
  readonly client_type: string;
  /** Checked boxes (repeated field). */
  readonly grants: readonly string[];
  /** One to a line, as are the next two. */
  readonly redirect_uris: string;
  readonly post_logout_redirect_uris: string;
  readonly allowed_origins: string;
  /** Checked boxes (repeated field). */
  readonly scopes: readonly string[];
  /** A box: sent as `on`, or not at all. So is the next. */
  readonly require_pkce: boolean;
  readonly skip_consent: boolean;
  readonly id_token_algorithm: string;
  /** Whole seconds as text; the last two may be empty: no end. */
  readonly code_lifetime_seconds: string;
  readonly access_token_lifetime_seconds: string;
  readonly refresh_token_lifetime_seconds: string;
  readonly refresh_token_idle_seconds: string;
}
/** `/o/applications/register/` (`application` null) and `/o/applications/:id/update/`. Posts to where it stands. */
export interface ApplicationFormPage {
  readonly page: 'application-form';
  /** The one that is edited, under its present name; null: a new one. */
  readonly application: { readonly id: string; readonly name: string } | null;
  /** Goes back as the hidden field `form`: sent twice, the form registers once. null: sending it twice does no harm. */
  readonly formId: string | null;
  readonly values: ApplicationValues;
  readonly fieldProblems: Readonly<Partial<Record<ApplicationField, Problem>>>;
  readonly formProblem: Problem | null;
  readonly grantsOffered: readonly string[];
  readonly scopesOffered: readonly ScopeView[];
  readonly algorithmsOffered: readonly string[];
  readonly settings: readonly SettingView[];
  /** True for superusers alone. */
  readonly canSkipConsent: boolean;
}

/** One of the secrets of an application. The secret itself is not known any more. */
export interface SecretView {
  readonly id: string;
  /** The last four characters. */
  readonly hint: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}
/** Addresses that a developer copies into the application's settings. */
export interface EndpointUrls {
  readonly issuer: string;
  readonly discovery: string;
  readonly authorization: string;
  readonly token: string;
  readonly deviceAuthorization: string;
  readonly userinfo: string;
  readonly profile: string;
  readonly revocation: string;
  readonly introspection: string;
  readonly endSession: string;
}
/**
 * `/o/applications/:id/`. Adding a secret posts `csrf` to `/o/applications/:id/secrets/`; removing one asks first, at
 * `/o/applications/:id/secrets/:secretId/delete/`.
 */
export interface ApplicationPage {
  readonly page: 'application';
  readonly application: {
    readonly id: string;
    readonly name: string;
    readonly clientId: string;
    readonly clientType: ClientTypeView;
    readonly grants: readonly string[];
    readonly redirectUris: readonly string[];
    readonly postLogoutRedirectUris: readonly string[];
    readonly allowedOrigins: readonly string[];
    readonly scopes: readonly ScopeView[];
    readonly requirePkce: boolean;
    readonly skipConsent: boolean;
    readonly idTokenAlgorithm: string;
    readonly codeLifetimeSeconds: number;
    readonly accessTokenLifetimeSeconds: number;
    readonly refreshTokenLifetimeSeconds: number | null;
    readonly refreshTokenIdleSeconds: number | null;
    /** Username; null: the superusers'. */
    readonly owner: string | null;
    readonly isDisabled: boolean;
    readonly lastWithoutPkceAtMs: number | null;
    readonly lastLongAccessTokenAtMs: number | null;
    readonly lastLongRefreshTokenAtMs: number | null;
    readonly createdAtMs: number;
    readonly updatedAtMs: number;
  };
  readonly secrets: readonly SecretView[];
  /** The new secret, in the answer that made it and never again; null: none was made. */
  readonly newSecret: string | null;
  /** The most secrets that one application may have; no button to add one beyond. */
  readonly secretsMax: number;
  /** The hidden field `form` of the button that adds a secret: sent twice, it adds one. */
  readonly secretFormId: string;
  readonly endpoints: EndpointUrls;
  readonly notice: Notice | null;
}

/** One application that the person allowed something. */
export interface ConnectionView {
  readonly applicationId: string;
  readonly application: ApplicationName;
  readonly scopes: readonly ScopeView[];
  readonly details: readonly DetailView[];
  readonly grantedAtMs: number;
  readonly lastUsedAtMs: number | null;
}
/** `/o/authorized_tokens/`. */
export interface ConnectionsPage {
  readonly page: 'connections';
  readonly connections: readonly ConnectionView[];
  readonly notice: Notice | null;
}

/**
 * A question before something is undone. GET shows it, the button Confirm posts `csrf` to the same path, Cancel is a link back:
 * `/o/applications/:id/delete/`, `/o/applications/:id/secrets/:secretId/delete/`, `/o/authorized_tokens/:id/delete/`.
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
    | { readonly kind: 'disconnect'; readonly id: string; readonly application: ApplicationName };
}

/** What went wrong, where the answer is a page. The status is the caller's. */
export type ErrorCase =
  /** RFC 6749 §4.1.2.1: told to the person, never to an address that was not proven. `hint` is the catalogue's public
   *  English text for the developer. */
  | { readonly kind: 'unknown-client' | 'redirect-uri' | 'invalid-request'; readonly hint: string | null }
  /** The application is switched off. */
  | { readonly kind: 'application-disabled'; readonly application: ApplicationName }
  /** The pending sign-in took too long, or belongs to another browser. */
  | { readonly kind: 'sign-in-expired' }
  /** Its consent was already answered: a second submit, the back button. */
  | { readonly kind: 'consent-answered' }
  /** The form's token is old or missing. `reopenUrl`: the form anew, by GET. */
  | { readonly kind: 'stale-form'; readonly reopenUrl: string }
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

/** What was just done, said once on top of the page that it led to. */
export type Notice =
  | 'profile-saved'
  | 'password-changed'
  | 'email-changed'
  | 'session-ended'
  | 'other-sessions-ended'
  | 'application-registered'
  /** The form came twice. */
  | 'application-registered-before'
  | 'application-saved'
  | 'application-deleted'
  /** The form came twice. */
  | 'secret-added-before'
  | 'secret-removed'
  | 'disconnected'
  | 'signed-up';

/** Every page that there is. */
export type Page =
  | LandingPage
  | SignInPage
  | SignUpPage
  | SignOutPage
  | SignedOutPage
  | ConsentPage
  | FormPostPage
  | DeviceCodePage
  | DeviceConsentPage
  | DeviceResultPage
  | AccountPage
  | PasswordPage
  | SessionsPage
  | EmailPage
  | ApplicationsPage
  | ApplicationFormPage
  | ApplicationPage
  | ConnectionsPage
  | ConfirmPage
  | ErrorPage;
