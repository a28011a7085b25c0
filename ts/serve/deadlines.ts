/** A clock in milliseconds, and timers; tests give their own. */
export interface DeadlineClock {
  readonly now: () => number;
  readonly setTimer: (run: () => void, ms: number) => unknown;
}

const wallClock: DeadlineClock = {
  now: () => performance.now(),
  // A process that has nothing else to do may end.
  setTimer: (run, ms) => setTimeout(run, ms).unref(),
};

/**
 * Calls back for what takes longer than a time that is the same for all. They share a timer, since one for each request
 * adds to what it takes.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #clock: DeadlineClock;
  /** When each is due, the oldest first. */
  readonly #due = new Map<() => void, number>();
  #isSet = false;

  /** @param ms - milliseconds that each has */
  constructor(ms: number, clock: DeadlineClock = wallClock) {
    this.#ms = ms;
    this.#clock = clock;
  }

  /** Calls `late` after that time, unless it is deleted before. */
  add(late: () => void): void {
    this.#due.set(late, this.#clock.now() + this.#ms);
    if (!this.#isSet) this.#set(this.#ms);
  }

  delete(late: () => void): void {
    this.#due.delete(late);
  }

  #set(ms: number): void {
    this.#isSet = true;
    this.#clock.setTimer(this.#check, ms);
  }

  /** Meanwhile the timer counts as set, so that what is added sets no second one. */
  readonly #check = (): void => {
    for (const [late, due] of this.#due) {
      const left = due - this.#clock.now();
      if (left > 0) {
        this.#set(Math.ceil(left));
        return;
      }
      this.#due.delete(late);
      late();
    }
    this.#isSet = false;
  };
}
