/**
 * What a sign-in is for, and where it leads when it is done: to the application's request that waits, to the page that asked for it,
 * to the form that it interrupted.
 *
 * Owns that for every way in. The pages themselves are `sign-in.ts`, `second-step.ts`.
 */
import type { Account } from '../accounts/ports.ts';
import type { StartedSession } from '../accounts/sessions.ts';
import type { Locale } from '../pages/messages.ts';
import type { ApplicationName } from '../pages/models/context.ts';
import { type PendingView, type PendingViewDeps, viewPending } from '../protocol/pending-request.ts';
import { digestOf } from '../vocabulary/credentials.ts';
import { applicationName, localeFor, pendingIn } from './authorize.ts';
import type { CookieJar } from './cookies.ts';
import { keptFields } from './kept-form.ts';
import { localAddress } from './local-address.ts';
import type { Answer, Visit } from './visit.ts';

/** Where a person lands who came for nothing in particular. */
export const HOME = '/account/';

/** What a sign-in is for. */
export interface Purpose {
  /** Own-origin address to go to afterwards. */
  readonly next: string | null;
  /** The application's request that waits there; null: none, or not one of this browser. */
  readonly pending: PendingView | null;
}

/** What knowing the purpose and leading there needs. */
export interface SignedInDeps {
  readonly ownOrigin: string;
  readonly pending: PendingViewDeps;
  readonly jar: CookieJar;
}

/** @param asked the `next` of an address or a form, as it came. */
export async function purposeOf(
  visit: Visit,
  asked: string | null,
  deps: Pick<SignedInDeps, 'ownOrigin' | 'pending'>,
): Promise<Purpose> {
  const next = localAddress(asked, deps.ownOrigin);
  const pending = pendingIn(next);
  return {
    next,
    pending: pending === null ? null : await viewPending(pending, digestOf(visit.browser), deps.pending),
  };
}

/** On to where the sign-in was for; to the form that it interrupted, where there is one. */
export function signedInAnswer(
  visit: Visit,
  { next }: Purpose,
  { account, started }: { readonly account: Account; readonly started: StartedSession },
  deps: Pick<SignedInDeps, 'jar'>,
): Answer {
  const setCookies = [deps.jar.write('session', started.secret)];
  const fields = keptFields(visit.form.get('kept'));
  if (next === null || fields === null) return { seeOther: next ?? HOME, setCookies };
  return { page: { page: 'kept-form', action: next, fields, username: account.username }, setCookies };
}

/** A kept form, as the form of the page brought it back. */
export function keptIn(visit: Visit): string | null {
  const kept = visit.form.get('kept');
  return keptFields(kept) === null ? null : kept;
}

/** The application that waits, as the page names it. */
export function applicationOf({ pending }: Purpose): ApplicationName | null {
  return pending === null ? null : applicationName(pending.application, pending.redirectUri);
}

/** A person who allowed this application before is led from the form straight back to it. */
export function formActionOf({ pending }: Purpose): { readonly formActionSources?: readonly string[] } {
  return pending === null ? {} : { formActionSources: [pending.formActionSource] };
}

/** The language that the application that waits asked for. */
export function languageOf(visit: Visit, { pending }: Purpose): { readonly locale?: Locale } {
  return localeFor(visit, pending?.uiLocales ?? []);
}
