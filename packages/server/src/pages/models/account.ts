/** Models of a person's own pages: profile, password, address, sessions, connected applications. Owns the types. */

import type { MessageKey } from '../messages.ts';
import type { DetailView, ScopeView } from './authorization.ts';
import type { ApplicationName, FormState, Notice, PasswordRule, ProviderLink } from './context.ts';
import type { ProfileFieldView } from './profile-field.ts';
import type { PasskeyRequest } from './security.ts';

/** Fields of the profile form. */
export type ProfileField = 'username' | 'first_name' | 'last_name' | 'locale' | 'zoneinfo';

/** `/account/`. Posts its fields and `csrf` to `/account/`. `locale` is a BCP 47 tag, or empty for "as the browser says". */
export interface AccountPage {
  readonly page: 'account';
  readonly form: FormState<ProfileField>;
  /** IANA names, in their order; `zoneinfo` is one of them, or empty. */
  readonly timeZones: readonly string[];
  readonly fields: readonly ProfileFieldView[];
  readonly notice: Notice | null;
  /** Own-origin path; null: no picture. */
  readonly pictureUrl: string | null;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly createdAtMs: number;
  /** Live sessions, this one included. */
  readonly sessionCount: number;
  readonly connectionCount: number;
}

/** `/account/picture/`. Posts a file `picture` with `csrf` there, as `multipart/form-data`; `csrf` alone to `remove/` below it. */
export interface PicturePage {
  readonly page: 'picture';
  readonly form: FormState<'picture', 'picture'>;
  /** Of the file. */
  readonly megabytesMax: number;
  /** Own-origin path; null: none yet. */
  readonly pictureUrl: string | null;
  readonly notice: Notice | null;
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

/** `/account/confirm/`. Posts `current_password` and `code`, or a passkey, with `next`, `kept` and `csrf` there. */
export interface ConfirmIdentityPage {
  readonly page: 'confirm-identity';
  readonly form: FormState<'current_password' | 'code', 'current_password' | 'code'>;
  /** False: there is nothing to prove here, and signing in again is the proof. */
  readonly hasPassword: boolean;
  /** True: a code is asked for beside the password. */
  readonly hasSecondFactor: boolean;
  /** False: a code can only be one for recovery. */
  readonly hasApp: boolean;
  /** A passkey is proof enough; null: the account has none. */
  readonly passkey: PasskeyRequest | null;
  /** Where nothing that is kept here can prove it. */
  readonly elsewhere: readonly ProviderLink[];
  /** It is for a device whose application wants both factors, and for no change of the account. */
  readonly forDevice: boolean;
  /** Own-origin path to go on to. */
  readonly next: string;
  /** A form that was sent there, carried as the hidden field `kept`; null: none. */
  readonly kept: string | null;
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

type KindOf<Key> = Key extends `event.${infer Kind}` ? Kind : never;
/** The kinds of events that there are words for. */
export type EventKind = KindOf<MessageKey>;

/** One event of the person's own log. */
export interface LogEventView {
  readonly kind: EventKind;
  /** What it was done to or with; null: nothing to name. Of a sign-in: the factors (RFC 8176), by spaces. */
  readonly detail: string | null;
  /** As the browser sent it; null: not a browser's doing. */
  readonly userAgent: string | null;
  readonly networkAddress: string | null;
  readonly occurredAtMs: number;
}

/** `/account/log/`, the newest first. */
export interface LogPage {
  readonly page: 'log';
  readonly events: readonly LogEventView[];
  /** Path and query of the page of earlier ones; null: there are none. */
  readonly earlierUrl: string | null;
  /** False: the beginning is on another page. */
  readonly isNewest: boolean;
}

/** `/account/data/`. Posts `csrf` to `download/` or, while the deletion waits, to `keep/` below it; `delete/` asks first. */
export interface MyDataPage {
  readonly page: 'my-data';
  /** null: nobody asked for the end of the account. */
  readonly deletesAtMs: number | null;
  /** Between the wish and its being done; 0: it is done within minutes. */
  readonly graceSeconds: number;
  readonly notice: Notice | null;
}

/** One of a person's addresses. */
export interface AddressView {
  readonly address: string;
  readonly isPrimary: boolean;
  readonly isVerified: boolean;
}

/** `/account/email/`. Posts `email`, `csrf` and `do` there: `add`, `primary`, `remove` or `mail-again`. */
export interface EmailPage {
  readonly page: 'email';
  readonly form: FormState<'email'>;
  /** The primary one first. */
  readonly addresses: readonly AddressView[];
  /** False: the addresses are shown, without a form. */
  readonly canChange: boolean;
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

/** An account elsewhere that opens this one. */
export interface LinkedAccountView {
  readonly issuer: string;
  readonly subject: string;
  readonly provider: string;
  /** What its owner knows it by; empty: not known. */
  readonly label: string;
  readonly linkedAtMs: number;
  readonly lastSignInAtMs: number | null;
  /** False: its provider is not offered here any more. */
  readonly isUsable: boolean;
  /** True: nothing else opens the account, so that it stays. */
  readonly isOnlyWayIn: boolean;
}

/** `/account/linked/`. Posts `issuer`, `subject` and `csrf` there, to unlink. */
export interface LinkedPage {
  readonly page: 'linked';
  readonly accounts: readonly LinkedAccountView[];
  /** Those that can be linked. */
  readonly providers: readonly ProviderLink[];
  readonly notice: Notice | null;
}

/** `/account/linked/add/`. Posts `arrival` and `csrf` there. */
export interface LinkPage {
  readonly page: 'link';
  readonly provider: string;
  /** What the person knows the account there by; empty: not known. */
  readonly label: string;
  /** Of the account here. */
  readonly username: string;
  /** Whom the provider identified, sealed. */
  readonly arrival: string;
}
