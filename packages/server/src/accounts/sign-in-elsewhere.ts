import { attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import {
  asksForEmail,
  type ElsewhereAccountDeps,
  makeAccount,
  mayTake,
  newIdentityOf,
  suggestedUsername,
  usable,
} from './elsewhere-account.ts';
import {
  type Arrival,
  type ElsewhereAttemptDeps,
  type ElsewherePurpose,
  readArrival,
  sealArrival,
  sealAttempt,
  useArrival,
  useAttempt,
} from './elsewhere-attempts.ts';
import { parseEmailAddress } from './email-address.ts';
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
import type { Limited, Refused } from './problems.ts';
import { type BeginSessionDeps, beginSession } from './second-step.ts';
import type { StartedSession } from './sessions.ts';
import { mustVerifyFirst } from './sign-in.ts';
import { parseUsername } from './username.ts';
import { mailAttempts, mailVerification } from './verify-address.ts';
import { networkOf, type Visitor } from './visitor.ts';

/** RFC 8176 has no word for it; this is the one that other servers use. */
const FEDERATED = 'fed';

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
}

/** Where to send the browser. @param visitor with the browser's name, old or new. */
export async function startElsewhere(
  provider: ProviderName,
  asked: { readonly purpose: ElsewherePurpose; readonly next: string | null },
  { browser }: { readonly browser: NonNullable<Visitor['browser']> },
  deps: Omit<ElsewhereAttemptDeps, 'oneTime'> & Pick<SignInElsewhereDeps, 'elsewhere'>,
): Promise<{ readonly outcome: 'started'; readonly url: string } | ElsewhereFailed> {
  const secrets = await deps.elsewhere.newSecrets(provider.id);
  const state = sealAttempt({ providerId: provider.id, ...asked, secrets }, browser, deps);
  return deps.elsewhere.start(provider.id, { ...secrets, state });
}

/** What came back. */
export type Returned =
  | {
      readonly outcome: 'arrived';
      readonly purpose: ElsewherePurpose;
      readonly arrival: Arrival;
    }
  /** The attempt is not of this browser and provider, too old, or used before. */
  | { readonly outcome: 'stale' }
  | (ElsewhereFailed & { readonly next: string | null; readonly purpose: ElsewherePurpose });

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
  const { purpose, next } = attempt;
  const result = await deps.elsewhere.finish(provider.id, attempt.secrets, answer);
  if (result.outcome === 'failed') return { ...result, next, purpose };
  return { outcome: 'arrived', purpose, arrival: { identity: result.identity, next } };
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
  /** A new person, whose username or address is to be chosen. */
  | { readonly outcome: 'choose'; readonly arrival: string }
  /** A new person, where operators alone make accounts. */
  | { readonly outcome: 'sign_up_closed' }
  /** A new person whose address is of another domain than may sign up. */
  | { readonly outcome: 'other_domain'; readonly domains: readonly string[] }
  | Limited;

/** A browser with a name. */
type NamedVisitor = Visitor & { readonly browser: NonNullable<Visitor['browser']> };
/** What waits behind the sign-in wants two factors (`second-step.ts`). */
interface Asked {
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
  if (known !== null) return welcome(known, asked, visitor, deps);

  // 2. An account has the address, and both sides verified it.
  const owner = await ownerOf(identity, deps);
  if (owner !== null) return greetOwner(owner, { ...arrival, identity }, asked, visitor, deps);

  // 3. New.
  if (!deps.signUpIsOpen) return { outcome: 'sign_up_closed' };
  // Before anything is asked: no username would help.
  if (identity.email !== '' && !mayTake(identity.email, deps)) {
    return { outcome: 'other_domain', domains: deps.signUpDomains };
  }
  const chosen = { username: suggestedUsername(identity), email: identity.email, locale: asked.locale };
  const made = await makeAccount(chosen, { ...arrival, identity }, visitor, deps);
  switch (made.outcome) {
    case 'refused':
      return { outcome: 'choose', arrival: sealArrival('sign-in', { ...arrival, identity }, visitor.browser, deps) };
    case 'made':
      return welcome(made.account, asked, visitor, deps, made.isNew);
    default:
      return made;
  }
}

