/**
 * `/login/mail/` and `/login/mail/code/`: signing in by a mailed code, where the operator has switched it on.
 *
 * A GET changes nothing, so that what opens links by itself uses none up (D33). What waits behind the sign-in is carried through, as by the
 * password. The flow is `accounts/mail-sign-in.ts`; where it leads afterwards is `signed-in.ts`.
 */

import {
  type AskForCodeDeps,
  askForCode,
  type MailSignInDeps,
  type MailSignInResult,
  signInByCode,
  signInByLink,
  viewMailSignIn,
} from '../accounts/mail-sign-in.ts';
import type { SecondStepViewDeps } from '../accounts/second-step.ts';
import { limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import type { People } from './people.ts';
import { secondStepAnswer } from './second-step.ts';
import {
  applicationOf,
  formActionOf,
  languageOf,
  type Purpose,
  purposeOf,
  type SignedInDeps,
  signedInAnswer,
} from './signed-in.ts';
import { type Answer, errorAnswer, type Visit } from './visit.ts';

/** What they use. */
export type MailSignInRouteDeps = AskForCodeDeps & MailSignInDeps & SignedInDeps & SecondStepViewDeps;

const CODE_PATH = '/login/mail/code/';

/** Registers the routes. */
export function mailSignInRoutes(people: People, deps: MailSignInRouteDeps): void {
  people.open('/login/mail/', {
    get: async (visit) => askAnswer(visit, await purposeOf(visit, visit.query.get('next'), deps), NO_PROBLEMS),
    post: (visit) => postAsk(visit, deps),
  });
  people.open(
    CODE_PATH,
    {
      get: async (visit) => {
        const purpose = await purposeOf(visit, visit.query.get('next'), deps);
        const token = visit.query.get('token');
        return token === null ? codeAnswer(visit, purpose, NO_PROBLEMS) : linkAnswer(visit, purpose, token, deps);
      },
      post: (visit) => postProof(visit, deps),
    },
    { head: 'refused' },
  );
}

type PageAnswer = Extract<Answer, { readonly page: unknown }>;

function askAnswer(visit: Visit, purpose: Purpose, problems: ShownProblems<'email'>): PageAnswer {
  const form = { values: { email: text(visit.form, 'email') }, ...problems };
  const page = { page: 'mail-sign-in', form, next: purpose.next, application: applicationOf(purpose) } as const;
  return { page, ...languageOf(visit, purpose) };
}

async function postAsk(visit: Visit, deps: MailSignInRouteDeps): Promise<Answer> {
  const purpose = await purposeOf(visit, visit.form.get('next'), deps);
  const { next } = purpose;
  const asked = { email: text(visit.form, 'email'), next, locale: visit.locale };
  const result = await askForCode(asked, { ...visit.visitor, browser: visit.browser }, deps);
  switch (result.outcome) {
    case 'asked':
      visit.request.log.info({ event: 'code_asked', address: visit.visitor.networkAddress }, 'code asked for');
      return { seeOther: next === null ? CODE_PATH : `${CODE_PATH}?next=${encodeURIComponent(next)}` };
    case 'refused':
      return askAnswer(visit, purpose, shownProblems(result.problems, ['email']));
    case 'limited':
      return later(
        askAnswer(visit, purpose, { fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) }),
        result,
      );
    default:
      return result satisfies never;
  }
}

function codeAnswer(visit: Visit, purpose: Purpose, problems: ShownProblems<'code'>): PageAnswer {
  const form = { values: { code: text(visit.form, 'code').slice(0, 40) }, ...problems };
  const page = { page: 'mail-code', form, next: purpose.next, application: applicationOf(purpose) } as const;
  return { page, ...formActionOf(purpose), ...languageOf(visit, purpose) };
}

async function linkAnswer(visit: Visit, purpose: Purpose, token: string, deps: MailSignInRouteDeps): Promise<Answer> {
  const view = await viewMailSignIn(token, visit.visitor, deps);
  if (view.outcome !== 'found') return refusedAnswer(view.outcome);
  const { next } = purpose;
  const page = { page: 'mail-link', username: view.username, token, next } as const;
  return { page, ...formActionOf(purpose), ...languageOf(visit, purpose) };
}

/** RFC 9110 §15.5.11: it was good once, or may have been. */
function refusedAnswer(outcome: 'other_browser' | 'not_found'): Answer {
  return outcome === 'not_found'
    ? errorAnswer(410, { kind: 'mailed-link' })
    : errorAnswer(403, { kind: 'other-browser' });
}

async function postProof(visit: Visit, deps: MailSignInRouteDeps): Promise<Answer> {
  const purpose = await purposeOf(visit, visit.form.get('next'), deps);
  const twoFactors = purpose.pending?.twoFactors ?? false;
  const token = visit.form.get('token');
  if (token !== null)
    return provedAnswer(visit, purpose, await signInByLink(token, twoFactors, visit.visitor, deps), deps);
  const result = await signInByCode(text(visit.form, 'code'), twoFactors, visit.visitor, deps);
  switch (result.outcome) {
    case 'refused':
      visit.request.log.info({ event: 'sign_in_refused', address: visit.visitor.networkAddress }, 'code refused');
      return codeAnswer(visit, purpose, shownProblems(result.problems, ['code']));
    case 'limited': {
      visit.request.log.warn({ event: 'sign_in_limited', address: visit.visitor.networkAddress }, 'codes limited');
      const problems = { fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) };
      return later(codeAnswer(visit, purpose, problems), result);
    }
    default:
      return provedAnswer(visit, purpose, result, deps);
  }
}

async function provedAnswer(
  visit: Visit,
  purpose: Purpose,
  result: MailSignInResult,
  deps: MailSignInRouteDeps,
): Promise<Answer> {
  if (result.outcome !== 'proved') return refusedAnswer(result.outcome);
  const { account, begun } = result;
  if (begun.outcome === 'second_step') return secondStepAnswer(visit, purpose, begun.step, deps);
  const { started } = begun;
  visit.request.log.info({ event: 'sign_in', accountId: account.id, amr: started.session.amr }, 'signed in');
  return signedInAnswer(visit, purpose, { account, started }, deps);
}

function later(answer: PageAnswer, { retryAfterSeconds }: { readonly retryAfterSeconds: number }): Answer {
  return { ...answer, status: 429, headers: { 'retry-after': String(retryAfterSeconds) } };
}
