/**
 * What pages say: ICU MessageFormat texts in `messages/<tag>.json`, one file a language, flat keys.
 *
 * Owns the languages that exist, the choice among them, and the type of a problem that comes in from outside. A new
 * language is a new file beside the others and its line in `CATALOGUES`; a test compares every file with English.
 */
import { IntlMessageFormat } from 'intl-messageformat';
import type { ComponentChild } from 'preact';
import type { MESSAGE_PARAMETERS } from './message-parameters.ts';
import en from './messages/en.json' with { type: 'json' };
import fr from './messages/fr.json' with { type: 'json' };

/** Every key that there is. English is the measure. */
export type MessageKey = keyof typeof en;
/** The values that the message `Key` takes; `never` where it takes none. */
export type MessageValues<Key extends MessageKey> = Key extends keyof typeof MESSAGE_PARAMETERS
  ? { readonly [Name in (typeof MESSAGE_PARAMETERS)[Key][number]]: string | number }
  : never;
/** Nothing, or the values: the rest of the arguments after a key. */
export type MessageArguments<Key extends MessageKey> = [MessageValues<Key>] extends [never]
  ? []
  : [values: MessageValues<Key>];

/** The keys that a caller may report a problem with. */
export type ProblemKey = Extract<MessageKey, `problem.${string}`>;
/** What is wrong with a field or a form, in no language yet. Made by {@link problem}. */
export interface Problem {
  readonly key: ProblemKey;
  readonly values?: Readonly<Record<string, string | number>>;
}

const CATALOGUES: Readonly<Record<'en' | 'fr', Readonly<Record<MessageKey, string>>>> = { en, fr };

/** BCP 47 tag of a language that pages exist in. */
export type Locale = keyof typeof CATALOGUES;

/** All languages, in the order in which the footer offers them. */
export const LOCALES = Object.keys(CATALOGUES) as readonly Locale[];

/** What a language calls itself, for the footer. */
export function languageName(locale: Locale): string {
  return CATALOGUES[locale]['language.name'];
}

/** Names a problem, with the values that its message needs: `problem('problem.password.tooShort', { minimum: 8 })`. */
export function problem<Key extends ProblemKey>(key: Key, ...values: MessageArguments<Key>): Problem {
  const [given] = values;
  return given === undefined ? { key } : { key, values: given };
}

/** Takes a tag from outside (cookie, form, profile) for a language of ours; null when it is none. */
export function parseLocale(tag: string | null | undefined): Locale | null {
  return LOCALES.find((locale) => locale === tag) ?? null;
}

/**
 * The language of a page: what the person chose (profile, then cookie; null or unknown: not chosen), else the best of
 * `Accept-Language` (RFC 9110 §12.5.4), else English.
 */
export function chooseLocale(
  chosen: readonly (string | null | undefined)[],
  acceptLanguage: string | undefined,
): Locale {
  for (const tag of chosen) {
    const locale = parseLocale(tag);
    if (locale !== null) return locale;
  }
  for (const range of languageRanges(acceptLanguage ?? '')) {
    const locale = parseLocale(range.split('-')[0]);
    if (locale !== null) return locale;
  }
  return 'en';
}

/** Says a message in the language that it was made for. */
export type Say = <Key extends MessageKey>(key: Key, ...values: MessageArguments<Key>) => string;
/** As {@link Say}, with values that are elements: the message comes back in pieces, for a page to show. */
export type SayRich = <Key extends MessageKey>(
  key: Key,
  values: Readonly<Record<keyof MessageValues<Key>, ComponentChild>>,
) => ComponentChild[];

/** The texts of one language. */
export interface Messages {
  readonly say: Say;
  readonly sayRich: SayRich;
  readonly sayProblem: (problem: Problem) => string;
}

/**
 * The texts of one language. Every message may use `{brand}` besides its own parameters.
 * @throws when a message's values are not given: a bug, found by the tests of every page.
 */
export function messagesIn(locale: Locale, brand: string): Messages {
  const format = (key: MessageKey, values?: Readonly<Record<string, string | number>>): string =>
    String(compiled(locale, key).format({ ...values, brand }));
  return {
    say: (key, ...values) => format(key, values[0]),
    sayRich(key, values) {
      const pieces = compiled(locale, key).format<ComponentChild>({ ...values, brand });
      return Array.isArray(pieces) ? pieces : [pieces];
    },
    sayProblem: (given) => format(given.key, given.values),
  };
}

/** Parsed once a process: parsing costs a hundred times what formatting does. */
const parsed = new Map<string, IntlMessageFormat>();

function compiled(locale: Locale, key: MessageKey): IntlMessageFormat {
  const name = `${locale} ${key}`;
  const known = parsed.get(name);
  if (known !== undefined) return known;
  // ignoreTag: texts are text. Markup stands in the pages, where it is escaped.
  const made = new IntlMessageFormat(CATALOGUES[locale][key], locale, undefined, { ignoreTag: true });
  parsed.set(name, made);
  return made;
}

/** RFC 9110 §12.5.4: ranges by falling weight, those of weight 0 left out. At most 20 are looked at. */
function languageRanges(header: string): string[] {
  return header
    .slice(0, 1_000)
    .split(',')
    .slice(0, 20)
    .map((item) => {
      const [range = '', ...parameters] = item.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return { range: range.toLowerCase(), weight: Number.parseFloat(weight) };
    })
    .filter(({ range, weight }) => range !== '' && weight > 0)
    .sort((left, right) => right.weight - left.weight)
    .map(({ range }) => range);
}
