/** Model of the page behind an invitation's link. Owns the type. */
import type { FormState, PasswordRule, ProviderLink } from './context.ts';
import type { ProfileFieldView } from './profile-field.ts';

/** Fields of the form of a new account; its address is the invitation's. */
export type InvitationField = 'username' | 'first_name' | 'last_name' | 'password';

/** What an invitation opens, and for whom. */
export interface InvitationTerms {
  readonly address: string;
  /** The inviter's username; null: the operator. */
  readonly invitedBy: string | null;
  /** Names. */
  readonly groups: readonly string[];
  readonly isSuperuser: boolean;
  readonly expiresAtMs: number;
}

/** `/invitation/?token=…`. Posts its fields, `token` and `csrf` to `/invitation/`; `do` is `join` where somebody accepts. */
export interface InvitationPage extends InvitationTerms {
  readonly page: 'invitation';
  readonly token: string;
  readonly way:
    | {
        readonly kind: 'sign_up';
        readonly form: FormState<InvitationField, 'password'>;
        readonly fields: readonly ProfileFieldView[];
        readonly passwordRule: PasswordRule;
        /** Instead of a password. */
        readonly elsewhere: readonly ProviderLink[];
      }
    /** An account has verified the address. */
    | { readonly kind: 'sign_in' }
    | { readonly kind: 'join'; readonly username: string }
    /** Whoever is signed in has not verified the address. */
    | { readonly kind: 'other_account'; readonly username: string };
}

/** `/signup/` where accounts are made by invitation alone. */
export interface InvitationOnlyPage {
  readonly page: 'invitation-only';
}
