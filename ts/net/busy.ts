import { BlasnetError } from '../errors.js';

/** Lets a net do one thing at a time; calls of one kind may queue behind each other. */
export class Busy {
  readonly #name: string;
  #call: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param name - of the net, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /** @throws BlasnetError `ERR_NET_BUSY` */
  requireIdle(call: string): void {
    if (this.#call === undefined) return;
    const message = `Expected net '${this.#name}' to be idle for ${call} but ${this.#call} runs`;
    throw new BlasnetError('ERR_NET_BUSY', message);
  }

  /** Does the work while nothing else may be done. */
  async exclusively<T>(call: string, work: () => Promise<T>): Promise<T> {
    this.requireIdle(call);
    this.#call = call;
    try {
      return await work();
    } finally {
      this.#call = undefined;
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
