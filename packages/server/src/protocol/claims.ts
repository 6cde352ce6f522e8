/**
 * Claims about a person (OpenID Connect Core §5.1) and the scopes that open them (§5.4).
 *
 * Owns the registry: what metadata advertises and what userinfo answers read the same list. The claims of ID tokens
 * themselves are `id-token.ts`.
 */
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { ProfileFields } from '../vocabulary/profile-field.ts';
import { numericDate } from '../vocabulary/time.ts';
import type { AccountClaims } from './ports/people.ts';

/** What a claim's value is. */
export type ClaimValue = string | number | boolean | readonly string[];
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
      zoneinfo: (account: AccountClaims) => account.zoneInfo ?? undefined,
      updated_at: (account: AccountClaims) => numericDate(account.updatedAtMs),
    },
    email: {
      email: (account: AccountClaims) => account.email ?? undefined,
      email_verified: (account: AccountClaims) => (account.email === null ? undefined : account.emailVerified),
    },
    groups: {
      // Empty for somebody who is in none: an application that goes by them must be able to take somebody out.
      groups: (account: AccountClaims) => account.groups,
    },
  }),
);

/** Claims that depend on this installation, by their names: the operator's fields, and the picture with its address. */
export type ProfileClaims = ReadonlyMap<string, ProfileClaim>;

interface ProfileClaim {
  /** That opens it. */
  readonly scope: string;
  /** False for what `/profile/` does not tell. */
  readonly isField: boolean;
  readonly make: (account: AccountClaims) => string | undefined;
}

/**
 * The fields of a declaration that applications can be told, and the picture.
 * @param pictureUrl of the picture of a name.
 */
export function profileClaims(fields: ProfileFields, pictureUrl: (name: string) => string): ProfileClaims {
  const told = new Map<string, ProfileClaim>();
  told.set('picture', {
    scope: 'profile',
    isField: false,
    make: ({ picture }) => (picture === null ? undefined : pictureUrl(picture)),
  });
  for (const { name, scope, claim } of fields.values()) {
    if (scope !== null) told.set(claim, { scope, isField: true, make: (account) => fieldValue(account, name) });
  }
  return told;
}

/** By which the groups of a person are looked up. */
export interface GroupReader {
  /** In the order of names. */
  groupsOf(accountId: AccountId): Promise<readonly string[]>;
}

/** The person with their groups, where the scope or a claim asked for by name wants them: for anybody else nothing is read. */
export async function withGroups(
  account: AccountClaims,
  wanted: { readonly scope: readonly string[]; readonly named: readonly string[] },
  groups: GroupReader,
): Promise<AccountClaims> {
  if (!wanted.scope.includes('groups') && !wanted.named.includes('groups')) return account;
  return { ...account, groups: await groups.groupsOf(account.accountId) };
}

/** Names of every claim that a scope opens, for metadata. */
export function claimNames(extra: ProfileClaims): readonly string[] {
  return [...[...CLAIMS_OF_SCOPE.values()].flatMap((claims) => Object.keys(claims)), ...extra.keys()];
}

/** The scope that opens a claim; null: there is no such claim. */
export function scopeOfClaim(name: string, extra: ProfileClaims): string | null {
  for (const [scope, claims] of CLAIMS_OF_SCOPE) if (Object.hasOwn(claims, name)) return scope;
  return extra.get(name)?.scope ?? null;
}

/** Single claims by their names (§5.5). One without a value is left out. */
export function claimsNamed(
  account: AccountClaims,
  names: readonly string[],
  extra: ProfileClaims,
): Readonly<Record<string, ClaimValue>> {
  const opened: Record<string, ClaimValue> = {};
  for (const name of names) {
    const made = CLAIMS_OF_SCOPE.get(scopeOfClaim(name, extra) ?? '')?.[name];
    const value = made === undefined ? extra.get(name)?.make(account) : made(account);
    if (value !== undefined) opened[name] = value;
  }
  return opened;
}

/** The same, with their groups looked up where they are among the names. */
export async function claimsByName(
  account: AccountClaims,
  names: readonly string[],
  deps: { readonly groups: GroupReader; readonly profileClaims: ProfileClaims },
): Promise<Readonly<Record<string, ClaimValue>>> {
  const person = await withGroups(account, { scope: [], named: names }, deps.groups);
  return claimsNamed(person, names, deps.profileClaims);
}

/** The claims of a person that these scopes open. §5.3.2: one without a value is left out, not null. */
export function claimsFor(
  account: AccountClaims,
  scope: readonly string[],
  extra: ProfileClaims,
): Readonly<Record<string, ClaimValue>> {
  const opened: Record<string, ClaimValue> = {};
  for (const name of scope) {
    for (const [claim, make] of Object.entries(CLAIMS_OF_SCOPE.get(name) ?? {})) {
      const value = make(account);
      if (value !== undefined) opened[claim] = value;
    }
  }
  for (const [claim, { scope: needed, make }] of extra) {
    const value = scope.includes(needed) ? make(account) : undefined;
    if (value !== undefined) opened[claim] = value;
  }
  return opened;
}

/** The claims of the operator's fields that these scopes open, those alone that are filled in. */
export function fieldClaims(
  account: AccountClaims,
  scope: readonly string[],
  extra: ProfileClaims,
): Readonly<Record<string, string>> {
  const opened: Record<string, string> = {};
  for (const [claim, { scope: needed, isField, make }] of extra) {
    const value = isField && scope.includes(needed) ? make(account) : undefined;
    if (value !== undefined) opened[claim] = value;
  }
  return opened;
}

function fieldValue({ fields }: AccountClaims, field: string): string | undefined {
  return Object.hasOwn(fields, field) ? fields[field] : undefined;
}
