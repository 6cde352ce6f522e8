/**
 * A person whom a provider identified arrives: known, new, or with a username that is taken.
 *
 * Owns the taking over of fields, linking by verified address, and the start of the session.
 */
import { type Failure, failure } from '../core/failure.ts';
import type { HookContext } from '../core/hooks.ts';
import type { Kit } from '../core/kit.ts';
import { pageLinks } from '../core/links.ts';
import { redirectTo, renderFailure } from '../core/render.ts';
import type { Visit } from '../core/visit.ts';
import type { Notice } from '../pages/views.ts';
import type { Profile, ProfileFields, Provider } from '../providers/provider.ts';
import { randomId } from '../security/tokens.ts';
import type { NewSocialAccount, SocialAccount, User, UserChanges } from '../store/account-store.ts';
import { COOKIE, type CookieToSet } from '../web/cookies.ts';
import { askBefore, askBeforeSignUp, hookContext, tellAfterSignUp } from './hooks.ts';
import { type Pending, pendingCookie } from './pending.ts';
import { readUsername } from './username.ts';

/** Signs the person in, or sends them on to choose a username. */
export async function arrive(
  visit: Visit,
  kit: Kit,
  provider: Provider,
  arrived: Pending,
  cookies: readonly CookieToSet[],
  profile: Profile,
): Promise<Response> {
  const context = hookContext(visit, arrived, profile);
  const refuse = (failed: Failure) => renderFailure(visit, kit, failed, { provider, cookies });
  // 1. Known by issuer and subject (OpenID Connect Core §5.7).
  const known = await kit.store.findSocialAccount(arrived.issuer, arrived.subject);
  if (known !== null) return welcomeBack(visit, kit, provider, arrived, known, cookies, profile);

  // 2. Known by an address that both sides verified, where the developer trusts this provider with that.
  const linked = await linkByVerifiedEmail(visit, kit, provider, arrived, context);
  if (linked !== null && 'kind' in linked) return refuse(linked);
  if (linked !== null) return welcomeBack(visit, kit, provider, arrived, linked, cookies, profile);

  // 3. New: what the application has to say about that.
  const asked = await askBeforeSignUp(arrived.fields, context, kit);
  if (asked.kind === 'failure') return refuse(asked);
  // What the application proposes is not the name that the provider gave, which is what a username may follow later.
  const pending = { ...arrived, fields: { ...asked.fields, username: arrived.fields.username } };

  // 4. With a name that can be used.
  const username = readUsername(asked.fields.username ?? '');
  if (username !== null) {
    const created = await createFromPending(visit, kit, provider, pending, username, context);
    if (created !== 'username_taken' && 'kind' in created) return refuse(created);
    if (created !== 'username_taken') return welcomeBack(visit, kit, provider, pending, created, cookies, profile);
  }

  // 5. New, and has to choose one.
  const links = pageLinks(visit, kit.settings);
  return redirectTo(links.socialSignUp, kit, {
    cookies: [...cookies, pendingCookie({ ...arrived, fields: asked.fields }, kit)],
  });
}

/** Creates the user under this name; finds them when another tab was faster. A failure is that of the application's hook. */
export async function createFromPending(
  visit: Pick<Visit, 'reference'>,
  kit: Kit,
  provider: Provider,
  pending: Pending,
  username: string,
  context: HookContext,
): Promise<{ user: User; account: SocialAccount } | 'username_taken' | Failure> {
  const nowMs = kit.now();
  const account = newAccount(kit, pending);
  const user = {
    id: randomId(kit.randomBytes),
    username,
    firstName: pending.fields.firstName ?? '',
    lastName: pending.fields.lastName ?? '',
    email: pending.fields.email ?? '',
    emailVerified: hasTrustedEmail(provider, pending.fields),
    passwordHash: null,
    isSuperuser: false,
    createdAtMs: nowMs,
  };
  let created = await kit.store.createUser(user, account);
  // Somebody else holds the address as verified: keep it, as one that nobody vouches for.
  if (created.kind === 'email_taken') created = await kit.store.createUser({ ...user, emailVerified: false }, account);
  switch (created.kind) {
    case 'created': {
      const failed = await tellAfterSignUp(created.user, context, kit);
      if (failed !== null) return failed;
      kit.log({
        level: 'info',
        event: 'user_created',
        reference: visit.reference,
        provider: provider.id,
        userId: created.user.id,
      });
      return { user: created.user, account: { ...account, userId: created.user.id } };
    }
    case 'account_taken': {
      const known = await kit.store.findSocialAccount(pending.issuer, pending.subject);
      if (known === null) throw new Error('a social account was there a moment ago and is gone');
      return known;
    }
    case 'username_taken':
      // By themselves, when another tab was faster: a database says which of two conflicts it likes.
      return (await kit.store.findSocialAccount(pending.issuer, pending.subject)) ?? 'username_taken';
    case 'email_taken':
      throw new Error('an address that is not verified cannot be taken');
  }
}

