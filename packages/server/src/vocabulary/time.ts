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
