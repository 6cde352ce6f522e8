/**
 * Microsoft: work, school and personal accounts, by OpenID Connect.
 *
 * Owns what is Microsoft's own: an issuer for each tenant behind one address (`{tenantid}` in its metadata), `oid` and `tid` as the
 * person's identifier, and an `email` that the tenant's administrator can set to anything, so that it is never believed (nOAuth).
 */
import { type OidcOptions, oidc } from './oidc.ts';
import type { OidcProvider, Profile } from './provider.ts';

/** Its claims: https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference */
const AUTHORITY = 'https://login.microsoftonline.com';

const TENANT = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/;

/** What `microsoft()` is told. There is no `trustEmail`. */
export interface MicrosoftOptions
  extends Omit<OidcOptions, 'id' | 'name' | 'issuer' | 'backChannelUrl' | 'trustEmail' | 'allowInsecure'> {
  readonly id?: string;
  readonly name?: string;
  /**
   * `common` (all accounts), `organizations` (work and school), `consumers` (personal), or one tenant's id or domain. Default
   * `common`.
   */
  readonly tenant?: string;
  /** With `common` or `organizations`: the ids of the tenants whose people may sign in. Left out: all. */
  readonly tenants?: readonly string[];
}

/**
 * Microsoft: scopes `openid profile email`; an account is known by the tenant's issuer and `oid`, which stay the same for every
 * application of a tenant.
 * @throws TypeError when the tenant cannot be part of a URL.
 */
export function microsoft(options: MicrosoftOptions = {}): OidcProvider {
  const { tenant = 'common', tenants = [] } = options;
  const id = options.id ?? 'microsoft';
  if (!TENANT.test(tenant)) {
    throw new TypeError(
      `${id}.tenant is "${tenant}": expected common, organizations, consumers, or a tenant's id or domain`,
    );
  }
  const provider = oidc({
    ...options,
    id,
    name: options.name ?? 'Microsoft',
    issuer: `${AUTHORITY}/${tenant}/v2.0`,
    trustEmail: false,
    fields: {
      username: usernameIn,
      firstName: 'given_name',
      lastName: 'family_name',
      email: 'email',
      ...options.fields,
    },
  });
  return {
    ...provider,
    adjustable: false,
    addresses: ({ settings }) => ({
      issuer: `${AUTHORITY}/${settings?.['tenant'] ?? tenant}/v2.0`,
      backChannelUrl: null,
    }),
    settings: [
      {
        name: 'tenant',
        label: { en: 'Tenant', fr: 'Locataire (tenant)' },
        pattern: TENANT,
        example: 'organizations',
        fallback: tenant,
      },
    ],
    // `sub` is another one for each application; `oid` comes with the scope `profile`, which has to be asked for.
    uid: 'oid',
    scope: [...new Set([...provider.scope, 'profile'])],
    clientAuthentication: 'client_secret_post',
    // The ID token has it all, and saves a request to another host.
    userinfo: false,
    accept:
      tenants.length === 0
        ? null
        : ({ tid }) =>
            typeof tid === 'string' && tenants.some((one) => one.toLowerCase() === tid.toLowerCase())
              ? null
              : `tid is ${typeof tid === 'string' ? `"${tid.slice(0, 100)}"` : 'missing'}, which is none of the tenants`,
  };
}

/** A suggestion alone: the name before the tenant's domain. */
function usernameIn({ preferred_username: name }: Profile): string | undefined {
  return typeof name === 'string' ? name.split('@')[0] : undefined;
}
