import { inputNames, type NamedRows, type Side, soleRows } from '../data/part.js';
import { batchPass, floatBatchPass, portFor, type Rows, requireFinite } from '../data/rows.js';
import { BlasnetError } from '../errors.js';
import { noClassWeights } from '../losses/class-weights.js';
import { type Model, stepUpdatePass, trainingPass } from '../net/model.js';
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
  readonly classWeights: Operand;
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
  readonly slots = new Slots(['windowStart', 'windowRow', 'groupCount']);
  readonly replay: Replay;
  readonly iterationsPerEpoch: number;
  /** The result of each step of the graph, as the pass for a full batch and the one for the last batch of an epoch leave it. */
  readonly #outputs: { full: readonly Tensor[]; last: readonly Tensor[] } = { full: [], last: [] };

  constructor(model: Model, source: TrainingSource, batchRows: number, shuffle: boolean) {
    const { dtype, seed, gradientAccumulation } = model.params;
    const { count, classWeights } = source;
    const { ports } = source;
    const y = soleRows(source, 'targets', 'the net');
    const names = inputNames(model.stack.inputNames, source, 'the training set');
    const { slots } = this;
    this.iterationsPerEpoch = Math.ceil(count / batchRows);
    const order = shuffle && !ports ? new Int32Array(count) : undefined;

    const isPart = gradientAccumulation > 1;
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
            y: floatBatchPass(runner, ports?.targets[''] ?? y, y, range),
            classWeights,
            isPart,
          };
        },
        slots,
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

/** The recorded training step on rows that are given anew each time. */
export class BatchPlan {
  readonly slots = new Slots();
  readonly #replay: Replay;
  readonly #ports: { readonly x: Port; readonly y: Port };

  constructor(model: Model, x: Rows, y: Rows) {
    const { dtype } = model.params;
    const ports = { x: portFor(dtype, x), y: portFor(dtype, y) };
    const range = { count: x.count, firstRow: 0 };
    const { slots } = model.state;
    const step = (runner: Runner) => {
      const batchOf = () => {
        // Infinity may pass through tanh and its like to a loss that is finite; labels always reach the loss.
        runner.run('require_finite', { values: ports.x });
        return {
          inputs: [floatBatchPass(runner, ports.x, x, range)],
          y: floatBatchPass(runner, ports.y, y, range),
          classWeights: noClassWeights,
        };
      };
      trainingPass(model, runner, batchOf, this.slots);
      stepUpdatePass(model, runner, slots.slot('epochs'));
    };
    this.#ports = ports;
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
  run(x: Rows, y: Rows): number {
    this.#replay.bind(this.#ports.x, x.data, x.count);
    this.#replay.bind(this.#ports.y, y.data, y.count);
    const { reason, message } = this.#replay.runSync(0, 1, false);
    const loss = this.slots.get('batchLoss');
    if (reason === 'notFinite') {
      requireFinite("the batch's x", x);
      throw new BlasnetError('ERR_NOT_FINITE', `Expected a finite loss for the batch but received ${loss}`);
    }
    if (reason !== 'finished') throw fromNative(new Error(message));
    return loss;
  }
}
