/**
 * Proof Key for Code Exchange (RFC 7636), method S256 alone (ASVS 10.4.6).
 *
 * Owns the shapes and both checks: of the challenge at the authorization endpoint, of the verifier at the token endpoint.
 */
import { createHash } from 'node:crypto';
import { equalInConstantTime } from '../vocabulary/credentials.ts';
import { type Application, requiresPkce } from './application.ts';
import { type ProtocolError, protocolError } from './errors.ts';

/** What metadata advertises and what is accepted. `plain` protects nothing that the redirect does not show. */
export const CODE_CHALLENGE_METHODS = ['S256'] as const;

/** BASE64URL of a SHA-256: 43 characters (RFC 7636 §4.2). */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
/** RFC 7636 §4.1: 43*128unreserved. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

/** Checks what an authorization request sends. @returns the refusal (`invalid_request`), or null. */
export function challengeFault(
  sent: { readonly challenge: string | null; readonly method: string | null },
  application: Pick<Application, 'type' | 'settings' | 'requirePkce'>,
): ProtocolError | null {
  if (sent.challenge === null) {
    if (sent.method !== null) {
      return protocolError('invalid_request', 'There is a code_challenge_method without a code_challenge (RFC 7636).');
    }
    // RFC 9700 §2.1.1: public clients must use it.
    if (requiresPkce(application)) {
      return protocolError(
        'invalid_request',
        'This application must use PKCE: send code_challenge and code_challenge_method=S256 (RFC 7636).',
      );
    }
    return null;
  }
  // RFC 7636 §4.3: without a method it would be plain.
  if (sent.method !== 'S256') {
    return protocolError(
      'invalid_request',
      'The only code_challenge_method here is S256, and it must be sent (RFC 7636).',
    );
  }
  if (!CHALLENGE.test(sent.challenge)) {
    return protocolError(
      'invalid_request',
      'The code_challenge is not BASE64URL of a SHA-256 without padding: 43 characters (RFC 7636 section 4.2).',
    );
  }
  return null;
}

/** RFC 7636 §4.6: checks the verifier against the stored challenge. @returns the refusal (`invalid_grant`), or null. */
export function verifierFault(verifier: string | null, challenge: string | null): ProtocolError | null {
  if (challenge === null) {
    // RFC 9700 §2.1.1 #5: otherwise an attacker strips the challenge and the client never notices (downgrade).
    return verifier === null
      ? null
      : protocolError(
          'invalid_grant',
          'There is a code_verifier, but the authorization request had no code_challenge.',
        );
  }
  // CVE-2023-48228: a challenge was stored, so a verifier is required.
  if (verifier === null) {
    return protocolError(
      'invalid_grant',
      'The code_verifier is missing: the authorization request had a code_challenge.',
    );
  }
  if (!VERIFIER.test(verifier)) {
    return protocolError(
      'invalid_grant',
      'The code_verifier is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 section 4.1).',
    );
  }
  const computed = createHash('sha256').update(verifier, 'ascii').digest();
  if (equalInConstantTime(computed, Buffer.from(challenge, 'base64url'))) return null;
  return protocolError('invalid_grant', 'The code_verifier does not belong to the code_challenge of this code.');
}
