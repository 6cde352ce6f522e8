/**
 * `/account/security/` and below: the overview of factors, authenticator apps, recovery codes, trusted browsers. Passkeys are
 * `passkeys.ts`.
 *
 * Owns these pages' forms and where they lead; each change is recorded and told to its owner. Whatever changes something asks for
 * full re-authentication first (ASVS 7.5.1). The flows are `accounts/authenticators.ts`.
 */

import {
  type AuthenticatorDeps,
  addAuthenticator,
  draftAuthenticator,
  listFactors,
  makeRecoveryCodes,
} from '../accounts/authenticators.ts';
import type { ProvingProvidersDeps } from '../accounts/confirm-elsewhere.ts';
import type { CeremonyDeps } from '../accounts/passkey-ceremonies.ts';
import type { AccountEvent, AccountEvents } from '../accounts/ports/events.ts';
import type { AccountNotice, Notices } from '../accounts/ports/mail.ts';
import type { AuthenticatorField } from '../pages/models/security.ts';
import { noticeOf } from './account.ts';
import { recentlyAuthenticated } from './confirm-identity.ts';
import type { CookieJar } from './cookies.ts';
import { NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import { localAddress } from './local-address.ts';
import { passkeyView } from './passkey-answers.ts';
import type { People } from './people.ts';
import { type Answer, errorAnswer, type SignedInVisit } from './visit.ts';

/** What they use. */
export interface SecurityRouteDeps extends AuthenticatorDeps, CeremonyDeps, ProvingProvidersDeps {
  readonly factorSecrets: AuthenticatorDeps['factorSecrets'];
  readonly events: AccountEvents;
  readonly notices: Notices;
  readonly jar: CookieJar;
  readonly ownOrigin: string;
}

const PATH = '/account/security/';

/** Registers the routes. */
export function securityRoutes(people: People, deps: SecurityRouteDeps): void {
  people.signedIn(PATH, {
    get: async (visit) => {
      const { passkeys, authenticators, recoveryCodes } = await listFactors(visit.signedIn, deps);
      const shown = authenticators.map(({ id, label, createdAtMs, lastUsedAtMs }) => ({
        id,
        label,
        createdAtMs,
        lastUsedAtMs,
      }));
      const own = { passkeys: passkeys.map(passkeyView), authenticators: shown, recoveryCodes };
      return {
        page: { page: 'security', notice: noticeOf(visit), takesPasskeys: deps.relyingParty !== null, ...own },
      };
    },
    post: async (visit) => (await recentlyAuthenticated(visit, deps)) ?? postSecurity(visit, deps),
  });
  people.signedIn(
    `${PATH}authenticator/`,
    {
      get: async (visit) => (await recentlyAuthenticated(visit, deps)) ?? authenticatorAnswer(visit, NO_PROBLEMS, deps),
      post: async (visit) => (await recentlyAuthenticated(visit, deps)) ?? postAuthenticator(visit, deps),
    },
    { beforeSecondFactor: true },
  );
  // Where whoever has none is led whose group requires one (`people.ts`).
  people.signedIn(
    `${PATH}required/`,
    { get: async (visit) => requiredAnswer(visit, nextOf(visit, deps)) },
    { beforeSecondFactor: true },
  );
}

function requiredAnswer(visit: SignedInVisit, next: string | null): Answer {
  const goesOnAt = next ?? PATH;
  // Set up meanwhile, or not required any more.
  if (!visit.signedIn.groupRequiresSecondFactor) return { seeOther: goesOnAt };
  const nobody = { application: null, turnBack: null, goOnUrl: null, switchAccountUrl: null };
  return { page: { page: 'set-up-factor', byGroup: true, next: goesOnAt, ...nobody } };
}

/** Where somebody goes on who came here to be let in elsewhere; null: they came by themselves. */
export function nextOf(visit: SignedInVisit, { ownOrigin }: Pick<SecurityRouteDeps, 'ownOrigin'>): string | null {
  return localAddress(visit.form.get('next') ?? visit.query.get('next'), ownOrigin);
}

function authenticatorAnswer(
  visit: SignedInVisit,
  problems: ShownProblems<AuthenticatorField>,
  deps: SecurityRouteDeps,
): Answer {
  const { sealed, uri, key } = draftAuthenticator(visit.signedIn, visit.form.get('seed'), deps);
  const form = { values: { label: text(visit.form, 'label') }, ...problems };
  return { page: { page: 'authenticator', form, seed: sealed, uri, key, next: nextOf(visit, deps) } };
}

async function postAuthenticator(visit: SignedInVisit, deps: SecurityRouteDeps): Promise<Answer> {
  const input = { seed: text(visit.form, 'seed'), code: text(visit.form, 'code'), label: text(visit.form, 'label') };
  const result = await addAuthenticator(input, visit.signedIn, deps);
  switch (result.outcome) {
    case 'added': {
      await tell(visit, { kind: 'authenticator-added' }, deps);
      const setCookies = [deps.jar.write('session', result.secret)];
      const next = nextOf(visit, deps);
      if (result.recoveryCodes === null) return { seeOther: next ?? `${PATH}?done=authenticator-added`, setCookies };
      await tell(visit, { kind: 'recovery-codes-made' }, deps);
      return codesAnswer(result.recoveryCodes, next, setCookies);
    }
    case 'refused':
      return authenticatorAnswer(visit, shownProblems(result.problems, ['code', 'label']), deps);
    case 'expired':
      return { seeOther: authenticatorUrl(nextOf(visit, deps)) };
    default:
      return result satisfies never;
  }
}

function authenticatorUrl(next: string | null): string {
  return `${PATH}authenticator/${next === null ? '' : `?next=${encodeURIComponent(next)}`}`;
}

/** Shown once: whoever reloads the page is asked for a new set. */
export function codesAnswer(codes: readonly string[], next: string | null, setCookies: readonly string[] = []): Answer {
  return { page: { page: 'recovery-codes', codes, next }, setCookies };
}

async function postSecurity(visit: SignedInVisit, deps: SecurityRouteDeps): Promise<Answer> {
  const { id: accountId } = visit.signedIn.account;
  const remove = visit.form.get('remove');
  if (remove !== null && remove.length <= 64) {
    const { outcome } = await deps.factors.removeAuthenticator(accountId, remove);
    if (outcome === 'removed') await tell(visit, { kind: 'authenticator-removed' }, deps);
    // Removed by another click meanwhile: it is what was wanted.
    return { seeOther: `${PATH}?done=authenticator-removed` };
  }
  switch (visit.form.get('do')) {
    case 'codes': {
      // Codes stand in for a second factor: without one there is nothing that they could stand in for.
      if (!(await deps.factors.hasFactor(accountId))) return { seeOther: PATH };
      const codes = await makeRecoveryCodes(visit.signedIn, deps);
      await tell(visit, { kind: 'recovery-codes-made' }, deps);
      return codesAnswer(codes, null);
    }
    case 'forget':
      await deps.factors.forgetTrustedBrowsers(accountId);
      await deps.events.record(accountId, { kind: 'device-forgotten' }, visit.visitor);
      return { seeOther: `${PATH}?done=devices-forgotten` };
    default:
      return errorAnswer(400, { kind: 'bad-request' });
  }
}

/** ASVS 6.3.7: in the account's log, and by mail. */
async function tell(
  visit: SignedInVisit,
  change: AccountEvent & Extract<AccountNotice, { kind: `authenticator-${string}` | 'recovery-codes-made' }>,
  deps: Pick<SecurityRouteDeps, 'events' | 'notices'>,
): Promise<void> {
  const { id } = visit.signedIn.account;
  visit.request.log.info({ event: change.kind, accountId: id }, 'second factor changed');
  await deps.events.record(id, { kind: change.kind }, visit.visitor);
  await deps.notices.tell(id, change);
}
