/**
 * Providers that speak OpenID Connect: the issuer is said, everything else is discovered.
 *
 * Owns the options of `oidc()` and the standard claims (OpenID Connect Core §5.1) behind the local fields.
 */
import { requireBaseUrl } from './base-url.ts';
import { type CommonOptions, commonSettings, type OidcProvider } from './provider.ts';

/** What `oidc()` is told. */
export interface OidcOptions extends CommonOptions {
  readonly id: string;
  readonly name: string;
  /** As the server's metadata says it, such as `https://accounts.example.org/o`. */
  readonly issuer: string;
  /** The issuer as this application reaches it, such as `http://server:9977/o` between containers. Default: `issuer`. */
  readonly backChannelUrl?: string;
  /** Bind the tokens to a key (DPoP, RFC 9449), and take no others. Default false. */
  readonly dpop?: boolean;
}

/**
 * A provider by its issuer: scope `openid profile email` unless said, and always `openid`. A social app may replace both addresses.
 * @throws TypeError when an address is malformed, or http beyond this machine without `allowInsecure`.
 */
export function oidc(options: OidcOptions): OidcProvider {
  const allowInsecure = options.allowInsecure ?? false;
  requireBaseUrl(options.issuer, `${options.id}.issuer`, allowInsecure);
  // Kept as written: an issuer is compared character by character, and some end in a slash.
  const issuer = options.issuer;
  const backChannelUrl =
    options.backChannelUrl === undefined
      ? null
      : requireBaseUrl(options.backChannelUrl, `${options.id}.backChannelUrl`, allowInsecure);
  return {
    ...commonSettings(options, {
      id: options.id,
      name: options.name,
      scope: ['openid', 'profile', 'email'],
      fields: {
        username: 'preferred_username',
        firstName: 'given_name',
        lastName: 'family_name',
        email: 'email',
        emailVerified: 'email_verified',
      },
    }),
    protocol: 'oidc',
    dpop: options.dpop ?? false,
    adjustable: true,
    defaultServerUrl: issuer,
    defaultBackChannelUrl: backChannelUrl ?? issuer,
    addresses: (overrides) => ({
      issuer: overrides.serverUrl ?? issuer,
      backChannelUrl: overrides.backChannelUrl ?? (overrides.serverUrl === null ? backChannelUrl : null),
    }),
  };
}
