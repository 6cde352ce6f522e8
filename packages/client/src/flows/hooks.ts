/**
 * The application's own say at a sign-up, a sign-in and a linking.
 *
 * Owns what a hook is told and may answer, and that one that throws lets nothing happen: the person gets a page with a reference, and
 * the log its error. Whether hooks run is the flows' to say.
 */
import { type Failure, failure } from '../core/failure.ts';
import type { Kit } from '../core/kit.ts';
import type { Visit } from '../core/visit.ts';
import type { Language } from '../pages/messages/messages.ts';
import type { Profile, ProfileFields } from '../providers/provider.ts';
import type { User } from '../store/account-store.ts';

/** What the person did. */
export interface HookContext {
  /** null: a sign-up or sign-in with a password of this application. */
  readonly provider: string | null;
  /** Who they are at the provider (OpenID Connect Core §5.7); null as `provider`. */
  readonly issuer: string | null;
  readonly subject: string | null;
  /** All that the provider said; null as `provider`, and on the way over the page that asks for a username. */
  readonly profile: Profile | null;
  /** Of the page that they see next. */
  readonly language: Language;
  /** The network address, where the adapter knows it. */
  readonly address: string | null;
}

/** A text for the person, in the languages of the pages or in one for all. It is shown as text, never as markup. */
export type HookMessage = string | Readonly<Record<Language, string>>;

/** Nothing: go on. `refuse`: not this person, who reads why. */
export type HookAnswer = undefined | { readonly refuse: HookMessage };

/** Nothing: go on. `refuse` as above. `fields`: go on with these in the place of what was proposed. */
export type SignUpAnswer = HookAnswer | { readonly fields: Newcomer };

/** What is proposed for a new account. A username that cannot be used, or is taken, leads to the page that asks for another. */
export type Newcomer = Pick<ProfileFields, 'username' | 'firstName' | 'lastName' | 'email'>;

/**
 * Functions of the application, each called with what is about to happen. One that throws stops it: nothing is kept, the person gets a
 * page with a reference, the log has the error.
 */
export interface Hooks {
  /**
   * Before an account is made, at every attempt to: refuse, or change what is proposed. An address that is changed here counts as
   * unverified. It may be asked several times about one person, so it should change nothing itself.
   */
  readonly beforeSignUp?: (
    newcomer: Newcomer & { readonly emailVerified: boolean },
    context: HookContext,
  ) => MaybePromise<SignUpAnswer | Nothing>;
  /**
   * After an account was made, once, in the same request: for rows of the application's own. When it throws, the account is taken back,
   * so that the person can try again (where the store has `removeUser`, as those of the library have).
   */
  readonly afterSignUp?: (user: User, context: HookContext) => MaybePromise<void>;
  /** Before a session begins, of newcomers too: refuse. Not asked at `/admin/login/`. */
  readonly onSignIn?: (user: User, context: HookContext) => MaybePromise<HookAnswer | Nothing>;
  /** Before an account at a provider is linked to a user who is there: refuse. */
  readonly onLink?: (user: User, context: HookContext) => MaybePromise<HookAnswer | Nothing>;
}

/** At once, or later. */
export type MaybePromise<Value> = Value | Promise<Value>;
// biome-ignore lint/suspicious/noConfusingVoidType: a hook without a `return` is of this type, and should be one.
type Nothing = void;
type HookKit = Pick<Kit, 'settings' | 'store' | 'log'>;

/** What a hook is told of somebody who comes from a provider, or with a password. */
export function hookContext(
  visit: Pick<Visit, 'language' | 'address'>,
  from: { readonly provider: string; readonly issuer: string; readonly subject: string } | null,
  profile: Profile | null = null,
): HookContext {
  const { language, address } = visit;
  return {
    provider: from?.provider ?? null,
    issuer: from?.issuer ?? null,
    subject: from?.subject ?? null,
    profile,
    language,
    address,
  };
}

/** The fields to go on with. */
export async function askBeforeSignUp(
  fields: ProfileFields,
  context: HookContext,
  kit: HookKit,
): Promise<{ readonly kind: 'go_on'; readonly fields: ProfileFields } | Failure> {
  const { beforeSignUp } = kit.settings.hooks;
  if (beforeSignUp === undefined) return { kind: 'go_on', fields };
  const { username, firstName, lastName, email, emailVerified = false } = fields;
  const asked = await run('beforeSignUp', () =>
    beforeSignUp({ username, firstName, lastName, email, emailVerified }, context),
  );
  if (asked.kind === 'failure') return asked;
  const { answer } = asked;
  if (answer === undefined) return { kind: 'go_on', fields };
  if ('refuse' in answer) return refusal('beforeSignUp', answer.refuse, context);
  const changed = answer.fields;
  const sameAddress = changed.email === undefined || changed.email === email;
  return {
    kind: 'go_on',
    fields: { ...fields, ...changed, emailVerified: sameAddress && emailVerified },
  };
}

/** null: done. The account that was made is taken back otherwise. */
export async function tellAfterSignUp(user: User, context: HookContext, kit: HookKit): Promise<Failure | null> {
  const { afterSignUp } = kit.settings.hooks;
  if (afterSignUp === undefined) return null;
  const asked = await run('afterSignUp', () => afterSignUp(user, context));
  if (asked.kind === 'asked') return null;
  await kit.store.removeUser?.(user.id);
  return asked;
}

/** null: go on. */
export async function askBefore(
  hook: 'onSignIn' | 'onLink',
  user: User,
  context: HookContext,
  kit: HookKit,
): Promise<Failure | null> {
  const ask = kit.settings.hooks[hook];
  if (ask === undefined) return null;
  const asked = await run(hook, () => ask(user, context));
  if (asked.kind === 'failure') return asked;
  return asked.answer === undefined ? null : refusal(hook, asked.answer.refuse, context);
}

async function run<Answer>(
  hook: keyof Hooks,
  work: () => MaybePromise<Answer | Nothing>,
): Promise<{ readonly kind: 'asked'; readonly answer: Answer | undefined } | Failure> {
  try {
    // A function without a result answers undefined.
    return { kind: 'asked', answer: ((await work()) as Answer | undefined) ?? undefined };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return failure('hook_failed', `the hook ${hook} threw: ${detail}`);
  }
}

function refusal(hook: keyof Hooks, message: HookMessage, { language }: HookContext): Failure {
  const text = typeof message === 'string' ? message : message[language];
  return { ...failure('refused_by_application', `the hook ${hook} refused`), message: text };
}
