/**
 * What a server issued, as a program keeps it.
 *
 * Owns the shape, and reading it out of an answer of the token endpoint.
 */
import type * as openid from 'openid-client';
import { asProgramError } from './program-client.ts';

/** Tokens, and whose they are. */
export interface TokenSet {
  readonly issuer: string;
  readonly clientId: string;
  readonly accessToken: string;
  /** null: the server did not say. */
  readonly expiresAtMs: number | null;
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  readonly scope: string | null;
  /** The verified claims of the ID token; null without OpenID Connect. */
  readonly claims: Readonly<Record<string, unknown>> | null;
}

/** The answer, with what of the `former` set it leaves in force. */
export function tokenSetOf(
  answer: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers,
  configuration: openid.Configuration,
  nowMs: number,
  former: TokenSet | null = null,
): TokenSet {
  return {
    issuer: configuration.serverMetadata().issuer,
    clientId: configuration.clientMetadata().client_id,
    accessToken: answer.access_token,
    expiresAtMs: answer.expires_in === undefined ? null : nowMs + answer.expires_in * 1000,
    // RFC 6749 §6: a server need not rotate.
    refreshToken: answer.refresh_token ?? former?.refreshToken ?? null,
    idToken: answer.id_token ?? former?.idToken ?? null,
    scope: answer.scope ?? former?.scope ?? null,
    claims: answer.claims() ?? former?.claims ?? null,
  };
}

/** Runs a step of the protocol. @throws ProgramError */
export async function protocolStep<Result>(step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw asProgramError(error, 'answer_invalid');
  }
}
