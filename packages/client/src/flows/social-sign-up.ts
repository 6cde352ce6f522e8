/**
 * A first sign-in whose username cannot be used here: `/accounts/social/signup/`.
 *
 * Owns both ways out: another username, or signing in to the account that has it and linking it.
 */
import { failure } from '../core/failure.ts';
import type { Kit } from '../core/kit.ts';
import { providerPath } from '../core/links.ts';
import { renderFailure, renderPage } from '../core/render.ts';
import type { PostedForm, Visit } from '../core/visit.ts';
import { messagesIn } from '../pages/messages/messages.ts';
import type { FormErrors } from '../pages/views.ts';
import type { Provider } from '../providers/provider.ts';
import { COOKIE } from '../web/cookies.ts';
import { createFromPending, newAccount, welcomeBack } from './arrival.ts';
import { askBefore, askBeforeSignUp, hookContext } from './hooks.ts';
import { checkPassword } from './password-check.ts';
import { type Pending, readPending } from './pending.ts';
import { missingFields, passwordRefusal } from './sign-in.ts';
import { readUsername, suggestUsername } from './username.ts';

interface Waiting {
  readonly pending: Pending;
  readonly provider: Provider;
}

/** GET /accounts/social/signup/ */
export async function showSocialSignUp(visit: Visit, kit: Kit): Promise<Response> {
  const waiting = findWaiting(visit, kit);
  if (waiting === null) return pendingMissing(visit, kit);
  const username = await suggestUsername(waiting.pending.fields.username ?? '', kit.store);
  return socialSignUpResponse(visit, kit, waiting, { choose: { username, errors: {} } });
}

/** POST /accounts/social/signup/ */
export async function socialSignUp(visit: Visit, form: PostedForm, kit: Kit): Promise<Response> {
  const waiting = findWaiting(visit, kit);
  if (waiting === null) return pendingMissing(visit, kit);
  return form.value('action') === 'link'
    ? linkExisting(visit, form, kit, waiting)
    : chooseUsername(visit, form, kit, waiting);
}

async function chooseUsername(visit: Visit, form: PostedForm, kit: Kit, waiting: Waiting): Promise<Response> {
  const { problems } = messagesIn(visit.language);
  const typed = form.value('username').trim();
  const refuse = (errors: FormErrors, status = 400) =>
    socialSignUpResponse(visit, kit, waiting, { choose: { username: typed, errors } }, status);
  if (form.stale) return refuse({ form: problems.form_stale }, 403);
  if (typed === '') return refuse({ username: problems.required });
  const username = readUsername(typed);
  if (username === null) return refuse({ username: problems.username_unusable });
  const { provider } = waiting;
  const context = hookContext(visit, waiting.pending);
  // Once more: about the name that was chosen.
  const asked = await askBeforeSignUp({ ...waiting.pending.fields, username }, context, kit);
  if (asked.kind === 'failure') return renderFailure(visit, kit, asked, { provider });
  const pending = { ...waiting.pending, fields: { ...asked.fields, username: waiting.pending.fields.username } };
  const wanted = readUsername(asked.fields.username ?? '');
  if (wanted === null) return refuse({ username: problems.username_unusable });
  const created = await createFromPending(visit, kit, provider, pending, wanted, context);
  if (created === 'username_taken') return refuse({ username: problems.username_taken }, 409);
  if ('kind' in created) return renderFailure(visit, kit, created, { provider });
  return welcomeBack(visit, kit, provider, pending, created, []);
}

async function linkExisting(visit: Visit, form: PostedForm, kit: Kit, waiting: Waiting): Promise<Response> {
  const text = messagesIn(visit.language);
  const posted = { username: form.value('username').trim(), password: form.value('password') };
  const refuse = (errors: FormErrors, status = 400, headers: Record<string, string> = {}) =>
    socialSignUpResponse(visit, kit, waiting, { link: { username: posted.username, errors } }, status, headers);
  if (!kit.settings.localSignIn) return refuse({}, 404);
  if (form.stale) return refuse({ form: text.problems.form_stale }, 403);
  const missing = missingFields(posted, text);
  if (missing !== null) return refuse(missing);

  const check = await checkPassword(posted, visit, kit);
  if (check.kind !== 'right') {
    const refused = passwordRefusal(check, text, kit.now());
    return refuse({ form: refused.message }, refused.status, refused.headers);
  }
  const { pending, provider } = waiting;
  const unwanted = await askBefore('onLink', check.user, hookContext(visit, pending), kit);
  if (unwanted !== null) return renderFailure(visit, kit, unwanted, { provider });
  const outcome = await kit.store.linkSocialAccount(check.user.id, newAccount(kit, pending));
  const known = await kit.store.findSocialAccount(pending.issuer, pending.subject);
  if (outcome.kind === 'linked_to_other' || known === null) {
    const refused = failure('linked_to_other', 'the social account was linked to another user meanwhile');
    const cookies = [{ name: COOKIE.pending, value: '', maxAgeSeconds: null }];
    return renderFailure(visit, kit, refused, { provider, cookies });
  }
  kit.log({
    level: 'info',
    event: 'account_linked',
    reference: visit.reference,
    provider: provider.id,
    userId: check.user.id,
    detail: 'with the password of the account',
  });
  return welcomeBack(visit, kit, provider, pending, known, []);
}

function findWaiting(visit: Visit, kit: Kit): Waiting | null {
  const pending = readPending(visit.cookies, kit);
  const provider = pending === null ? undefined : kit.settings.providers.get(pending.provider);
  return pending === null || provider === undefined ? null : { pending, provider };
}

function pendingMissing(visit: Visit, kit: Kit): Response {
  return renderFailure(visit, kit, failure('pending_missing', 'no sign-in waits for a username in this browser'));
}

async function socialSignUpResponse(
  visit: Visit,
  kit: Kit,
  { pending, provider }: Waiting,
  forms: {
    choose?: { username: string; errors: FormErrors };
    link?: { username: string; errors: FormErrors };
  },
  status = 200,
  headers: Record<string, string> = {},
): Promise<Response> {
  const wanted = pending.fields.username ?? '';
  const usable = readUsername(wanted) !== null;
  const view = {
    providerName: provider.name,
    providerUsername: wanted,
    reason: usable ? ('taken' as const) : ('unusable' as const),
    startAgain: providerPath(provider, kit.settings),
    localSignIn: kit.settings.localSignIn,
    choose: forms.choose ?? { username: await suggestUsername(wanted, kit.store), errors: {} },
    link: forms.link ?? { username: usable ? wanted : '', errors: {} },
  };
  return renderPage(visit, kit, 'socialSignUp', view, { status, headers });
}
