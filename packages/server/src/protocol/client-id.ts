/**
 * A `client_id` as it comes from outside.
 *
 * Owns the step from text to the checked type; which application it names is `ApplicationReader`.
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
