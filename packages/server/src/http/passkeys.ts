/**
 * Passkeys: `/account/security/passkey/` adds one, `…/passkey/:id/` renames and removes it, `/login/passkey/` signs in with one alone.
 *
 * Owns these pages' forms and where they lead; each change is recorded and told to its owner. Whatever changes something asks for full
 * re-authentication first (ASVS 7.5.1). The flows are `accounts/passkeys.ts` and `accounts/passkey-sign-in.ts`; passkeys as a second
 * step are `second-step.ts`, as a proof `confirm-identity.ts`.
 */
import type { ProvingProvidersDeps } from '../accounts/confirm-elsewhere.ts';
import { assertionRequest, creationRequest } from '../accounts/passkey-ceremonies.ts';
import { type PasskeySignInDeps, signInWithPasskey } from '../accounts/passkey-sign-in.ts';
import { addPasskey, type PasskeyDeps, renamePasskey } from '../accounts/passkeys.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { Notices } from '../accounts/ports/mail.ts';
import type { PasskeyRecord } from '../accounts/ports/passkeys.ts';
import { type WaysInDeps, waysIn } from '../accounts/ways-in.ts';
import { problem } from '../pages/messages.ts';
import { recentlyAuthenticated } from './confirm-identity.ts';
import type { CookieJar } from './cookies.ts';
import { limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import { checkMailUrl } from './mail-urls.ts';
import { passkeyIn, passkeyView, tellOfCopy } from './passkey-answers.ts';
import type { People } from './people.ts';
import { secondStepAnswer } from './second-step.ts';
import { codesAnswer, nextOf } from './security.ts';
import { mailAgain, type SignInRouteDeps, signInAnswer, withRetryAfter } from './sign-in.ts';
import { purposeOf, signedInAnswer } from './signed-in.ts';
import { type Answer, errorAnswer, type SignedInVisit, type Visit } from './visit.ts';

/** What the pages of one's own passkeys use. */
export interface PasskeyRouteDeps extends PasskeyDeps, WaysInDeps, ProvingProvidersDeps {
  readonly elsewhere: ProvingProvidersDeps['elsewhere'];
  readonly relyingParty: PasskeyDeps['relyingParty'];
  readonly events: AccountEvents;
  readonly notices: Notices;
  readonly jar: CookieJar;
  readonly ownOrigin: string;
}

const SECURITY = '/account/security/';

/** Registers the routes of one's own passkeys. */
export function passkeyRoutes(people: People, deps: PasskeyRouteDeps): void {
  people.signedIn(
    `${SECURITY}passkey/`,
    {
      get: async (visit) =>
        (await recentlyAuthenticated(visit, deps)) ??
        newPasskeyAnswer(visit, NO_PROBLEMS, visit.visitor.userAgent, deps),
      post: async (visit) => (await recentlyAuthenticated(visit, deps)) ?? postNewPasskey(visit, deps),
    },
    { beforeSecondFactor: true },
  );
  people.signedIn(`${SECURITY}passkey/:id/`, {
    get: async (visit) => (await recentlyAuthenticated(visit, deps)) ?? passkeyAnswer(visit, NO_PROBLEMS, deps),
    post: async (visit) => (await recentlyAuthenticated(visit, deps)) ?? postPasskey(visit, deps),
  });
}

async function newPasskeyAnswer(
  visit: SignedInVisit,
  problems: ShownProblems<'label'>,
  userAgent: string | null,
  deps: PasskeyRouteDeps,
): Promise<Answer> {
  const request = await creationRequest(visit.signedIn, deps);
  if (request === null) return { seeOther: SECURITY };
  const form = { values: { label: text(visit.form, 'label') }, ...problems };
  return { page: { page: 'new-passkey', form, userAgent, request, next: nextOf(visit, deps) } };
}

async function postNewPasskey(visit: SignedInVisit, deps: PasskeyRouteDeps): Promise<Answer> {
  const answer = passkeyIn(visit.form);
  // Sent without the script: the page says what it needs.
  if (answer === null) return newPasskeyAnswer(visit, NO_PROBLEMS, null, deps);
  const result = await addPasskey({ ...answer, label: text(visit.form, 'label') }, visit.signedIn, deps);
  switch (result.outcome) {
    case 'added': {
      await tell('passkey-added', result.passkey.label, visit, deps);
      const setCookies = [deps.jar.write('session', result.secret)];
      const next = nextOf(visit, deps);
      if (result.recoveryCodes === null) return { seeOther: next ?? `${SECURITY}?done=passkey-added`, setCookies };
      await deps.events.record(visit.signedIn.account.id, { kind: 'recovery-codes-made' }, visit.visitor);
      await deps.notices.tell(visit.signedIn.account.id, { kind: 'recovery-codes-made' });
      return codesAnswer(result.recoveryCodes, next, setCookies);
    }
    case 'refused':
      visit.request.log.info({ event: 'passkey_not_added', reason: result.reason }, 'passkey not added');
      return newPasskeyAnswer(visit, shownProblems(result.problems, ['label']), null, deps);
    case 'not_found':
      return { seeOther: `/login/?next=${encodeURIComponent(`${SECURITY}passkey/`)}` };
    default:
      return result satisfies never;
  }
}

async function ownPasskey(visit: SignedInVisit, deps: PasskeyRouteDeps): Promise<PasskeyRecord | null> {
  const { id } = visit.request.params as { readonly id: string };
  const own = await deps.passkeys.listPasskeys(visit.signedIn.account.id);
  return own.find((passkey) => passkey.id === id) ?? null;
}

async function passkeyAnswer(
  visit: SignedInVisit,
  problems: ShownProblems<'label'>,
  deps: PasskeyRouteDeps,
): Promise<Answer> {
  const passkey = await ownPasskey(visit, deps);
  if (passkey === null) return errorAnswer(404, { kind: 'not-found' });
  const form = { values: { label: visit.form.get('label') ?? passkey.label }, ...problems };
  return { page: { page: 'passkey', passkey: passkeyView(passkey), form } };
}

async function postPasskey(visit: SignedInVisit, deps: PasskeyRouteDeps): Promise<Answer> {
  const passkey = await ownPasskey(visit, deps);
  // Removed by another click meanwhile: it is what was wanted.
  if (passkey === null) return { seeOther: `${SECURITY}?done=passkey-removed` };
  if (visit.form.get('do') === 'remove') return removeAnswer(passkey, visit, deps);
  const result = await renamePasskey({ id: passkey.id, label: text(visit.form, 'label') }, visit.signedIn, deps);
  switch (result.outcome) {
    case 'refused':
      return passkeyAnswer(visit, shownProblems(result.problems, ['label']), deps);
    case 'renamed':
    case 'not_found':
      return { seeOther: `${SECURITY}?done=passkey-renamed` };
    default:
      return result satisfies never;
  }
}

async function removeAnswer(passkey: PasskeyRecord, visit: SignedInVisit, deps: PasskeyRouteDeps): Promise<Answer> {
  const { outcome } = await deps.passkeys.removePasskey(visit.signedIn.account.id, passkey.id, waysIn(deps));
  if (outcome === 'last_way_in') {
    return passkeyAnswer(visit, { fieldProblems: {}, formProblem: problem('problem.passkey.lastWayIn') }, deps);
  }
  if (outcome === 'removed') await tell('passkey-removed', passkey.label, visit, deps);
  return { seeOther: `${SECURITY}?done=passkey-removed` };
}

/** ASVS 6.3.7: in the account's log, and by mail. */
async function tell(
  kind: 'passkey-added' | 'passkey-removed',
  name: string,
  visit: SignedInVisit,
  deps: PasskeyRouteDeps,
): Promise<void> {
  const { id } = visit.signedIn.account;
  visit.request.log.info({ event: kind, accountId: id }, 'second factor changed');
  await deps.events.record(id, { kind, detail: name }, visit.visitor);
  await deps.notices.tell(id, { kind, name });
}

/** What signing in with a passkey alone uses. */
export type PasskeySignInRouteDeps = PasskeySignInDeps & SignInRouteDeps;

/** Registers the routes of signing in with a passkey alone. */
export function passkeySignInRoutes(people: People, deps: PasskeySignInRouteDeps): void {
  people.open('/login/passkey/', {
    // Its form is on the sign-in page.
    get: async () => ({ seeOther: '/login/' }),
    post: (visit) => postPasskeySignIn(visit, deps),
  });
  people.open('/login/passkey/options/', {
    get: async (visit) => {
      const request = await assertionRequest({ kind: 'sign-in', browser: visit.browser }, deps);
      return request === null ? errorAnswer(404, { kind: 'not-found' }) : { json: request };
    },
  });
}

async function postPasskeySignIn(visit: Visit, deps: PasskeySignInRouteDeps): Promise<Answer> {
  const purpose = await purposeOf(visit, visit.form.get('next'), deps);
  const again = (problems: ShownProblems<never>, status: number) =>
    signInAnswer(visit, purpose, '', problems, status, deps);
  const answer = passkeyIn(visit.form);
  if (answer === null) return again(NO_PROBLEMS, 200);
  const result = await signInWithPasskey(answer, visit.visitor, deps);
  const { log } = visit.request;
  const address = visit.visitor.networkAddress;
  switch (result.outcome) {
    case 'signed_in': {
      const { amr } = result.started.session;
      log.info({ event: 'sign_in', accountId: result.account.id, amr }, 'signed in');
      return signedInAnswer(visit, purpose, result, deps);
    }
    case 'second_step':
      return secondStepAnswer(visit, purpose, result.step, deps);
    case 'unverified':
      await mailAgain(result.account, visit, purpose.next, deps);
      return { seeOther: checkMailUrl(purpose.next) };
    case 'refused':
      log.info({ event: 'sign_in_refused', address, reason: result.reason }, 'sign-in with a passkey refused');
      if (result.cloned !== null) await tellOfCopy(result.cloned, visit, deps);
      return again(shownProblems(result.problems, []), 200);
    case 'limited':
      log.warn({ event: 'sign_in_limited', address }, 'sign-in limited');
      return withRetryAfter(
        again({ fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) }, 429),
        result,
      );
    default:
      return result satisfies never;
  }
}
