import { once } from 'node:events';
import type { Evaluator } from '../inference/evaluation.js';
import type { Evaluation } from '../metrics/evaluation.js';

/** A computation on another thread that can be stopped. */
interface Stoppable {
  abort(): void;
}

/** Ends a run from outside: once its signal is aborted, it computes and waits no further. */
export class Interruption {
  readonly #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Throws the signal's reason where it is aborted. */
  check(): void {
    this.#signal?.throwIfAborted();
  }

  /** Resolves with the result of `work`; rejects with the signal's reason if it aborts first. The work itself goes on. */
  async waitFor<T>(work: () => Promise<T>): Promise<T> {
    const signal = this.#signal;
    if (!signal) return work();
    signal.throwIfAborted(); // it would not tell again
    const listening = new AbortController();
    try {
      const aborted = once(signal, 'abort', { signal: listening.signal }).then(() => Promise.reject(signal.reason));
      return await Promise.race([work(), aborted]);
    } finally {
      listening.abort();
    }
  }

  /** Resolves with the result of `work`; stops `task` when the signal aborts, and does not start it after that. */
  async compute<T>(task: Stoppable, work: () => Promise<T>): Promise<T> {
    this.check();
    const abort = () => task.abort();
    this.#signal?.addEventListener('abort', abort);
    try {
      return await work();
    } finally {
      this.#signal?.removeEventListener('abort', abort);
    }
  }

  /** Evaluates on a thread of its own; throws the signal's reason where it is aborted by the end. */
  async evaluate(evaluator: Evaluator): Promise<Evaluation> {
    try {
      return await this.compute(evaluator, () => evaluator.evaluate());
    } finally {
      this.check();
    }
  }
}