/** What the page asks of a new person. */
export interface ElsewhereSignUpView {
  readonly provider: ProviderName;
  /** Of the account there; empty: not known. */
  readonly label: string;
  readonly username: string;
  /** False: the provider gave an address, or none is wanted. */
  readonly asksForEmail: boolean;
  readonly next: string | null;
}

/** What the page shows; null: the arrival is none of this browser's, or too old. */
export function viewSignUpElsewhere(
  sealed: string,
  { browser }: Pick<Visitor, 'browser'>,
  deps: Pick<SignInElsewhereDeps, 'elsewhereSealing' | 'clock' | 'emailVerification'>,
): ElsewhereSignUpView | null {
  const arrival = readArrival('sign-in', sealed, browser, deps);
  if (arrival === null) return null;
  const { provider, label } = arrival.identity;
  const suggested = suggestedUsername(arrival.identity);
  const username = parseUsername(suggested, null).outcome === 'valid' ? suggested : '';
  return { provider, label, username, asksForEmail: asksForEmail(arrival.identity, deps), next: arrival.next };
}

/** Outcome of the page. */
export type SignUpElsewhereResult =
  | Exclude<SignInElsewhereResult, { readonly outcome: 'choose' | 'link_first' }>
  | Refused
  /** The arrival is none of this browser's, too old, or used before. */
  | { readonly outcome: 'stale' };

/** Makes the account under the name that was chosen. Field names of problems: `username`, `email`. */
export async function signUpElsewhere(
  input: { readonly sealed: string; readonly username: string; readonly email: string; readonly locale: string | null },
  asked: Asked,
  visitor: Visitor,
  deps: SignInElsewhereDeps,
): Promise<SignUpElsewhereResult> {
  const { browser } = visitor;
  const arrival = readArrival('sign-in', input.sealed, browser, deps);
  if (arrival === null || browser === null) return { outcome: 'stale' };
  if (!deps.signUpIsOpen) return { outcome: 'sign_up_closed' };

  // Counted as at a sign-up: only a taken username stays counted.
  const attempts = [attemptAt('signUpNetwork', networkOf(visitor.networkAddress))];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const { identity } = arrival;
  const email = asksForEmail(identity, deps) ? input.email : identity.email;
  const made = await makeAccount({ ...input, email }, arrival, visitor, deps);
  const isTaken = made.outcome === 'refused' && made.problems.some(({ code }) => code === 'problem.username.taken');
  if (!isTaken) await takeBackAttempt(attempts, deps);
  if (made.outcome === 'refused' || made.outcome === 'limited') return made;
  // What it is good for is done: it signs nobody in a second time.
  if (!(await useArrival(input.sealed, deps))) return { outcome: 'stale' };
  if (made.outcome === 'unverified') return made;
  const result = await welcome(made.account, asked, { ...visitor, browser }, deps, made.isNew);
  return result;
}

type Welcome = Extract<
  SignInElsewhereResult,
  { readonly outcome: 'signed_in' | 'second_step' | 'disabled' | 'unverified' | 'limited' }
>;

async function welcome(
  account: Account,
  { twoFactors }: Asked,
  visitor: NamedVisitor,
  deps: SignInElsewhereDeps,
  isNew = false,
): Promise<Welcome> {
  if (account.disabledAtMs !== null) return { outcome: 'disabled' };
  if (account.email !== null && mustVerifyFirst(account, deps)) {
    return askByMail(account, account.email, visitor, deps);
  }
  const first = { accountId: account.id, amr: [FEDERATED], passwordHash: null, always: twoFactors };
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
  return welcome(owner, asked, visitor, deps);
}
