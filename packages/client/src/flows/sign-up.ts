/**
 * Local accounts: signing up at `/accounts/signup/`, and making a superuser from a command.
 *
 * Owns the fields and their rules. An address that is typed here is never a verified one.
 */
import type { Kit } from '../core/kit.ts';
import { providerLinks } from '../core/links.ts';
import { redirectTo, renderFailure, renderPage } from '../core/render.ts';
import type { PostedForm, Visit } from '../core/visit.ts';
import { messagesIn } from '../pages/messages/messages.ts';
import type { FormErrors, SignUpView } from '../pages/views.ts';
import { EMAIL_LENGTH_MAX, isEmailAddress } from '../providers/email-address.ts';
import { PASSWORD_LENGTH_MAX, type PasswordProblem, passwordProblem } from '../security/passwords.ts';
import { keyedDigest, randomId } from '../security/tokens.ts';
import type { User } from '../store/account-store.ts';
import { COOKIE } from '../web/cookies.ts';
import { readNextPath } from '../web/next-path.ts';
import { askBefore, askBeforeSignUp, hookContext, tellAfterSignUp } from './hooks.ts';
import { readUsername } from './username.ts';

const NAME_LENGTH_MAX = 150;
const SIGN_UPS_PER_ADDRESS_MAX = 20;
const SIGN_UP_WINDOW_MS = 60 * 60 * 1000;

/** GET /accounts/signup/ */
export async function showSignUp(visit: Visit, kit: Kit): Promise<Response> {
  const next = readNextPath(visit.query.get('next'), kit.settings.url);
  return signUpResponse(visit, kit, next, { username: '', email: '', first_name: '', last_name: '' }, {});
}

/** POST /accounts/signup/ */
export async function signUp(visit: Visit, form: PostedForm, kit: Kit): Promise<Response> {
  const text = messagesIn(visit.language);
  const next = readNextPath(form.value('next'), kit.settings.url);
  const values = {
    username: form.value('username').trim(),
    email: form.value('email').trim(),
    first_name: form.value('first_name').trim(),
    last_name: form.value('last_name').trim(),
  };
  const refuse = (errors: FormErrors, status = 400, headers: Record<string, string> = {}) =>
    signUpResponse(visit, kit, next, values, errors, status, headers);
  if (!kit.settings.localSignUp) return refuse({}, 404);
  if (form.stale) return refuse({ form: text.problems.form_stale }, 403);

  const errors = problemsOf(values, form.value('password'), visit);
  if (Object.keys(errors).length > 0) return refuse(errors);

  const retryAtMs = await signUpsExhaustedUntil(visit, kit);
  if (retryAtMs !== null) {
    const seconds = Math.max(1, Math.ceil((retryAtMs - kit.now()) / 1000));
    const message = text.problems.attempts_exhausted(Math.ceil(seconds / 60));
    return refuse({ form: message }, 429, { 'retry-after': String(seconds) });
  }
  const context = hookContext(visit, null);
  const proposed = { username: values.username, firstName: values.first_name, lastName: values.last_name };
  const asked = await askBeforeSignUp({ ...proposed, email: values.email }, context, kit);
  if (asked.kind === 'failure') return renderFailure(visit, kit, asked);
  const { username = '', firstName = '', lastName = '', email = '' } = asked.fields;
  const wanted = { username, email, first_name: firstName, last_name: lastName };
  const created = await createLocalUser({ ...wanted, password: form.value('password'), isSuperuser: false }, kit);
  switch (created.kind) {
    case 'created': {
      const failed =
        (await tellAfterSignUp(created.user, context, kit)) ??
        (await askBefore('onSignIn', created.user, context, kit));
      if (failed !== null) return renderFailure(visit, kit, failed);
      const cookie = await kit.sessions.start(visit.session, created.user, null);
      kit.log({ level: 'info', event: 'user_created', reference: visit.reference, userId: created.user.id });
      return redirectTo(next ?? kit.settings.signedInPath, kit, {
        cookies: [cookie, { name: COOKIE.pending, value: '', maxAgeSeconds: null }],
      });
    }
    case 'username_taken':
      return refuse({ username: text.problems.username_taken }, 409);
    case 'username_unusable':
      return refuse({ username: text.problems.username_unusable });
    case 'busy':
      return refuse({ form: text.problems.busy }, 503, { 'retry-after': '3' });
    default:
      return refuse({ password: text.problems[created.kind] });
  }
}

