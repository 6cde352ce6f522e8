/**
 * Runs at most so many pieces of work at a time, lets at most so many wait, and says `busy` at once to the rest.
 *
 * Our own because what is wanted is the refusal: the libraries for this (p-limit, p-queue) bound what runs, not what waits.
 */
import type { Busy } from './problems.ts';

/** How long one piece of work takes, to tell a refused caller when to come back: an Argon2id hash, generously. */
const ASSUMED_WORK_MS = 50;

/** The queue. First come, first served. */
export class BoundedQueue {
  readonly #concurrency: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @throws RangeError unless both are whole numbers, the first at least 1. */
  constructor(concurrency: number, waitingMax: number) {
    if (!Number.isInteger(concurrency) || concurrency < 1 || !Number.isInteger(waitingMax) || waitingMax < 0) {
      throw new RangeError(`a queue of ${concurrency} running and ${waitingMax} waiting makes no sense`);
    }
    this.#concurrency = concurrency;
    this.#waitingMax = waitingMax;
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
    }
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
