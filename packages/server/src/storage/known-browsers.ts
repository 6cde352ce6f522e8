/** Browsers that an account's owner has signed in with: implements `KnownBrowserStore`. */
import type { KnownBrowserStore } from '../accounts/ports.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { query } from './query.ts';
import type { Engine } from './transition.ts';

interface Key {
  readonly account_id: AccountId;
  readonly browser_digest: Digest;
}

const queries = {
  remember: query((db, p: Key & { last_seen_at: number }) =>
    db
      .insertInto('known_browser')
      .columns(['account_id', 'browser_digest', 'last_seen_at'])
      // From the account, so that one that was deleted meanwhile is no broken foreign key.
      .expression(
        db
          .selectFrom('account')
          .select(({ val }) => ['account.id as account_id', val(p.browser_digest).as('b'), val(p.last_seen_at).as('l')])
          .where('account.id', '=', p.account_id),
      )
      .onConflict((on) =>
        on
          .columns(['account_id', 'browser_digest'])
          .doUpdateSet(({ ref }) => ({ last_seen_at: ref('excluded.last_seen_at') })),
      ),
  ),

  find: query((db, p: Key) =>
    db
      .selectFrom('known_browser')
      .select('last_seen_at')
      .where('account_id', '=', p.account_id)
      .where('browser_digest', '=', p.browser_digest),
  ),
};

/** Makes the store. */
export function createKnownBrowserStore(engine: Engine): KnownBrowserStore {
  const q = engine.prepare('known_browsers', queries);
  return {
    async rememberBrowser(accountId, browserDigest, nowMs) {
      await engine.writeCount(q.remember, {
        account_id: accountId,
        browser_digest: browserDigest,
        last_seen_at: nowMs,
      });
    },
    async isKnownBrowser(accountId, browserDigest) {
      return (await engine.readOne(q.find, { account_id: accountId, browser_digest: browserDigest })) !== null;
    },
  };
}
