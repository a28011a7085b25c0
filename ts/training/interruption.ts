import { once } from 'node:events';
import type { Evaluation, Evaluator } from '../inference/evaluation.js';

/** What computes on a thread of its own until it is done, or told to stop. */
interface Stoppable {
  abort(): void;
}

/** How a run ends from outside: whatever it computes or waits for, once its signal is aborted it goes no further. */
export class Interruption {
  readonly #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Throws the signal's reason where it is aborted. */
  check(): void {
    this.#signal?.throwIfAborted();
  }

  /** What the work comes to, which nobody can stop, unless the signal is aborted first: then its reason is thrown. */
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

  /** What the work of `task` comes to, which is told to stop when the signal is aborted, and not begun after that. */
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
