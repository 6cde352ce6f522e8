/**
 * `@diapason/client/relying-party`: signing in at providers for an application with accounts and pages of its own, and the providers.
 *
 * Owns the list of public names of this entry. It loads neither pages nor stores.
 *
 * @module @diapason/client/relying-party
 */
export type { Failure, FailureCode } from './core/failure.ts';
export type { Identity } from './protocol/authorization-response.ts';
export { type AttemptSecrets, createRelyingParty, type RelyingParty } from './protocol/relying-party.ts';
export { apple } from './providers/apple.ts';
export { auth0 } from './providers/auth0.ts';
export { diapason } from './providers/diapason.ts';
export { github } from './providers/github.ts';
export { gitlab } from './providers/gitlab.ts';
export { google } from './providers/google.ts';
export { keycloak } from './providers/keycloak.ts';
export { microsoft } from './providers/microsoft.ts';
export { oauth2 } from './providers/oauth2.ts';
export { oidc } from './providers/oidc.ts';
export type { Provider, ProviderClient } from './providers/provider.ts';
