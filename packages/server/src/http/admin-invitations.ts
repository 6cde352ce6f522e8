/**
 * `/admin/invitations/`: superusers invite people, see who was invited, and take invitations back.
 *
 * Owns the page's form. The rules are `admin/invitations.ts`. Inviting a superuser asks for a fresh proof first (ASVS 7.5.1): it would
 * let a thief of a session stay.
 */
import type { GroupStore } from '../accounts/ports/groups.ts';
import type { InvitationStore } from '../accounts/ports/invitations.ts';
import {
  createInvitation,
  INVITATION_DAYS,
  INVITATION_DAYS_MAX,
  type InvitationDeps,
  listInvitations,
  revokeInvitation,
} from '../admin/invitations.ts';
import type { InvitationsPage } from '../pages/models/admin.ts';
import { noticeOf } from './account.ts';
import { type AdministrationDeps, administrationOf } from './administration.ts';
import { type RecentDeps, recentlyAuthenticated } from './confirm-identity.ts';
import { NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import type { People } from './people.ts';
import { forSuperusers } from './superusers.ts';
import { type Answer, errorAnswer, type SignedInVisit } from './visit.ts';

/** What it uses. */
export interface AdminInvitationRouteDeps extends Omit<InvitationDeps, 'invitations'>, RecentDeps, AdministrationDeps {
  readonly invitations: Pick<InvitationStore, 'listInvitations'>;
  readonly groups: GroupStore;
}

const PATH = '/admin/invitations/';
const FIELDS = ['email', 'groups', 'days', 'language', 'superuser'] as const;
type Problems = ShownProblems<(typeof FIELDS)[number]>;

/** Registers the route. */
export function adminInvitationRoutes(people: People, deps: AdminInvitationRouteDeps): void {
  forSuperusers(people, PATH, {
    get: (visit) => pageAnswer(visit, fresh(visit), NO_PROBLEMS, null, deps),
    post: (visit) => post(visit, deps),
  });
}

type Values = InvitationsPage['form']['values'] & { readonly chosen: readonly string[] };

/** The form as it opens: the message goes out in the language of the page, unless another is chosen. */
function fresh({ locale }: SignedInVisit): Values {
  return { email: '', groups: '', days: String(INVITATION_DAYS), language: locale, superuser: '', chosen: [] };
}

/** What changes something does it in the name of the visit. */
function changing(visit: SignedInVisit, deps: AdminInvitationRouteDeps): InvitationDeps {
  return { ...deps, invitations: administrationOf(visit, deps).invitations };
}

async function post(visit: SignedInVisit, deps: AdminInvitationRouteDeps): Promise<Answer> {
  const { account } = visit.signedIn;
  const revoked = visit.form.get('revoke');
  if (revoked !== null) {
    if (revoked.length > 64) return errorAnswer(400, { kind: 'bad-request' });
    const { outcome } = await revokeInvitation(revoked, changing(visit, deps));
    if (outcome === 'revoked') {
      visit.request.log.info(
        { event: 'invitation_revoked', by: account.id, invitationId: revoked },
        'invitation revoked',
      );
    }
    // Accepted or taken back meanwhile: the list says which.
    return { seeOther: `${PATH}?done=${outcome === 'revoked' ? 'invitation-revoked' : 'invitation-not-revoked'}` };
  }
  const isSuperuser = text(visit.form, 'superuser') === 'on';
  const proof = isSuperuser ? await recentlyAuthenticated(visit, deps) : null;
  if (proof !== null) return proof;
  const days = text(visit.form, 'days');
  const values: Values = {
    email: text(visit.form, 'email'),
    groups: '',
    days,
    language: text(visit.form, 'language'),
    superuser: isSuperuser ? 'on' : '',
    chosen: visit.form.getAll('groups'),
  };
  const input = {
    email: values.email,
    groups: values.chosen,
    isSuperuser,
    days: /^\d{1,3}$/.test(days) ? Number(days) : Number.NaN,
    // A program that posts the form without it gets the language of the page.
    language: values.language === '' ? visit.locale : values.language,
  };
  const result = await createInvitation(input, account, changing(visit, deps));
  if (result.outcome === 'refused')
    return pageAnswer(visit, values, shownProblems(result.problems, FIELDS), null, deps);
  const { id, address, link } = result.invitation;
  visit.request.log.info({ event: 'invitation_created', by: account.id, invitationId: id, isSuperuser }, 'invited');
  if (link === null) return { seeOther: `${PATH}?done=invitation-sent` };
  return pageAnswer(visit, fresh(visit), NO_PROBLEMS, { address, link }, deps);
}

async function pageAnswer(
  visit: SignedInVisit,
  { chosen, ...values }: Values,
  problems: Problems,
  made: InvitationsPage['made'],
  deps: AdminInvitationRouteDeps,
): Promise<Answer> {
  const [invitations, groups] = await Promise.all([listInvitations(deps), deps.groups.listGroups()]);
  return {
    page: {
      page: 'invitations',
      form: { values, ...problems },
      groups: groups.map(({ name }) => ({ name, isChosen: chosen.includes(name) })),
      daysMax: INVITATION_DAYS_MAX,
      hasMail: deps.hasMail,
      invitations,
      made,
      notice: made === null && problems === NO_PROBLEMS ? noticeOf(visit) : null,
    },
  };
}
