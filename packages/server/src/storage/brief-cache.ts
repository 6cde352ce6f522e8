/**
 * A cache of reads that every request makes: each is kept for at most a second, and all are dropped at once by this
 * process's own changes. Bounded: the oldest goes.
 */
import type { Clock } from '../vocabulary/time.ts';

/** `ApplicationReader` promises at most one second. */
const AGE_MS_MAX = 1_000;
/** A few KiB each at most: some tens of MiB. */
const ENTRIES_MAX = 4_096;

interface Entry<Value> {
  readonly value: Promise<Value>;
  readonly readAtMs: number;
}

/** The cache over a way to read. */
export class BriefCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #read: (key: string) => Promise<Value>;
  readonly #keeps: (value: Value) => boolean;
  readonly #clock: Clock;

  /** Values that `keeps` refuses are read anew each time; so are failed reads. */
  constructor(read: (key: string) => Promise<Value>, keeps: (value: Value) => boolean, clock: Clock) {
    this.#read = read;
    this.#keeps = keeps;
    this.#clock = clock;
  }

  /** The value, read at most a second ago. Calls at the same time share one read. */
  find(key: string): Promise<Value> {
    const nowMs = this.#clock();
    const known = this.#entries.get(key);
    // A clock that was set back makes an entry's age negative: read anew.
    if (known !== undefined && nowMs >= known.readAtMs && nowMs - known.readAtMs < AGE_MS_MAX) return known.value;
    const entry = { value: this.#read(key), readAtMs: nowMs };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#dropOldest();
    const drop = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    entry.value.then((value) => {
      if (!this.#keeps(value)) drop();
    }, drop);
    return entry.value;
  }

  /** Forgets everything, reads under way included: they may have begun before the change that is the reason. */
  clear(): void {
    this.#entries.clear();
  }

  #dropOldest(): void {
    if (this.#entries.size <= ENTRIES_MAX) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
