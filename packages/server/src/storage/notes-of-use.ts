/**
 * Notes what was last used when, behind the request's back: implements `ApplicationUse`, `ClientSecretUse` and `LongLivedTokenUse`.
 *
 * A note holds nobody up and may be missed: a lost database fails the request itself, which says so.
 */
import type { ApplicationUse, ClientSecretUse, LongLivedTokenUse } from '../protocol/ports/applications.ts';
import { applicationQueries } from './applications-queries.ts';
import type { Engine } from './transition.ts';

/** "At most once a minute" (the ports). */
const EVERY_MS = 60_000;
/** Notes remembered; above it all are forgotten, which costs one write each. */
const ENTRIES_MAX = 10_000;

/** Makes them, with `settled()`, which resolves when no write is under way. */
export function createNotesOfUse(engine: Engine): {
  readonly applicationUse: ApplicationUse;
  readonly secretUse: ClientSecretUse;
  readonly longLivedUse: LongLivedTokenUse;
  settled(): Promise<void>;
} {
  const { noteUse, noteSecretUse, noteSecretProven, noteLongAccessToken, noteLongRefreshToken } = applicationQueries;
  const statements = { noteUse, noteSecretUse, noteSecretProven, noteLongAccessToken, noteLongRefreshToken };
  const q = engine.prepare('notes_of_use', statements);
  const notedAtMs = new Map<string, number>();
  const underWay = new Set<Promise<unknown>>();
  const proven = new Set<string>();

  function behind(writing: Promise<unknown>): void {
    const write = writing.catch(() => undefined);
    underWay.add(write);
    void write.then(() => underWay.delete(write));
  }

  function isDue(subject: string, nowMs: number): boolean {
    if (nowMs - (notedAtMs.get(subject) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return false;
    if (notedAtMs.size >= ENTRIES_MAX) notedAtMs.clear();
    notedAtMs.set(subject, nowMs);
    return true;
  }

  return {
    applicationUse: {
      applicationWasUsed(applicationId, nowMs) {
        if (isDue(`use ${applicationId}`, nowMs)) {
          behind(engine.writeCount(q.noteUse, { id: applicationId, now: nowMs }));
        }
      },
    },
    secretUse: {
      secretWasUsed(secretId, nowMs) {
        if (isDue(secretId, nowMs)) behind(engine.writeCount(q.noteSecretUse, { id: secretId, now: nowMs }));
      },
      secretWasProven(secretId, importedHash, mac) {
        if (proven.has(secretId)) return;
        if (proven.size >= ENTRIES_MAX) proven.clear();
        proven.add(secretId);
        const write = engine.writeCount(q.noteSecretProven, { id: secretId, imported_hash: importedHash, mac });
        behind(write.catch(() => proven.delete(secretId)));
      },
    },
    longLivedUse: {
      longLivedTokenWasUsed(applicationId, kind, nowMs) {
        if (!isDue(`${kind} ${applicationId}`, nowMs)) return;
        const statement = kind === 'access_token' ? q.noteLongAccessToken : q.noteLongRefreshToken;
        behind(engine.writeCount(statement, { id: applicationId, now: nowMs }));
      },
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
