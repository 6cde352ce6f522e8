import { countAttempt } from './attempt-limits.ts';
import {
  asksForMore,
  type ElsewhereAccountDeps,
  makeAccount,
  mayTake,
  newIdentityOf,
  suggestedUsername,
  usable,
} from './elsewhere-account.ts';
import {
  type Arrival,
  type ElsewhereAttempt,
  type ElsewhereAttemptDeps,
  type ElsewherePurpose,
  sealArrival,
  sealAttempt,
  useAttempt,
} from './elsewhere-attempts.ts';
import { parseEmailAddress } from './email-address.ts';
import { type InvitationViewDeps, viewInvitation } from './invitations.ts';
import { isKnownBrowser, welcomeBrowser } from './known-browsers.ts';
import type { AddressStore } from './ports/addresses.ts';
import type {
  ArrivedIdentity,
  Elsewhere,
  ElsewhereFailed,
  ExternalIdentityStore,
  ProviderName,
} from './ports/elsewhere.ts';
import type { Notices } from './ports/mail.ts';
import type { Account, KnownBrowserStore } from './ports.ts';
import type { Limited } from './problems.ts';
import { type BeginSessionDeps, beginSession } from './second-step.ts';
import type { StartedSession } from './sessions.ts';
import { mustVerifyFirst } from './sign-in.ts';
import { mailAttempts, mailVerification } from './verify-address.ts';
import type { Visitor } from './visitor.ts';

/** RFC 8176 has no word for it; this is the one that other servers use. `mfa` where the provider's word for two factors counts here. */
export function federatedAmr(secondFactor: boolean): readonly string[] {
  return secondFactor ? ['fed', 'mfa'] : ['fed'];
}

/** What signing in elsewhere needs. */
export interface SignInElsewhereDeps extends ElsewhereAttemptDeps, BeginSessionDeps, ElsewhereAccountDeps {
  readonly elsewhere: Elsewhere;
  readonly externalIdentities: Pick<
    ExternalIdentityStore,
    'createAccountWithIdentity' | 'useIdentity' | 'linkFirstWayIn'
  >;
  readonly addresses: Pick<AddressStore, 'findAddressOwner'>;
  readonly knownBrowsers: KnownBrowserStore;
  readonly notices: Notices;
  readonly signUpIsOpen: boolean;
  readonly invitations: InvitationViewDeps['invitations'];
  readonly groups: InvitationViewDeps['groups'];
}

/** Where to send the browser. @param visitor with the browser's name, old or new. */
export async function startElsewhere(
  provider: ProviderName,
  asked: { readonly purpose: ElsewherePurpose; readonly next: string | null; readonly invitation: string | null },
  { browser }: { readonly browser: NonNullable<Visitor['browser']> },
  deps: Omit<ElsewhereAttemptDeps, 'oneTime'> & Pick<SignInElsewhereDeps, 'elsewhere'>,
): Promise<{ readonly outcome: 'started'; readonly url: string } | ElsewhereFailed> {
  const secrets = await deps.elsewhere.newSecrets(provider.id);
  const state = sealAttempt({ providerId: provider.id, ...asked, secrets }, browser, deps);
  return deps.elsewhere.start(provider.id, { ...secrets, state }, asked.purpose === 'confirm');
}

/** What came back. */
export type Returned =
  | {
      readonly outcome: 'arrived';
      readonly purpose: ElsewherePurpose;
      readonly arrival: Arrival;
      readonly startedAtMs: number;
      /** When the provider authenticated them; null: it does not say. */
      readonly authTimeMs: number | null;
    }
  /** The attempt is not of this browser and provider, too old, or used before. */
  | { readonly outcome: 'stale' }
  | (ElsewhereFailed & Pick<ElsewhereAttempt, 'next' | 'purpose' | 'invitation'>);

