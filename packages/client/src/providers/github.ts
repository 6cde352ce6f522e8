/**
 * GitHub, github.com or an Enterprise Server, by OAuth 2: it does not speak OpenID Connect for people.
 *
 * Owns what is GitHub's own: the numeric id (a login can change hands), the addresses in a document of their own with their
 * `verified` flag, its media type, and token errors that come with status 200.
 */
import { requireBaseUrl } from './base-url.ts';
import { oauth2 } from './oauth2.ts';
import { firstNameIn, lastNameIn } from './profile-fields.ts';
import type { CommonOptions, OAuth2Provider, Profile } from './provider.ts';

/** What `github()` is told. */
export interface GitHubOptions extends CommonOptions {
  /** An Enterprise Server, such as `https://github.example.org`. Default `https://github.com`. */
  readonly serverUrl?: string;
}

/** Its answers are of this version: https://docs.github.com/en/rest/about-the-rest-api/api-versions */
const API_VERSION = '2022-11-28';
const PUBLIC = 'https://github.com';

/**
 * GitHub: scopes `read:user user:email`, uid = the numeric `id`. `trustEmail` is true for github.com unless said: it says of each
 * address whether its owner proved it; the administrator of an Enterprise Server can enter any.
 * @throws TypeError when the base URL is malformed, or http beyond this machine without `allowInsecure`.
 */
export function github(options: GitHubOptions = {}): OAuth2Provider {
  const id = options.id ?? 'github';
  const server = requireBaseUrl(options.serverUrl ?? PUBLIC, `${id}.serverUrl`, options.allowInsecure ?? false);
  const api = server === PUBLIC ? 'https://api.github.com' : `${server}/api/v3`;
  const provider = oauth2({
    trustEmail: server === PUBLIC,
    ...options,
    id,
    name: options.name ?? 'GitHub',
    issuer: server,
    authorizationUrl: `${server}/login/oauth/authorize`,
    tokenUrl: `${server}/login/oauth/access_token`,
    profileUrl: `${api}/user`,
    signOutUrl: `${server}/logout`,
    scope: options.scope ?? ['read:user', 'user:email'],
    fields: {
      username: 'login',
      firstName: firstNameIn,
      lastName: lastNameIn,
      email: (profile) => primaryIn(profile)?.email ?? textOf(profile['email']),
      emailVerified: (profile) => primaryIn(profile)?.verified === true,
      ...options.fields,
    },
    uid: 'id',
  });
  return {
    ...provider,
    addresses: (overrides) => ({
      ...provider.addresses(overrides),
      moreProfileUrls: { emails: `${api}/user/emails` },
    }),
    profileHeaders: { accept: 'application/vnd.github+json', 'x-github-api-version': API_VERSION },
    errorsWithStatus200: {
      bad_verification_code: 'invalid_grant',
      redirect_uri_mismatch: 'invalid_grant',
      incorrect_client_credentials: 'invalid_client',
      unverified_user_email: 'access_denied',
    },
  };
}

/** The primary address of `/user/emails`. The `email` of the profile is what the person shows to the public, and unproved. */
function primaryIn({ emails }: Profile): { readonly email: string; readonly verified: boolean } | undefined {
  if (!Array.isArray(emails)) return undefined;
  const found: unknown = emails.find((one: unknown) => isObject(one) && one['primary'] === true);
  const email = isObject(found) ? textOf(found['email']) : undefined;
  return email === undefined || !isObject(found) ? undefined : { email, verified: found['verified'] === true };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
