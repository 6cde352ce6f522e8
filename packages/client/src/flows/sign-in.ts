/**
 * Signing in with a password of this application, at `/accounts/login/` and `/admin/login/`.
 *
 * Owns the two forms' outcome. Providers are only linked from here.
 */
import type { Kit } from '../core/kit.ts';
import { pageLinks, providerLinks } from '../core/links.ts';
import { redirectTo, renderFailure, renderPage } from '../core/render.ts';
import type { PostedForm, Visit } from '../core/visit.ts';
import type { Messages } from '../pages/messages/en.ts';
import { messagesIn } from '../pages/messages/messages.ts';
import type { FormErrors } from '../pages/views.ts';
import { COOKIE } from '../web/cookies.ts';
import { readNextPath } from '../web/next-path.ts';
import { askBefore, hookContext } from './hooks.ts';
import { checkPassword, type PasswordCheck } from './password-check.ts';

/** GET /accounts/login/ */
export async function showSignIn(visit: Visit, kit: Kit): Promise<Response> {
  return signInResponse(visit, kit, readNextPath(visit.query.get('next'), kit.settings.url), '', {});
}

/** POST /accounts/login/ */
export async function signIn(visit: Visit, form: PostedForm, kit: Kit): Promise<Response> {
  const next = readNextPath(form.value('next'), kit.settings.url);
  const username = form.value('username');
  const refuse = (errors: FormErrors, status: number, headers?: Record<string, string>) =>
    signInResponse(visit, kit, next, username, errors, status, headers);
  if (!kit.settings.localSignIn) return refuse({}, 404);
  return signInWithPassword(visit, form, kit, next ?? kit.settings.signedInPath, refuse, true);
}

/** GET /admin/login/ */
export async function showAdminSignIn(visit: Visit, kit: Kit): Promise<Response> {
  const next = readNextPath(visit.query.get('next'), kit.settings.url);
  if (visit.session?.user.isSuperuser === true) return redirectTo(next ?? adminPath(visit, kit), kit, { status: 302 });
  return adminSignInResponse(visit, kit, next, '', {});
}

/** POST /admin/login/ */
export async function adminSignIn(visit: Visit, form: PostedForm, kit: Kit): Promise<Response> {
  const next = readNextPath(form.value('next'), kit.settings.url);
  const username = form.value('username');
  const refuse = (errors: FormErrors, status: number, headers?: Record<string, string>) =>
    adminSignInResponse(visit, kit, next, username, errors, status, headers);
  // Without hooks: whoever administers the application gets in to mend it.
  return signInWithPassword(visit, form, kit, next ?? adminPath(visit, kit), refuse, false);
}

type Refuse = (errors: FormErrors, status: number, headers?: Record<string, string>) => Response;

async function signInWithPassword(
  visit: Visit,
  form: PostedForm,
  kit: Kit,
  next: string,
  refuse: Refuse,
  withHooks: boolean,
): Promise<Response> {
  const text = messagesIn(visit.language);
  if (form.stale) return refuse({ form: text.problems.form_stale }, 403);
  const posted = { username: form.value('username'), password: form.value('password') };
  const missing = missingFields(posted, text);
  if (missing !== null) return refuse(missing, 400);

  const check = await checkPassword(posted, visit, kit);
  if (check.kind !== 'right') {
    const refused = passwordRefusal(check, text, kit.now());
    return refuse({ form: refused.message }, refused.status, refused.headers);
  }
  const unwanted = withHooks ? await askBefore('onSignIn', check.user, hookContext(visit, null), kit) : null;
  if (unwanted !== null) return renderFailure(visit, kit, unwanted);
  const cookie = await kit.sessions.start(visit.session, check.user, null);
  kit.log({ level: 'info', event: 'signed_in', reference: visit.reference, userId: check.user.id });
  return redirectTo(next, kit, { cookies: [cookie, { name: COOKIE.pending, value: '', maxAgeSeconds: null }] });
}

/** Texts for what was left empty, null when nothing was. */
export function missingFields(posted: Record<string, string>, text: Messages): FormErrors | null {
  const empty = Object.entries(posted).filter(([, value]) => value === '');
  return empty.length === 0 ? null : Object.fromEntries(empty.map(([name]) => [name, text.problems.required]));
}

/** How a refused password is answered. */
export function passwordRefusal(
  check: Exclude<PasswordCheck, { kind: 'right' }>,
  text: Messages,
  nowMs: number,
): { message: string; status: number; headers: Record<string, string> } {
  switch (check.kind) {
    case 'wrong':
      return { message: text.problems.credentials_wrong, status: 400, headers: {} };
    case 'disabled':
      return { message: text.problems.account_disabled, status: 403, headers: {} };
    case 'busy':
      return { message: text.problems.busy, status: 503, headers: { 'retry-after': '3' } };
    case 'exhausted': {
      const seconds = Math.max(1, Math.ceil((check.retryAtMs - nowMs) / 1000));
      return {
        message: text.problems.attempts_exhausted(Math.ceil(seconds / 60)),
        status: 429,
        headers: { 'retry-after': String(seconds) },
      };
    }
  }
}

function signInResponse(
  visit: Visit,
  kit: Kit,
  next: string | null,
  username: string,
  errors: FormErrors,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const { settings } = kit;
  const view = {
    providers: providerLinks(settings, next),
    localSignIn: settings.localSignIn,
    localSignUp: settings.localSignUp || settings.providers.size > 0,
    next,
    username,
    errors,
  };
  return renderPage(visit, kit, 'signIn', view, { status, headers });
}

function adminSignInResponse(
  visit: Visit,
  kit: Kit,
  next: string | null,
  username: string,
  errors: FormErrors,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const signedInAs = visit.session?.user.username ?? null;
  return renderPage(visit, kit, 'adminSignIn', { next, username, errors, signedInAs }, { status, headers });
}

function adminPath(visit: Visit, kit: Kit): string {
  return pageLinks(visit, kit.settings).admin ?? kit.settings.signedInPath;
}
