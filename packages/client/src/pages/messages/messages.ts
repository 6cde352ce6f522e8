/**
 * The pages' languages.
 *
 * Owns the choice of a language. The texts are one file for each; English is the one that the others are typed after.
 */
import { en, type Messages } from './en.ts';
import { fr } from './fr.ts';

/** A language of the pages, by its code (BCP 47). */
export type Language = 'en' | 'fr';

/** The languages with their own names. */
export const LANGUAGES: readonly { readonly language: Language; readonly name: string }[] = [
  { language: 'en', name: 'English' },
  { language: 'fr', name: 'Français' },
];

const catalogue: Readonly<Record<Language, Messages>> = { en, fr };

/** The texts in a language. */
export function messagesIn(language: Language): Messages {
  return catalogue[language];
}

/** True for a language that the pages have. */
export function isLanguage(text: string | null): text is Language {
  return text !== null && Object.hasOwn(catalogue, text);
}

/** What the person chose, else what their browser asks for (RFC 9110 §12.5.4), else English. */
export function preferredLanguage(chosen: string | null, acceptLanguage: string | null): Language {
  if (isLanguage(chosen)) return chosen;
  const wanted = (acceptLanguage ?? '')
    .slice(0, 1_000)
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.trim().split(';');
      const quality = parameters.map((each) => /^\s*q=([\d.]+)/.exec(each)?.[1]).find((q) => q !== undefined);
      return { language: range.trim().slice(0, 2).toLowerCase(), quality: Number(quality ?? 1) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality);
  for (const { language } of wanted) if (isLanguage(language)) return language;
  return 'en';
}
