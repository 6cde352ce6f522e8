/**
 * Time, passed in. Nothing but `app.ts` reads the machine's clock, so that tests move it.
 * Instants are whole milliseconds since 1970-01-01T00:00:00Z; the wire's NumericDate is seconds.
 */

/** Gives the present instant in epoch milliseconds. */
export type Clock = () => number;

/** Epoch milliseconds to RFC 7519 §2 NumericDate: whole seconds, rounded down. */
export function numericDate(epochMs: number): number {
  return Math.floor(epochMs / 1000);
}

/** IANA names of the time zones that this release knows, without those that are another name of one of them. */
export const TIME_ZONES: readonly string[] = Intl.supportedValuesOf('timeZone');

/** The zone that times are written in for somebody: theirs; UTC where they have none, or one that this release does not know. */
export function zoneOrUtc(zoneInfo: string | null): string {
  return zoneInfo !== null && timeZoneNamed(zoneInfo) !== null ? zoneInfo : 'UTC';
}

/**
 * The IANA name of a zone, whichever case it was written in. Another name of a zone stays that name: Asia/Kolkata as well as
 * Asia/Calcutta. null: there is no such zone; an offset such as +02:00 is none, since it knows no summer.
 */
export function timeZoneNamed(name: string): string | null {
  if (LISTED.has(name)) return name;
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(name)) return null;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name;
  } catch {
    return null;
  }
}

const LISTED: ReadonlySet<string> = new Set(TIME_ZONES);
