/**
 * The application's own say at a sign-up, a sign-in and a linking.
 *
 * Owns that one that throws lets nothing happen: the person gets a page with a reference, and
 * the log its error. Whether hooks run is the flows' to say.
 */
import { type Failure, failure } from '../core/failure.ts';
import type { HookContext, HookMessage, Hooks, MaybePromise, Nothing } from '../core/hooks.ts';
import type { Kit } from '../core/kit.ts';
import type { Visit } from '../core/visit.ts';
import type { Profile, ProfileFields } from '../providers/provider.ts';
import type { User } from '../store/account-store.ts';

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
