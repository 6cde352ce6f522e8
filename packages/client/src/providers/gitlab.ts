/**
 * GitLab, gitlab.com or one's own, by OpenID Connect.
 *
 * Owns what is GitLab's own: the base URL as issuer, the name in one piece, and that most of the claims are in userinfo alone.
 */
import { requireBaseUrl } from './base-url.ts';
import { type OidcOptions, oidc } from './oidc.ts';
import { firstNameIn, lastNameIn } from './profile-fields.ts';
import type { OidcProvider } from './provider.ts';

/** What `gitlab()` is told. */
export interface GitLabOptions extends Omit<OidcOptions, 'id' | 'name' | 'issuer'> {
  readonly id?: string;
  readonly name?: string;
  /** One's own GitLab, such as `https://gitlab.example.org`. Default `https://gitlab.com`. */
  readonly serverUrl?: string;
}

/**
 * GitLab: scopes `openid profile email`, uid = `sub`, the person's number. `trustEmail` is false unless said: an administrator of a
 * GitLab can enter any address as confirmed.
 * @throws TypeError when an address is malformed, or http beyond this machine without `allowInsecure`.
 */
export function gitlab(options: GitLabOptions = {}): OidcProvider {
  const id = options.id ?? 'gitlab';
  const server = options.serverUrl ?? 'https://gitlab.com';
  return oidc({
    ...options,
    id,
    name: options.name ?? 'GitLab',
    issuer: requireBaseUrl(server, `${id}.serverUrl`, options.allowInsecure ?? false),
    fields: {
      username: (profile) =>
        [profile['preferred_username'], profile['nickname']].find((name): name is string => typeof name === 'string'),
      firstName: firstNameIn,
      lastName: lastNameIn,
      email: 'email',
      emailVerified: 'email_verified',
      ...options.fields,
    },
  });
}
