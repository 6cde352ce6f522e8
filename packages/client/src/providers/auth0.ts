/**
 * Auth0, by OpenID Connect.
 *
 * Owns what is Auth0's own: the issuer is the tenant's domain with a slash at its end.
 */
import { requireBaseUrl } from './base-url.ts';
import { type OidcOptions, oidc } from './oidc.ts';
import type { OidcProvider } from './provider.ts';

/** What `auth0()` is told. */
export interface Auth0Options extends Omit<OidcOptions, 'id' | 'name' | 'issuer' | 'backChannelUrl' | 'allowInsecure'> {
  readonly id?: string;
  readonly name?: string;
  /** The tenant's domain or a custom one, such as `example.eu.auth0.com`; with `https://` and slash it is understood as well. */
  readonly domain: string;
}

/**
 * Auth0: scopes `openid profile email`, username = `nickname`. `trustEmail` is false unless said: what Auth0 knows of an address it
 * may have from a connection that verifies nothing.
 * @throws TypeError when the domain is malformed.
 */
export function auth0(options: Auth0Options): OidcProvider {
  const id = options.id ?? 'auth0';
  const url = /^https?:/.test(options.domain) ? options.domain : `https://${options.domain}`;
  const server = requireBaseUrl(url, `${id}.domain`, false);
  const provider = oidc({
    ...options,
    id,
    name: options.name ?? 'Auth0',
    issuer: `${server}/`,
    fields: {
      username: 'nickname',
      firstName: 'given_name',
      lastName: 'family_name',
      email: 'email',
      emailVerified: 'email_verified',
      ...options.fields,
    },
  });
  return {
    ...provider,
    // A domain that is entered, with or without the slash in which its issuer ends.
    addresses: ({ serverUrl }) => ({
      issuer: serverUrl === null ? `${server}/` : `${serverUrl.replace(/\/+$/, '')}/`,
      backChannelUrl: null,
    }),
    defaultBackChannelUrl: null,
  };
}
