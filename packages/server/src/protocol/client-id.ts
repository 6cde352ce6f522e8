/**
 * A `client_id` as it comes from outside.
 *
 * Owns the step from text to the checked type, and which are addresses of documents; which application it names is `ApplicationReader`.
 */
import { type ClientId, clientId } from '../vocabulary/identifiers.ts';

/** Takes what a request sent for a client id; null where it cannot be one (RFC 6749 §A.1), so that no look-up is made. */
export function presentedClientId(text: string): ClientId | null {
  try {
    return clientId(text);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Whether a client id is the address of a client document (draft-ietf-oauth-client-id-metadata-document §3): https, with a path,
 * without fragment, user information and dot segments. It has to be written as the URL parser writes it, which leaves none of these
 * in it (but the first three), so that two texts are never one address.
 */
export function isDocumentAddress(id: ClientId): boolean {
  const url = id.startsWith('https://') ? URL.parse(id) : null;
  if (url === null || url.href !== id || id.includes('#')) return false;
  return url.username === '' && url.password === '';
}
