/** What the protocol is handed: the ports of `protocol/` with what is behind each, for every endpoint alike. */
import type { Config } from '../config.ts';
import { createKeySets } from '../fetch/key-sets.ts';
import { picturePath } from '../http/picture-path.ts';
import { LOCALES } from '../pages/messages.ts';
import { profileClaims } from '../protocol/claims.ts';
import type { Fetcher } from '../protocol/fetcher.ts';
import { createImportedSecrets } from '../protocol/imported-secret.ts';
import { watchingLongLivedTokens } from '../protocol/long-lived-tokens.ts';
import type { ScopeRegistry } from '../protocol/scopes.ts';
import type { Storage } from '../storage/storage.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import { importedSecretVerifier, type OpenKeys } from './keys.ts';

/** What it is made of. */
export interface ProtocolParts {
  readonly storage: Storage;
  readonly keys: OpenKeys;
  readonly fetcher: Fetcher;
  readonly scopes: ScopeRegistry;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Connects it. */
export function wireProtocol(config: Config, { storage, keys, fetcher, scopes, clock, randomness }: ProtocolParts) {
  return {
    issuer: config.issuer,
    baseUrl: config.url,
    applications: storage.applications,
    administration: storage.administration,
    authorization: storage.authorization,
    consents: storage.consents,
    pendingRequests: storage.pendingRequests,
    pushedRequests: storage.pushedRequests,
    deviceGrants: storage.deviceGrants,
    groups: storage.groups,
    factors: storage.factors,
    userCodeKey: keys.userCodeKey,
    dpopNonceKey: keys.dpopNonceKey,
    pairwiseKey: keys.pairwiseKey,
    replays: storage.replays,
    fetcher,
    keySets: createKeySets({ fetcher, clock }),
    grants: watchingLongLivedTokens(storage.grants, { longLivedUse: storage.longLivedUse, clock }),
    secretUse: storage.secretUse,
    clientSecretKey: keys.clientSecretKey,
    importedSecrets: createImportedSecrets({
      verifier: importedSecretVerifier(randomness),
      clientSecretKey: keys.clientSecretKey,
      secretUse: storage.secretUse,
    }),
    refreshTokenKeys: keys.refreshTokenKeys,
    uiLocales: LOCALES,
    mutualTls: config.mutualTls,
    registration: config.registration !== 'off',
    clientDocuments: config.clientDocuments !== null,
    applicationUse: storage.applicationUse,
    signer: keys.signer,
    scopes,
    detailTypes: config.detailTypes,
    profileFields: config.profileFields,
    profileClaims: profileClaims(config.profileFields, (name) => `${config.url}${picturePath(name)}`),
    clock,
    randomness,
  };
}
