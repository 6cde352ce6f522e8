/**
 * What every page is given beside its own model, and the pieces that several models share: the person, forms, notices.
 * Owns the types.
 */
import type { Locale, Problem } from '../messages.ts';

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
  /** False: at this server's address browsers know no passkeys. */
  readonly takesPasskeys: boolean;
  /** The present, for "3 minutes ago". */
  readonly nowMs: number;
  /** IANA name of the zone that times are written in, `UTC` where none is known. */
  readonly timeZone: string;
  /** People sign in here by accounts elsewhere: their pages lead to those that are linked. */
  readonly hasElsewhere: boolean;
}

/** Files that pages refer to. `brand.css` is made by `brandStylesheet`, `webauthn.js` is of `@simplewebauthn/browser`, the rest lie in `assets/`. */
export type AssetName =
  | 'diapason.css'
  | 'brand.css'
  | 'diapason.js'
  | 'form-post.js'
  | 'passkeys.js'
  | 'webauthn.js'
  | 'favicon.svg';

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
  /** When the account is deleted, as its owner asked; null: it stays. */
  readonly deletesAtMs: number | null;
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

/** A way in by an account elsewhere. */
export interface ProviderLink {
  readonly name: string;
  /** Own-origin path that leads there. */
  readonly href: string;
}

/** How long a password must be, and is advised to be, in characters. */
export interface PasswordRule {
  readonly minimum: number;
  readonly advised: number;
}

/** A field that the form carries along unseen. */
export interface HiddenField {
  readonly name: string;
  readonly value: string;
}

/** What was just done, said once on top of the page that it led to. */
export type Notice =
  | 'profile-saved'
  | 'picture-saved'
  | 'picture-removed'
  | 'password-changed'
  | 'authenticator-added'
  | 'authenticator-removed'
  | 'passkey-added'
  | 'passkey-renamed'
  | 'passkey-removed'
  | 'devices-forgotten'
  | 'session-ended'
  | 'other-sessions-ended'
  | 'account-kept'
  | 'application-registered'
  /** The form came twice. */
  | 'application-registered-before'
  | 'application-saved'
  | 'application-deleted'
  /** The form came twice. */
  | 'secret-added-before'
  | 'secret-removed'
  | 'secret-not-added'
  | 'secret-not-removed'
  | 'disconnected'
  | 'signed-up'
  | 'email-verified'
  | 'email-added'
  | 'email-removed'
  | 'email-primary'
  | 'email-mailed'
  | 'password-reset'
  | 'group-made'
  | 'group-deleted'
  | 'group-saved'
  | 'member-added'
  | 'member-there'
  | 'member-removed'
  | 'invitation-sent'
  | 'invitation-revoked'
  | 'invitation-not-revoked'
  | 'invitation-accepted'
  | 'identity-linked'
  | 'identity-unlinked'
  /** Nothing else opens the account. */
  | 'identity-last'
  /** An account has the address of the one elsewhere: its owner signs in first. */
  | 'link-first'
  /** The session ended while a form was filled in: what was typed is kept. */
  | 'typed-kept';
