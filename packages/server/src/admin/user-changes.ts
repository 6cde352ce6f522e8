/**
 * What an operator changes of somebody's account: profile and declared fields, addresses, picture, sessions. `diapason user …` calls it,
 * and whatever else lets operators do so.
 *
 * The rules of names, usernames and fields are those that people have for their own profile, but that an operator may fill in every
 * field and leave a required one empty. An address that an operator adds counts as verified. Its owner is told of changed addresses
 * (ASVS 6.3.7), and their log says what was done. Passwords, second factors, disabling and deletion are `users.ts`.
 */
import { ADDRESSES_MAX } from '../accounts/addresses.ts';
import { parseEmailAddress } from '../accounts/email-address.ts';
import type { AccountAddress, AddressStore } from '../accounts/ports/addresses.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { Notices } from '../accounts/ports/mail.ts';
import type { PictureStore } from '../accounts/ports/pictures.ts';
import type { Account, AccountStore, SessionStore } from '../accounts/ports.ts';
import { fieldProblem, type Refused, refused } from '../accounts/problems.ts';
import { changeProfile, type ProfileResult } from '../accounts/profile.ts';
import type { Audited } from '../vocabulary/audited.ts';
import type { FieldValues } from '../vocabulary/profile-field.ts';
import { type Clock, timeZoneNamed } from '../vocabulary/time.ts';
import type { AdministeredAddresses } from './ports/audit.ts';
import { declaredFields, type UserDeps } from './users.ts';

/** What of a profile changes; what is absent stays. */
export interface UserChange {
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** A BCP 47 tag of the languages of pages; empty: none. */
  readonly locale?: string;
  /** An IANA name, whichever case and whichever of a zone's names; empty: none. */
  readonly zoneInfo?: string;
  /** By name; an empty value takes a field out. */
  readonly fields?: FieldValues;
}

/** What changing a profile needs. */
export interface UserChangeDeps extends Pick<UserDeps, 'profileFields' | 'clock'> {
  readonly accounts: Audited<Pick<AccountStore, 'updateProfile'>>;
  readonly locales: readonly string[];
  readonly events: AccountEvents;
}

/** Changes a profile. Problems have the names of fields of `accounts/profile.ts`. */
export async function updateUser(account: Account, change: UserChange, deps: UserChangeDeps): Promise<ProfileResult> {
  const given = declaredFields(change.fields ?? {}, deps.profileFields);
  if (given.outcome === 'refused') return given;
  const asked = given.fields.map((field) => ({ ...field, required: false }));
  const zone = change.zoneInfo === undefined || change.zoneInfo === '' ? null : timeZoneNamed(change.zoneInfo);
  const input = {
    username: change.username ?? account.username,
    firstName: change.firstName ?? account.firstName,
    lastName: change.lastName ?? account.lastName,
    locale: change.locale ?? account.locale ?? '',
    zoneInfo: zone ?? change.zoneInfo ?? account.zoneInfo ?? '',
    fields: change.fields ?? {},
  };
  const rules = { ...deps, timeZones: zone === null ? [] : [zone] };
  const result = await changeProfile(input, account, asked, rules);
  if (result.outcome !== 'updated') return result;
  const renamed =
    result.account.username === account.username ? {} : { detail: `${account.username} → ${result.account.username}` };
  await deps.events.record(account.id, { kind: 'profile-changed', ...renamed }, null);
  return result;
}

/** What changing addresses needs. */
export interface UserAddressDeps {
  readonly addresses: Audited<AdministeredAddresses>;
  readonly events: AccountEvents;
  readonly notices: Notices;
  readonly clock: Clock;
}

/** The addresses of somebody, the primary one first. */
export async function listUserAddresses(
  { id }: Account,
  { addresses }: { readonly addresses: Pick<AddressStore, 'listAddresses'> },
): Promise<readonly AccountAddress[]> {
  return addresses.listAddresses(id);
}

/**
 * Adds an address that counts as verified, or makes one verified that was not. Whoever calls it makes sure that the account is that
 * person's: what a stranger may have prepared in it stays, as a password. Problems are the field `email`'s.
 */
