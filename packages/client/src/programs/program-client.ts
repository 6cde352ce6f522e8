/**
 * The authorization server as a program without pages meets it.
 *
 * Owns the options that every way of signing in shares, discovery, and the one kind of error with its stable codes. Messages never
 * hold a token, a code or a secret.
 */
import * as openid from 'openid-client';
import { BackChannelError, createBackChannel, type Fetch, moveBase } from '../protocol/back-channel.ts';
import { DPOP_ALGORITHM, offersDpop } from '../protocol/dpop-key.ts';
import { requireBaseUrl } from '../providers/base-url.ts';

const TIMEOUT_SECONDS = 10;

/** Which server, and as which application. */
export interface ProgramOptions {
  /** An OpenID Connect issuer, or an OAuth 2 server with metadata (RFC 8414). */
  readonly issuer: string;
  readonly clientId: string;
  /** Programs on other people's machines keep no secret (RFC 8252 §8.5): leave it out there. */
  readonly clientSecret?: string;
  /** Where this program reaches the server, when it is another address. */
  readonly backChannelUrl?: string;
  /** http beyond this machine, as between containers. */
  readonly allowInsecure?: boolean;
  /**
   * Bind the tokens to a key (DPoP, RFC 9449), which is kept with them, and take no others. Default false: bearer tokens, which are good
   * in anybody's hand.
   */
  readonly dpop?: boolean;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** Epoch milliseconds. Default: the system's clock. */
  readonly now?: () => number;
}

/** What went wrong; programs may rely on the codes. */
export type ProgramErrorCode =
  /** The person, or the server, said no. */
  | 'access_denied'
  /** Nobody answered in time. */
  | 'expired'
  /** The program gave up by its own signal. */
  | 'aborted'
  /** The server cannot be reached. */
  | 'server_unreachable'
  /** The server's metadata is not usable, or does not offer this way of signing in. */
  | 'server_unsuitable'
  /** The client id, the secret or the grant are not those of the server. */
  | 'client_refused'
  /** Any other refusal; `message` names the server's error. */
  | 'refused'
  /** What the server answered breaks the protocol, or its ID token does not verify. */
  | 'answer_invalid'
  /** Nobody is signed in: there are no tokens, or they are over. */
  | 'signed_out'
  /** The token file can be read by others, or is none. */
  | 'token_file_unsafe'
  | 'token_file_invalid'
  /** There is no keyring on this machine, it is locked, or what is in it are no tokens. */
  | 'keyring_unavailable'
  | 'keyring_invalid';

/** A refusal or a failure while signing in. */
export class ProgramError extends Error {
  readonly code: ProgramErrorCode;
  constructor(code: ProgramErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProgramError';
    this.code = code;
  }
}

/** The server's metadata, read. @throws ProgramError `server_unreachable`, `server_unsuitable`; TypeError for an option. */
export async function connect(options: ProgramOptions): Promise<openid.Configuration> {
  const allowInsecure = options.allowInsecure ?? false;
  requireBaseUrl(options.issuer, 'issuer', allowInsecure);
  const { issuer, backChannelUrl, clientSecret } = options;
  if (backChannelUrl !== undefined) requireBaseUrl(backChannelUrl, 'backChannelUrl', allowInsecure);
  const customFetch = createBackChannel({
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    allowInsecure,
    route: (url) => (backChannelUrl === undefined ? url : moveBase(url, issuer, backChannelUrl)),
  });
  const discover = (algorithm: 'oidc' | 'oauth2') =>
    openid.discovery(
      new URL(issuer),
      options.clientId,
      undefined,
      clientSecret === undefined ? openid.None() : openid.ClientSecretBasic(clientSecret),
      {
        algorithm,
        timeout: TIMEOUT_SECONDS,
        // createBackChannel() holds the narrower rule: http to loopback, or where the developer said so.
        execute: [openid.allowInsecureRequests],
        [openid.customFetch]: customFetch,
      },
    );
  try {
    const configuration = await discover('oidc').catch((error: unknown) => {
      if (notFound(error)) return discover('oauth2');
      throw error;
    });
    openid.enableNonRepudiationChecks(configuration);
    if (options.dpop === true && !offersDpop(configuration.serverMetadata())) {
      throw new ProgramError('server_unsuitable', `the server offers no DPoP with ${DPOP_ALGORITHM} (RFC 9449 §5.1)`);
    }
    return configuration;
  } catch (error) {
    throw asProgramError(error, 'server_unsuitable');
  }
}

/** The error as its kind; what is none of the protocol's is a bug and stays as it is. */
export function asProgramError(error: unknown, otherwise: ProgramErrorCode): unknown {
  if (error instanceof ProgramError) return error;
  for (const cause of causes(error)) {
    if (cause instanceof BackChannelError)
      return new ProgramError('server_unreachable', cause.message, { cause: error });
    if (cause instanceof openid.ResponseBodyError || cause instanceof openid.AuthorizationResponseError) {
      return new ProgramError(codes[cause.error] ?? 'refused', `the server answered ${printable(cause.error)}`, {
        cause: error,
      });
    }
    if (cause instanceof openid.WWWAuthenticateChallengeError) {
      return new ProgramError('client_refused', `the server answered ${cause.status}`, { cause: error });
    }
  }
  if (!(error instanceof openid.ClientError)) return error;
  if (error.code === 'OAUTH_TIMEOUT') {
    return new ProgramError('server_unreachable', 'no answer in time', { cause: error });
  }
  const reason = [...causes(error)].flatMap((cause) => (cause instanceof Error ? [cause.message] : [])).join(': ');
  return new ProgramError(otherwise, printable(reason), { cause: error });
}

const codes: Readonly<Record<string, ProgramErrorCode>> = {
  access_denied: 'access_denied',
  expired_token: 'expired',
  invalid_client: 'client_refused',
  unauthorized_client: 'client_refused',
};

function notFound(error: unknown): boolean {
  return [...causes(error)].some((cause) => cause instanceof Response && cause.status === 404);
}

function* causes(error: unknown): Generator<unknown> {
  let current = error;
  for (let depth = 0; depth < 6 && current !== undefined && current !== null; depth += 1) {
    yield current;
    current = current instanceof Error ? current.cause : undefined;
  }
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
