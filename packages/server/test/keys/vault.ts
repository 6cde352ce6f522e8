/** Keys to test with: real storage on SQLite in a folder of its own, a secret, and a clock that the test moves. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyEncryption } from '../../src/keys/key-encryption.ts';
import { createKeyRing } from '../../src/keys/key-ring.ts';
import { createSigner } from '../../src/keys/signer.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { systemRandomness } from '../../src/vocabulary/credentials.ts';

export const SECRET = 'a secret of thirty-two characters or more';

export type Vault = Awaited<ReturnType<typeof openVault>>;

/** Opens one. `close` ends it and removes its folder. */
export async function openVault() {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-'));
  const time = { nowMs: Date.UTC(2026, 2, 2, 8) };
  const clock = () => time.nowMs;
  const storage = await openStorage({ database: join(folder, 'test.db'), clock });
  await storage.migrate();
  const office = storage.administration({ kind: 'command-line', systemUser: 'test', from: null });
  const process = (secret = SECRET) => {
    const encryption = createKeyEncryption(secret, systemRandomness);
    const deps = {
      keys: { ...storage.keys, ...office.keys },
      serverKeys: office.serverKeys,
      encryption,
      clock,
      randomness: systemRandomness,
    };
    const keyRing = createKeyRing(deps);
    return { ...deps, keyRing, signer: createSigner({ keyRing, clock }) };
  };
  return {
    storage,
    clock,
    /** What one server process holds: a cache of its own over the shared database. */
    process,
    advance: (ms: number) => {
      time.nowMs += ms;
    },
    async close() {
      await storage.close();
      await rm(folder, { recursive: true });
    },
  };
}
