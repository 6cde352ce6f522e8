/**
 * Applications as the protocol reads them with every request: kept for at most a second, and dropped at once by this
 * process's own changes. Bounded. Unknown client ids are not kept, so that nobody can fill it with invented ones and a new
 * application is there at once.
 */
import type { Application } from '../protocol/application.ts';
import type { ClientId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';

/** `ApplicationReader` promises at most one second. */
const AGE_MS_MAX = 1_000;
/** A few KiB each: some tens of MiB at most. Above it the oldest goes. */
const ENTRIES_MAX = 4_096;

interface Entry {
  readonly application: Promise<Application | null>;
  readonly readAtMs: number;
}

/** The cache over a way to read. */
export class ApplicationCache {
  readonly #entries = new Map<ClientId, Entry>();
  readonly #read: (clientId: ClientId) => Promise<Application | null>;
  readonly #clock: Clock;

  constructor(read: (clientId: ClientId) => Promise<Application | null>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** The application, read at most a second ago. Calls at the same time share one read. */
  find(clientId: ClientId): Promise<Application | null> {
    const nowMs = this.#clock();
    const known = this.#entries.get(clientId);
    // A clock that was set back makes an entry's age negative: read anew.
    if (known !== undefined && nowMs >= known.readAtMs && nowMs - known.readAtMs < AGE_MS_MAX) return known.application;
    const application = this.#read(clientId);
    const entry: Entry = { application, readAtMs: nowMs };
    this.#entries.delete(clientId);
    this.#entries.set(clientId, entry);
    this.#dropOldest();
    const drop = () => {
      if (this.#entries.get(clientId) === entry) this.#entries.delete(clientId);
    };
    application.then((found) => {
      if (found === null) drop();
    }, drop);
    return application;
  }

  /** Forgets everything: after a change of any application. Changes are rare, and one cannot be forgotten in error. */
  clear(): void {
    this.#entries.clear();
  }

  #dropOldest(): void {
    if (this.#entries.size <= ENTRIES_MAX) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
