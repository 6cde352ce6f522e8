/** Models of the pages of second factors. Owns the types. */
import type { FormState, Notice } from './context.ts';

/** An authenticator app. */
export interface AuthenticatorView {
  readonly id: string;
  /** What its owner calls it; empty: nothing. */
  readonly label: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** `/account/security/`. Posts `csrf` and `remove` (an authenticator's id) or `do` (`codes`, `forget`) there. */
export interface SecurityPage {
  readonly page: 'security';
  readonly authenticators: readonly AuthenticatorView[];
  /** How many are left. */
  readonly recoveryCodes: number;
  readonly notice: Notice | null;
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
}

/** New recovery codes, shown once. */
export interface RecoveryCodesPage {
  readonly page: 'recovery-codes';
  readonly codes: readonly string[];
}
