/**
 * What a server issued, as a program keeps it.
 *
 * Owns the shape, and reading it out of an answer of the token endpoint.
 */
import type * as openid from 'openid-client';
import { type DpopKey, dpopHandle } from '../protocol/dpop-key.ts';
import { asProgramError, ProgramError } from './program-client.ts';

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
  /** The key that they are bound to (RFC 9449); null: bearer tokens. As secret as they are. */
  readonly dpopKey: DpopKey | null;
  /** The verified claims of the ID token; null without OpenID Connect. */
  readonly claims: Readonly<Record<string, unknown>> | null;
}

/** The answer, with what of the `former` set it leaves in force. @throws ProgramError where it is not bound to the key */
export function tokenSetOf(
  answer: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers,
  configuration: openid.Configuration,
  nowMs: number,
  kept: { readonly dpopKey: DpopKey | null; readonly former?: TokenSet },
): TokenSet {
  const { dpopKey, former } = kept;
  requireBinding(answer, dpopKey);
  return {
    dpopKey,
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

/** RFC 9449 §5: a server that knows nothing of proofs ignores them, and its tokens are good in anybody's hand. @throws ProgramError */
export function requireBinding(answer: openid.TokenEndpointResponse, dpopKey: DpopKey | null): void {
  if (dpopKey !== null && answer.token_type !== 'dpop') {
    throw new ProgramError('server_unsuitable', 'the server answered with a bearer token, which is bound to no key');
  }
}

/** The key of a request to the token endpoint, as openid-client takes it. */
export async function dpopOptions(
  configuration: openid.Configuration,
  dpopKey: DpopKey | null,
): Promise<openid.DPoPOptions> {
  return dpopKey === null ? {} : { DPoP: await dpopHandle(configuration, dpopKey) };
}

/** Runs a step of the protocol. @throws ProgramError */
export async function protocolStep<Result>(step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw asProgramError(error, 'answer_invalid');
  }
}
