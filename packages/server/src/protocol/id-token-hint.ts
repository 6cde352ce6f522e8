/**
 * What is wrong with an `id_token_hint` that is no signed ID token of ours (OpenID Connect Core §3.1.2.1).
 *
 * Owns the words, for authorization and for logout. Whose hint it is, each of them asks for itself.
 */
import { protocolError } from './errors.ts';

/** RFC 7516 §3.1: five parts. The key that opens it is the application's, so that nobody can read it here. */
export function isEncrypted(hint: string): boolean {
  return hint.split('.').length === 5;
}

/** It is another's, or none, or altered. */
export const BAD_HINT = protocolError('invalid_request', 'The id_token_hint is not an ID token of this server.');
/** "The Client MUST decrypt the signed ID Token contained within the encrypted ID Token." */
export const ENCRYPTED_HINT = protocolError(
  'invalid_request',
  'The id_token_hint is encrypted: decrypt it and send the signed ID token inside (OpenID Connect Core section 3.1.2.1).',
);
