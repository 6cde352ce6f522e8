/**
 * The grants that exist, and what to say of those that do not.
 *
 * Owns the list that the token endpoint and the metadata both read. A further grant is a file and a line here.
 */
import { type ProtocolError, protocolError } from '../errors.ts';
import { authorizationCodeGrant } from './authorization-code.ts';
import { clientCredentialsGrant } from './client-credentials.ts';
import { deviceCodeGrant } from './device-code.ts';
import type { Grant } from './grant.ts';
import { refreshTokenGrant } from './refresh-token.ts';
import { tokenExchangeGrant } from './token-exchange.ts';

/** Every grant by its `grant_type`. */
export const GRANTS: ReadonlyMap<string, Grant> = new Map(
  [authorizationCodeGrant, refreshTokenGrant, clientCredentialsGrant, deviceCodeGrant, tokenExchangeGrant].map(
    (grant) => [grant.type, grant],
  ),
);

/** `unsupported_grant_type`, naming what to use instead. */
export function unsupportedGrant(type: string): ProtocolError {
  switch (type) {
    case 'password':
      return protocolError(
        'unsupported_grant_type',
        'There is no password grant (RFC 9700 section 2.4): send the person to the authorization endpoint and use authorization_code with PKCE.',
      );
    case 'implicit':
    case 'token':
      return protocolError(
        'unsupported_grant_type',
        'There is no implicit grant (RFC 9700 section 2.1.2): use authorization_code with PKCE, in browsers too.',
      );
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
    case 'urn:ietf:params:oauth:grant-type:saml2-bearer':
      return protocolError(
        'unsupported_grant_type',
        'There is no assertion grant (RFC 7523, RFC 7522): use client_credentials for the application itself, and token exchange (RFC 8693) where it acts for a person.',
      );
    default:
      return protocolError(
        'unsupported_grant_type',
        `This server has the grant types ${[...GRANTS.keys()].join(', ')}.`,
      );
  }
}
