/**
 * Signing in by a mailed code or link in place of the password, where the operator has switched it on.
 *
 * Whoever asks hears the same, and the same is done for an address that somebody has and for one that nobody has: each gets a message (ASVS
 * 6.3.8). Code and link are one secret: it counts once, for ten minutes (ASVS 6.5.5), and in the browser that asked alone (ASVS 6.6.2), so
 * that nobody is talked into letting somebody else in by passing a link on. A second factor is asked for as ever (ASVS 6.3.4).
 *
 * Reading the mail proves the address. An account that had proved none may have been made by a stranger who waits in it (account
 * pre-hijacking): then the password and everything else that opens it goes, unless whoever made it is in this very browser. A further
 * address that its account has not proved signs nobody in: it would lend its owner to a stranger's account.
 */
import { digestOf, type Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import { parseEmailAddress } from './email-address.ts';
import { isKnownBrowser, welcomeBrowser } from './known-browsers.ts';
import {
  codeMacOf,
  type MailedSecretDeps,
  mailedTokenDigest,
  newMailedSecret,
  readCode,
  WRONG_CODES_MAX,
} from './mailed-secret.ts';
import type { AddressStore } from './ports/addresses.ts';
import type { AccountEvents } from './ports/events.ts';
import type { MailedProof, MailedSecretFound, MailedSecretStore, MailOutbox, Notices } from './ports/mail.ts';
import type { Account, KnownBrowserStore } from './ports.ts';
import { fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { type BeginSessionDeps, type Begun, beginSession } from './second-step.ts';
import { mailAttempts } from './verify-address.ts';
import { networkOf, type Visitor } from './visitor.ts';

/** What asking needs. */
export interface AskForCodeDeps extends AttemptDeps, MailedSecretDeps {
  readonly addresses: Pick<AddressStore, 'findAddressOwner'>;
  readonly outbox: MailOutbox;
}

/**
 * Mails code and link to the account that has the address; to one that none has, that none has. Problems are the field `email`'s.
 * @param next own-origin path to go to afterwards.
 */
export async function askForCode(
  asked: { readonly email: string; readonly next: string | null; readonly locale: string | null },
  visitor: Pick<Visitor, 'networkAddress'> & { readonly browser: Secret<'browser'> },
  deps: AskForCodeDeps,
): Promise<{ readonly outcome: 'asked' } | Refused | Limited> {
  const parsed = parseEmailAddress(asked.email);
  if (parsed.outcome === 'invalid') return refused(parsed.problem);
  const { address: to, key } = parsed;
  const counted = await countAttempt(mailAttempts(key, visitor), deps);
  if (counted.outcome === 'limited') return counted;
  const owner = await deps.addresses.findAddressOwner(key);
  if (owner === null || !(owner.verified || !owner.account.emailVerified)) {
    await deps.outbox.enqueue({ kind: 'sign-in-unknown', to, locale: asked.locale, zoneInfo: null }, null);
    return { outcome: 'asked' };
  }
  const { account, address } = owner;
  const whose = { accountId: account.id, address: { address, key } };
  const { text, secret } = newMailedSecret('sign-in', whose, visitor.browser, deps);
  const { username, zoneInfo } = account;
  const locale = account.locale ?? asked.locale;
  const { next } = asked;
  await deps.outbox.enqueue({ kind: 'sign-in', to: address, locale, zoneInfo, username, secret: text, next }, secret);
  return { outcome: 'asked' };
}

/** What the page behind a link shows. */
export type MailSignInView =
  | { readonly outcome: 'found'; readonly username: string }
  /** It counts in the browser that asked for it. */
  | { readonly outcome: 'other_browser' }
  /** Unknown, used, or too old. */
  | { readonly outcome: 'not_found' };

/** Looks at a link without using it up. */
export async function viewMailSignIn(
  token: string,
  visitor: Pick<Visitor, 'browser'>,
  deps: { readonly mailedSecrets: Pick<MailedSecretStore, 'findMailedSecret'>; readonly clock: Clock },
): Promise<MailSignInView> {
  const digest = mailedTokenDigest(token);
  const found = digest === null ? null : await deps.mailedSecrets.findMailedSecret('sign-in', digest, deps.clock());
  if (found === null) return { outcome: 'not_found' };
  return askedHere(found, visitor)
    ? { outcome: 'found', username: found.account.username }
    : { outcome: 'other_browser' };
}

/** What signing in needs. */
export interface MailSignInDeps extends BeginSessionDeps, AttemptDeps, MailedSecretDeps {
  readonly mailedSecrets: MailedSecretStore;
  readonly knownBrowsers: KnownBrowserStore;
  readonly notices: Notices;
  readonly events: AccountEvents;
}

/** Outcome of a code or a link. */
export type MailSignInResult =
  | { readonly outcome: 'proved'; readonly account: Account; readonly begun: Begun }
  | { readonly outcome: 'other_browser' }
  | { readonly outcome: 'not_found' };

/** Signs in by the link. @param twoFactors what waits behind it wants two factors (`second-step.ts`). */
export async function signInByLink(
  token: string,
  twoFactors: boolean,
  visitor: Visitor,
  deps: MailSignInDeps,
): Promise<MailSignInResult> {
  const tokenDigest = mailedTokenDigest(token);
  const found =
    tokenDigest === null ? null : await deps.mailedSecrets.findMailedSecret('sign-in', tokenDigest, deps.clock());
  if (tokenDigest === null || found === null) return { outcome: 'not_found' };
  if (!askedHere(found, visitor)) return { outcome: 'other_browser' };
  return prove(found, { by: 'link', tokenDigest }, twoFactors, visitor, deps);
}

/** Signs in by the code, in the browser that asked. Problems are the field `code`'s. */
export async function signInByCode(
  text: string,
  twoFactors: boolean,
  visitor: Visitor,
  deps: MailSignInDeps,
): Promise<MailSignInResult | Refused | Limited> {
  if (text.trim() === '') return refused(fieldProblem('code', 'problem.required'));
  // ASVS 6.6.3: counted before the code is looked at, beside what each code bears.
  const attempts = [attemptAt('mailedCodeNetwork', networkOf(visitor.networkAddress))];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const wrong = refused(fieldProblem('code', 'problem.mailedCode.wrong'));
  const code = readCode(text);
  if (code === null || visitor.browser === null) return wrong;
  const browserDigest = digestOf(visitor.browser);
  const found = await deps.mailedSecrets.findAskedFor('sign-in', browserDigest, deps.clock());
  if (found === null) return wrong;
  const codeMac = codeMacOf('sign-in', code, browserDigest, deps);
  const result = await prove(found, { by: 'code', browserDigest, codeMac }, twoFactors, visitor, deps);
  if (result.outcome === 'not_found') {
    await deps.mailedSecrets.noteWrongCode('sign-in', browserDigest, WRONG_CODES_MAX);
    return wrong;
  }
  await takeBackAttempt(attempts, deps);
  return result;
}

function askedHere({ browserDigest }: MailedSecretFound, { browser }: Pick<Visitor, 'browser'>): boolean {
  return browser !== null && browserDigest?.equals(digestOf(browser)) === true;
}

async function prove(
  found: MailedSecretFound,
  proof: MailedProof,
  twoFactors: boolean,
  visitor: Visitor,
  deps: MailSignInDeps,
): Promise<MailSignInResult> {
  const { account } = found;
  const isKnown = await isKnownBrowser(account.id, visitor, deps);
  // Another account's code that this browser asked for may be the one that was typed: only whose it is gets in.
  const isTheirs = isKnown || (await signedUpHere(account, visitor, deps));
  const proved = await deps.mailedSecrets.proveSignIn(proof, account.id, isTheirs, deps.clock());
  if (proved.outcome === 'not_found') return proved;
  if (proved.isFirstProof)
    await deps.events.record(account.id, { kind: 'address-verified', detail: proved.address }, visitor);
  // RFC 8176 §2: `otp`; it has no word for a mailbox.
  const first = { accountId: account.id, amr: ['otp'], passwordHash: null, always: twoFactors };
  const begun = await beginSession(first, visitor, deps);
  if (begun.outcome === 'started') await welcomeBrowser(account, begun.started, isKnown, visitor, deps);
  return { outcome: 'proved', account, begun };
}

/** Signed up, or signed in by the password, in this browser, and did not come to confirm the address yet. */
async function signedUpHere(
  account: Account,
  { browser }: Visitor,
  deps: Pick<MailSignInDeps, 'mailedSecrets' | 'clock'>,
) {
  if (account.emailVerified || browser === null) return false;
  const asked = await deps.mailedSecrets.findAskedFor('verify-address', digestOf(browser), deps.clock());
  return asked?.account.id === account.id;
}
