/**
 * Runs at most so many pieces of work at a time, lets at most so many wait, and says `busy` at once to the rest.
 *
 * Our own because what is wanted is the refusal: the libraries for this (p-limit, p-queue) bound what runs, not what waits.
 */
import type { Busy } from './problems.ts';

/** How often as many must be waiting as are answered together, before anybody is answered later than at once. */
const GROUPS_WAITING_MIN = 2;
/** Nobody is held back for longer, whatever the next piece of work takes. */
const HOLD_MS_MAX = 100;

/** How long one piece of work takes, to tell a refused caller when to come back: an Argon2id hash, generously. */
const ASSUMED_WORK_MS = 50;

/** The queue. First come, first served. */
export class BoundedQueue {
  readonly #concurrency: number;
  readonly #waitingMax: number;
  readonly #groupSize: number;
  readonly #waiting: (() => void)[] = [];
  #held: (() => void)[] = [];
  #holding: NodeJS.Timeout | undefined;
  #running = 0;

  /**
   * @param groupSize how many are answered together while a multiple of it waits for each place. What follows an answer (statements,
   *   a commit, a page) then comes at once for all of them, which costs a fraction of one after the other between two hashes that
   *   empty the processor's caches. The price: an answer comes later by so many pieces of work less one, to somebody who has waited
   *   for twice as many. 1: nobody is held back.
   * @throws RangeError unless all are whole numbers, the first and the last at least 1.
   */
  constructor(concurrency: number, waitingMax: number, groupSize = 1) {
    const numbers = [concurrency, waitingMax + 1, groupSize];
    if (!numbers.every((number) => Number.isInteger(number) && number >= 1)) {
      throw new RangeError(`a queue of ${numbers.join(', ')} (running, waiting and one, together) makes no sense`);
    }
    this.#concurrency = concurrency;
    this.#waitingMax = waitingMax;
    this.#groupSize = groupSize;
  }

  /** Does the work when its turn comes. The place is held until the work has really ended, whoever still waits for it. */
  async run<Value>(work: () => Promise<Value>): Promise<{ readonly outcome: 'done'; readonly value: Value } | Busy> {
    if (this.#running >= this.#concurrency) {
      if (this.#waiting.length >= this.#waitingMax) return { outcome: 'busy', retryAfterSeconds: this.#drainSeconds() };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return { outcome: 'done', value: await work() };
    } finally {
      // The place is handed on rather than given back, so that a newcomer cannot slip in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
      await this.#together();
    }
  }

  /** Resolves at once where few wait; else when the group is complete. */
  #together(): Promise<void> | undefined {
    const isCrowded = this.#waiting.length >= GROUPS_WAITING_MIN * this.#groupSize * this.#concurrency;
    if (this.#groupSize === 1 || !isCrowded || this.#held.length + 1 >= this.#groupSize) {
      this.#release();
      return undefined;
    }
    this.#holding ??= setTimeout(() => this.#release(), HOLD_MS_MAX);
    return new Promise((resolve) => this.#held.push(resolve));
  }

  #release(): void {
    clearTimeout(this.#holding);
    this.#holding = undefined;
    const held = this.#held;
    this.#held = [];
    for (const answer of held) answer();
  }

  /** What is under way and what waits. */
  load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.length };
  }

  #drainSeconds(): number {
    return Math.max(
      1,
      Math.ceil(((this.#waiting.length + this.#running) * ASSUMED_WORK_MS) / this.#concurrency / 1000),
    );
  }
}
