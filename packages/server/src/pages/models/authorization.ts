/**
 * Models of the pages on which people answer applications and devices: consent, codes, the form that posts an answer.
 * Owns the types.
 */

import type { Locale } from '../messages.ts';
import type { ApplicationName, FormState, HiddenField } from './context.ts';
import type { LocalWords } from './profile-field.ts';

/** A scope, to be put in words. */
export interface ScopeView {
  readonly name: string;
  /** The operator's words for a scope that they declared; null: its bare name. Ours have words in every language. */
  readonly description: string | null;
  /** The operator's fields that it opens; `value`: what the person has in it, where that is shown and there is something. */
  readonly fields?: readonly { readonly label: LocalWords; readonly value: LocalWords | string | null }[];
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
  readonly owner: ApplicationOwner;
  /** Pages about the application, of its own. */
  readonly links: readonly ApplicationLink[];
  /** All that is asked for, in the order of the request. */
  readonly scopes: readonly ScopeView[];
  /** Those of `scopes` that were allowed earlier; not empty: only the rest is new. */
  readonly allowedEarlier: readonly string[];
  /** All of what is asked for in detail (RFC 9396), allowed earlier or not: it is said exactly, or it means nothing. */
  readonly details: readonly DetailView[];
  /** Hosts (or URIs without one) at which alone the access can be used; empty: the request names none. */
  readonly resources: readonly string[];
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

/** Who answers for an application: the operator, the person who registered it, or nobody. `host`: where its document is. */
export type ApplicationOwner =
  | { readonly kind: 'operator' }
  | { readonly kind: 'person'; readonly username: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'document'; readonly host: string };

/** A page of an application's own, on another site: its host is a part of the link's words. */
export interface ApplicationLink {
  readonly about: 'client' | 'policy' | 'tos';
  readonly url: string;
  readonly host: string;
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

/** The question whether a device may. Posts `user_code`, `question` and `csrf` to `/o/device/decision/`; the button Allow adds `allow`. */
export interface DeviceConsentPage {
  readonly page: 'device-consent';
  /** `XXXX-XXXX`. */
  readonly userCode: string;
  /** Goes back as it is: the answer counts for what is asked here, and nothing else. */
  readonly question: string;
  readonly application: ApplicationName;
  readonly owner: ApplicationOwner;
  readonly links: readonly ApplicationLink[];
  readonly scopes: readonly ScopeView[];
  readonly details: readonly DetailView[];
  /** Hosts (or URIs without one) at which alone the access can be used; empty: the request names none. */
  readonly resources: readonly string[];
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
