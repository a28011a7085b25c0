import type { Runner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { Tensor } from '../tensor/tensor.js';
import { createReplay, type Replay } from './replay.js';

/** So few numbers are copied in less time than a thread takes to start. */
const few = 1 << 15;

/** A copy of tensors of one dtype, renewed and checked off the event loop where they are many: a large net has millions. */
export class Snapshot {
  readonly #copies: readonly { readonly tensor: Tensor; readonly copy: Tensor }[];
  readonly #replay: Replay;

  constructor(tensors: readonly Tensor[]) {
    this.#copies = tensors
      .filter(({ size }) => size > 0)
      .map((tensor) => ({ tensor, copy: Tensor.from(tensor.data.slice()) }));
    const step = (runner: Runner) => {
      for (const { tensor } of this.#copies) runner.run('require_finite', { values: tensor });
      for (const { tensor, copy } of this.#copies) {
        runner.run('copy_rows', { source: tensor, firstRow: 0, divisor: 1, x: copy });
      }
    };
    const dtype = tensors[0]!.dtype;
    this.#replay = createReplay({ step }, { dtype, scalars: new RuntimeScalars(), stepsPerEpoch: 1, batchRows: 1 });
  }

  /** Renews the copy; false, and the older copy stays, where one of the numbers is NaN or infinite. */
  async take(): Promise<boolean> {
    const numbers = this.#copies.reduce((sum, { tensor }) => sum + tensor.size, 0);
    const outcome = numbers <= few ? this.#replay.runSync(0, 1, false) : await this.#replay.run(0, 1, false);
    if (outcome.reason === 'notFinite') return false;
    if (outcome.reason !== 'finished') throw new Error(outcome.message);
    return true;
  }

  /** The copy of one of the tensors, until it is renewed; absent where the tensor has no numbers. */
  copyOf(tensor: Tensor): Tensor | undefined {
    return this.#copies.find((entry) => entry.tensor === tensor)?.copy;
  }

  /** Gives the tensors the values that they had when the snapshot was last taken. */
  restore(): void {
    for (const { tensor, copy } of this.#copies) tensor.data.set(copy.data);
  }
}
