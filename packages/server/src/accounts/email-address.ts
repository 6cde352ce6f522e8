/**
 * E-mail addresses: what one is, how it is kept, and when two are the same mailbox.
 *
 * Owns exactly one address from one field (CVE-2022-35924), normalised before it is judged (Auth.js GHSA-7rqj-j65f-68wh), and
 * kept in ASCII, so that nothing behind us maps it once more to somebody else's domain. Whether it is its owner's is verification.
 */
import { domainToASCII } from 'node:url';
import type { EmailKey } from './ports.ts';
import { type FieldProblem, fieldProblem } from './problems.ts';

/** RFC 5321 §4.5.3.1.3 less the angle brackets. */
export const EMAIL_CHARACTERS_MAX = 254;
/** RFC 5321 §4.5.3.1.1. */
const LOCAL_PART_CHARACTERS_MAX = 64;

/** RFC 5321 §4.1.2 `Dot-string`. Quoted local parts and internationalised ones (RFC 6531) are not taken: few servers are. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
/** RFC 1123 §2.1: labels of letters, digits and inner hyphens; the last is no number. */
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/;

/** An address, or what is wrong with it. */
export type ParsedEmailAddress =
  | {
      readonly outcome: 'valid';
      /** The local part as typed, the domain in ASCII and lower case (`xn--…` for an international one). */
      readonly address: string;
      readonly key: EmailKey;
    }
  | { readonly outcome: 'invalid'; readonly problem: FieldProblem };

/** Reads one address. Problems are the field `email`'s. */
export function parseEmailAddress(text: string): ParsedEmailAddress {
  if (text.length > 4 * EMAIL_CHARACTERS_MAX) return invalid('problem.text.tooLong');
  const normalised = text.normalize('NFC').trim();
  if (normalised === '') return invalid('problem.required');
  const at = normalised.lastIndexOf('@');
  const localPart = normalised.slice(0, Math.max(at, 0));
  const domain = asciiDomain(normalised.slice(at + 1));
  const address = `${localPart}@${domain}`;
  if (address.length > EMAIL_CHARACTERS_MAX) return invalid('problem.text.tooLong');
  const isWellFormed =
    LOCAL_PART.test(localPart) &&
    localPart.length <= LOCAL_PART_CHARACTERS_MAX &&
    // A single label is a mistyped domain ("alice@gmail"), but for a machine's own mail.
    (DOMAIN.test(domain) || domain === 'localhost');
  return isWellFormed
    ? { outcome: 'valid', address, key: address.toLowerCase() as EmailKey }
    : invalid('problem.email.invalid');
}

/**
 * The key of what may be an address, to look it up. RFC 5321 §2.4 lets a host tell `Bob` from `bob`; none in use does, and
 * people type both (D38).
 */
export function emailKeyOf(text: string): EmailKey {
  const parsed = parseEmailAddress(text);
  return parsed.outcome === 'valid' ? parsed.key : (text.normalize('NFC').trim().toLowerCase() as EmailKey);
}

/** UTS #46 processing, as browsers do it; empty for what is no domain, as anything with a character of a URL's syntax is. */
function asciiDomain(domain: string): string {
  return /^[\p{L}\p{M}\p{Nd}.-]+$/u.test(domain) ? domainToASCII(domain) : '';
}

function invalid(code: 'problem.required' | 'problem.text.tooLong' | 'problem.email.invalid'): ParsedEmailAddress {
  const values = code === 'problem.text.tooLong' ? { maximum: EMAIL_CHARACTERS_MAX } : undefined;
  return { outcome: 'invalid', problem: fieldProblem('email', code, values) };
}
