/**
 * What every component is handed: the page's context and the texts in its language.
 *
 * Owns the way words are made of instants and durations. Reads no clock: "ago" is counted from `context.nowMs`.
 */
import { type Messages, messagesIn } from '../messages.ts';
import type { PageContext } from '../models/context.ts';

/** Context and texts, made once a page. */
export interface Ui extends Messages {
  readonly context: PageContext;
}

/** What a view is called with. */
export interface ViewProps<Model> {
  readonly ui: Ui;
  readonly model: Model;
}

/** Makes the texts of the page's language. */
export function uiFor(context: PageContext): Ui {
  return { context, ...messagesIn(context.locale, context.brand.name) };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** An instant as people say it: "5 minutes ago" within a week, the date before that. */
export function agoWords(ui: Ui, atMs: number): string {
  const agoMs = ui.context.nowMs - atMs;
  const relative = relativeFormat(ui.context.locale);
  // A clock that ran ahead elsewhere (another process) must not lead to "in 2 seconds".
  if (agoMs < MINUTE_MS) return relative.format(0, 'second');
  if (agoMs < HOUR_MS) return relative.format(-Math.floor(agoMs / MINUTE_MS), 'minute');
  if (agoMs < DAY_MS) return relative.format(-Math.floor(agoMs / HOUR_MS), 'hour');
  if (agoMs < 7 * DAY_MS) return relative.format(-Math.floor(agoMs / DAY_MS), 'day');
  return dateWords(ui, atMs);
}

/** The date, in the zone of the context: "3 January 2026". */
export function dateWords(ui: Ui, atMs: number): string {
  const { locale, timeZone } = ui.context;
  // The day before the month in English too: readers are as likely in Europe as anywhere, and no order can be misread.
  const tag = locale === 'en' ? 'en-GB' : locale;
  return dateFormat(tag, timeZone).format(atMs);
}

/** The date with the time of day and the name of the zone: "3 January 2026 at 14:05 UTC". */
export function timeWords(ui: Ui, atMs: number): string {
  const { locale, timeZone } = ui.context;
  return timeFormat(locale === 'en' ? 'en-GB' : locale, timeZone).format(atMs);
}

/** The date with the time of day to the second, short: for what happens many times a minute. */
export function exactWords(ui: Ui, atMs: number): string {
  const { locale, timeZone } = ui.context;
  return exactFormat(locale === 'en' ? 'en-GB' : locale, timeZone).format(atMs);
}

/** A duration in the largest unit that leaves no rest: 3600 is "1 hour", 5400 "90 minutes". */
export function durationWords(ui: Ui, seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  const [unit, size] =
    units.find(([, length]) => seconds >= length && seconds % length === 0) ?? (['second', 1] as const);
  const words = unitFormat(ui.context.locale, unit);
  // CLDR keeps number and unit on one line in some languages and units, and not in others.
  return words.format(seconds / size).replaceAll(' ', '\u00a0');
}

// Kept: making a formatter costs a hundred times what using it does. Their number is that of the languages and zones.
const relativeFormat = kept((locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
const dateFormat = kept((tag, timeZone) => new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone }));
const timeFormat = kept(
  (tag, timeZone) =>
    new Intl.DateTimeFormat(tag, {
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'short',
      timeZone,
    }),
);
const exactFormat = kept(
  (tag, timeZone) =>
    new Intl.DateTimeFormat(tag, {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'short',
      timeZone,
    }),
);
const unitFormat = kept((locale, unit) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }));

function kept<Names extends string[], Made>(make: (...names: Names) => Made): (...names: Names) => Made {
  const known = new Map<string, Made>();
  return (...names) => {
    const name = names.join(' ');
    const found = known.get(name) ?? make(...names);
    known.set(name, found);
    return found;
  };
}
