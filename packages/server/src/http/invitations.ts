/**
 * `/invitation/`: what an invitation's link leads to. A new account is made there; whoever has one signs in and accepts.
 *
 * A GET changes nothing, so that what opens links by itself uses none up (D33); the token travels in the query, which is not
 * logged (`request-target.ts`) and goes into no Referer (`security-headers.ts`). The flow is `accounts/invitations.ts`.
 */
import {
  type AcceptDeps,
  type InvitationView,
  type InvitationViewDeps,
  joinInvited,
  signUpInvited,
  viewInvitation,
} from '../accounts/invitations.ts';
import type { Elsewhere } from '../accounts/ports/elsewhere.ts';
import type { FieldProblem } from '../accounts/problems.ts';
import { fieldsOfPerson } from '../accounts/profile-fields.ts';
import type { InvitationPage } from '../pages/models/invitation.ts';
import type { ProfileFieldView } from '../pages/models/profile-field.ts';
import type { CookieJar } from './cookies.ts';
import { invitedLinks } from './elsewhere.ts';
import { busyProblem, limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text, typed } from './forms.ts';
import type { People } from './people.ts';
import { fieldViews, otherProblems, typedFields } from './profile-fields.ts';
import { PASSWORD_RULE } from './sign-in.ts';
import { HOME } from './signed-in.ts';
import type { Answer, Visit } from './visit.ts';

/** What it uses. */
export interface InvitationRouteDeps extends AcceptDeps, InvitationViewDeps {
  readonly invitations: AcceptDeps['invitations'];
  readonly elsewhere: Pick<Elsewhere, 'providers'>;
  readonly jar: CookieJar;
}

const PATH = '/invitation/';
const TYPED = ['username', 'first_name', 'last_name'] as const;
const FIELDS = [...TYPED, 'password'] as const;
type Problems = ShownProblems<(typeof FIELDS)[number]>;

/** Registers the route. */
export function invitationRoutes(people: People, deps: InvitationRouteDeps): void {
  people.open(
    PATH,
    {
      get: (visit) => pageAnswer(visit, visit.query.get('token') ?? '', NO_PROBLEMS, deps),
      post: (visit) => (text(visit.form, 'do') === 'join' ? postJoin(visit, deps) : postSignUp(visit, deps)),
    },
    { head: 'refused' },
  );
}

async function pageAnswer(
  visit: Visit,
  token: string,
  problems: Problems,
  deps: InvitationRouteDeps,
  found: readonly FieldProblem[] = [],
): Promise<Extract<Answer, { readonly page: unknown }>> {
  const view = await viewInvitation(token, visit.signedIn, deps);
  if (view.outcome === 'ended') return endedAnswer(view.reason);
  const { invitation, way } = view;
  const asked = fieldsOfPerson(deps.profileFields, 'sign-up');
  return {
    page: {
      page: 'invitation',
      token,
      ...invitation,
      way: shownWay(visit, token, way, problems, fieldViews(asked, typedFields(visit.form, asked), found), deps),
    },
  };
}

function shownWay(
  visit: Visit,
  token: string,
  way: Extract<InvitationView, { readonly outcome: 'open' }>['way'],
  problems: Problems,
  fields: readonly ProfileFieldView[],
  deps: InvitationRouteDeps,
): InvitationPage['way'] {
  switch (way) {
    case 'join':
    case 'other_account':
      return { kind: way, username: visit.signedIn?.account.username ?? '' };
    case 'sign_in':
      return { kind: way };
    case 'sign_up':
      return {
        kind: way,
        form: { values: typed(visit.form, TYPED), ...problems },
        fields,
        passwordRule: PASSWORD_RULE,
        elsewhere: invitedLinks(token, deps),
      };
    default:
      return way satisfies never;
  }
}

/** RFC 9110 §15.5.11: it was good once, or may have been. */
function endedAnswer(
  reason: Extract<InvitationView, { readonly outcome: 'ended' }>['reason'],
): Extract<Answer, { readonly page: unknown }> {
  return { page: { page: 'error', status: 410, error: { kind: `invitation-${reason}` } }, status: 410 };
}

async function postJoin(visit: Visit, deps: InvitationRouteDeps): Promise<Answer> {
  const token = text(visit.form, 'token');
  const { signedIn } = visit;
  if (signedIn === null)
    return { seeOther: `/login/?next=${encodeURIComponent(`${PATH}?token=${encodeURIComponent(token)}`)}` };
  const result = await joinInvited(token, signedIn, visit.visitor, deps);
  if (result.outcome !== 'joined') return pageAnswer(visit, token, NO_PROBLEMS, deps);
  visit.request.log.info({ event: 'invitation_accepted', accountId: signedIn.account.id }, 'invitation accepted');
  return { seeOther: `${HOME}?done=invitation-accepted` };
}

async function postSignUp(visit: Visit, deps: InvitationRouteDeps): Promise<Answer> {
  const token = text(visit.form, 'token');
  // Somebody is signed in here: a second account is made signed out.
  if (visit.signedIn !== null) return pageAnswer(visit, token, NO_PROBLEMS, deps);
  const asked = fieldsOfPerson(deps.profileFields, 'sign-up');
  const result = await signUpInvited(
    {
      token,
      username: text(visit.form, 'username'),
      firstName: text(visit.form, 'first_name'),
      lastName: text(visit.form, 'last_name'),
      password: text(visit.form, 'password'),
      fields: typedFields(visit.form, asked),
      locale: visit.locale,
    },
    { ...visit.visitor, browser: visit.browser },
    deps,
  );
  switch (result.outcome) {
    case 'signed_up':
      visit.request.log.info({ event: 'invitation_accepted', accountId: result.accountId }, 'signed up by invitation');
      return {
        seeOther: `${HOME}?done=signed-up`,
        setCookies: [deps.jar.write('session', result.started.secret)],
      };
    case 'refused':
      return pageAnswer(
        visit,
        token,
        shownProblems(otherProblems(result.problems, asked), FIELDS),
        deps,
        result.problems,
      );
    case 'not_open':
      return pageAnswer(visit, token, NO_PROBLEMS, deps);
    case 'limited':
      return laterAnswer(visit, token, 429, limitedProblem(result.retryAfterSeconds), result, deps);
    case 'busy':
      return laterAnswer(visit, token, 503, busyProblem(result.retryAfterSeconds), result, deps);
    default:
      return result satisfies never;
  }
}

async function laterAnswer(
  visit: Visit,
  token: string,
  status: 429 | 503,
  formProblem: Problems['formProblem'],
  { retryAfterSeconds }: { readonly retryAfterSeconds: number },
  deps: InvitationRouteDeps,
): Promise<Answer> {
  const answer = await pageAnswer(visit, token, { fieldProblems: {}, formProblem }, deps);
  return { ...answer, status, headers: { 'retry-after': String(retryAfterSeconds) } };
}