/** Takes over what the provider says now, and starts the session. */
export async function welcomeBack(
  visit: Visit,
  kit: Kit,
  provider: Provider,
  pending: Pending,
  known: { user: User; account: SocialAccount },
  cookies: readonly CookieToSet[],
  profile: Profile | null = null,
): Promise<Response> {
  if (!known.user.isActive) {
    const refused = failure('account_disabled', `user ${known.user.id} is disabled`);
    return renderFailure(visit, kit, refused, { provider, cookies });
  }
  const { user, notice } = await takeOver(kit, provider, pending.fields, known);
  const refused = await askBefore('onSignIn', user, hookContext(visit, pending, profile), kit);
  if (refused !== null) return renderFailure(visit, kit, refused, { provider, cookies });
  const cookie = await kit.sessions.start(visit.session, user, {
    provider: provider.id,
    account: known.account,
    sid: pending.sid,
    tokens: {
      idToken: pending.idToken,
      ...(pending.tokens ?? { accessToken: null, refreshToken: null, expiresAtMs: null, dpopKey: null }),
    },
  });
  kit.log({
    level: 'info',
    event: 'signed_in',
    reference: visit.reference,
    provider: provider.id,
    userId: user.id,
  });
  return redirectTo(pending.next, kit, {
    cookies: [...cookies, cookie, { name: COOKIE.pending, value: '', maxAgeSeconds: null }],
    ...(notice === null ? {} : { notice }),
  });
}

/** The record of a social account that is being linked. */
export function newAccount(kit: Pick<Kit, 'now' | 'randomBytes'>, pending: Pending): NewSocialAccount {
  const nowMs = kit.now();
  return {
    id: randomId(kit.randomBytes),
    provider: pending.provider,
    issuer: pending.issuer,
    subject: pending.subject,
    providerUsername: pending.fields.username ?? null,
    createdAtMs: nowMs,
    lastSignInAtMs: nowMs,
  };
}

/**
 * Names and address follow the provider. The username follows it as long as it was the provider's: whoever chose another
 * one here keeps that, and so does whoever signs in with it and a password of this application.
 */
async function takeOver(
  kit: Kit,
  provider: Provider,
  fields: ProfileFields,
  known: { user: User; account: SocialAccount },
): Promise<{ user: User; notice: Notice | null }> {
  const { user, account } = known;
  const offered = readUsername(fields.username ?? '');
  const follows = !user.hasPassword && user.username === readUsername(account.providerUsername ?? '');
  const newUsername = offered !== null && follows && offered !== user.username ? offered : null;
  const changes: UserChanges = {
    ...(fields.firstName === undefined ? {} : { firstName: fields.firstName }),
    ...(fields.lastName === undefined ? {} : { lastName: fields.lastName }),
    ...(fields.email === undefined ? {} : { email: fields.email, emailVerified: hasTrustedEmail(provider, fields) }),
  };
  let outcome = await kit.store.updateUser(
    user.id,
    newUsername === null ? changes : { ...changes, username: newUsername },
  );
  const usernameTaken = outcome.kind === 'username_taken';
  if (usernameTaken) outcome = await kit.store.updateUser(user.id, changes);
  if (outcome.kind === 'email_taken')
    outcome = await kit.store.updateUser(user.id, { ...changes, emailVerified: false });
  // While the name is taken, what the account remembers stays the name that was followed: it is tried again next time.
  const remembered = usernameTaken ? account.providerUsername : (fields.username ?? null);
  await kit.store.recordSocialSignIn(account.id, remembered, kit.now());
  return { user: outcome.kind === 'updated' ? outcome.user : user, notice: usernameTaken ? 'username_kept' : null };
}

async function linkByVerifiedEmail(
  visit: Visit,
  kit: Kit,
  provider: Provider,
  pending: Pending,
  context: HookContext,
): Promise<{ user: User; account: SocialAccount } | Failure | null> {
  const { email } = pending.fields;
  if (email === undefined || !hasTrustedEmail(provider, pending.fields)) return null;
  // The store answers only where this side verified the address as well (GHSA-g38m-r43w-p2q7).
  const user = await kit.store.findUserByVerifiedEmail(email);
  if (user === null || !user.isActive) return null;
  const refused = await askBefore('onLink', user, context, kit);
  if (refused !== null) return refused;
  const account = newAccount(kit, pending);
  const outcome = await kit.store.linkSocialAccount(user.id, account);
  if (outcome.kind !== 'linked') return kit.store.findSocialAccount(pending.issuer, pending.subject);
  kit.log({
    level: 'info',
    event: 'account_linked',
    reference: visit.reference,
    provider: provider.id,
    userId: user.id,
    detail: 'both sides verified the address',
  });
  return { user, account: { ...account, userId: user.id } };
}

function hasTrustedEmail(provider: Provider, fields: ProfileFields): boolean {
  return provider.trustEmail && fields.emailVerified === true && fields.email !== undefined && fields.email !== '';
}
