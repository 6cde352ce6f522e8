/**
 * Attempts that come at the same time. A limit counts failures, but an attempt is counted before anybody knows whether it is
 * one; so one that is too many only because others are under way waits until one of those has ended, and is counted anew.
 * Without it, eleven right sign-ins of one account at once would be one too many.
 *
 * Owns the waiting of this process: under each key attempts are counted one after the other, in the order in which they came.
 * The counts are in storage and hold for all processes: one that waits in vain is limited.
 */

/** More at once under one key than people ever are: the rest does not wait. */
const WAITING_MAX = 200;

/** Under one key. */
interface Turns {
  /** Allowed, and not ended yet. */
  underWay: number;
  /** How many have ended: tells whether a count is older than the last end. */
  ended: number;
  /** Waiting to be counted, and the one that is. */
  waiting: number;
  /** Resolves when the last of them has been counted. */
  last: Promise<void>;
  /** Wakes the one that waits for an end. */
  wake: () => void;
}

/** An attempt that may be carried out; `end` is called once, when it is known what it was. */
export interface AttemptTurn {
  readonly outcome: 'allowed';
  readonly end: () => void;
}

/** The turns of one process. */
export class AttemptTurns {
  readonly #keys = new Map<string, Turns>();

  /** Counts an attempt in its turn. @param count counts it, or says why it is one too many. */
  async take<Denied extends { readonly outcome: string }>(
    key: string,
    count: () => Promise<{ readonly outcome: 'allowed' } | Denied>,
  ): Promise<AttemptTurn | Denied> {
    const turns = this.#turnsOf(key);
    const isWaiting = turns.waiting < WAITING_MAX;
    const before = turns.last;
    let leave = () => {};
    turns.waiting += 1;
    if (isWaiting) {
      turns.last = new Promise((resolve) => {
        leave = resolve;
      });
      await before;
    }
    try {
      for (;;) {
        const { ended } = turns;
        const counted = await count();
        if (isAllowed(counted)) return this.#begin(key, turns);
        if (!isWaiting || (turns.underWay === 0 && turns.ended === ended)) return counted;
        if (turns.ended === ended) await oneEnds(turns);
      }
    } finally {
      turns.waiting -= 1;
      leave();
      this.#forget(key, turns);
    }
  }

  #turnsOf(key: string): Turns {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const turns: Turns = { underWay: 0, ended: 0, waiting: 0, last: Promise.resolve(), wake: () => {} };
    this.#keys.set(key, turns);
    return turns;
  }

  #begin(key: string, turns: Turns): AttemptTurn {
    turns.underWay += 1;
    return {
      outcome: 'allowed',
      end: () => {
        turns.underWay -= 1;
        turns.ended += 1;
        turns.wake();
        this.#forget(key, turns);
      },
    };
  }

  #forget(key: string, turns: Turns): void {
    if (turns.underWay === 0 && turns.waiting === 0) this.#keys.delete(key);
  }
}

function isAllowed(counted: { readonly outcome: string }): counted is { readonly outcome: 'allowed' } {
  return counted.outcome === 'allowed';
}

function oneEnds(turns: Turns): Promise<void> {
  return new Promise((resolve) => {
    turns.wake = resolve;
  });
}
