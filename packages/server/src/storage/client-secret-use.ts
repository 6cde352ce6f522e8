/** Notes when a client secret was last used, behind the request's back: implements `ClientSecretUse`. */
import type { ClientSecretUse } from '../protocol/ports.ts';
import { applicationQueries } from './applications-queries.ts';
import type { Engine } from './transition.ts';

/** "At most once a minute a secret" (`ClientSecretUse`). */
const EVERY_MS = 60_000;
/** Secrets remembered; above it all are forgotten, which costs one write each. */
const ENTRIES_MAX = 10_000;

/** Makes it, with `settled()`, which resolves when no write is under way. */
export function createClientSecretUse(engine: Engine): ClientSecretUse & { settled(): Promise<void> } {
  const q = engine.prepare('client_secret_use', {
    noteSecretUse: applicationQueries.noteSecretUse,
    noteSecretProven: applicationQueries.noteSecretProven,
  });
  const notedAtMs = new Map<string, number>();
  const underWay = new Set<Promise<unknown>>();
  const proven = new Set<string>();

  /** A lost database fails the request that used the secret, which says so; this note may be missed. */
  function behind(writing: Promise<unknown>): void {
    const write = writing.catch(() => undefined);
    underWay.add(write);
    void write.then(() => underWay.delete(write));
  }

  return {
    secretWasUsed(secretId, nowMs) {
      if (nowMs - (notedAtMs.get(secretId) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
      if (notedAtMs.size >= ENTRIES_MAX) notedAtMs.clear();
      notedAtMs.set(secretId, nowMs);
      behind(engine.writeCount(q.noteSecretUse, { id: secretId, now: nowMs }));
    },
    secretWasProven(secretId, importedHash, mac) {
      if (proven.has(secretId)) return;
      if (proven.size >= ENTRIES_MAX) proven.clear();
      proven.add(secretId);
      behind(
        engine.writeCount(q.noteSecretProven, { id: secretId, imported_hash: importedHash, mac }).catch(() => {
          proven.delete(secretId);
        }),
      );
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