export async function addUserAddress(
  { id }: Account,
  text: string,
  deps: UserAddressDeps,
): Promise<{ readonly outcome: 'added'; readonly address: string } | { readonly outcome: 'not_found' } | Refused> {
  const parsed = parseEmailAddress(text);
  if (parsed.outcome === 'invalid') return refused(parsed.problem);
  const { address, key } = parsed;
  const { outcome } = await deps.addresses.addVerifiedAddress(id, { address, key }, ADDRESSES_MAX, deps.clock());
  switch (outcome) {
    case 'there':
      return { outcome: 'added', address };
    case 'too_many':
      return refused(fieldProblem('email', 'problem.email.tooMany', { maximum: ADDRESSES_MAX }));
    case 'email_taken':
      return refused(fieldProblem('email', 'problem.email.taken'));
    case 'not_found':
      return { outcome };
    case 'added':
      break;
    default:
      outcome satisfies never;
  }
  await deps.events.record(id, { kind: 'address-added', detail: address }, null);
  await deps.notices.tell(id, { kind: 'address-added', address });
  return { outcome: 'added', address };
}

/** Makes a verified address of the account the primary one. */
export async function makeUserAddressPrimary(
  account: Account,
  text: string,
  deps: UserAddressDeps,
): Promise<{ readonly outcome: 'changed' | 'not_found' }> {
  const parsed = parseEmailAddress(text);
  if (parsed.outcome === 'invalid') return { outcome: 'not_found' };
  const { key } = parsed;
  const { outcome } = await deps.addresses.makePrimary(account.id, key, deps.clock());
  if (outcome === 'not_found') return { outcome };
  const [primary] = await deps.addresses.listAddresses(account.id);
  const former = account.email ?? '';
  if (primary === undefined || primary.address === former) return { outcome: 'changed' };
  const { address } = primary;
  await deps.events.record(account.id, { kind: 'primary-address-changed', detail: address }, null);
  const notice = { kind: 'primary-address-changed', address, former } as const;
  await deps.notices.tell(account.id, notice, former === '' ? undefined : former);
  return { outcome: 'changed' };
}

/** Removes an address of the account that is not the primary one. */
export async function removeUserAddress(
  { id }: Account,
  text: string,
  deps: UserAddressDeps,
): Promise<{ readonly outcome: 'removed' | 'not_found' }> {
  const parsed = parseEmailAddress(text);
  if (parsed.outcome === 'invalid') return { outcome: 'not_found' };
  const { key } = parsed;
  const found = (await deps.addresses.listAddresses(id)).find((one) => one.key === key);
  const { outcome } = await deps.addresses.removeAddress(id, key, deps.clock());
  if (outcome === 'not_found' || found === undefined) return { outcome: 'not_found' };
  const { address, verifiedAtMs } = found;
  await deps.events.record(id, { kind: 'address-removed', detail: address }, null);
  await deps.notices.tell(id, { kind: 'address-removed', address }, verifiedAtMs === null ? undefined : address);
  return { outcome };
}

/** Removes somebody's picture: its address leads nowhere from then on. */
export async function removeUserPicture(
  { id }: Account,
  deps: {
    readonly pictures: Audited<Pick<PictureStore, 'removePicture'>>;
    readonly events: AccountEvents;
    readonly clock: Clock;
  },
): Promise<{ readonly outcome: 'removed' | 'none' }> {
  const result = await deps.pictures.removePicture(id, deps.clock());
  if (result.outcome === 'removed') await deps.events.record(id, { kind: 'picture-removed' }, null);
  return result;
}

/** Signs somebody out everywhere (ASVS 7.4.5); answers how many sessions ended. Tokens of applications stay: disabling ends those. */
export async function endUserSessions(
  { id }: Account,
  deps: { readonly sessions: Audited<Pick<SessionStore, 'endSessionsOf'>>; readonly events: AccountEvents },
): Promise<number> {
  const ended = await deps.sessions.endSessionsOf(id, null);
  if (ended > 0) await deps.events.record(id, { kind: 'sessions-ended' }, null);
  return ended;
}
