/**
 * `/accounts/social/signup/`: what a new person from elsewhere is asked before their account is made.
 *
 * Owns the page and its form. Who comes here, and where they go on, is `elsewhere.ts`; the flow is `accounts/sign-up-elsewhere.ts`.
 */

import type { FieldProblem } from '../accounts/problems.ts';
import { fieldsOfPerson } from '../accounts/profile-fields.ts';
import {
  type ElsewhereSignUpView,
  type SignUpElsewhereDeps,
  signUpElsewhere,
  viewSignUpElsewhere,
} from '../accounts/sign-up-elsewhere.ts';
import { answerFor, type ElsewhereRouteDeps, SIGN_UP_ELSEWHERE } from './elsewhere.ts';
import { limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text, typed } from './forms.ts';
import type { People } from './people.ts';
import { fieldViews, otherProblems, typedFields } from './profile-fields.ts';
import { applicationOf, languageOf, type Purpose, purposeOf } from './signed-in.ts';
import { type Answer, errorAnswer, type Visit } from './visit.ts';

/** What it uses. */
export type ElsewhereSignUpRouteDeps = ElsewhereRouteDeps & SignUpElsewhereDeps;

const FIELDS = ['username', 'email', 'first_name', 'last_name'] as const;
type Shown = ShownProblems<(typeof FIELDS)[number]>;
type PageAnswer = Extract<Answer, { readonly page: unknown }>;

/** Registers the route; without providers there is none. */
export function elsewhereSignUpRoutes(people: People, deps: ElsewhereSignUpRouteDeps): void {
  if (deps.elsewhere.providers.length === 0) return;
  people.open(SIGN_UP_ELSEWHERE, {
    get: (visit) =>
      withView(visit, visit.query.get('arrival') ?? '', deps, async (asked) =>
        signUpAnswer(visit, asked, viewProblems(asked.view), [], deps),
      ),
    post: (visit) => withView(visit, text(visit.form, 'arrival'), deps, (asked) => postSignUp(visit, asked, deps)),
  });
}

/** Whom the page is for, and what for. */
interface AskedOf {
  readonly sealed: string;
  readonly view: ElsewhereSignUpView;
  readonly purpose: Purpose;
}

async function withView(
  visit: Visit,
  sealed: string,
  deps: ElsewhereSignUpRouteDeps,
  answer: (asked: AskedOf) => Promise<Answer>,
): Promise<Answer> {
  const view = await viewSignUpElsewhere(sealed, visit.visitor, deps);
  if (view === null) return errorAnswer(400, { kind: 'sign-in-expired' });
  const purpose = await purposeOf(visit, view.next, deps);
  const { invitation } = view;
  // Used, withdrawn or expired meanwhile, or its address is somebody's: its page says so.
  if (invitation !== null && !(invitation.view.outcome === 'open' && invitation.view.way === 'sign_up')) {
    return answerFor({ outcome: 'see_invitation', token: invitation.token }, visit, view, purpose, deps);
  }
  return answer({ sealed, view, purpose });
}

/** Why the page is here, where it asks for a username alone: the name that the provider said is taken, or was none. */
function viewProblems({ suggested, asksForEmail, asksForMore }: ElsewhereSignUpView): Shown {
  if (suggested.username === '' || asksForEmail || asksForMore) return NO_PROBLEMS;
  return { fieldProblems: { username: { key: 'problem.username.taken' } }, formProblem: null };
}

function signUpAnswer(
  visit: Visit,
  { sealed, view, purpose }: AskedOf,
  problems: Shown,
  found: readonly FieldProblem[],
  deps: ElsewhereSignUpRouteDeps,
): PageAnswer {
  const { provider, label, suggested, asksForEmail, asksForMore, invitation } = view;
  const sent = visit.request.method === 'POST';
  const fields = fieldsOfPerson(deps.profileFields, 'sign-up');
  const said = {
    username: suggested.username,
    email: '',
    first_name: suggested.firstName,
    last_name: suggested.lastName,
  };
  return {
    page: {
      page: 'elsewhere-sign-up',
      form: { values: sent ? typed(visit.form, FIELDS) : said, ...problems },
      provider: provider.name,
      label,
      asksForEmail,
      asksForMore,
      fields: fieldViews(fields, sent ? typedFields(visit.form, fields) : suggested.fields, found),
      invitation: invitation?.view.outcome === 'open' ? invitation.view.invitation : null,
      arrival: sealed,
      application: applicationOf(purpose),
    },
    ...languageOf(visit, purpose),
  };
}

async function postSignUp(visit: Visit, asked: AskedOf, deps: ElsewhereSignUpRouteDeps): Promise<Answer> {
  const { sealed, view, purpose } = asked;
  const fields = fieldsOfPerson(deps.profileFields, 'sign-up');
  const input = {
    sealed,
    username: text(visit.form, 'username'),
    email: text(visit.form, 'email'),
    firstName: text(visit.form, 'first_name'),
    lastName: text(visit.form, 'last_name'),
    fields: typedFields(visit.form, fields),
    locale: visit.localeIsChosen ? visit.locale : null,
  };
  const wanted = { twoFactors: purpose.pending?.twoFactors ?? false };
  const result = await signUpElsewhere(input, wanted, visit.visitor, deps);
  if (result.outcome === 'refused') {
    const shown = shownProblems(otherProblems(result.problems, fields), FIELDS);
    return signUpAnswer(visit, asked, shown, result.problems, deps);
  }
  if (result.outcome === 'limited') {
    const problems = { fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) };
    const headers = { 'retry-after': String(result.retryAfterSeconds) };
    return { ...signUpAnswer(visit, asked, problems, [], deps), status: 429, headers };
  }
  // The invitation is used up by it.
  const isUsed = view.invitation !== null && result.outcome === 'signed_in' && result.isNew;
  return answerFor(result, visit, view, isUsed ? { ...purpose, next: null } : purpose, deps);
}
