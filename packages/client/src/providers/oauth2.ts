/**
 * Providers that speak OAuth 2 without OpenID Connect: every address is said.
 *
 * Owns the options of `oauth2()`. A server moved behind another base URL is `custom-provider.ts`.
 */
import { requireBaseUrl } from './base-url.ts';
import { type CommonOptions, commonSettings, type OAuth2Provider, type Profile } from './provider.ts';

/** What `oauth2()` is told. Addresses of the browser and of the back channel are told apart by what they are for. */
export interface OAuth2Options extends CommonOptions {
  readonly id: string;
  readonly name: string;
  /** The server's identity; the first half of each account's key. It must not change while accounts exist. */
  readonly issuer: string;
  /** RFC 6749 §3.1, as the browser reaches it. */
  readonly authorizationUrl: string;
  /** RFC 6749 §3.2, as this application reaches it. */
  readonly tokenUrl: string;
  /** Answers a bearer token with the person's profile, as this application reaches it. */
  readonly profileUrl: string;
  /** Where a person can sign out of the server. */
  readonly signOutUrl?: string;
  /** Default `id`. */
  readonly uid?: string | ((profile: Profile) => unknown);
  /** Default `client_secret_post`. */
  readonly clientAuthentication?: 'client_secret_post' | 'client_secret_basic';
  /** Default false: `iss` is checked when it comes, and not missed when it does not. */
  readonly issuerInResponse?: boolean;
  /** Bind the tokens to a key (DPoP, RFC 9449), and take no others. Default false. */
  readonly dpop?: boolean;
}

/**
 * A provider by its addresses.
 * @throws TypeError when an address is malformed, or http beyond this machine without `allowInsecure`.
 */
export function oauth2(options: OAuth2Options): OAuth2Provider {
  const allowInsecure = options.allowInsecure ?? false;
  for (const setting of ['authorizationUrl', 'tokenUrl', 'profileUrl'] as const) {
    requireBaseUrl(options[setting].replace(/\?.*$/, ''), `${options.id}.${setting}`, allowInsecure);
  }
  return {
    ...commonSettings(options, {
      id: options.id,
      name: options.name,
      scope: [],
      fields: { username: 'username', firstName: 'first_name', lastName: 'last_name', email: 'email' },
    }),
    protocol: 'oauth2',
    dpop: options.dpop ?? false,
    adjustable: false,
    defaultServerUrl: null,
    defaultBackChannelUrl: null,
    uid: options.uid ?? 'id',
    clientAuthentication: options.clientAuthentication ?? 'client_secret_post',
    issuerInResponse: options.issuerInResponse ?? false,
    addresses: () => ({
      issuer: options.issuer,
      authorizationUrl: options.authorizationUrl,
      tokenUrl: options.tokenUrl,
      profileUrl: options.profileUrl,
      signOutUrl: options.signOutUrl ?? null,
    }),
  };
}
