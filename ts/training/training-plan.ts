import { iterationsBetween } from '../checkpoints/run-fingerprint.js';
import { BlasnetError, badArgument } from '../core/errors.js';
import { inputNames, type NamedRows, type Side, targetNames } from '../data/part.js';
import type { RankRows } from '../data/rank-rows.js';
import { batchPass, boundInputFor, floatBatchPass, type Rows, requireFinite } from '../data/rows.js';
import { Scores } from '../inference/scores.js';
import { type Model, objectivesFor } from '../net/model.js';
import { createReplay, type Passes, type Replay } from '../replay/replay.js';
import { type BoundInput, fromNative, type Operand, type Runner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import type { Tensor } from '../tensor/tensor.js';
import { accumulatePass, groupUpdatePass } from './accumulation.js';
import { stepUpdatePass, trainingPass } from './passes.js';
import { rowLengths } from './row-lengths.js';
import { gatherRows, ShardedPass } from './sharded-pass.js';
import { type Shard, Shards } from './shards.js';

const scalarNames = ['windowStart', 'windowRow', 'groupCount', 'shardRow', 'shardOwnRow', 'ownRow'] as const;
const shuffleStream = 0x45504f43; // the order of rows; layers' streams are small numbers

/** Where a training plan takes its rows from: a data set in memory, or bound inputs that are given one window after another. */
export interface TrainingSource {
  readonly inputs: NamedRows;
  readonly targets: NamedRows;
  /** Rows of an epoch. */
  readonly count: number;
  /** For windows: where each of them is bound. */
  readonly boundInputs?: Readonly<Record<Side, Readonly<Record<string, BoundInput>>>>;
  /** Where ranks share the rows: the windows hold those of this rank only. */
  readonly share?: RankRows | undefined;
  /** A weight for each class by the names of targets; absent where all weigh 1. */
  readonly classWeights: Readonly<Record<string, Operand | undefined>>;
  /** A weight for each row of an epoch, in the rows' own order. */
  readonly sampleWeights?: Rows | undefined;
}

/** Records what brings the weights to where training has them, and back. */
function restPasses({ state, stack }: Model): Pick<Passes, 'begin' | 'end'> {
  return {
    begin: (runner) => state.beginPass(runner, stack.block),
    end: (runner) => state.endPass(runner, stack.block),
  };
}

/** The recorded training of a net on a data set: passes for an epoch's start, a step, and a shorter last step. */
export class TrainingPlan {
  /**
   * `windowStart`: rows of the epoch before the window in the bound inputs; `windowRow`: the batch's first row within it;
   * `groupCount`: rows since the last update, where several batches make one; `shardRow` and `shardOwnRow`: as `windowRow` (or
   * `firstRow`) and `firstRow`, for a shard of the batch; `ownRow`: as `windowRow`, where it holds rows of this rank only.
   */
  readonly scalars: RuntimeScalars;
  /** The loss and metrics over the rows since a checkpoint. */
  readonly scores: Scores;
  readonly replay: Replay;
  readonly iterationsPerEpoch: number;
  /** The result of each step of the graph, as the pass for a full batch and the one for the last batch of an epoch leave it. */
  readonly #outputs: Record<'full' | 'last', readonly (readonly Tensor[])[]> = { full: [], last: [] };

  /**
   * @param interval - epochs between checkpoints
   * @param shards - how each batch is cut
   */
  constructor(
    model: Model,
    source: TrainingSource,
    batchRows: number,
    shuffle: boolean | 'byLength',
    interval: number,
    shards: Shards = new Shards(1, undefined),
  ) {
    const { dtype, seed, gradientAccumulation } = model.params;
    const { count, boundInputs, sampleWeights, share } = source;
    const objectives = objectivesFor(model);
    const names = inputNames(model.stack.inputNames, source, 'the training set');
    const targets = targetNames(
      objectives.map(({ output }) => output),
      source,
      'the training set',
    );
    const classWeights = targets.map((name) => source.classWeights[name]);
    this.iterationsPerEpoch = Math.ceil(count / batchRows);
    const scalars = new RuntimeScalars([...scalarNames], Scores.roomFor(objectives));
    this.scalars = scalars;
    const epochs = Math.min(interval, model.params.maxEpoch);
    const mostRows = iterationsBetween(epochs, this.iterationsPerEpoch) * batchRows;
    const scores = new Scores(objectives, dtype, mostRows, scalars);
    this.scores = scores;
    const order = shuffle && !boundInputs ? new Int32Array(count) : undefined;
    if (shuffle === 'byLength' && boundInputs) throw badArgument('shuffle', 'true or false for a stream', shuffle);
    const lengths = shuffle === 'byLength' ? rowLengths(model.stack, source.inputs, names) : undefined;

    const isPart = gradientAccumulation > 1;
    const whole = (rows: number): Shard => ({ index: 0, offset: 0, rows });
    /** The first row of a shard, for a scalar that is the first row of the batch. */
    const firstRowOf = (
      runner: Runner,
      name: 'firstRow' | 'windowRow' | 'ownRow',
      offset: number,
      shardName: string,
    ) => {
      if (offset === 0) return scalars.scalar(name);
      runner.run('window_row', { firstRow: scalars.scalar(name), start: -offset, row: scalars.vector(shardName) });
      return scalars.scalar(shardName);
    };
    /** @param before - rows of the batch that other ranks have */
    const rangeOf = (runner: Runner, { offset, rows }: Shard, before = 0) => {
      const name = share ? 'ownRow' : boundInputs ? 'windowRow' : 'firstRow';
      return { count: rows, firstRow: firstRowOf(runner, name, offset - before, 'shardRow'), order };
    };
    const windowPass = (runner: Runner) => {
      if (!boundInputs) return;
      const [firstRow, start] = [scalars.scalar('firstRow'), scalars.scalar('windowStart')];
      runner.run('window_row', { firstRow, start, row: scalars.vector('windowRow') });
      if (!share) return;
      const ownRows = share.within(batchRows).rows;
      runner.run('own_row', {
        firstRow: scalars.scalar('windowRow'),
        batchRows,
        ownRows,
        row: scalars.vector('ownRow'),
      });
    };
    const weightsPass = (runner: Runner, shard: Shard) => {
      // These lie in memory, also where the others come in windows.
      const weights = () => {
        const firstRow = firstRowOf(runner, 'firstRow', shard.offset, 'shardOwnRow');
        return floatBatchPass(runner, sampleWeights!, sampleWeights!, { count: shard.rows, firstRow, order });
      };
      return { classWeights, sampleWeights: sampleWeights && weights(), isPart };
    };
    const labelsPass = (runner: Runner, shard: Shard, range = rangeOf(runner, shard)) => {
      const labels = targets.map((name) => {
        const rows = source.targets[name]!;
        return floatBatchPass(runner, boundInputs?.targets[name] ?? rows, rows, range);
      });
      return { labels, ...weightsPass(runner, shard) };
    };
    /** Of a whole batch of which this rank has some rows: the other labels come from the other ranks. */
    const gatheredLabels = (runner: Runner, rows: number) => {
      const { offset, rows: own } = share!.within(rows);
      const range = own > 0 ? rangeOf(runner, { index: 0, offset, rows: own }, offset) : undefined;
      const labels = targets.map((name) => {
        const given = source.targets[name]!;
        const part = range && floatBatchPass(runner, boundInputs!.targets[name]!, given, range);
        return gatherRows(runner, { rows, rowShape: given.rowShape, part, offset }, shards);
      });
      return { ...weightsPass(runner, whole(rows)), labels };
    };
    const batchOf = (runner: Runner, shard: Shard, rows: number) => {
      const range = rangeOf(runner, shard, share?.within(rows).offset);
      const inputs = names.map((name) => {
        const rows = source.inputs[name]!;
        return batchPass(runner, boundInputs?.inputs[name] ?? rows, rows, { ...range, augmentSeed: seed });
      });
      return { inputs, ...labelsPass(runner, shard, range) };
    };
    const judge = { scores, scalars, wantsMetrics: true };
    const sharded = shards.count > 1 ? new ShardedPass(model, shards) : undefined;
    const pieces = sharded?.pieces;
    const gradientPass = (runner: Runner, rows: number) => {
      windowPass(runner);
      if (!sharded) return [trainingPass(model, runner, () => batchOf(runner, whole(rows), rows), judge)];
      const labels = () => (share ? gatheredLabels(runner, rows) : labelsPass(runner, whole(rows)));
      return sharded.record(runner, { rows, shardOf: (shard) => batchOf(runner, shard, rows), labels }, judge);
    };
    const stepPass = (rows: number) => (runner: Runner) => {
      const outputs = gradientPass(runner, rows);
      const part = { rows, firstRow: scalars.scalar('firstRow'), groupRows: gradientAccumulation * batchRows };
      if (isPart) accumulatePass(model, runner, part, scalars);
      else stepUpdatePass(model, runner, scalars.scalar('epoch'), pieces);
      return outputs;
    };
    const update = (runner: Runner) => groupUpdatePass(model, runner, scalars.scalar('epoch'), scalars, pieces);
    const rest = count % batchRows;
    const [full, last] = [stepPass(batchRows), stepPass(rest)];
    const step = (runner: Runner) => {
      this.#outputs.full = full(runner);
    };
    const shorter = (runner: Runner) => {
      this.#outputs.last = last(runner);
    };
    const epoch = (runner: Runner) => {
      const operand = { data: order!, shape: [order!.length] };
      runner.run('shuffle_order', { order: operand, seed, stream: shuffleStream, epoch: scalars.scalar('epoch') });
      if (!lengths) return;
      const given = { data: lengths, shape: [lengths.length] };
      runner.run('order_by_length', { lengths: given, order: operand, batchRows });
    };
    this.replay = createReplay(
      {
        ...restPasses(model),
        gather: pieces && ((runner) => model.state.gatherPass(runner, model.stack.block, pieces)),
        epoch: order && epoch,
        step,
        last: rest > 0 ? shorter : undefined,
        update: isPart ? update : undefined,
      },
      {
        dtype,
        scalars,
        stepsPerEpoch: this.iterationsPerEpoch,
        stepsPerUpdate: gradientAccumulation,
        batchRows,
        step: model.state.scalars.scalar('step'),
      },
      model.stack.isRecordable,
    );
  }

  /** Index of the first step whose result in that iteration, the newest one that ran, is not finite; −1 if none. */
  firstNotFinite(iteration: number): number {
    const isLast = iteration % this.iterationsPerEpoch === this.iterationsPerEpoch - 1;
    const { full, last } = this.#outputs;
    const outputs = isLast && last.length > 0 ? last : full;
    const lost = outputs.map((results) =>
      results.findIndex(({ data }) => data.some((value) => !Number.isFinite(value))),
    );
    const found = lost.filter((at) => at >= 0);
    return found.length > 0 ? Math.min(...found) : -1;
  }
}

/** Rows of a batch, in the order of the net's inputs and outputs. */
export interface BatchRows {
  readonly inputs: readonly Rows[];
  readonly labels: readonly Rows[];
}

/** The recorded training step on rows that are given anew each time. */
export class BatchPlan {
  readonly scalars = new RuntimeScalars();
  readonly #replay: Replay;
  readonly #inputs: readonly BoundInput[];
  readonly #labels: readonly BoundInput[];

  /** @param batch - rows like those that will be given, in the order of the net's inputs and outputs */
  constructor(model: Model, { inputs, labels }: BatchRows) {
    const { dtype } = model.params;
    const [inputPorts, labelPorts] = [inputs, labels].map((all) => all.map((rows) => boundInputFor(dtype, rows)));
    const range = { count: inputs[0]!.count, firstRow: 0 };
    const { scalars } = model.state;
    const scores = new Scores(objectivesFor(model), dtype, range.count, this.scalars);
    const step = (runner: Runner) => {
      const batchOf = () => {
        // Infinity may pass through tanh and its like to a loss that is finite; labels always reach the loss.
        for (const boundInput of inputPorts!)
          if (boundInput.type !== 'int32') runner.run('require_finite', { values: boundInput });
        return {
          inputs: inputs.map((x, i) => batchPass(runner, inputPorts![i]!, x, range)),
          labels: labels.map((y, i) => floatBatchPass(runner, labelPorts![i]!, y, range)),
        };
      };
      trainingPass(model, runner, batchOf, { scores, scalars: this.scalars, wantsMetrics: false });
      stepUpdatePass(model, runner, scalars.scalar('epochs'));
    };
    this.#inputs = inputPorts!;
    this.#labels = labelPorts!;
    this.#replay = createReplay(
      { ...restPasses(model), step },
      {
        dtype,
        scalars: this.scalars,
        stepsPerEpoch: 1,
        batchRows: 1,
        step: scalars.scalar('step'),
        keepsGradients: true,
      },
      model.stack.isRecordable,
    );
  }

  /**
   * One training step.
   * @returns the mean loss before the update
   * @throws BlasnetError `ERR_NOT_FINITE` for rows or a loss with NaN or infinity; the weights are then as they were
   */
  run({ inputs, labels }: BatchRows): number {
    for (const [i, boundInput] of this.#inputs.entries())
      this.#replay.bind(boundInput, inputs[i]!.data, inputs[i]!.count);
    for (const [i, boundInput] of this.#labels.entries())
      this.#replay.bind(boundInput, labels[i]!.data, labels[i]!.count);
    const { reason, message } = this.#replay.runSync(0, 1, false);
    const loss = this.scalars.get('batchLoss');
    if (reason === 'notFinite') {
      for (const x of inputs) requireFinite("the batch's x", x);
      throw new BlasnetError('ERR_NOT_FINITE', `Expected a finite loss for the batch but received ${loss}`);
    }
    if (reason !== 'finished') throw fromNative(new Error(message));
    return loss;
  }
}
