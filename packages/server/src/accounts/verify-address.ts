/**
 * Verifying an address: the message with a link and a code, and the confirmation of either.
 *
 * The link needs a click on the page behind it, so that a scanner that opens links confirms nothing (D33); the code is for those who
 * read mail on another device. Confirming signs in only a new account and only in the browser that signed up: elsewhere the password is
 * still asked for. A further address of an account is confirmed by its owner alone, signed in, so that nobody who merely follows a link lends
 * theirs to a stranger's account (account pre-hijacking).
 *
 * Owns the flow. What else ends with the first verified address is the storage's step (`ports/mail.ts`).
 */
import { digestOf } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { type Attempt, type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import {
  codeMacOf,
  type MailedSecretDeps,
  mailedTokenDigest,
  newMailedSecret,
  readCode,
  WRONG_CODES_MAX,
} from './mailed-secret.ts';
import type { AddressStore } from './ports/addresses.ts';
import type { MailedProof, MailedSecretFound, MailedSecretStore, MailOutbox } from './ports/mail.ts';
import type { EmailKey, KnownBrowserStore, SessionFound } from './ports.ts';
import { fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { type SessionStartDeps, type StartedSession, startSession } from './sessions.ts';
import { networkOf, type Visitor } from './visitor.ts';

/** What mailing a verification needs. */
export interface MailVerificationDeps extends MailedSecretDeps {
  readonly addresses: Pick<AddressStore, 'findAddressOwner'>;
  readonly outbox: MailOutbox;
}

/** Whose address is to be verified. */
export interface ToVerify {
  readonly accountId: AccountId;
  readonly username: string;
  readonly locale: string | null;
  readonly zoneInfo: string | null;
  readonly address: string;
  readonly key: EmailKey;
}

/**
 * Mails link and code; to the owner of an address that is verified elsewhere, that they have an account. Either is one read and one step,
 * so that the answer comes as fast (ASVS 6.3.8).
 * @param next own-origin path to go to after the confirmation.
 */
export async function mailVerification(
  whose: ToVerify,
  visitor: Pick<Visitor, 'browser'>,
  next: string | null,
  deps: MailVerificationDeps,
): Promise<void> {
  const { accountId, address: to, key } = whose;
  const owner = await deps.addresses.findAddressOwner(key);
  if (owner?.verified === true && owner.account.id !== accountId) {
    const { username, locale, zoneInfo, id } = owner.account;
    const known = newMailedSecret(
      'reset-password',
      { accountId: id, address: { address: owner.address, key } },
      null,
      deps,
    );
    return deps.outbox.enqueue(
      { kind: 'address-known', to: owner.address, locale, zoneInfo, username, secret: known.text },
      known.secret,
    );
  }
  const { username, locale, zoneInfo } = whose;
  const made = newMailedSecret('verify-address', { accountId, address: { address: to, key } }, visitor.browser, deps);
  return deps.outbox.enqueue(
    { kind: 'verify-address', to, locale, zoneInfo, username, secret: made.text, next },
    made.secret,
  );
}

/** Under what a message to an address is counted, whether somebody has it or not; never taken back. */
export function mailAttempts(key: EmailKey, visitor: Pick<Visitor, 'networkAddress'>): readonly Attempt[] {
  const network = networkOf(visitor.networkAddress);
  return [
    attemptAt('mailAddressAndNetwork', key, network),
    attemptAt('mailAddress', key),
    attemptAt('mailNetwork', network),
  ];
}

/** What the page behind a link shows. */
export type VerificationView =
  | { readonly outcome: 'found'; readonly username: string; readonly address: string }
  /** A further address: whose it is has to be signed in. */
  | { readonly outcome: 'sign_in_first' }
  /** Unknown, used, or too old. */
  | { readonly outcome: 'not_found' };

/** Looks at a link without using it up. */
export async function viewVerification(
  token: string,
  signedIn: SessionFound | null,
  deps: { readonly mailedSecrets: Pick<MailedSecretStore, 'findMailedSecret'>; readonly clock: () => number },
): Promise<VerificationView> {
  const digest = mailedTokenDigest(token);
  const found =
    digest === null ? null : await deps.mailedSecrets.findMailedSecret('verify-address', digest, deps.clock());
  if (found === null) return { outcome: 'not_found' };
  if (!mayConfirm(found, signedIn)) return { outcome: 'sign_in_first' };
  return { outcome: 'found', username: found.account.username, address: found.address };
}

/** What confirming needs. */
export interface ConfirmDeps extends SessionStartDeps, AttemptDeps, MailedSecretDeps {
  readonly mailedSecrets: MailedSecretStore;
  readonly knownBrowsers: Pick<KnownBrowserStore, 'rememberBrowser'>;
}

/** Outcome of a confirmation. */
export type ConfirmResult =
  | {
      readonly outcome: 'verified';
      readonly accountId: AccountId;
      readonly address: string;
      /** null: nobody was signed in by it. */
      readonly started: StartedSession | null;
      /** True where it is a further address of the account. */
      readonly isFurther: boolean;
    }
  | { readonly outcome: 'sign_in_first' }
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'not_found' };

/** Confirms by the link. */
export async function confirmByLink(
  token: string,
  visitor: Visitor,
  signedIn: SessionFound | null,
  deps: ConfirmDeps,
): Promise<ConfirmResult> {
  const tokenDigest = mailedTokenDigest(token);
  if (tokenDigest === null) return { outcome: 'not_found' };
  const found = await deps.mailedSecrets.findMailedSecret('verify-address', tokenDigest, deps.clock());
  if (found === null) return { outcome: 'not_found' };
  const follower = visitor.browser === null ? {} : { browserDigest: digestOf(visitor.browser) };
  return confirm(found, { by: 'link', tokenDigest, ...follower }, visitor, signedIn, deps);
}

/** Confirms by the code, in the browser that asked. Problems are the field `code`'s. */
export async function confirmByCode(
  text: string,
  visitor: Visitor,
  signedIn: SessionFound | null,
  deps: ConfirmDeps,
): Promise<ConfirmResult | Refused | Limited> {
  if (text.trim() === '') return refused(fieldProblem('code', 'problem.required'));
  const attempts = [attemptAt('mailedCodeNetwork', networkOf(visitor.networkAddress))];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const wrong = refused(fieldProblem('code', 'problem.mailedCode.wrong'));
  const code = readCode(text);
  if (code === null || visitor.browser === null) return wrong;
  const browserDigest = digestOf(visitor.browser);
  const found = await deps.mailedSecrets.findAskedFor('verify-address', browserDigest, deps.clock());
  if (found === null) return wrong;
  const codeMac = codeMacOf('verify-address', code, browserDigest, deps);
  const result = await confirm(found, { by: 'code', browserDigest, codeMac }, visitor, signedIn, deps);
  if (result.outcome === 'not_found') {
    await deps.mailedSecrets.noteWrongCode('verify-address', browserDigest, WRONG_CODES_MAX);
    return wrong;
  }
  await takeBackAttempt(attempts, deps);
  return result;
}

function mayConfirm(found: MailedSecretFound, signedIn: SessionFound | null): boolean {
  return !found.hadVerifiedAddress || signedIn?.account.id === found.account.id;
}

async function confirm(
  found: MailedSecretFound,
  proof: MailedProof,
  visitor: Visitor,
  signedIn: SessionFound | null,
  deps: ConfirmDeps,
): Promise<ConfirmResult> {
  if (!mayConfirm(found, signedIn)) return { outcome: 'sign_in_first' };
  const isOwn = signedIn?.account.id === found.account.id;
  const owner = found.hadVerifiedAddress ? found.account.id : null;
  const keepSession = isOwn ? (signedIn?.session.id ?? null) : null;
  const nowMs = deps.clock();
  const verified = await deps.mailedSecrets.verifyAddress(proof, owner, keepSession, nowMs);
  if (verified.outcome !== 'verified') return verified;
  const { accountId, address } = verified;
  const { browser } = visitor;
  const askedHere = browser !== null && found.browserDigest?.equals(digestOf(browser)) === true;
  // A code may have been another account's that this browser asked for: then whose it is signs in by themselves.
  const isNew = found.account.id === accountId && found.account.lastSignInAtMs === null && !found.hadVerifiedAddress;
  if (isOwn || !askedHere || !isNew) {
    return { outcome: 'verified', accountId, address, started: null, isFurther: found.hadVerifiedAddress };
  }
  await deps.knownBrowsers.rememberBrowser(accountId, digestOf(browser), nowMs);
  // Who signed up by an account elsewhere has no password to have shown.
  const started = await startSession(accountId, visitor, deps, found.account.hasPassword ? ['pwd'] : ['fed']);
  return { outcome: 'verified', accountId, address, started, isFurther: false };
}
