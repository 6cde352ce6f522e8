/**
 * What counts as one email address.
 *
 * Owns the shape alone: whether it works nobody can tell by looking.
 */

/** RFC 5321 §4.5.3.1.3 */
export const EMAIL_LENGTH_MAX = 254;

/** One address, no list (CVE-2022-35924), with nothing in it that is not seen. */
export function isEmailAddress(text: string): boolean {
  return text.length <= EMAIL_LENGTH_MAX && /^[^\s@,;<>"\p{C}]+@[^\s@,;<>"\p{C}]+$/u.test(text);
}
