/**
 * Passwords known from breaches (ASVS 6.2.12), asked of a list by k-anonymity: the first five hexadecimal digits of the SHA-1 go out, some
 * thousand endings come back, and which of them was meant stays here. The protocol is that of Have I Been Pwned's range search, which
 * mirrors of one's own answer too.
 *
 * Owns the question and reading the answer. When it is asked is `accounts/password-policy.ts`.
 */
import { hash } from 'node:crypto';
import type { BreachedPasswords } from '../accounts/ports/breaches.ts';
import type { Fetcher, FetchFault } from '../protocol/fetcher.ts';

/** What looking up needs. */
export interface BreachedPasswordsDeps {
  /** Base address: five digits are put behind it (`DIAPASON_BREACHED_PASSWORDS`). */
  readonly rangeUrl: string;
  readonly fetcher: Fetcher;
  /** Told when the list did not answer; the address may be of this server's network. */
  readonly unanswered: (fault: FetchFault, detail: string) => void;
}

/** Makes the look-up. A list that does not answer counts as one that does not have the password, and is told. */
export function createBreachedPasswords({ rangeUrl, fetcher, unanswered }: BreachedPasswordsDeps): BreachedPasswords {
  return {
    async isBreached(password) {
      // SHA-1 is what the list is kept in; nothing rests on its strength.
      const digest = hash('sha1', password, 'hex').toUpperCase();
      const answer = await fetcher.fetch({
        url: `${rangeUrl}${digest.slice(0, PREFIX_DIGITS)}`,
        contentTypes: ['text/plain'],
        bytesMax: ANSWER_BYTES_MAX,
      });
      if (answer.outcome === 'failed') {
        unanswered(answer.fault, answer.detail);
        return false;
      }
      const ending = digest.slice(PREFIX_DIGITS);
      // A count of 0 is padding.
      return answer.body.split(/\r?\n/).some((line) => {
        const [found, count] = line.split(':');
        return found?.toUpperCase() === ending && Number(count) > 0;
      });
    },
  };
}

const PREFIX_DIGITS = 5;
/** Two thousand million passwords make some 2,000 lines of 40 octets; they become more. */
const ANSWER_BYTES_MAX = 512 * 1_024;
