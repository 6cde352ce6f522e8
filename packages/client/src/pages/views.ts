/**
 * What each page is given: its view, and the frame around it.
 *
 * Owns the contract for applications that replace a page. A page is a function of these two to a whole HTML document; it reads
 * nothing else. The content security policy stays the library's: styles and images of the application's own origin, no script.
 */
import type { FailureCode, WayOn } from '../core/failure.ts';
import type { Messages } from './messages/en.ts';
import type { Language } from './messages/messages.ts';

/** A message that is shown once, on the page after a redirect. */
export const NOTICES = [
  'linked',
  'linked_before',
  'unlinked',
  'last_way_in',
  'username_kept',
  'app_saved',
  'app_deleted',
] as const;
/** The code of such a message. */
export type Notice = (typeof NOTICES)[number];

/** Where a page's links and forms lead. */
export interface Links {
  readonly profile: string;
  readonly login: string;
  readonly signUp: string;
  readonly logout: string;
  readonly connections: string;
  readonly socialSignUp: string;
  /** null where the application leaves the admin pages out. */
  readonly admin: string | null;
  readonly adminLogin: string | null;
  readonly socialApps: string | null;
  /** The same page in the other languages. */
  readonly languages: readonly { readonly language: Language; readonly href: string; readonly current: boolean }[];
}

/** What is around every page. */
export interface Frame {
  readonly language: Language;
  readonly text: Messages;
  /** The application's name. */
  readonly name: string;
  readonly stylesheet: string;
  readonly links: Links;
  /** The hidden field of every form. */
  readonly formToken: { readonly name: string; readonly value: string };
  readonly user: { readonly username: string; readonly isSuperuser: boolean } | null;
  readonly notice: Notice | null;
}

/** A provider that can be signed in with. */
export interface ProviderLink {
  readonly id: string;
  readonly name: string;
  readonly href: string;
}

/** Texts for a form's fields, and for the form as a whole under `form`. */
export type FormErrors = Readonly<Partial<Record<string, string>>>;

/** Who is signed in. */
export interface ProfileView {
  /** null when signed out. */
  readonly user: {
    readonly username: string;
    readonly firstName: string;
    readonly lastName: string;
    readonly email: string;
  } | null;
  /** The person's identifier at the provider they signed in with; null after a sign-in with a password. */
  readonly uid: string | null;
  readonly providerName: string | null;
  readonly providers: readonly ProviderLink[];
  readonly localSignIn: boolean;
}

/** The ways to sign in, and the form of local accounts. */
export interface SignInView {
  readonly providers: readonly ProviderLink[];
  readonly localSignIn: boolean;
  readonly localSignUp: boolean;
  /** Carried through the form in the field `next`. */
  readonly next: string | null;
  readonly username: string;
  readonly errors: FormErrors;
}

/** The form for a local account. */
export interface SignUpView {
  readonly providers: readonly ProviderLink[];
  readonly localSignUp: boolean;
  readonly next: string | null;
  readonly values: {
    readonly username: string;
    readonly email: string;
    readonly first_name: string;
    readonly last_name: string;
  };
  readonly errors: FormErrors;
}

/** Asks before it signs out, and says so afterwards. */
export interface SignOutView {
  /** false: the page asks; true: it is done. */
  readonly signedOut: boolean;
  /** Named when the provider can end its session too (OpenID Connect RP-Initiated Logout). */
  readonly everywhereAt: string | null;
  /** Where the person can sign out at the provider by themselves. */
  readonly providerSignOut: { readonly name: string; readonly href: string } | null;
  readonly error: string | null;
}

/** The accounts that let the person in, to be linked and unlinked. */
export interface ConnectionsView {
  readonly accounts: readonly {
    readonly id: string;
    readonly providerName: string;
    readonly username: string | null;
    readonly uid: string;
    readonly linkedAtMs: number;
  }[];
  /** Providers that can be linked; each is a form that posts to its `href`. */
  readonly linkable: readonly ProviderLink[];
  readonly onlyWayIn: boolean;
  readonly error: string | null;
}

