/**
 * What mail says: ICU MessageFormat texts in `messages/<tag>.json`, one file a language, as the pages have theirs.
 *
 * Owns the languages of mail and the formatting. A new language is a new file beside the others and its line in `CATALOGUES`; a
 * test compares every file with English. Which text stands where is `compose.tsx`.
 */
import { IntlMessageFormat } from 'intl-messageformat';
import type { MailReading } from '../accounts/ports/mail.ts';
import { zoneOrUtc } from '../vocabulary/time.ts';
import en from './messages/en.json' with { type: 'json' };
import fr from './messages/fr.json' with { type: 'json' };

/** Every key that there is. English is the measure. */
export type MailTextKey = keyof typeof en;

const CATALOGUES: Readonly<Record<string, Readonly<Record<MailTextKey, string>>>> = { en, fr };

/** The languages of mail, as BCP 47 tags. */
export const MAIL_LANGUAGES: readonly string[] = Object.keys(CATALOGUES);

/** Says a text with its values. */
export type SayMail = (key: MailTextKey, values?: Readonly<Record<string, string | number>>) => string;

/** The texts of one language; of English, where the account's is none of ours. */
export interface MailTexts {
  /** BCP 47. */
  readonly tag: string;
  readonly say: SayMail;
  /** An instant in words, in the reader's zone, which it names: "14 March 2026 at 16:09 CET". */
  readonly instant: (epochMs: number) => string;
}

/** The texts for a reader. @param brand a value that every text may use. */
export function mailTexts({ locale, zoneInfo }: MailReading, brand: string): MailTexts {
  const tag = locale !== null && Object.hasOwn(CATALOGUES, locale) ? locale : 'en';
  const catalogue = CATALOGUES[tag] ?? en;
  // The day before the month in English too, as on the pages.
  const moment = new Intl.DateTimeFormat(tag === 'en' ? 'en-GB' : tag, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone: zoneOrUtc(zoneInfo),
  });
  return {
    tag,
    say: (key, values) => {
      const format = new IntlMessageFormat(catalogue[key], tag, undefined, { ignoreTag: true });
      return String(format.format({ ...values, brand }));
    },
    instant: (epochMs) => moment.format(epochMs),
  };
}
