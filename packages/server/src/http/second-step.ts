/**
 * `/login/verify/`: the second step of every way in. The page that proved the first answers with {@link secondStepAnswer}; what
 * waits behind the sign-in (an application's request, a form that was kept) is carried through.
 *
 * Owns this page. The step is `accounts/second-step.ts`; where a sign-in leads afterwards is `signed-in.ts`.
 */
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { Notices } from '../accounts/ports/mail.ts';
import {
  completeSecondStep,
  type SecondStepDeps,
  type SecondStepResult,
  type SecondStepViewDeps,
  viewSecondStep,
} from '../accounts/second-step.ts';
import type { SecondStepPage } from '../pages/models/sign-in.ts';
import { limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import { passkeyIn, tellOfCopy } from './passkey-answers.ts';
import type { People } from './people.ts';
import {
  applicationOf,
  formActionOf,
  keptIn,
  languageOf,
  type Purpose,
  purposeOf,
  type SignedInDeps,
  signedInAnswer,
} from './signed-in.ts';
import type { Answer, Visit } from './visit.ts';

/** What it uses. */
export interface SecondStepRouteDeps extends SecondStepDeps, SignedInDeps {
  readonly events: AccountEvents;
  readonly notices: Notices;
}

/** Registers the route. */
export function secondStepRoutes(people: People, deps: SecondStepRouteDeps): void {
  people.open('/login/verify/', {
    // Its form is in no address: whoever comes back to it begins anew.
    get: async () => ({ seeOther: '/login/' }),
    post: (visit) => postSecondStep(visit, deps),
  });
}

/** Asks for the second factor. @param step what `beginSession` sealed. */
export async function secondStepAnswer(
  visit: Visit,
  purpose: Purpose,
  step: string,
  deps: SecondStepViewDeps,
  problems: ShownProblems<'code'> = NO_PROBLEMS,
): Promise<Extract<Answer, { readonly page: unknown }>> {
  const shown = await viewSecondStep(step, visit.visitor, deps);
  const page: SecondStepPage = {
    page: 'second-step',
    form: { values: { trust: text(visit.form, 'trust') === 'on' ? 'on' : '' }, ...problems },
    hasApp: shown?.hasApp ?? true,
    passkey: shown?.passkey ?? null,
    step,
    next: purpose.next,
    application: applicationOf(purpose),
    kept: keptIn(visit),
  };
  return { page, ...formActionOf(purpose), ...languageOf(visit, purpose) };
}

async function postSecondStep(visit: Visit, deps: SecondStepRouteDeps): Promise<Answer> {
  const purpose = await purposeOf(visit, visit.form.get('next'), deps);
  const input = {
    step: text(visit.form, 'step'),
    code: text(visit.form, 'code'),
    passkey: passkeyIn(visit.form),
    trust: text(visit.form, 'trust') === 'on',
  };
  const result = await completeSecondStep(input, visit.visitor, deps);
  switch (result.outcome) {
    case 'signed_in':
      await tell(result, input.trust, visit, deps);
      return signedInAnswer(visit, purpose, result, deps);
    case 'refused':
      visit.request.log.info(
        { event: 'second_step_refused', address: visit.visitor.networkAddress, reason: result.reason },
        'second step refused',
      );
      if (result.cloned !== null) await tellOfCopy(result.cloned, visit, deps);
      return secondStepAnswer(visit, purpose, input.step, deps, shownProblems(result.problems, ['code']));
    case 'limited': {
      visit.request.log.warn({ event: 'second_step_limited', address: visit.visitor.networkAddress }, 'codes limited');
      const formProblem = limitedProblem(result.retryAfterSeconds);
      const answer = await secondStepAnswer(visit, purpose, input.step, deps, { fieldProblems: {}, formProblem });
      return { ...answer, status: 429, headers: { 'retry-after': String(result.retryAfterSeconds) } };
    }
    case 'expired':
      return {
        page: { page: 'error', status: 400, error: { kind: 'second-step-expired', next: purpose.next } },
        status: 400,
      };
    default:
      return result satisfies never;
  }
}

async function tell(
  { account, started, recoveryCodesLeft: left }: Extract<SecondStepResult, { readonly outcome: 'signed_in' }>,
  isTrusted: boolean,
  visit: Visit,
  deps: Pick<SecondStepRouteDeps, 'events' | 'notices'>,
): Promise<void> {
  const { amr } = started.session;
  visit.request.log.info({ event: 'sign_in', accountId: account.id, amr }, 'signed in');
  if (isTrusted) await deps.events.record(account.id, { kind: 'device-remembered' }, visit.visitor);
  if (left === null) return;
  await deps.events.record(account.id, { kind: 'recovery-code-used' }, visit.visitor);
  await deps.notices.tell(account.id, { kind: 'recovery-code-used', left });
}
