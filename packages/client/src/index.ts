/**
 * `@diapason/client`: what an application imports.
 *
 * Owns the list of public names. Adapters and stores have entries of their own: `@diapason/client/node`, `@diapason/client/sqlite`.
 *
 * @module @diapason/client
 */

export { API_REFUSALS, type ApiRefusal } from './core/api-refusal.ts';
export {
  type Accounts,
  type Connection,
  createAccounts,
  type Session,
  type SuperuserInput,
} from './core/create-accounts.ts';
export { FAILURES, type FailureCode, type WayOn } from './core/failure.ts';
export type { ForwardTarget } from './core/forward-targets.ts';
export type {
  HookAnswer,
  HookContext,
  HookMessage,
  Hooks,
  MaybePromise,
  Newcomer,
  SignUpAnswer,
} from './core/hooks.ts';
export type { Log, LogEntry } from './core/log.ts';
export type { AccountsOptions } from './core/options.ts';
export type { AccessTokenOutcome } from './core/sessions.ts';
export type { BrowserSession } from './flows/browser-session.ts';
export type { SessionFetchOutcome } from './flows/session-fetch.ts';
export type { CreateLocalUserOutcome } from './flows/sign-up.ts';
export type { SocialAppInput } from './flows/social-app-input.ts';
export type { SetSocialAppOutcome } from './flows/social-apps.ts';
export type { FailureText, Messages } from './pages/messages/en.ts';
export type { Language } from './pages/messages/messages.ts';
export type {
  AdminIndexView,
  AdminSignInView,
  ConnectionsView,
  FailureView,
  FormErrors,
  Frame,
  Links,
  Notice,
  OnwardView,
  Page,
  Pages,
  ProfileView,
  ProviderLink,
  SignInView,
  SignOutView,
  SignUpView,
  SocialAppDeleteView,
  SocialAppFormView,
  SocialAppListView,
  SocialAppRowView,
  SocialSignUpView,
  Views,
} from './pages/views.ts';
export { type AppleOptions, apple } from './providers/apple.ts';
export { type Auth0Options, auth0 } from './providers/auth0.ts';
export { type CustomProviderOptions, customProvider } from './providers/custom-provider.ts';
export { type DiapasonOptions, diapason } from './providers/diapason.ts';
export { type GitHubOptions, github } from './providers/github.ts';
export { type GitLabOptions, gitlab } from './providers/gitlab.ts';
export { type GoogleOptions, google } from './providers/google.ts';
export { type KeycloakOptions, keycloak, keycloakRoles } from './providers/keycloak.ts';
export { type MicrosoftOptions, microsoft } from './providers/microsoft.ts';
export { type OAuth2Options, oauth2 } from './providers/oauth2.ts';
export { type OidcOptions, oidc } from './providers/oidc.ts';
export type {
  Acceptance,
  AddressOverrides,
  FieldMapping,
  OAuth2Addresses,
  OAuth2Provider,
  OidcAddresses,
  OidcProvider,
  Profile,
  ProfileFields,
  Provider,
  ProviderCommon,
  ProviderSetting,
} from './providers/provider.ts';
export type { PasswordProblem } from './security/passwords.ts';
export {
  type AccountStore,
  type CreateUserOutcome,
  emailKey,
  type LinkOutcome,
  type NewSocialAccount,
  type NewUser,
  type ReserveAttemptOutcome,
  type SaveSocialAppOutcome,
  type SocialAccount,
  type SocialApp,
  type StoredSession,
  type UnlinkOutcome,
  type UpdateUserOutcome,
  type User,
  type UserChanges,
  usernameKey,
} from './store/account-store.ts';
export {
  type ApplicationUser,
  type ApplicationUsers,
  type ApplicationUsersOptions,
  type CreateApplicationUserOutcome,
  type Identity,
  type NewApplicationUser,
  withApplicationUsers,
} from './store/application-users.ts';
