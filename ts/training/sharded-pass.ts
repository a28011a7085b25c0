import { Scores } from '../inference/scores.js';
import { formOf, type OutputForm, WholeOutputs } from '../inference/whole-outputs.js';
import { penaltyGradientPass, penaltyPass } from '../losses/penalty.js';
import { type Model, objectivesFor, penaltyOf } from '../net/model.js';
import { UpdatePieces } from '../net/update-pieces.js';
import { Tape } from '../ops/tape.js';
import type { RecordedCall } from '../plan/recorded-call.js';
import type { KernelArgument, Runner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { sizeOf, type Tensor } from '../tensor/tensor.js';
import { partsOf } from './gradient-buckets.js';
import type { Judge, TrainingBatch } from './passes.js';
import { copy, ShardSums } from './shard-sums.js';
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
  /** The parts of the gradient that are summed at once. */
  readonly #gradients: readonly Tensor[];
  /** This process's share of the update; undefined where each process makes all of it. */
  readonly pieces: UpdatePieces | undefined;
  /** The scalars `shardStep` of the model's steps. */
  readonly #scalars = new RuntimeScalars(['shardStep']);
  /** Of the outputs, as the first batch shows them: a shorter one may have no row on this process. */
  #forms: readonly OutputForm[] | undefined;

  constructor(model: Model, shards: Shards) {
    this.#model = model;
    this.#shards = shards;
    const { layers, block } = model.stack;
    const trained = layers.flatMap(({ layer }) => layer.parameters.filter(({ isTrained }) => isTrained));
    const gradients = trained.map(({ gradient }) => gradient);
    this.#gradients = partsOf(block.gradient, gradients, shards);
    // A norm is one of the whole gradient, and rows that are left alone may lie in two pieces.
    const needsWhole =
      model.params.gradientClip.norm !== undefined || trained.some(({ rowSize }) => rowSize !== undefined);
    if (shards.exchange !== undefined && !needsWhole)
      this.pieces = new UpdatePieces(block.gradient, this.#gradients, shards);
  }

  /**
   * Records the kernels that compute the gradient of the loss for a batch.
   * @returns the result of each step of the graph, for each shard
   */
  record(runner: Runner, batch: ShardedBatch, judge: Judge): readonly (readonly Tensor[])[] {
    const { stack } = this.#model;
    const { statistics } = stack.block;
    const own = this.#shards.ownOf(batch.rows);
    const arrays = { ...stack.block, gradients: this.#gradients };
    const sums = new ShardSums(runner, this.#shards, own.length, arrays, this.pieces === undefined);
    const results: (readonly Tensor[])[] = [];
    let whole: WholeOutputs | undefined;
    const before = statistics.size > 0 && own.length > 1 ? runner.tensor(statistics.shape) : undefined;
    if (before) copy(runner, statistics, before);
    for (const [i, shard] of own.entries()) {
      if (before && i > 0) copy(runner, before, statistics);
      if (shard.rows === 0) {
        for (const tensor of [stack.block.gradient, statistics]) fill(runner, tensor);
        sums.add(i);
      } else {
        const { values, steps, held } = this.#shardPass(runner, batch, shard, sums.overlaps(i));
        sums.add(i, held);
        results.push(steps);
        this.#forms ??= values.map(formOf);
        whole ??= new WholeOutputs(runner, this.#forms, batch.rows);
        whole.store(shard, values);
      }
    }
    // A process without a row takes part all the same.
    whole ??= new WholeOutputs(runner, this.#forms!, batch.rows);
    sums.finish(Math.min(this.#shards.count, batch.rows));
    whole.exchange(this.#shards);
    this.#judge(runner, whole, batch, judge);
    return results;
  }

  /** @param holds - whether the calls of the backward pass are returned, and not recorded */
  #shardPass(runner: Runner, batch: ShardedBatch, shard: Shard, holds: boolean) {
    const { stack, params } = this.#model;
    const step = this.#stepOf(runner, shard);
    const own = new ShardRunner(runner, step);
    const { inputs, isPart: _, ...labels } = batch.shardOf(shard);
    const { pass, outputs, results } = stack.forwardPass(own, inputs, true);
    // These sums are of no use: the loss is taken of the whole batch.
    const scores = new Scores(objectivesFor(this.#model), params.dtype, shard.rows, new RuntimeScalars());
    const seeds = scores.recordLoss(pass.tape, outputs, { ...labels, rows: batch.rows });
    if (holds) own.hold();
    pass.backward(seeds());
    return { values: outputs, steps: results, held: own.release() };
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

/** A runner whose kernels draw the random numbers of one shard, and which can hold calls back. */
class ShardRunner implements Runner {
  readonly dtype: Runner['dtype'];
  readonly step: KernelArgument;
  readonly tensor: Runner['tensor'];
  readonly #runner: Runner;
  #held: RecordedCall[] | undefined;

  constructor(runner: Runner, step: KernelArgument) {
    this.dtype = runner.dtype;
    this.step = step;
    this.tensor = runner.tensor.bind(runner) as Runner['tensor'];
    this.#runner = runner;
  }

  run(kernel: string, args: RecordedCall['args']): void {
    if (this.#held) this.#held.push({ kernel, args });
    else this.#runner.run(kernel, args);
  }

  /** Keeps the calls that follow, which `release` returns. Their results are not there before somebody runs them. */
  hold(): void {
    this.#held = [];
  }

  release(): readonly RecordedCall[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
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

function fill(runner: Runner, tensor: Tensor): void {
  if (tensor.size > 0) runner.run('fill', { y: tensor.reshape([tensor.size]), value: 0 });
}
