/**
 * Being invited: what a link says, and accepting it, by a new account or with the one that somebody has.
 *
 * An invitation is for one address. A new account gets that address, verified: the link was sent there, or a superuser handed it
 * over. Whoever has an account accepts signed in, with an account that has verified the address, so that a link that went astray
 * adds nobody else to a group. It counts once, and only while whoever invites is a superuser who may sign in.
 *
 * Owns the flow for the person invited. Inviting is `admin/invitations.ts`; the one step is the storage's.
 */
import { type Digest, digestOf, presentedSecret } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { ProfileFields } from '../vocabulary/profile-field.ts';
import { draftAccount, newAccountId } from './account-draft.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import type { PasswordHasher } from './password-hashing.ts';
import type { PasswordPolicy } from './password-policy.ts';
import type { AddressStore } from './ports/addresses.ts';
import type { AccountEvents } from './ports/events.ts';
import type { GroupStore } from './ports/groups.ts';
import type { InvitationRecord, InvitationStore } from './ports/invitations.ts';
import type { KnownBrowserStore, SessionFound } from './ports.ts';
import { type Busy, fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { fieldsOfPerson } from './profile-fields.ts';
import { type SessionStartDeps, type StartedSession, startSession } from './sessions.ts';
import { networkOf, type Visitor } from './visitor.ts';

/** Where an invitation stands. */
export type InvitationState = 'open' | 'accepted' | 'expired' | 'revoked';

/** Where it stands at an instant. */
export function invitationState(
  invitation: Pick<InvitationRecord, 'acceptedAtMs' | 'revokedAtMs' | 'expiresAtMs' | 'isVouchedFor'>,
  nowMs: number,
): InvitationState {
  if (invitation.acceptedAtMs !== null) return 'accepted';
  if (invitation.revokedAtMs !== null || !invitation.isVouchedFor) return 'revoked';
  return invitation.expiresAtMs <= nowMs ? 'expired' : 'open';
}

/** What looking at an invitation needs. */
export interface InvitationViewDeps {
  readonly invitations: Pick<InvitationStore, 'findInvitation'>;
  readonly groups: Pick<GroupStore, 'listGroups'>;
  readonly addresses: Pick<AddressStore, 'findAddressOwner'>;
  readonly clock: () => number;
}

/** An open invitation, as its page shows it. */
export interface OpenInvitation {
  readonly address: string;
  /** The inviter's username; null: the operator. */
  readonly invitedBy: string | null;
  readonly groups: readonly string[];
  readonly isSuperuser: boolean;
  readonly expiresAtMs: number;
}

/** What the page behind the link shows. */
export type InvitationView =
  | {
      readonly outcome: 'open';
      readonly invitation: OpenInvitation;
      /**
       * `join`: whoever is signed in accepts by a button. `other_account`: they have not verified the address. `sign_in`: an account
       * has verified it. `sign_up`: none has.
       */
      readonly way: 'join' | 'other_account' | 'sign_in' | 'sign_up';
    }
  /** `unknown`: there is none, or it ended so long ago that it is forgotten. */
  | { readonly outcome: 'ended'; readonly reason: Exclude<InvitationState, 'open'> | 'unknown' };

/** Looks at a link without using it up. */
export async function viewInvitation(
  token: string,
  signedIn: SessionFound | null,
  deps: InvitationViewDeps,
): Promise<InvitationView> {
  const digest = invitationDigestOf(token);
  const found = digest === null ? null : await deps.invitations.findInvitation(digest);
  if (found === null) return { outcome: 'ended', reason: 'unknown' };
  const state = invitationState(found, deps.clock());
  if (state !== 'open') return { outcome: 'ended', reason: state };
  const groups = found.groupIds.length === 0 ? [] : await deps.groups.listGroups();
  const invitation = {
    address: found.address,
    invitedBy: found.inviterUsername,
    groups: groups.filter(({ id }) => found.groupIds.includes(id)).map(({ name }) => name),
    isSuperuser: found.isSuperuser,
    expiresAtMs: found.expiresAtMs,
  };
  return { outcome: 'open', invitation, way: await wayOf(found, signedIn, deps) };
}

async function wayOf(found: InvitationRecord, signedIn: SessionFound | null, deps: InvitationViewDeps) {
  const owner = await deps.addresses.findAddressOwner(found.addressKey);
  const isKnown = owner?.verified === true;
  if (signedIn === null) return isKnown ? 'sign_in' : 'sign_up';
  return isKnown && owner.account.id === signedIn.account.id ? 'join' : 'other_account';
}

/** The form of a new account; the address is the invitation's. */
export interface InvitedSignUpInput {
  readonly token: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly password: string;
  /** What was typed into the operator's fields that sign-up asks for, by name; absent: nothing. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The language of the page, kept for mail; null: none chosen. */
  readonly locale: string | null;
}

/** What accepting needs. */
export interface AcceptDeps extends SessionStartDeps, AttemptDeps {
  readonly invitations: InvitationStore;
  readonly events: AccountEvents;
  readonly knownBrowsers: Pick<KnownBrowserStore, 'rememberBrowser'>;
  readonly passwords: Pick<PasswordHasher, 'hash'>;
  readonly passwordPolicy: PasswordPolicy;
  readonly profileFields: ProfileFields;
}

/** The link is of no use, or no longer: its page says why. */
export interface NotOpen {
  readonly outcome: 'not_open';
}

/**
 * Makes the account, whether sign-up is open or not, and signs in. Field names of problems: `username`, `first_name`, `last_name`,
 * `password`; a problem of `email` is of the form as a whole.
 */
export async function signUpInvited(
  input: InvitedSignUpInput,
  visitor: Visitor,
  deps: AcceptDeps,
): Promise<
  | { readonly outcome: 'signed_up'; readonly accountId: AccountId; readonly started: StartedSession }
  | NotOpen
  | Refused
  | Limited
  | Busy
> {
  const digest = invitationDigestOf(input.token);
  const found = digest === null ? null : await deps.invitations.findInvitation(digest);
  if (digest === null || found === null || invitationState(found, deps.clock()) !== 'open') {
    return { outcome: 'not_open' };
  }
  const fields = { asked: fieldsOfPerson(deps.profileFields, 'sign-up'), typed: input.fields ?? {} };
  const drafted = await draftAccount({ ...input, fields, email: found.address }, deps.passwordPolicy);
  if (drafted.outcome === 'refused') return drafted;

  // Counted as any sign-up is: only a taken username stays counted.
  const attempts = [attemptAt('signUpNetwork', networkOf(visitor.networkAddress))];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const hashed = await deps.passwords.hash(input.password);
  if (hashed.outcome === 'busy') {
    await takeBackAttempt(attempts, deps);
    return hashed;
  }
  const { email: _, ...draft } = drafted.draft;
  const nowMs = deps.clock();
  const id = newAccountId(deps.randomness);
  const account = { ...draft, id, passwordHash: hashed.hash, locale: input.locale, createdAtMs: nowMs };
  const accepted = await deps.invitations.acceptBySignUp(digest, account, nowMs);
  switch (accepted.outcome) {
    case 'username_taken':
      return refused(fieldProblem('username', 'problem.username.taken'));
    case 'email_taken':
      await takeBackAttempt(attempts, deps);
      return refused(fieldProblem('email', 'problem.email.taken'));
    case 'identity_taken':
      throw new Error('an identity was linked that nobody asked for');
    case 'not_open':
      await takeBackAttempt(attempts, deps);
      return accepted;
    case 'accepted':
      break;
    default:
      accepted satisfies never;
  }
  await takeBackAttempt(attempts, deps);
  await deps.events.record(id, { kind: 'signed-up' }, visitor);
  await recordAccepted(id, found.address, accepted.joined, visitor, deps);
  if (visitor.browser !== null) await deps.knownBrowsers.rememberBrowser(id, digestOf(visitor.browser), nowMs);
  return { outcome: 'signed_up', accountId: id, started: await startSession(id, visitor, deps) };
}

/** Accepts with the account of whoever is signed in. */
export async function joinInvited(
  token: string,
  { account }: SessionFound,
  visitor: Visitor,
  deps: Pick<AcceptDeps, 'invitations' | 'events' | 'clock'>,
): Promise<
  | { readonly outcome: 'joined' }
  | NotOpen
  /** The account has not verified the invitation's address. */
  | { readonly outcome: 'other_address' }
> {
  const digest = invitationDigestOf(token);
  const found = digest === null ? null : await deps.invitations.findInvitation(digest);
  if (digest === null || found === null) return { outcome: 'not_open' };
  const accepted = await deps.invitations.acceptInvitation(digest, account.id, deps.clock());
  if (accepted.outcome !== 'accepted') return accepted;
  await recordAccepted(account.id, found.address, accepted.joined, visitor, deps);
  return { outcome: 'joined' };
}

/** In the account's log: that it accepted, and what it joined. */
export async function recordAccepted(
  id: AccountId,
  address: string,
  joined: readonly string[],
  visitor: Visitor,
  deps: Pick<AcceptDeps, 'events'>,
): Promise<void> {
  await deps.events.record(id, { kind: 'invitation-accepted', detail: address }, visitor);
  for (const group of joined) await deps.events.record(id, { kind: 'group-joined', detail: group }, visitor);
}

/** Of a token as it came; null: it is none. */
export function invitationDigestOf(token: string): Digest | null {
  return /^[A-Za-z0-9_-]{43}$/.test(token) ? digestOf(presentedSecret<'invitation'>(token)) : null;
}