async function signUpsExhaustedUntil(visit: Visit, kit: Kit): Promise<number | null> {
  if (visit.address === null) return null;
  const key = keyedDigest(kit.sealer.digestKey('attempt-limit'), `sign-up\n${visit.address}`);
  const reserved = await kit.store.reserveAttempt(key, SIGN_UPS_PER_ADDRESS_MAX, SIGN_UP_WINDOW_MS, kit.now());
  return reserved.kind === 'refused' ? reserved.retryAtMs : null;
}

/** What became of a new local user. */
export type CreateLocalUserOutcome =
  | { readonly kind: 'created'; readonly user: User }
  | { readonly kind: 'username_taken' }
  | { readonly kind: 'username_unusable' }
  | { readonly kind: PasswordProblem }
  | { readonly kind: 'busy' };

/** Creates a user with a password. */
export async function createLocalUser(
  input: {
    username: string;
    email: string;
    first_name: string;
    last_name: string;
    password: string;
    isSuperuser: boolean;
  },
  kit: Pick<Kit, 'store' | 'passwords' | 'now' | 'randomBytes'>,
): Promise<CreateLocalUserOutcome> {
  const username = readUsername(input.username);
  if (username === null) return { kind: 'username_unusable' };
  const problem = passwordProblem(input.password, [username, input.email]);
  if (problem !== null) return { kind: problem };
  // Before the expensive hash; createUser() holds it against a race.
  if ((await kit.store.findUserByUsername(username)) !== null) return { kind: 'username_taken' };
  const passwordHash = await kit.passwords.hash(input.password);
  if (passwordHash === 'busy') return { kind: 'busy' };
  const created = await kit.store.createUser(
    {
      id: randomId(kit.randomBytes),
      username,
      firstName: input.first_name,
      lastName: input.last_name,
      email: input.email,
      emailVerified: false,
      passwordHash,
      isSuperuser: input.isSuperuser,
      createdAtMs: kit.now(),
    },
    null,
  );
  if (created.kind === 'created' || created.kind === 'username_taken') return created;
  throw new Error(`a local user cannot meet ${created.kind}`);
}

function problemsOf(values: SignUpView['values'], password: string, visit: Visit): FormErrors {
  const { problems } = messagesIn(visit.language);
  const errors: Record<string, string> = {};
  if (values.username === '') errors['username'] = problems.required;
  else if (readUsername(values.username) === null) errors['username'] = problems.username_unusable;
  if (values.email !== '' && !isEmailAddress(values.email)) errors['email'] = problems.email_unusable;
  if (values.email.length > EMAIL_LENGTH_MAX) errors['email'] = problems.too_long;
  for (const name of ['first_name', 'last_name'] as const) {
    if (values[name].length > NAME_LENGTH_MAX) errors[name] = problems.too_long;
  }
  if (password === '') errors['password'] = problems.required;
  else if (password.length > PASSWORD_LENGTH_MAX) errors['password'] = problems.password_long;
  return errors;
}

function signUpResponse(
  visit: Visit,
  kit: Kit,
  next: string | null,
  values: SignUpView['values'],
  errors: FormErrors,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const view = {
    providers: providerLinks(kit.settings, next),
    localSignUp: kit.settings.localSignUp,
    next,
    values,
    errors,
  };
  return renderPage(visit, kit, 'signUp', view, { status, headers });
}
