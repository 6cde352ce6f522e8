/**
 * Forms that make something, sent twice: by a second click, by a reload of the answer. Each page that holds one gives it an id;
 * what is made takes its own id from that, so that the database itself lets it come to be once, whichever process is asked.
 *
 * Owns that derivation alone. Nothing is stored for it.
 */
import { createHash } from 'node:crypto';
import type { Randomness } from '../vocabulary/credentials.ts';

/** The id of one form on one page. */
export type FormId = string & { readonly brand: 'FormId' };

/** For a page that is shown now: 128 random bits. */
export function newFormId(randomness: Randomness): FormId {
  return randomness(16).toString('hex') as FormId;
}

/** The id that a form brought back; null: none of ours. */
export function presentedFormId(text: string | null): FormId | null {
  return text !== null && /^[0-9a-f]{32}$/.test(text) ? (text as FormId) : null;
}

/**
 * The id of what a form makes. 128 bits of SHA-256.
 * @param maker who or what it is made for: the same form id of somebody else makes something else.
 */
export function idMadeBy(form: FormId, purpose: 'application' | 'client_secret', maker: string): string {
  return createHash('sha256')
    .update(JSON.stringify([purpose, maker, form]))
    .digest('hex')
    .slice(0, 32);
}
