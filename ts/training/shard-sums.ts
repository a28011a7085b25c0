import type { ParameterBlock } from '../net/layer-stack.js';
import type { RecordedCall } from '../plan/recorded-call.js';
import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';
import { runWithBuckets } from './gradient-buckets.js';
import type { Shards } from './shards.js';

/** An array that is summed over shards. */
interface SummedPart {
  readonly tensor: Tensor;
  /** Memory for those of own shards: one for each, or their sum if all are own; none for a shard alone. */
  readonly kept: Tensor | undefined;
  readonly isMean: boolean;
}

/** The sums of gradients, and means of statistics, over the shards of all processes. */
export class ShardSums {
  readonly #runner: Runner;
  readonly #exchange: number | undefined;
  readonly #own: number;
  readonly #gradient: Tensor;
  /** The gradient, in one part or several, and the statistics. */
  readonly #parts: readonly SummedPart[];
  /** Whether this process gets all of the gradient's sum, and not only its own pieces. */
  readonly #whole: boolean;

  /**
   * @param own - shards of this process
   * @param arrays - what is summed, and the parts of the gradient that are summed at once
   * @param whole - whether this process needs all of the gradient's sum, and not only its own pieces
   */
  constructor(
    runner: Runner,
    { exchange }: Shards,
    own: number,
    arrays: Pick<ParameterBlock, 'gradient' | 'statistics'> & { readonly gradients: readonly Tensor[] },
    whole = true,
  ) {
    const { gradient, statistics, gradients } = arrays;
    this.#whole = whole;
    this.#runner = runner;
    this.#exchange = exchange;
    this.#own = own;
    this.#gradient = gradient;
    const keep = (tensor: Tensor) => {
      if (exchange === undefined) return runner.tensor(tensor.shape);
      return own > 1 ? runner.tensor([own, tensor.size]) : undefined;
    };
    this.#parts = [...gradients, statistics]
      .filter(({ size }) => size > 0)
      .map((tensor) => ({ tensor, kept: keep(tensor), isMean: tensor === statistics }));
  }

  /** Whether parts of the gradient are summed while the backward pass of own shard `i` goes on: it is the last one. */
  overlaps(i: number): boolean {
    return this.#exchange !== undefined && i === this.#own - 1 && this.#gradients.length > 1;
  }

  get #gradients(): readonly SummedPart[] {
    return this.#parts.filter(({ isMean }) => !isMean);
  }

  /**
   * Records the kernels that keep the arrays of own shard `i`.
   * @param held - the calls of its backward pass, where sums overlap with it; they are recorded, too
   */
  add(i: number, held: readonly RecordedCall[] = []): void {
    if (!this.overlaps(i)) {
      for (const part of this.#parts) this.#keep(i, part);
      return;
    }
    for (const part of this.#parts) if (part.isMean) this.#keep(i, part);
    const gradients = this.#gradients;
    const buckets = gradients.map(({ tensor }) => tensor);
    runWithBuckets(
      held,
      buckets,
      ({ kernel, args }) => this.#runner.run(kernel, args),
      (bucket) => {
        this.#keep(i, gradients[bucket]!);
        this.#sum('begin_sum_shards', gradients[bucket]!);
      },
    );
  }

  #keep(i: number, { tensor, kept }: SummedPart): void {
    if (this.#exchange === undefined) copy(this.#runner, tensor, kept!, 1, i > 0 ? 1 : 0);
    else if (kept) this.#runner.run('store_rows', { a: tensor.reshape([1, tensor.size]), firstRow: i, target: kept });
  }

  #sum(kernel: 'sum_shards' | 'begin_sum_shards', { tensor, kept, isMean }: SummedPart): void {
    const own = kept ?? tensor.reshape([this.#own, tensor.size]);
    const sum = tensor.reshape([tensor.size]);
    this.#runner.run(kernel, { own, sum, whole: isMean || this.#whole ? 1 : 0, communicator: this.#exchange! });
  }

  /**
   * Records the kernels that write the sums where the gradients and statistics are: of the gradient, at least those of
   * this process's own pieces.
   * @param filled - shards of the batch that have rows
   */
  finish(filled: number): void {
    const hasBegun = this.overlaps(this.#own - 1);
    for (const part of this.#parts) {
      const { tensor, kept, isMean } = part;
      const factor = isMean ? 1 / filled : 1;
      if (this.#exchange === undefined) {
        copy(this.#runner, kept!, tensor, factor);
        continue;
      }
      if (isMean || !hasBegun) this.#sum('sum_shards', part);
      if (isMean) copy(this.#runner, tensor, tensor, factor);
    }
    if (!hasBegun) return;
    const { size } = this.#gradient;
    this.#runner.run('wait_sums', { sum: this.#gradient.reshape([size]), communicator: this.#exchange! });
  }
}

/** y = (y +) factor · x, for tensors of one size. */
export function copy(runner: Runner, x: Tensor, y: Tensor, factor = 1, accumulate: 0 | 1 = 0): void {
  runner.run('scaled_copy', { x: x.reshape([x.size]), y: y.reshape([y.size]), factor, accumulate });
}
