import { iterationsBetween } from '../checkpoints/course.js';
import { inputNames, type NamedRows, type Side, targetNames } from '../data/part.js';
import { batchPass, floatBatchPass, portFor, type Rows, requireFinite } from '../data/rows.js';
import { BlasnetError } from '../errors.js';
import { Scores } from '../inference/scores.js';
import { type Model, objectivesFor, stepUpdatePass, trainingPass } from '../net/model.js';
import { createReplay, type Passes, type Replay } from '../replay/replay.js';
import { fromNative, type Operand, type Port, type Runner } from '../runner.js';
import { Slots } from '../slots.js';
import type { Tensor } from '../tensor.js';
import { accumulatePass, groupUpdatePass } from './accumulation.js';

const shuffleStream = 0x45504f43; // the order of rows; layers' streams are small numbers

/** Where a training plan takes its rows from: a data set in memory, or ports that are given one window after another. */
export interface TrainingSource {
  readonly inputs: NamedRows;
  readonly targets: NamedRows;
  /** Rows of an epoch. */
  readonly count: number;
  /** For windows: where each of them is bound. */
  readonly ports?: Readonly<Record<Side, Readonly<Record<string, Port>>>>;
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
   * `windowStart`: rows of the epoch before the window in the ports; `windowRow`: the batch's first row within it;
   * `groupCount`: rows since the last update, where several batches make one.
   */
  readonly slots: Slots;
  /** The loss and metrics over the rows since a checkpoint. */
  readonly scores: Scores;
  readonly replay: Replay;
  readonly iterationsPerEpoch: number;
  /** The result of each step of the graph, as the pass for a full batch and the one for the last batch of an epoch leave it. */
  readonly #outputs: { full: readonly Tensor[]; last: readonly Tensor[] } = { full: [], last: [] };

  /** @param interval - epochs between checkpoints */
  constructor(model: Model, source: TrainingSource, batchRows: number, shuffle: boolean, interval: number) {
    const { dtype, seed, gradientAccumulation } = model.params;
    const { count, ports, sampleWeights } = source;
    const objectives = objectivesFor(model);
    const names = inputNames(model.stack.inputNames, source, 'the training set');
    const targets = targetNames(
      objectives.map(({ output }) => output),
      source,
      'the training set',
    );
    const classWeights = targets.map((name) => source.classWeights[name]);
    this.iterationsPerEpoch = Math.ceil(count / batchRows);
    const slots = new Slots(['windowStart', 'windowRow', 'groupCount'], Scores.roomFor(objectives));
    this.slots = slots;
    const epochs = Math.min(interval, model.params.maxEpoch);
    const mostRows = iterationsBetween(epochs, this.iterationsPerEpoch) * batchRows;
    const scores = new Scores(objectives, dtype, mostRows, slots);
    this.scores = scores;
    const order = shuffle && !ports ? new Int32Array(count) : undefined;

    const isPart = gradientAccumulation > 1;
    /** Of rows that lie in memory, also where the others come in windows. */
    const ownRange = (rows: number) => ({ count: rows, firstRow: slots.slot('firstRow'), order });
    const gradientPass = (runner: Runner, rows: number) =>
      trainingPass(
        model,
        runner,
        () => {
          if (ports) {
            const [firstRow, start] = [slots.slot('firstRow'), slots.slot('windowStart')];
            runner.run('window_row', { firstRow, start, row: slots.vector('windowRow') });
          }
          const range = { count: rows, firstRow: slots.slot(ports ? 'windowRow' : 'firstRow'), order };
          return {
            inputs: names.map((name) => {
              const rows = source.inputs[name]!;
              return batchPass(runner, ports?.inputs[name] ?? rows, rows, { ...range, augmentSeed: seed });
            }),
            labels: targets.map((name) => {
              const rows = source.targets[name]!;
              return floatBatchPass(runner, ports?.targets[name] ?? rows, rows, range);
            }),
            classWeights,
            sampleWeights: sampleWeights && floatBatchPass(runner, sampleWeights, sampleWeights, ownRange(rows)),
            isPart,
          };
        },
        { scores, slots, wantsMetrics: true },
      );
    const stepPass = (rows: number) => (runner: Runner) => {
      const outputs = gradientPass(runner, rows);
      const part = { rows, firstRow: slots.slot('firstRow'), groupRows: gradientAccumulation * batchRows };
      if (isPart) accumulatePass(model, runner, part, slots);
      else stepUpdatePass(model, runner, slots.slot('epoch'));
      return outputs;
    };
    const update = (runner: Runner) => groupUpdatePass(model, runner, slots.slot('epoch'), slots);
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
      runner.run('shuffle_order', { order: operand, seed, stream: shuffleStream, epoch: slots.slot('epoch') });
    };
    this.replay = createReplay(
      {
        ...restPasses(model),
        epoch: order && epoch,
        step,
        last: rest > 0 ? shorter : undefined,
        update: isPart ? update : undefined,
      },
      {
        dtype,
        slots,
        stepsPerEpoch: this.iterationsPerEpoch,
        stepsPerUpdate: gradientAccumulation,
        batchRows,
        step: model.state.slots.slot('step'),
      },
      model.stack.isRecordable,
    );
  }

  /** Index of the first step whose result in that iteration, the newest one that ran, is not finite; −1 if none. */
  firstNotFinite(iteration: number): number {
    const isLast = iteration % this.iterationsPerEpoch === this.iterationsPerEpoch - 1;
    const { full, last } = this.#outputs;
    const outputs = isLast && last.length > 0 ? last : full;
    return outputs.findIndex(({ data }) => data.some((value) => !Number.isFinite(value)));
  }
}

