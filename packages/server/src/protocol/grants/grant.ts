/**
 * What a grant is to the token endpoint.
 *
 * Owns the types. Each grant is a file beside this one; `registry.ts` lists them.
 */

import type { AuthorizationDetailTypes } from '../../vocabulary/authorization-detail-type.ts';
import type { Randomness } from '../../vocabulary/credentials.ts';
import type { Application, GrantName } from '../application.ts';
import type { GroupReader, ProfileClaims } from '../claims.ts';
import type { ClientKeysDeps } from '../client-keys.ts';
import type { ProtocolError } from '../errors.ts';
import type { PairwiseKey } from '../pairwise-subject.ts';
import type { Parameters } from '../parameters.ts';
import type { DeviceGrantStore } from '../ports/devices.ts';
import type { GrantStore } from '../ports/grants.ts';
import type { Signer } from '../ports/signer.ts';
import type { RefreshTokenKeys } from '../refresh-token-text.ts';
import type { ScopeRegistry } from '../scopes.ts';
import type { Confirmation } from '../token-context.ts';
import type { TokenResponse } from '../token-response.ts';

/** A token request whose client is proven and whose application has the grant. */
export interface TokenRequest {
  readonly application: Application;
  readonly parameters: Parameters;
  /** The key that the request proved; null: none. Tokens are bound to it. */
  readonly confirmation: Confirmation | null;
  /** One instant for the whole request. */
  readonly nowMs: number;
}

/** What grants use between them. */
export interface GrantDeps extends ClientKeysDeps {
  readonly issuer: string;
  readonly grants: GrantStore;
  readonly groups: GroupReader;
  readonly profileClaims: ProfileClaims;
  readonly deviceGrants: Pick<DeviceGrantStore, 'findDeviceGrant' | 'pollDeviceGrant' | 'redeemDeviceCode'>;
  readonly refreshTokenKeys: () => RefreshTokenKeys;
  readonly signer: Pick<Signer, 'sign'>;
  readonly pairwiseKey: PairwiseKey;
  readonly scopes: ScopeRegistry;
  readonly detailTypes: AuthorizationDetailTypes;
  readonly randomness: Randomness;
}

/** Tokens, or a refusal of RFC 6749 §5.2. */
export type GrantOutcome =
  | { readonly outcome: 'issued'; readonly response: TokenResponse }
  | { readonly outcome: 'refused'; readonly error: ProtocolError };

/** A grant. */
export interface Grant {
  /** `grant_type` on the wire. */
  readonly type: string;
  /** What an application must have to use it. */
  readonly name: GrantName;
  /** Checks and issues. Throws only when storage or keys do. */
  readonly redeem: (request: TokenRequest, deps: GrantDeps) => Promise<GrantOutcome>;
}
