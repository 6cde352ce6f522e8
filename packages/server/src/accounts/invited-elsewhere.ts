/**
 * Accepting an invitation with an account elsewhere: the account that is made is the invitation's, and the provider's identity opens it.
 *
 * The address is the invitation's, verified, whatever the provider says: the link was sent there. Whether sign-up is open does not matter,
 * as for whoever accepts with a password.
 *
 * Owns this flow. Whose an identity is, and what is asked before, is `sign-in-elsewhere.ts` and `sign-up-elsewhere.ts`.
 */
import { draftAccount, newAccountId } from './account-draft.ts';
import { type Chosen, type ElsewhereAccountDeps, type Made, newIdentityOf } from './elsewhere-account.ts';
import { invitationDigestOf, invitationState, type NotOpen, recordAccepted } from './invitations.ts';
import type { ArrivedIdentity } from './ports/elsewhere.ts';
import type { InvitationStore } from './ports/invitations.ts';
import { fieldProblem, refused } from './problems.ts';
import { fieldsOfPerson } from './profile-fields.ts';
import type { Visitor } from './visitor.ts';

/** What it needs. */
export interface InvitedElsewhereDeps extends ElsewhereAccountDeps {
  readonly invitations: Pick<InvitationStore, 'findInvitation' | 'acceptBySignUp'>;
}

/**
 * Makes the account. Field names of problems as at every sign-up.
 * @returns `not_open` too where somebody has verified the address: the invitation's page says how they accept.
 */
export async function makeInvitedAccount(
  token: string,
  chosen: Omit<Chosen, 'email'>,
  identity: ArrivedIdentity,
  visitor: Visitor,
  deps: InvitedElsewhereDeps,
): Promise<Exclude<Made, { readonly outcome: 'unverified' | 'limited' }> | NotOpen> {
  const digest = invitationDigestOf(token);
  const found = digest === null ? null : await deps.invitations.findInvitation(digest);
  const nowMs = deps.clock();
  if (digest === null || found === null || invitationState(found, nowMs) !== 'open') return { outcome: 'not_open' };
  const fields = { asked: fieldsOfPerson(deps.profileFields, 'sign-up'), typed: chosen.fields };
  const text = { ...chosen, email: found.address, password: null, fields };
  const drafted = await draftAccount(text, deps.passwordPolicy);
  if (drafted.outcome === 'refused') return drafted;

  const { email: _, ...draft } = drafted.draft;
  const id = newAccountId(deps.randomness);
  const account = { ...draft, id, passwordHash: null, locale: chosen.locale, createdAtMs: nowMs };
  const linked = newIdentityOf(identity);
  const accepted = await deps.invitations.acceptBySignUp(digest, account, nowMs, linked);
  switch (accepted.outcome) {
    case 'username_taken':
      return refused(fieldProblem('username', 'problem.username.taken'));
    case 'email_taken':
    case 'not_open':
      return { outcome: 'not_open' };
    case 'identity_taken': {
      // Made by another tab a moment ago; its owner accepts as anybody who has an account.
      const known = await deps.externalIdentities.useIdentity(linked, nowMs);
      if (known === null) throw new Error('an identity was linked a moment ago and is gone');
      return { outcome: 'made', account: known, isNew: false };
    }
    case 'accepted':
      break;
    default:
      accepted satisfies never;
  }
  await deps.events.record(id, { kind: 'signed-up', detail: identity.provider.name }, visitor);
  await recordAccepted(id, found.address, accepted.joined, visitor, deps);
  const made = await deps.accounts.findAccount(id);
  if (made === null) throw new Error('an account was made a moment ago and is gone');
  return { outcome: 'made', account: made, isNew: true };
}