/** Rows of a batch, in the order of the net's inputs and outputs. */
export interface BatchRows {
  readonly inputs: readonly Rows[];
  readonly labels: readonly Rows[];
}

/** The recorded training step on rows that are given anew each time. */
export class BatchPlan {
  readonly slots = new Slots();
  readonly #replay: Replay;
  readonly #inputs: readonly Port[];
  readonly #labels: readonly Port[];

  /** @param batch - rows like those that will be given, in the order of the net's inputs and outputs */
  constructor(model: Model, { inputs, labels }: BatchRows) {
    const { dtype } = model.params;
    const [inputPorts, labelPorts] = [inputs, labels].map((all) => all.map((rows) => portFor(dtype, rows)));
    const range = { count: inputs[0]!.count, firstRow: 0 };
    const { slots } = model.state;
    const scores = new Scores(objectivesFor(model), dtype, range.count, this.slots);
    const step = (runner: Runner) => {
      const batchOf = () => {
        // Infinity may pass through tanh and its like to a loss that is finite; labels always reach the loss.
        for (const port of inputPorts!) if (port.type !== 'int32') runner.run('require_finite', { values: port });
        return {
          inputs: inputs.map((x, i) => batchPass(runner, inputPorts![i]!, x, range)),
          labels: labels.map((y, i) => floatBatchPass(runner, labelPorts![i]!, y, range)),
        };
      };
      trainingPass(model, runner, batchOf, { scores, slots: this.slots, wantsMetrics: false });
      stepUpdatePass(model, runner, slots.slot('epochs'));
    };
    this.#inputs = inputPorts!;
    this.#labels = labelPorts!;
    this.#replay = createReplay(
      { ...restPasses(model), step },
      { dtype, slots: this.slots, stepsPerEpoch: 1, batchRows: 1, step: slots.slot('step'), keepsGradients: true },
      model.stack.isRecordable,
    );
  }

  /**
   * One training step.
   * @returns the mean loss before the update
   * @throws BlasnetError `ERR_NOT_FINITE` for rows or a loss with NaN or infinity; the weights are then as they were
   */
  run({ inputs, labels }: BatchRows): number {
    for (const [i, port] of this.#inputs.entries()) this.#replay.bind(port, inputs[i]!.data, inputs[i]!.count);
    for (const [i, port] of this.#labels.entries()) this.#replay.bind(port, labels[i]!.data, labels[i]!.count);
    const { reason, message } = this.#replay.runSync(0, 1, false);
    const loss = this.slots.get('batchLoss');
    if (reason === 'notFinite') {
      for (const x of inputs) requireFinite("the batch's x", x);
      throw new BlasnetError('ERR_NOT_FINITE', `Expected a finite loss for the batch but received ${loss}`);
    }
    if (reason !== 'finished') throw fromNative(new Error(message));
    return loss;
  }
}
