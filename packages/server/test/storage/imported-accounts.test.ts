/** Accounts that an import brings: names that Django held apart by case, and refresh tokens that are not ours. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmailKey, UsernameKey } from '../../src/accounts/ports.ts';
import {
  digest,
  named,
  newAccessToken,
  newAccount,
  redeemedFamily,
  setScene,
} from '../../src/storage/conformance/case.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { accountId } from '../../src/vocabulary/identifiers.ts';
import { type EmptyDatabase, ENGINES, emptyDatabase } from './databases.ts';

const NOW_MS = 1_900_000_000_000;
const PROFILE = { firstName: '', lastName: '', locale: null, zoneInfo: null };

describe.each(ENGINES)('imported accounts on %s', (engine) => {
  let empty: EmptyDatabase;
  let storage: Storage;

  beforeEach(async () => {
    empty = await emptyDatabase(engine);
    storage = await openStorage({ database: empty.database, clock: () => NOW_MS });
    await storage.migrate();
    await importAccount('1', 'Bob');
    await importAccount('2', 'bob');
  });

  afterEach(async () => {
    await storage.close();
    await empty.remove();
  });

  async function importAccount(id: string, username: string): Promise<void> {
    await empty.sql(
      `insert into account (id, id_is_number, username, username_key, username_skeleton, name_is_native, first_name,
        last_name, is_superuser, created_at, updated_at) values ($1, 1, $2, $3, $4, 0, '', '', 0, 0, 0)`,
      [id, username, username.toLowerCase(), username.toLowerCase()],
    );
  }

  const find = (exact: string) => storage.accounts.findByUsername(exact.toLowerCase() as UsernameKey, exact);

  it('tells Bob from bob by the exact name, and nobody by another spelling', async () => {
    expect((await find('Bob'))?.account).toMatchObject({ id: '1', idIsNumber: true, username: 'Bob' });
    expect((await find('bob'))?.account.id).toBe('2');
    expect(await find('BOB')).toBeNull();
  });

  it('gives a new account neither name nor look of an imported one', async () => {
    const sameKey = newAccount(NOW_MS, named('BOB', 'other'));
    expect(await storage.accounts.createAccount(sameKey)).toEqual({ outcome: 'username_taken' });
    const lookAlike = newAccount(NOW_MS, named('b0b', 'bob'));
    expect(await storage.accounts.createAccount(lookAlike)).toEqual({ outcome: 'username_taken' });
  });

  it('lets an imported account change its names and keep its username', async () => {
    const change = { ...PROFILE, ...named('Bob'), firstName: 'Robert' };
    expect(await storage.accounts.updateProfile(accountId('1'), change, NOW_MS)).toEqual({ outcome: 'updated' });
    expect((await find('Bob'))?.account.firstName).toBe('Robert');
    // Still exempt: the other may do the same.
    const other = { ...PROFILE, ...named('bob') };
    expect(await storage.accounts.updateProfile(accountId('2'), other, NOW_MS)).toEqual({ outcome: 'updated' });
  });

  it('holds an imported account that takes a new name to the rules for new names', async () => {
    const toTaken = { ...PROFILE, ...named('BOB') };
    expect(await storage.accounts.updateProfile(accountId('1'), toTaken, NOW_MS)).toEqual({
      outcome: 'username_taken',
    });
    const toFree = { ...PROFILE, ...named('robert') };
    expect(await storage.accounts.updateProfile(accountId('1'), toFree, NOW_MS)).toEqual({ outcome: 'updated' });
    // bob is alone now: any spelling is his.
    expect((await find('BOB'))?.account.id).toBe('2');
    const rows = await empty.sql("select name_is_native from account where id = '1'");
    expect(rows).toEqual([{ name_is_native: 1 }]);
  });

  it('leaves none of those that share a name out of a page', async () => {
    await storage.accounts.createAccount(newAccount(NOW_MS, named('carol')));
    const first = await storage.accounts.listAccounts({ after: null, limit: 1, search: null });
    expect(first.map(({ username }) => username)).toEqual(['Bob', 'bob']);
    const next = await storage.accounts.listAccounts({ after: 'bob' as UsernameKey, limit: 1, search: null });
    expect(next.map(({ username }) => username)).toEqual(['carol']);
    const sought = await storage.accounts.listAccounts({ after: null, limit: 1, search: 'BO' });
    expect(sought).toHaveLength(2);
  });

  it('finds an account by any of its addresses, the one that verified it first', async () => {
    const mail = (account: string, verifiedAt: number | null) =>
      empty.sql('insert into account_email values ($1, $2, $3, 0, $4, 0)', [
        account,
        'x@y.test',
        'x@y.test',
        verifiedAt,
      ]);
    await mail('1', null);
    expect((await storage.accounts.findByEmail('x@y.test' as EmailKey))?.account).toMatchObject({
      id: '1',
      email: null,
    });
    await mail('2', NOW_MS);
    expect((await storage.accounts.findByEmail('x@y.test' as EmailKey))?.account.id).toBe('2');
  });

  it('finds an imported refresh token by its digest alone, and rotates it into one of ours', async () => {
    const scene = await setScene(storage, NOW_MS);
    const { family, refreshDigest } = await redeemedFamily(storage, scene);
    await empty.sql('update token_family set imported_digest = current_digest where family_id = $1', [family.familyId]);
    const found = await storage.grants.findRefreshToken({ familyId: null, digest: refreshDigest });
    expect(found).toMatchObject({ familyId: family.familyId, position: 'current' });
    const successor = digest();
    const rotated = await storage.grants.rotateRefreshToken({
      familyId: family.familyId,
      applicationId: scene.application.id,
      presentedDigest: refreshDigest,
      successorDigest: successor,
      formerSuccessorDigests: [],
      accessToken: newAccessToken(scene.application.id, NOW_MS, family),
      nowMs: NOW_MS,
      windowMs: 30_000,
      idleExpiresAtMs: null,
    });
    expect(rotated).toEqual({ outcome: 'rotated' });
    const again = await storage.grants.findRefreshToken({ familyId: null, digest: refreshDigest });
    expect(again?.position).toBe('predecessor');
    expect(await storage.grants.findRefreshToken({ familyId: null, digest: successor })).toBeNull();
  });
});