/** From a provider's answer to a person. Nothing is asked of the provider before the attempt is shown to be this browser's. */
export async function returnFromElsewhere(
  provider: ProviderName,
  answer: URLSearchParams,
  visitor: Visitor,
  deps: ElsewhereAttemptDeps & Pick<SignInElsewhereDeps, 'elsewhere'>,
): Promise<Returned> {
  const states = answer.getAll('state');
  const [state] = states;
  if (state === undefined || states.length > 1) return { outcome: 'stale' };
  const attempt = await useAttempt(state, provider.id, visitor.browser, deps);
  if (attempt === null) return { outcome: 'stale' };
  const { purpose, next, invitation, startedAtMs } = attempt;
  const result = await deps.elsewhere.finish(provider.id, attempt.secrets, answer);
  if (result.outcome === 'failed') return { ...result, next, purpose, invitation };
  const { identity, authTimeMs } = result;
  return { outcome: 'arrived', purpose, arrival: { identity, next, invitation }, startedAtMs, authTimeMs };
}

/** Outcome of a sign-in. */
export type SignInElsewhereResult =
  | {
      readonly outcome: 'signed_in';
      readonly account: Account;
      readonly started: StartedSession;
      readonly isNew: boolean;
    }
  | { readonly outcome: 'second_step'; readonly step: string }
  /** The account is switched off. Its owner proved who they are, and is told. */
  | { readonly outcome: 'disabled' }
  /** The account's address has to be verified first; a message is on its way. */
  | { readonly outcome: 'unverified' }
  /** An account has this address, and both sides verified it: its owner signs in and confirms the link. */
  | { readonly outcome: 'link_first'; readonly arrival: string }
  /** A new person, who is asked for a username, an address, or what the operator wants to know. */
  | { readonly outcome: 'choose'; readonly arrival: string }
  /** A new person who came by an invitation that opens no new account: its page says why, and how it goes on. */
  | { readonly outcome: 'see_invitation'; readonly token: string }
  /** A new person, where operators alone make accounts. */
  | { readonly outcome: 'sign_up_closed' }
  /** A new person whose address is of another domain than may sign up. */
  | { readonly outcome: 'other_domain'; readonly domains: readonly string[] }
  | Limited;

/** A browser with a name. */
export type NamedVisitor = Visitor & { readonly browser: NonNullable<Visitor['browser']> };
/** What waits behind the sign-in wants two factors (`second-step.ts`). */
export interface Asked {
  readonly twoFactors: boolean;
}

/** Signs in whom a provider identified. @param locale of the page, for a new account; null: none chosen. */
export async function signInElsewhere(
  arrival: Arrival,
  asked: Asked & { readonly locale: string | null },
  visitor: NamedVisitor,
  deps: SignInElsewhereDeps,
): Promise<SignInElsewhereResult> {
  const identity = usable(arrival.identity);
  // 1. OpenID Connect Core §5.7, ASVS 6.8.1: known by issuer and subject.
  const known = await deps.externalIdentities.useIdentity(newIdentityOf(identity), deps.clock());
  if (known !== null) return welcome(known, identity, asked, visitor, deps);

  // 2. An account has the address, and both sides verified it.
  const owner = await ownerOf(identity, deps);
  if (owner !== null) return greetOwner(owner, { ...arrival, identity }, asked, visitor, deps);

  // 3. New, and invited: what the invitation opens is confirmed on a page of ours, so that no link makes anybody somebody else's account.
  const choose = () =>
    ({ outcome: 'choose', arrival: sealArrival('sign-in', { ...arrival, identity }, visitor.browser, deps) }) as const;
  if (arrival.invitation !== null) {
    const invited = await viewInvitation(arrival.invitation, null, deps);
    const isOpen = invited.outcome === 'open' && invited.way === 'sign_up';
    return isOpen ? choose() : { outcome: 'see_invitation', token: arrival.invitation };
  }

  // 4. New.
  if (!deps.signUpIsOpen) return { outcome: 'sign_up_closed' };
  // Before anything is asked: no username would help.
  if (identity.email !== '' && !mayTake(identity.email, deps)) {
    return { outcome: 'other_domain', domains: deps.signUpDomains };
  }
  if (asksForMore(arrival, deps)) return choose();
  const { email, firstName, lastName } = identity;
  const names = { username: suggestedUsername(identity), firstName, lastName };
  const chosen = { ...names, email, fields: {}, locale: asked.locale };
  const made = await makeAccount(chosen, { ...arrival, identity }, visitor, deps);
  switch (made.outcome) {
    case 'refused':
      return choose();
    case 'made':
      return welcome(made.account, identity, asked, visitor, deps, made.isNew);
    default:
      return made;
  }
}

