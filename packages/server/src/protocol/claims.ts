/**
 * Claims about a person (OpenID Connect Core §5.1) and the scopes that open them (§5.4).
 *
 * Owns the registry: what metadata advertises and what userinfo answers read the same list. The claims of ID tokens
 * themselves are `id-token.ts`.
 */
import { numericDate } from '../vocabulary/time.ts';
import type { AccountClaims } from './ports/people.ts';

type ClaimValue = string | number | boolean;
/** Makes one claim; undefined: there is nothing to say. */
type Claim = (account: AccountClaims) => ClaimValue | undefined;

const CLAIMS_OF_SCOPE: ReadonlyMap<string, Readonly<Record<string, Claim>>> = new Map(
  Object.entries({
    openid: { sub: (account: AccountClaims) => account.accountId },
    profile: {
      preferred_username: (account: AccountClaims) => account.username,
      name: (account: AccountClaims) => `${account.firstName} ${account.lastName}`.trim() || undefined,
      given_name: (account: AccountClaims) => account.firstName || undefined,
      family_name: (account: AccountClaims) => account.lastName || undefined,
      locale: (account: AccountClaims) => account.locale ?? undefined,
      updated_at: (account: AccountClaims) => numericDate(account.updatedAtMs),
    },
    email: {
      email: (account: AccountClaims) => account.email ?? undefined,
      email_verified: (account: AccountClaims) => (account.email === null ? undefined : account.emailVerified),
    },
  }),
);

/** Names of every claim that a scope opens, for metadata. */
export function claimNames(): readonly string[] {
  return [...CLAIMS_OF_SCOPE.values()].flatMap((claims) => Object.keys(claims));
}

/** Whether there is such a claim of a person. */
export function claimExists(name: string): boolean {
  return scopeOfClaim(name) !== null;
}

/** The scope that opens a claim; null: there is no such claim. */
export function scopeOfClaim(name: string): string | null {
  for (const [scope, claims] of CLAIMS_OF_SCOPE) if (Object.hasOwn(claims, name)) return scope;
  return null;
}

/** Single claims by their names (§5.5). One without a value is left out. */
export function claimsNamed(account: AccountClaims, names: readonly string[]): Readonly<Record<string, ClaimValue>> {
  const opened: Record<string, ClaimValue> = {};
  for (const name of names) {
    const value = CLAIMS_OF_SCOPE.get(scopeOfClaim(name) ?? '')?.[name]?.(account);
    if (value !== undefined) opened[name] = value;
  }
  return opened;
}

/** The claims of a person that these scopes open. §5.3.2: one without a value is left out, not null. */
export function claimsFor(account: AccountClaims, scope: readonly string[]): Readonly<Record<string, ClaimValue>> {
  const opened: Record<string, ClaimValue> = {};
  for (const name of scope) {
    for (const [claim, make] of Object.entries(CLAIMS_OF_SCOPE.get(name) ?? {})) {
      const value = make(account);
      if (value !== undefined) opened[claim] = value;
    }
  }
  return opened;
}
