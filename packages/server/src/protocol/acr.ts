/**
 * Authentication context classes (OpenID Connect Core §2): how strong a sign-in was, in one word.
 *
 * Owns the list, which metadata and the ID token both read, and how a sign-in comes by its class.
 */
import type { AuthenticationEvent } from './ports/people.ts';

/** `1`: one factor, such as a password; `2`: two. Numbers, as most relying parties compare levels. */
export const ACR_VALUES = ['1', '2'] as const;

/** Whether some sign-in here can have this class. */
export function isReachableAcr(value: unknown): boolean {
  return (ACR_VALUES as readonly unknown[]).includes(value);
}

/** The class of a sign-in; null: nothing is known of how it was done, so that nothing is claimed of it. */
export function acrOf({ amr }: Pick<AuthenticationEvent, 'amr'>): (typeof ACR_VALUES)[number] | null {
  if (amr.length === 0) return null;
  // RFC 8176 §2: more than one way was used.
  return amr.includes('mfa') ? '2' : '1';
}

/** Whether only a class above that of one factor will do, of these. */
export function wantsTwoFactors(values: readonly unknown[]): boolean {
  return values.includes('2') && !values.includes('1');
}
