import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WrongSecretError } from '../../src/keys/key-encryption.ts';
import { loadServerKeys, rotateRefreshTokenKey } from '../../src/keys/server-keys.ts';
import { openVault, type Vault } from './vault.ts';

let vault: Vault;
beforeEach(async () => {
  vault = await openVault();
});
afterEach(() => vault.close());

describe('the keys that every process shares', () => {
  it('are one set for processes that start together, and for those that start later', async () => {
    const [first, second] = await Promise.all([loadServerKeys(vault.process()), loadServerKeys(vault.process())]);
    const third = await loadServerKeys(vault.process());
    for (const keys of [second, third]) {
      expect(keys.refreshTokenKeys()).toEqual(first.refreshTokenKeys());
      expect(keys.clientSecretKey).toEqual(first.clientSecretKey);
      expect(keys.formTokenKey).toEqual(first.formTokenKey);
      expect(keys.userCodeKey).toEqual(first.userCodeKey);
    }
    expect(first.refreshTokenKeys().current).toHaveLength(32);
    expect(first.refreshTokenKeys().previous).toEqual([]);
  });

  it('are four different keys', async () => {
    const keys = await loadServerKeys(vault.process());
    const texts = [keys.refreshTokenKeys().current, keys.clientSecretKey, keys.formTokenKey, keys.userCodeKey].map(
      (key) => key.toString('hex'),
    );
    expect(new Set(texts).size).toBe(4);
  });

  it('are not to be had under another secret, which is named', async () => {
    await loadServerKeys(vault.process());
    await expect(loadServerKeys(vault.process('another secret of thirty-two characters'))).rejects.toThrow(
      WrongSecretError,
    );
  });
});

describe('rotating the key that successors of refresh tokens are derived with', () => {
  it('takes effect after every process has looked, and the former key outlives it by a window', async () => {
    const [first, second] = [await loadServerKeys(vault.process()), await loadServerKeys(vault.process())];
    const old = first.refreshTokenKeys().current;
    await rotateRefreshTokenKey(vault.process());
    await Promise.all([first.refresh(), second.refresh()]);
    // Not yet in force; but a process whose clock is ahead may use it already.
    const coming = first.refreshTokenKeys().previous[0];
    expect(first.refreshTokenKeys()).toEqual({ current: old, previous: [coming] });

    vault.advance(60_000);
    expect(first.refreshTokenKeys()).toEqual({ current: coming, previous: [old] });
    expect(second.refreshTokenKeys()).toEqual(first.refreshTokenKeys());
    expect((await loadServerKeys(vault.process())).refreshTokenKeys()).toEqual(first.refreshTokenKeys());

    vault.advance(10 * 60_000);
    expect(first.refreshTokenKeys()).toEqual({ current: coming, previous: [] });
  });

  it('by two processes at once adds one key', async () => {
    const keys = await loadServerKeys(vault.process());
    await Promise.all([rotateRefreshTokenKey(vault.process()), rotateRefreshTokenKey(vault.process())]);
    await keys.refresh();
    expect(keys.refreshTokenKeys().previous).toHaveLength(1);
  });
});