/** A first sign-in whose username cannot be used here: choose another, or link the account that has it. */
export interface SocialSignUpView {
  readonly providerName: string;
  /** As the provider said it; empty when it gave none. */
  readonly providerUsername: string;
  /** Why that name cannot be used. */
  readonly reason: 'taken' | 'unusable';
  readonly startAgain: string;
  readonly localSignIn: boolean;
  readonly choose: { readonly username: string; readonly errors: FormErrors };
  readonly link: { readonly username: string; readonly errors: FormErrors };
}

/** What went wrong, and the way on. */
export interface FailureView {
  readonly code: FailureCode;
  readonly wayOn: WayOn;
  /** Where the way on leads. */
  readonly href: string;
  readonly providerName: string | null;
  /** The `error` of an authorization response. */
  readonly providerError: string | null;
  /** What the application itself says, in the place of the page's own text; null: nothing. */
  readonly message: string | null;
  /** What the log calls this failure. */
  readonly reference: string;
}

/** Leads from a form of this application to a provider by itself. */
export interface OnwardView {
  readonly providerName: string;
  readonly href: string;
}

/** The sign-in form of `/admin/`. */
export interface AdminSignInView {
  readonly next: string | null;
  readonly username: string;
  readonly errors: FormErrors;
  /** Someone is signed in, who is no superuser. */
  readonly signedInAs: string | null;
}

/** The credentials at one provider, in a list. */
export interface SocialAppRowView {
  readonly provider: string;
  readonly name: string;
  readonly clientId: string;
  readonly href: string;
}

/** The first page of `/admin/`. */
export interface AdminIndexView {
  readonly apps: readonly SocialAppRowView[];
  readonly addHref: string;
}

/** The credentials at all providers. */
export interface SocialAppListView {
  readonly apps: readonly SocialAppRowView[];
  readonly addHref: string;
}

/** The form for the credentials at one provider. The secret is never shown. */
export interface SocialAppFormView {
  readonly action: string;
  readonly adding: boolean;
  readonly providers: readonly {
    readonly id: string;
    readonly name: string;
    /** To be registered at the server. */
    readonly redirectUri: string;
    readonly serverUrl: string | null;
    readonly backChannelUrl: string | null;
    readonly scope: string;
    /** Whether the two addresses can be entered. */
    readonly adjustable: boolean;
    /** What else it needs. */
    readonly settings: readonly {
      /** The name of its field. */
      readonly field: string;
      readonly label: string;
      readonly example: string;
      /** In force where nothing is entered; null: something has to be. */
      readonly fallback: string | null;
    }[];
    /** Its credentials are in code; what is entered here would not be used. */
    readonly fixed: boolean;
  }[];
  readonly values: {
    readonly provider: string;
    readonly name: string;
    readonly client_id: string;
    readonly server_url: string;
    readonly backchannel_url: string;
    readonly scope: string;
    /** By the names of the fields. */
    readonly settings: Readonly<Record<string, string>>;
  };
  readonly hasSecret: boolean;
  readonly deleteHref: string | null;
  readonly errors: FormErrors;
}

/** Asks before credentials are taken away. */
export interface SocialAppDeleteView {
  readonly action: string;
  readonly name: string;
  readonly provider: string;
  readonly cancelHref: string;
  readonly error: string | null;
}

/** Each page's view. */
export interface Views {
  profile: ProfileView;
  signIn: SignInView;
  signUp: SignUpView;
  signOut: SignOutView;
  connections: ConnectionsView;
  /** A first sign-in whose username cannot be used here. */
  socialSignUp: SocialSignUpView;
  failure: FailureView;
  /** Between a form of ours and a provider. */
  onward: OnwardView;
  adminSignIn: AdminSignInView;
  adminIndex: AdminIndexView;
  socialAppList: SocialAppListView;
  socialAppForm: SocialAppFormView;
  socialAppDelete: SocialAppDeleteView;
}

/** A page: a whole HTML document. Whoever writes one escapes what it shows. */
export type Page<View> = (view: View, frame: Frame) => string;

/** All pages. */
export type Pages = { readonly [Name in keyof Views]: Page<Views[Name]> };
