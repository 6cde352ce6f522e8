/**
 * What superusers and the operator do with invitations: `/admin/invitations/` and `diapason invitation …`.
 *
 * Owns what an invitation may say and how its link travels: by mail, or where there is no mail by the hand of whoever invites. Being
 * invited is `accounts/invitations.ts`.
 */
import { parseEmailAddress } from '../accounts/email-address.ts';
import { type InvitationState, invitationState } from '../accounts/invitations.ts';
import type { GroupName, GroupStore } from '../accounts/ports/groups.ts';
import type { InvitationRecord } from '../accounts/ports/invitations.ts';
import type { MailOutbox } from '../accounts/ports/mail.ts';
import { fieldProblem, type Refused, refused } from '../accounts/problems.ts';
import type { Audited } from '../vocabulary/audited.ts';
import { digestOf, newSecret, type Randomness } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { AdministeredInvitations } from './ports/audit.ts';

/** A week unless said: long enough for a holiday's end, short enough that an old mailbox opens nothing. */
export const INVITATION_DAYS = 7;
/** At most. */
export const INVITATION_DAYS_MAX = 90;
const DAY_MS = 86_400_000;
/** As many as are listed. */
const LISTED_MAX = 500;

/** What managing invitations needs. */
export interface InvitationDeps {
  readonly invitations: Audited<AdministeredInvitations>;
  readonly groups: Pick<GroupStore, 'listGroups'>;
  readonly outbox: MailOutbox;
  /** False: the link is given to whoever invites. */
  readonly hasMail: boolean;
  /** Public base URL: a link is built from nothing else. */
  readonly baseUrl: string;
  readonly brandName: string;
  /** In which messages go out, as BCP 47 tags. */
  readonly languages: readonly string[];
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** What somebody is invited to. */
export interface InvitationInput {
  readonly email: string;
  /** By name. */
  readonly groups: readonly string[];
  readonly isSuperuser: boolean;
  /** From 1 to {@link INVITATION_DAYS_MAX}; NaN for what is no number. */
  readonly days: number;
  /** Of the message: one of `languages`; null: the first of them. */
  readonly language: string | null;
}

/** Who invites; null: the operator, by command. */
export type Inviter = { readonly id: AccountId; readonly username: string } | null;

/** An invitation that was made. */
export interface MadeInvitation {
  readonly id: string;
  readonly address: string;
  readonly expiresAtMs: number;
  /** The link, where it was not mailed: shown this once. */
  readonly link: string | null;
}

/** Invites somebody. Field names of problems: `email`, `groups`, `days`, `language`. */
export async function createInvitation(
  input: InvitationInput,
  inviter: Inviter,
  deps: InvitationDeps,
): Promise<{ readonly outcome: 'created'; readonly invitation: MadeInvitation } | Refused> {
  const email = parseEmailAddress(input.email);
  const known = await deps.groups.listGroups();
  const groups = input.groups.map((name) => known.find((group) => group.name === (name as GroupName)));
  const unknown = input.groups.filter((_, index) => groups[index] === undefined);
  const daysFit = Number.isInteger(input.days) && input.days >= 1 && input.days <= INVITATION_DAYS_MAX;
  const { language } = input;
  const isSpoken = language === null || deps.languages.includes(language);
  const problems = [
    ...(email.outcome === 'invalid' ? [email.problem] : []),
    ...(unknown.length > 0 ? [fieldProblem('groups', 'problem.group.unknown', { group: unknown.join(', ') })] : []),
    ...(daysFit ? [] : [fieldProblem('days', 'problem.number.range', { minimum: 1, maximum: INVITATION_DAYS_MAX })]),
    ...(isSpoken ? [] : [fieldProblem('language', 'problem.choice.unknown')]),
  ];
  if (email.outcome === 'invalid' || problems.length > 0) return refused(...problems);

  const token = newSecret<'invitation'>(deps.randomness);
  const nowMs = deps.clock();
  const expiresAtMs = nowMs + input.days * DAY_MS;
  const id = deps.randomness(12).toString('base64url');
  await deps.invitations.createInvitation({
    id,
    tokenDigest: digestOf(token),
    address: email.address,
    addressKey: email.key,
    groupIds: groups.flatMap((group) => (group === undefined ? [] : [group.id])),
    isSuperuser: input.isSuperuser,
    invitedBy: inviter?.id ?? null,
    createdAtMs: nowMs,
    expiresAtMs,
  });
  const path = `/invitation/?token=${token}`;
  const made = { id, address: email.address, expiresAtMs };
  if (!deps.hasMail) return { outcome: 'created', invitation: { ...made, link: `${deps.baseUrl}${path}` } };
  const invitedBy = inviter?.username ?? deps.brandName;
  const reading = { locale: language, zoneInfo: null };
  await deps.outbox.enqueue({ kind: 'invitation', to: email.address, ...reading, invitedBy, path, expiresAtMs }, null);
  return { outcome: 'created', invitation: { ...made, link: null } };
}

/** An invitation as a list shows it. */
export interface ListedInvitation {
  readonly id: string;
  readonly address: string;
  readonly state: InvitationState;
  readonly groups: readonly string[];
  readonly isSuperuser: boolean;
  /** null: the operator. */
  readonly invitedBy: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** The latest invitations, the newest first. Of ended ones those of the last weeks. */
export async function listInvitations(
  deps: Pick<InvitationDeps, 'groups' | 'clock'> & {
    readonly invitations: Pick<AdministeredInvitations, 'listInvitations'>;
  },
): Promise<readonly ListedInvitation[]> {
  const [invitations, groups] = await Promise.all([
    deps.invitations.listInvitations(LISTED_MAX),
    deps.groups.listGroups(),
  ]);
  const nowMs = deps.clock();
  return invitations.map((invitation) => listed(invitation, nowMs, groups));
}

function listed(
  invitation: InvitationRecord,
  nowMs: number,
  groups: readonly { readonly id: string; readonly name: string }[],
): ListedInvitation {
  const { id, address, isSuperuser, createdAtMs, expiresAtMs } = invitation;
  return {
    id,
    address,
    state: invitationState(invitation, nowMs),
    groups: groups.filter((group) => invitation.groupIds.includes(group.id)).map(({ name }) => name),
    isSuperuser,
    invitedBy: invitation.inviterUsername,
    createdAtMs,
    expiresAtMs,
  };
}

/** Takes an invitation back, while nobody has accepted it. */
export async function revokeInvitation(
  id: string,
  deps: Pick<InvitationDeps, 'invitations' | 'clock'>,
): Promise<{ readonly outcome: 'revoked' | 'not_open' }> {
  return deps.invitations.revokeInvitation(id, deps.clock());
}