export type Welcome = Extract<
  SignInElsewhereResult,
  { readonly outcome: 'signed_in' | 'second_step' | 'disabled' | 'unverified' | 'limited' }
>;

/** A session for whoever the identity's account is, or what stands before it. */
export async function welcome(
  account: Account,
  { secondFactor }: Pick<ArrivedIdentity, 'secondFactor'>,
  { twoFactors }: Asked,
  visitor: NamedVisitor,
  deps: SignInElsewhereDeps,
  isNew = false,
): Promise<Welcome> {
  if (account.disabledAtMs !== null) return { outcome: 'disabled' };
  if (account.email !== null && mustVerifyFirst(account, deps)) {
    return askByMail(account, account.email, visitor, deps);
  }
  const first = { accountId: account.id, amr: federatedAmr(secondFactor), passwordHash: null, always: twoFactors };
  const wasKnown = isNew || (await isKnownBrowser(account.id, visitor, deps));
  const begun = await beginSession(first, visitor, deps);
  if (begun.outcome === 'second_step') return begun;
  const { started } = begun;
  await welcomeBrowser(account, started, wasKnown, visitor, deps);
  return { outcome: 'signed_in', account, started, isNew };
}

async function askByMail(
  { id, username, locale, zoneInfo }: Pick<Account, 'id' | 'username' | 'locale' | 'zoneInfo'>,
  address: string,
  visitor: NamedVisitor,
  deps: SignInElsewhereDeps,
): Promise<Extract<Welcome, { readonly outcome: 'unverified' | 'limited' }>> {
  const parsed = parseEmailAddress(address);
  if (parsed.outcome === 'invalid') return { outcome: 'unverified' };
  const { key } = parsed;
  const counted = await countAttempt(mailAttempts(key, visitor), deps);
  if (counted.outcome === 'limited') return counted;
  await mailVerification({ accountId: id, username, locale, zoneInfo, address, key }, visitor, null, deps);
  return { outcome: 'unverified' };
}

/** Who has the address, where both sides verified it; a disabled account is nobody's way in. */
async function ownerOf(
  { email, emailVerified }: ArrivedIdentity,
  { addresses }: Pick<SignInElsewhereDeps, 'addresses'>,
): Promise<Account | null> {
  if (!emailVerified) return null;
  const parsed = parseEmailAddress(email);
  const owner = parsed.outcome === 'valid' ? await addresses.findAddressOwner(parsed.key) : null;
  return owner?.verified === true ? owner.account : null;
}

async function greetOwner(
  owner: Account,
  arrival: Arrival,
  asked: Asked,
  visitor: NamedVisitor,
  deps: SignInElsewhereDeps,
): Promise<SignInElsewhereResult> {
  const { identity } = arrival;
  const linked = await deps.externalIdentities.linkFirstWayIn(owner.id, newIdentityOf(identity), deps.clock());
  if (linked.outcome === 'has_another') {
    return { outcome: 'link_first', arrival: sealArrival('link', arrival, visitor.browser, deps) };
  }
  await deps.events.record(owner.id, { kind: 'identity-linked', detail: identity.provider.name }, visitor);
  await deps.notices.tell(owner.id, { kind: 'identity-linked', provider: identity.provider.name });
  return welcome(owner, identity, asked, visitor, deps);
}
