import { BlasnetError } from '../core/errors.js';

/** Calls that leave a net as it is. */
const reading: ReadonlySet<string> = new Set([
  ...['inference', 'inferenceAsync', 'predictSync', 'test'],
  ...['save', 'saveWeights', 'saveInitialValues', 'exportOnnx'],
]);

/** Lets a net do one thing at a time; calls of one kind may queue behind each other. */
export class Busy {
  readonly #name: string;
  #call: string | undefined;
  /** The call that waits while others may read. */
  #waiting: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param name - of the net, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /** @throws BlasnetError `ERR_NET_BUSY` */
  requireIdle(call: string): void {
    const runs = this.#call ?? (reading.has(call) ? undefined : this.#waiting);
    if (runs === undefined) return;
    const message = `Expected net '${this.#name}' to be idle for ${call} but ${runs} runs`;
    throw new BlasnetError('ERR_NET_BUSY', message);
  }

  /** Does the work while nothing else may be done. */
  async exclusively<T>(call: string, work: () => Promise<T>): Promise<T> {
    this.requireIdle(call);
    this.#call = call;
    const mine = work();
    const settled = mine.catch(() => {});
    this.#queue = settled;
    try {
      return await mine;
    } finally {
      if (this.#queue === settled) this.#call = undefined;
    }
  }

  /** Does the work of the call that runs, while other calls may read the net, and waits for them. */
  async whileReadable<T>(work: () => Promise<T>): Promise<T> {
    const [call, queue] = [this.#call, this.#queue];
    this.#call = undefined;
    this.#waiting = call;
    this.#queue = Promise.resolve();
    try {
      return await work();
    } finally {
      for (let seen: unknown; seen !== this.#queue; ) {
        seen = this.#queue;
        await seen;
      }
      this.#waiting = undefined;
      this.#call = call;
      this.#queue = queue;
    }
  }

  /** @throws BlasnetError `ERR_NET_BUSY` unless idle, or busy with calls of that name */
  requireIdleOr(call: string): void {
    if (this.#call !== call) this.requireIdle(call);
  }

  /** Does the work when earlier calls of that name are done. */
  queued<T>(call: string, work: () => Promise<T>): Promise<T> {
    this.requireIdleOr(call);
    this.#call = call;
    const mine = this.#queue.then(work);
    const settled = mine.catch(() => {});
    this.#queue = settled;
    settled.then(() => {
      if (this.#queue === settled) this.#call = undefined;
    });
    return mine;
  }
}
