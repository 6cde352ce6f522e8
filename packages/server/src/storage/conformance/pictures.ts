/** Conformance of the pictures of accounts. */
import assert from 'node:assert/strict';
import { accountId } from '../../vocabulary/identifiers.ts';
import { atOnce, type ConformanceCase, fresh, newAccount } from './case.ts';

const picture = (bytes: readonly number[]) => ({ name: fresh('picture'), content: Buffer.from(bytes) });

/** The cases. */
export const pictureCases: readonly ConformanceCase[] = [
  {
    name: 'pictures: a new one takes the place of the former, and the account knows its name',
    async run(storage, clock) {
      const account = newAccount(clock.read());
      await storage.accounts.createAccount(account);
      const first = picture([0, 255, 1]);
      const second = picture([2]);
      assert.deepEqual(await storage.pictures.setPicture(account.id, first, clock.read()), { outcome: 'set' });
      assert.deepEqual(await storage.pictures.findPicture(first.name), first.content);
      assert.deepEqual(await storage.pictures.setPicture(account.id, second, clock.read()), { outcome: 'set' });
      assert.equal(await storage.pictures.findPicture(first.name), null);
      assert.deepEqual(await storage.pictures.findPicture(second.name), second.content);
      assert.equal((await storage.accounts.findAccount(account.id))?.picture, second.name);
    },
  },
  {
    name: 'pictures: one that is removed is gone, and so is that of an account that is gone',
    async run(storage, clock) {
      const account = newAccount(clock.read());
      await storage.accounts.createAccount(account);
      assert.deepEqual(await storage.pictures.removePicture(account.id, clock.read()), { outcome: 'none' });
      const first = picture([1]);
      await storage.pictures.setPicture(account.id, first, clock.read());
      assert.deepEqual(await storage.pictures.removePicture(account.id, clock.read()), { outcome: 'removed' });
      assert.equal(await storage.pictures.findPicture(first.name), null);
      assert.equal((await storage.accounts.findAccount(account.id))?.picture, null);
      const second = picture([2]);
      await storage.pictures.setPicture(account.id, second, clock.read());
      await storage.accounts.deleteAccount(account.id);
      assert.equal(await storage.pictures.findPicture(second.name), null);
      const nobody = await storage.pictures.setPicture(accountId('nobody'), picture([3]), clock.read());
      assert.deepEqual(nobody, { outcome: 'not_found' });
    },
  },
  {
    name: 'pictures: of fifty at once one stays, the one whose name the account knows',
    async run(storage, clock) {
      const account = newAccount(clock.read());
      await storage.accounts.createAccount(account);
      const pictures = Array.from({ length: 50 }, (_, index) => picture([index]));
      await atOnce(50, (index) =>
        storage.pictures.setPicture(account.id, pictures[index] ?? picture([]), clock.read()),
      );
      const found = await Promise.all(pictures.map(({ name }) => storage.pictures.findPicture(name)));
      const kept = pictures.filter((_, index) => found[index] !== null);
      assert.equal(kept.length, 1);
      assert.equal((await storage.accounts.findAccount(account.id))?.picture, kept[0]?.name);
    },
  },
];
