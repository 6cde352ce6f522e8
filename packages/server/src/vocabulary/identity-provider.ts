/**
 * Providers elsewhere by which people sign in here, as the operator declares them.
 *
 * Owns the shape of a declaration alone. The file that it is written in is `config/identity-providers.ts`; how each is spoken to is
 * `elsewhere/`.
 */

/** What every declaration has. */
interface Declared {
  /** Part of its addresses: `/accounts/<id>/login/`. */
  readonly id: string;
  /** What people read: "Sign in with <name>". */
  readonly name: string;
  readonly clientId: string;
  /** null: a public client. Of Apple the private key. */
  readonly clientSecret: string | null;
  /** null: what its kind asks for. */
  readonly scope: readonly string[] | null;
  /** Whether an address that it calls verified counts as verified here; null: what its kind deserves. */
  readonly trustEmail: boolean | null;
  /** What its ID tokens say of a sign-in by two factors, where that counts for two here: of `acr` and of `amr` one of these; empty: nothing does. */
  readonly secondFactor: { readonly acr: readonly string[]; readonly amr: readonly string[] };
  /** The name that its people's identities were imported under; null: none were. */
  readonly importedAs: string | null;
}

/** A provider, by its kind. */
export type IdentityProvider = Declared &
  (
    | { readonly kind: 'google'; readonly hostedDomains: readonly string[] }
    | { readonly kind: 'github' | 'gitlab'; readonly serverUrl: string | null }
    | { readonly kind: 'microsoft'; readonly tenant: string | null; readonly tenants: readonly string[] }
    | { readonly kind: 'apple'; readonly teamId: string; readonly keyId: string }
    | { readonly kind: 'keycloak'; readonly realmUrl: string; readonly roles: readonly string[] }
    | { readonly kind: 'auth0'; readonly domain: string }
    | { readonly kind: 'diapason'; readonly serverUrl: string }
    /** Any issuer that publishes its metadata. */
    | { readonly kind: 'oidc'; readonly issuer: string }
    /** Any OAuth 2 server, by its addresses. */
    | {
        readonly kind: 'oauth2';
        readonly issuer: string;
        readonly authorizationUrl: string;
        readonly tokenUrl: string;
        readonly profileUrl: string;
        /** The member of the profile that never changes and is never given to somebody else. */
        readonly uid: string;
        /** Members of the profile by what they say; null: the usual names. */
        readonly fields: Readonly<Partial<Record<IdentityField, string>>> | null;
      }
  );

/** What a provider can say about a person. */
export type IdentityField = 'username' | 'firstName' | 'lastName' | 'email' | 'emailVerified';
