/**
 * A password reset that an operator starts for somebody: a link that its owner chooses a password behind, so that the operator neither
 * chooses nor sees it (ASVS 6.4.6).
 *
 * By mail where there is mail and an address; else the link is handed over by the operator, who makes sure of the person. Owns which of
 * the two; what the link opens is `accounts/reset-password.ts`.
 */

import { emailKeyOf } from '../accounts/email-address.ts';
import { type MailedSecretDeps, newMailedSecret } from '../accounts/mailed-secret.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { MailedSecretStore, MailOutbox } from '../accounts/ports/mail.ts';
import type { Account, SessionStore } from '../accounts/ports.ts';
import type { Audited } from '../vocabulary/audited.ts';

/** Nobody waits for it at a keyboard, as one waits for a link that one asked for: until tomorrow. */
const LIFETIME_MS = 24 * 3_600_000;

/** What starting needs. */
export interface StartResetDeps extends MailedSecretDeps {
  readonly outbox: Audited<MailOutbox>;
  /** False: nothing would come of a message. */
  readonly hasMail: boolean;
  readonly mailedSecrets: Audited<Pick<MailedSecretStore, 'keepSecret'>>;
  readonly sessions: Audited<Pick<SessionStore, 'endSessionsOf'>>;
  readonly events: AccountEvents;
}

/** How the link travels. */
export type StartedReset =
  | { readonly outcome: 'mailed'; readonly to: string; readonly expiresAtMs: number }
  | { readonly outcome: 'to_hand_over'; readonly token: string; readonly expiresAtMs: number }
  /** Whoever may not sign in needs no password. */
  | { readonly outcome: 'disabled' };

/** Starts it. @param endSessions whether every session of the account ends now; with the new password they end in any case. */
export async function startReset(account: Account, endSessions: boolean, deps: StartResetDeps): Promise<StartedReset> {
  if (account.disabledAtMs !== null) return { outcome: 'disabled' };
  const started = await (deps.hasMail && account.email !== null
    ? mailed(account, account.email, deps)
    : toHandOver(account, deps));
  if (endSessions) await deps.sessions.endSessionsOf(account.id, null);
  await deps.events.record(account.id, { kind: 'password-reset-asked' }, null);
  return started;
}

async function mailed(account: Account, to: string, deps: StartResetDeps): Promise<StartedReset> {
  const { id: accountId, username, locale, zoneInfo } = account;
  const whose = { accountId, address: { address: to, key: emailKeyOf(to) }, lifetimeMs: LIFETIME_MS };
  const { text, secret } = newMailedSecret('reset-password', whose, null, deps);
  await deps.outbox.enqueue({ kind: 'reset-started', to, locale, zoneInfo, username, secret: text }, secret);
  return { outcome: 'mailed', to, expiresAtMs: secret.expiresAtMs };
}

/** It has been in no mailbox, and so proves no address. */
async function toHandOver({ id: accountId }: Account, deps: StartResetDeps): Promise<StartedReset> {
  const whose = { accountId, address: null, lifetimeMs: LIFETIME_MS };
  const { text, secret } = newMailedSecret('reset-password', whose, null, deps);
  await deps.mailedSecrets.keepSecret(secret);
  return { outcome: 'to_hand_over', token: text.token, expiresAtMs: secret.expiresAtMs };
}
