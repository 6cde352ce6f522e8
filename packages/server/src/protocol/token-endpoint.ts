/**
 * The token endpoint (RFC 6749 §3.2): the numbered pipeline that every grant goes through.
 *
 * Owns the order of the steps. What a grant checks and does is its own file in `grants/`.
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { ClientSecretKey } from './client-secret.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import type { ApplicationReader, ClientSecretUse, GrantStore, Signer } from './ports.ts';
import type { RefreshTokenKeys } from './refresh-token-text.ts';
import type { ScopeRegistry } from './scopes.ts';

/** What the token endpoint uses. */
export interface TokenEndpointDeps {
  /** `DIAPASON_URL` + `/o`. */
  readonly issuer: string;
  readonly applications: ApplicationReader;
  readonly clientSecretKey: ClientSecretKey;
  readonly secretUse: ClientSecretUse;
  readonly grants: GrantStore;
  /** Asked at each use: the server key may rotate while the process runs. */
  readonly refreshTokenKeys: () => RefreshTokenKeys;
  readonly signer: Pick<Signer, 'sign'>;
  readonly scopes: ScopeRegistry;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Answers a token request: tokens, or an error of RFC 6749 §5.2. Throws only when storage or keys do. */
export async function tokenEndpoint(_request: BackChannelRequest, _deps: TokenEndpointDeps): Promise<EndpointResponse> {
  throw new Error('tokenEndpoint is being built');
}
