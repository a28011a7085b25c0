import { Scores } from '../inference/scores.js';
import { formOf, type OutputForm, WholeOutputs } from '../inference/whole-outputs.js';
import { penaltyGradientPass, penaltyPass } from '../losses/penalty.js';
import { type Model, objectivesFor, penaltyOf } from '../net/model.js';
import { Tape } from '../ops/tape.js';
import type { KernelArgument, Runner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { sizeOf, type Tensor } from '../tensor/tensor.js';
import type { Judge, TrainingBatch } from './passes.js';
import type { Shard, Shards } from './shards.js';

/** Between the random numbers of two shards lie those of so many steps. */
const stepsOfShard = 2 ** 40;

/** A batch that is cut into shards. */
export interface ShardedBatch {
  readonly rows: number;
  /** Records the kernels that gather the rows of a shard. */
  readonly shardOf: (shard: Shard) => TrainingBatch;
  /** Records the kernels that gather the labels of the whole batch. */
  readonly labels: () => Omit<TrainingBatch, 'inputs'>;
}

/**
 * Training steps on batches that are cut into shards. Each process computes the gradients of its own shards; their sums,
 * statistics and outputs come together in the order of the shards, so that all processes have the same bits, however
 * many there are. Loss and metrics are those of the whole batch.
 */
export class ShardedPass {
  readonly #model: Model;
  readonly #shards: Shards;
  /** The scalars `shardStep` of the model's steps. */
  readonly #scalars = new RuntimeScalars(['shardStep']);
  /** Of the outputs, as the first batch shows them: a shorter one may have no row on this process. */
  #forms: readonly OutputForm[] | undefined;

  constructor(model: Model, shards: Shards) {
    this.#model = model;
    this.#shards = shards;
  }

  /**
   * Records the kernels that compute the gradient of the loss for a batch.
   * @returns the result of each step of the graph, for each shard
   */
  record(runner: Runner, batch: ShardedBatch, judge: Judge): readonly (readonly Tensor[])[] {
    const { stack } = this.#model;
    const { statistics } = stack.block;
    const own = this.#shards.ownOf(batch.rows);
    const sums = new ShardSums(runner, this.#shards, own.length, stack.block);
    const results: (readonly Tensor[])[] = [];
    let whole: WholeOutputs | undefined;
    const before = statistics.size > 0 && own.length > 1 ? runner.tensor(statistics.shape) : undefined;
    if (before) copy(runner, statistics, before);
    for (const [i, shard] of own.entries()) {
      if (before && i > 0) copy(runner, before, statistics);
      if (shard.rows === 0) {
        for (const tensor of [stack.block.gradient, statistics]) fill(runner, tensor);
      } else {
        const { values, steps } = this.#shardPass(runner, batch, shard);
        results.push(steps);
        this.#forms ??= values.map(formOf);
        whole ??= new WholeOutputs(runner, this.#forms, batch.rows);
        whole.store(shard, values);
      }
      sums.add(i);
    }
    // A process without a row takes part all the same.
    whole ??= new WholeOutputs(runner, this.#forms!, batch.rows);
    sums.finish(Math.min(this.#shards.count, batch.rows));
    whole.exchange(this.#shards);
    this.#judge(runner, whole, batch, judge);
    return results;
  }

  #shardPass(runner: Runner, batch: ShardedBatch, shard: Shard) {
    const { stack, params } = this.#model;
    const step = this.#stepOf(runner, shard);
    const own = new ShardRunner(runner, step);
    const { inputs, isPart: _, ...labels } = batch.shardOf(shard);
    const { pass, outputs, results } = stack.forwardPass(own, inputs, true);
    // These sums are of no use: the loss is taken of the whole batch.
    const scores = new Scores(objectivesFor(this.#model), params.dtype, shard.rows, new RuntimeScalars());
    const seeds = scores.recordLoss(pass.tape, outputs, { ...labels, rows: batch.rows });
    pass.backward(seeds());
    return { values: outputs, steps: results };
  }

  /** The step that random numbers of a shard are drawn by: each has its own. */
  #stepOf(runner: Runner, { index }: Shard): KernelArgument {
    if (index === 0) return runner.step;
    const row = this.#scalars.vector('shardStep');
    runner.run('window_row', { firstRow: runner.step, start: -index * stepsOfShard, row });
    return this.#scalars.scalar('shardStep');
  }

  #judge(runner: Runner, whole: WholeOutputs, batch: ShardedBatch, { scores, scalars, wantsMetrics }: Judge): void {
    const { stack } = this.#model;
    const { isPart, ...labels } = batch.labels();
    const penalty = isPart ? undefined : penaltyOf(this.#model);
    const tape = new Tape(runner);
    const outputs = whole.values(tape);
    scores.recordLoss(tape, outputs, labels);
    if (penalty) penaltyPass(runner, stack, penalty, batch.rows, scalars);
    runner.run('require_finite_loss', { scalars });
    if (wantsMetrics) scores.recordMetrics(tape, outputs, labels);
    if (penalty) penaltyGradientPass(runner, stack, penalty, batch.rows);
  }
}

/** A runner whose kernels draw the random numbers of one shard. */
class ShardRunner implements Runner {
  readonly dtype: Runner['dtype'];
  readonly step: KernelArgument;
  readonly tensor: Runner['tensor'];
  readonly run: Runner['run'];

  constructor(runner: Runner, step: KernelArgument) {
    this.dtype = runner.dtype;
    this.step = step;
    this.tensor = runner.tensor.bind(runner) as Runner['tensor'];
    this.run = runner.run.bind(runner);
  }
}

/** The sums of gradients, and means of statistics, over the shards of all processes. */
class ShardSums {
  readonly #runner: Runner;
  readonly #exchange: number | undefined;
  readonly #own: number;
  /** The arrays that are summed, and the memory for those of own shards: one for each, or their sum if all are own. */
  readonly #parts: readonly { readonly tensor: Tensor; readonly kept: Tensor | undefined; readonly isMean: boolean }[];

  /** @param own - shards of this process */
  constructor(
    runner: Runner,
    { exchange }: Shards,
    own: number,
    { gradient, statistics }: Record<'gradient' | 'statistics', Tensor>,
  ) {
    this.#runner = runner;
    this.#exchange = exchange;
    this.#own = own;
    const keep = (tensor: Tensor) => {
      if (exchange === undefined) return runner.tensor(tensor.shape);
      return own > 1 ? runner.tensor([own, tensor.size]) : undefined;
    };
    this.#parts = [gradient, statistics]
      .filter(({ size }) => size > 0)
      .map((tensor) => ({ tensor, kept: keep(tensor), isMean: tensor === statistics }));
  }

  /** Records the kernels that keep the arrays of own shard `i`. */
  add(i: number): void {
    for (const { tensor, kept } of this.#parts) {
      if (this.#exchange === undefined) copy(this.#runner, tensor, kept!, 1, i > 0 ? 1 : 0);
      else if (kept) this.#runner.run('store_rows', { a: tensor.reshape([1, tensor.size]), firstRow: i, target: kept });
    }
  }

  /**
   * Records the kernels that write the sums where the gradients and statistics are.
   * @param filled - shards of the batch that have rows
   */
  finish(filled: number): void {
    for (const { tensor, kept, isMean } of this.#parts) {
      const factor = isMean ? 1 / filled : 1;
      if (this.#exchange === undefined) {
        copy(this.#runner, kept!, tensor, factor);
        continue;
      }
      const own = kept ?? tensor.reshape([this.#own, tensor.size]);
      this.#runner.run('sum_shards', { own, sum: tensor.reshape([tensor.size]), communicator: this.#exchange });
      if (isMean) copy(this.#runner, tensor, tensor, factor);
    }
  }
}

/**
 * Records the kernels that bring the rows of a whole batch together, of which each process has those of its shards.
 * @param batch - `part`: the rows of this process from the row `offset` on; undefined where it has none
 */
export function gatherRows(
  runner: Runner,
  batch: { rows: number; rowShape: readonly number[]; part: Tensor | undefined; offset: number },
  { exchange, count }: Shards,
): Tensor {
  const { rows, rowShape, part, offset } = batch;
  const whole = runner.tensor([rows, sizeOf(rowShape)]);
  if (part) runner.run('store_rows', { a: part.reshape([part.rows, whole.rowSize]), firstRow: offset, target: whole });
  runner.run('gather_shards', { rows: whole, shards: count, communicator: exchange! });
  return whole.reshape([rows, ...rowShape]);
}

/** y = (y +) factor · x, for tensors of one size. */
function copy(runner: Runner, x: Tensor, y: Tensor, factor = 1, accumulate: 0 | 1 = 0): void {
  runner.run('scaled_copy', { x: x.reshape([x.size]), y: y.reshape([y.size]), factor, accumulate });
}

function fill(runner: Runner, tensor: Tensor): void {
  if (tensor.size > 0) runner.run('fill', { y: tensor.reshape([tensor.size]), value: 0 });
}
