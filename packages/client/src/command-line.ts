/**
 * `@diapason/client/command-line`: programs that have no pages: on a desktop, on a command line, on a server.
 *
 * Owns the list of public names.
 *
 * @module @diapason/client/command-line
 */
export type { BearerFetch } from './programs/bearer-fetch.ts';
export { type ClientCredentialsOptions, clientCredentials, type TokenSource } from './programs/client-credentials.ts';
export { type DeviceLoginOptions, type DevicePrompt, deviceLogin } from './programs/device-login.ts';
export { type LoopbackLoginOptions, loopbackLogin, openInBrowser } from './programs/loopback-login.ts';
export { ProgramError, type ProgramErrorCode, type ProgramOptions } from './programs/program-client.ts';
export { type SignedIn, type SignedInOptions, signedIn } from './programs/signed-in.ts';
export { type TokenFile, tokenFile } from './programs/token-file.ts';
export { type TokenKeyringOptions, tokenKeyring } from './programs/token-keyring.ts';
export type { TokenSet } from './programs/token-set.ts';
export type { TokenStore } from './programs/token-store.ts';
export type { DpopKey } from './protocol/dpop-key.ts';
