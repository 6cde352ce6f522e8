/**
 * The header of a JWT that somebody sent (RFC 7515 §4), before anything of it is proven.
 *
 * Owns that its members are what the specification has there: `jose` gives them as they came, so that an `alg` may be a number.
 */
import { decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose';

/**
 * Reads the header.
 * @returns null: no JWS of three parts in compact form, or `alg`, `typ` or `kid` is no text (RFC 7515 §4.1.1, §4.1.4, §4.1.9).
 */
export function readJoseHeader(jwt: string): ProtectedHeaderParameters | null {
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(jwt);
  } catch {
    return null;
  }
  const members: readonly unknown[] = [header.alg, header.typ, header.kid];
  return members.every((member) => member === undefined || typeof member === 'string') ? header : null;
}
