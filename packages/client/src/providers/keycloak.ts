/**
 * Keycloak, by OpenID Connect.
 *
 * Owns what is Keycloak's own: the realm in the issuer, and roles in the claims.
 */
import { requireBaseUrl } from './base-url.ts';
import { type OidcOptions, oidc } from './oidc.ts';
import type { OidcProvider, Profile } from './provider.ts';

/** What `keycloak()` is told. */
export interface KeycloakOptions extends Omit<OidcOptions, 'id' | 'name' | 'issuer'> {
  readonly id?: string;
  readonly name?: string;
  /** The realm's address, such as `https://keycloak.example.org/realms/staff` (before version 17: `…/auth/realms/staff`). */
  readonly realmUrl: string;
  /**
   * Roles of which a person needs one to sign in: a realm role by its name, a client's as `client:role`. Keycloak puts roles into the
   * access token alone unless the mapper of its client scope `roles` says "Add to ID token" or "Add to userinfo".
   */
  readonly roles?: readonly string[];
}

/**
 * Keycloak: scopes `openid profile email`. `trustEmail` is false unless said: whoever administers the realm can mark any address as
 * verified.
 * @throws TypeError when the realm's address is malformed, or http beyond this machine without `allowInsecure`.
 */
export function keycloak(options: KeycloakOptions): OidcProvider {
  const id = options.id ?? 'keycloak';
  const { roles = [] } = options;
  const issuer = requireBaseUrl(options.realmUrl, `${id}.realmUrl`, options.allowInsecure ?? false);
  if (!/\/realms\/[^/]+$/.test(issuer)) {
    throw new TypeError(`${id}.realmUrl is "${options.realmUrl}": expected an address that ends in /realms/<name>`);
  }
  const provider = oidc({ ...options, id, name: options.name ?? 'Keycloak', issuer });
  return {
    ...provider,
    accept:
      roles.length === 0
        ? null
        : (profile) => {
            const has = keycloakRoles(profile);
            if (has.length === 0)
              return 'no roles came: add them to the ID token in the client scope "roles" of Keycloak';
            return roles.some((role) => has.includes(role)) ? null : `none of the roles ${roles.join(', ')}`;
          },
  };
}

/** The roles in the claims of a person: realm roles by their names, those of clients as `client:role`. */
export function keycloakRoles({ realm_access: realm, resource_access: resources }: Profile): readonly string[] {
  const ofClients = isObject(resources)
    ? Object.entries(resources).flatMap(([client, access]) => rolesOf(access).map((role) => `${client}:${role}`))
    : [];
  return [...rolesOf(realm), ...ofClients];
}

function rolesOf(access: unknown): readonly string[] {
  const roles: unknown = isObject(access) ? access['roles'] : undefined;
  return Array.isArray(roles) ? roles.filter((role): role is string => typeof role === 'string') : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
