/** Models of the pages behind mailed links, and of those that have one mailed. Owns the types. */
import type { ApplicationName, FormState, PasswordRule } from './context.ts';

/** `/email/verify/`: a message was sent. Posts `code`, `next` and `csrf` there. It says the same for every address. */
export interface CheckMailPage {
  readonly page: 'check-mail';
  readonly form: FormState<'code'>;
  /** Own-origin path to go to afterwards; null: none. */
  readonly next: string | null;
}

/** `/email/verify/?token=…`. Posts `token`, `next` and `csrf` to `/email/verify/`. */
export interface VerifyAddressPage {
  readonly page: 'verify-address';
  /** Of the account: whoever did not make it sees that it is not theirs. */
  readonly username: string;
  readonly address: string;
  readonly token: string;
  readonly next: string | null;
}

/** `/login/mail/`: asks for an address to mail a code to. Posts `email`, `next` and `csrf` there. */
export interface MailSignInPage {
  readonly page: 'mail-sign-in';
  readonly form: FormState<'email'>;
  readonly next: string | null;
  readonly application: ApplicationName | null;
}

/** `/login/mail/code/`: a message was sent. Posts `code`, `next` and `csrf` there. It says the same for every address. */
export interface MailCodePage {
  readonly page: 'mail-code';
  readonly form: FormState<'code'>;
  readonly next: string | null;
  readonly application: ApplicationName | null;
}

/** `/login/mail/code/?token=…`. Posts `token`, `next` and `csrf` to `/login/mail/code/`. */
export interface MailLinkPage {
  readonly page: 'mail-link';
  readonly username: string;
  readonly token: string;
  readonly next: string | null;
}

/** `/password/reset/`. Posts `email` and `csrf` there. */
export interface ResetAskPage {
  readonly page: 'reset-ask';
  readonly form: FormState<'email'>;
  /** False: no mail is sent, and the page says whom to ask. */
  readonly hasMail: boolean;
}

/** The answer to it, whoever asked. */
export interface ResetSentPage {
  readonly page: 'reset-sent';
}

/** `/password/reset/?token=…`. Posts `token`, `password` and `csrf` to `/password/reset/`. */
export interface ResetPasswordPage {
  readonly page: 'reset-password';
  readonly form: FormState<'password', 'password'>;
  readonly token: string;
  readonly username: string;
  readonly passwordRule: PasswordRule;
}

/** A message that was kept instead of being sent. */
export interface KeptMailView {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly queuedAtMs: number;
}

/** `/dev/mail/`, for developers. */
export interface KeptMailPage {
  readonly page: 'kept-mail';
  /** The newest first. */
  readonly messages: readonly KeptMailView[];
}

/** All of them. */
export type MailPage =
  | CheckMailPage
  | MailSignInPage
  | MailCodePage
  | MailLinkPage
  | VerifyAddressPage
  | ResetAskPage
  | ResetSentPage
  | ResetPasswordPage
  | KeptMailPage;
