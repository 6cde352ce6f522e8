/** Models of the pages of second factors. Owns the types. */
import type { ApplicationName, FormState, HiddenField, Notice } from './context.ts';

/** An authenticator app. */
export interface AuthenticatorView {
  readonly id: string;
  /** What its owner calls it; empty: nothing. */
  readonly label: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** What the browser is asked for with a passkey: for a script of the page, which sends the answer with the form. */
export interface PasskeyRequest {
  /** The options of the request as JSON. */
  readonly options: string;
  /** Sealed; comes back with the answer. */
  readonly challenge: string;
}

/** A passkey. */
export interface PasskeyView {
  readonly id: string;
  readonly label: string;
  /** True: its owner's other devices may have it too. */
  readonly isBackupEligible: boolean;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** `/account/security/`. Posts `csrf` and `remove` (an authenticator's id) or `do` (`codes`, `forget`) there. */
export interface SecurityPage {
  readonly page: 'security';
  readonly passkeys: readonly PasskeyView[];
  /** False: at this server's address browsers know no passkeys. */
  readonly takesPasskeys: boolean;
  readonly authenticators: readonly AuthenticatorView[];
  /** How many are left. */
  readonly recoveryCodes: number;
  readonly notice: Notice | null;
}

/** `/account/security/passkey/`. Posts `label`, `credential`, `challenge` and `csrf` there. */
export interface NewPasskeyPage {
  readonly page: 'new-passkey';
  readonly form: FormState<'label'>;
  /** The browser, of which the page makes a first name; null: a name was typed. */
  readonly userAgent: string | null;
  /** Own-origin address to go on to afterwards, posted as `next`; null: to the page of second factors. */
  readonly next: string | null;
  readonly request: PasskeyRequest;
}

/** `/account/security/passkey/:id/`. Posts `label` and `csrf`, or `do` (`remove`), there. */
export interface PasskeyPage {
  readonly page: 'passkey';
  readonly passkey: PasskeyView;
  readonly form: FormState<'label'>;
}

/** Fields of the form that adds an authenticator. */
export type AuthenticatorField = 'code' | 'label';

/** `/account/security/authenticator/`. Posts its fields, `seed` and `csrf` there. */
export interface AuthenticatorPage {
  readonly page: 'authenticator';
  readonly form: FormState<AuthenticatorField, 'code'>;
  /** The new seed, sealed. */
  readonly seed: string;
  /** `otpauth://…`, shown as a QR code and as a link. */
  readonly uri: string;
  /** Base32, for typing. */
  readonly key: string;
  /** Own-origin address to go on to afterwards, posted as `next`; null: to the page of second factors. */
  readonly next: string | null;
}

/** New recovery codes, shown once. */
export interface RecoveryCodesPage {
  readonly page: 'recovery-codes';
  readonly codes: readonly string[];
  /** Own-origin address to go on to; null: to the page of second factors. */
  readonly next: string | null;
}

/** A second factor is asked for by an application or a group, and there is none yet: `/account/security/required/`, and wherever it is asked. */
export interface SetUpFactorPage {
  readonly page: 'set-up-factor';
  /** That asks for it, or that one was on the way to; null: none. */
  readonly application: ApplicationName | null;
  /** A group of the person asks for it. */
  readonly byGroup: boolean;
  /** Own-origin address to go on to afterwards. */
  readonly next: string;
  /** What Cancel posts, with `csrf`: back to the application, with a refusal; null: one goes on without, or there is nothing to turn back from. */
  readonly turnBack: { readonly action: string; readonly hidden: readonly HiddenField[] } | null;
  /** Own-origin address of going on without one; null: it is required. */
  readonly goOnUrl: string | null;
  /** Own-origin address to sign in as somebody else and go on; null: sign out instead. */
  readonly switchAccountUrl: string | null;
}
