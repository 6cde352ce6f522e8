/**
 * Tells owners of what happened to their account: implements `Notices`.
 *
 * Owns to which addresses a notice goes: only to those that somebody has proved to be theirs, else an account made with a stranger's
 * address would write to the stranger. The words are `mail/`'s.
 */
import type { Clock } from '../vocabulary/time.ts';
import type { AddressStore } from './ports/addresses.ts';
import type { AccountNotice, MailOutbox, Notices } from './ports/mail.ts';
import type { AccountStore } from './ports.ts';

/** What telling needs. */
export interface NoticeDeps {
  readonly accounts: Pick<AccountStore, 'findAccount'>;
  readonly addresses: Pick<AddressStore, 'listAddresses'>;
  readonly outbox: MailOutbox;
  readonly clock: Clock;
}

/** What may mean that a stranger is at work with one of the addresses: the others hear it too. */
const TO_EVERY_ADDRESS: readonly AccountNotice['kind'][] = [
  'password-changed',
  'password-reset',
  'address-added',
  'address-removed',
  'primary-address-changed',
  'identity-linked',
  'identity-unlinked',
  'factors-reset',
  'deletion-asked',
];

/** Makes them. */
export function createNotices(deps: NoticeDeps): Notices {
  return {
    async tell(accountId, notice, former) {
      const happenedAtMs = deps.clock();
      const [account, all] = await Promise.all([
        deps.accounts.findAccount(accountId),
        deps.addresses.listAddresses(accountId),
      ]);
      if (account === null) return;
      const verified = all.filter(({ verifiedAtMs }) => verifiedAtMs !== null).map(({ address }) => address);
      const told = TO_EVERY_ADDRESS.includes(notice.kind) ? verified : verified.slice(0, 1);
      const recipients = new Set(former === undefined ? told : [...told, former]);
      for (const to of recipients) {
        const { username, locale, zoneInfo } = account;
        await deps.outbox.enqueue({ kind: 'notice', to, locale, zoneInfo, username, notice, happenedAtMs }, null);
      }
    },
  };
}
