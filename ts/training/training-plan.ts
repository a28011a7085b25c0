import { Arena } from '../arena.js';
import { batchPass, portFor, type Rows } from '../data/rows.js';
import { type Model, trainingPass } from '../model.js';
import { type NativeReplay, native } from '../native.js';
import { PlanRecorder } from '../plan.js';
import { Slots } from '../slots.js';
import type { Tensor } from '../tensor.js';

const shuffleStream = 0x45504f43; // the order of rows; layers' streams are small numbers

/** The recorded training of a net on a data set: plans for an epoch's start, a step, and a shorter last step. */
export class TrainingPlan {
  readonly slots = new Slots(['learningRate']);
  readonly replay: NativeReplay;
  readonly iterationsPerEpoch: number;
  /** Each layer's output, as the plan for a full batch and the one for the last batch of an epoch leave it. */
  readonly #outputs: { readonly full: readonly Tensor[]; readonly last: readonly Tensor[] };

  constructor(model: Model, x: Rows, y: Rows, batchRows: number, shuffle: boolean) {
    const { dtype, seed, learningRate } = model.params;
    this.slots.set('learningRate', learningRate);
    this.iterationsPerEpoch = Math.ceil(x.count / batchRows);
    const order = shuffle ? new Int32Array(x.count) : undefined;
    const workspace = new Arena(dtype);

    const recordStep = (rows: number) => {
      workspace.rewind();
      const runner = new PlanRecorder(workspace);
      const range = { count: rows, firstRow: this.slots.slot('firstRow'), order };
      const batch = { x: batchPass(runner, x, x, range), y: batchPass(runner, y, y, range) };
      const outputs = trainingPass(model, runner, batch, this.slots, this.slots.slot('learningRate'));
      return { runner, outputs };
    };
    const rest = x.count % batchRows;
    const full = recordStep(batchRows);
    const last = rest > 0 ? recordStep(rest) : undefined;
    this.#outputs = { full: full.outputs, last: (last ?? full).outputs };

    let epoch: PlanRecorder | undefined;
    if (order) {
      epoch = new PlanRecorder(new Arena(dtype));
      const operand = { data: order, shape: [order.length] };
      const stream = shuffleStream;
      epoch.run('shuffle_order', { order: operand, seed, stream, epoch: this.slots.slot('epoch') });
    }
    this.replay = new native.Replay({
      epoch: epoch?.finish().native ?? null,
      step: full.runner.finish().native,
      last: last?.runner.finish().native ?? null,
      stepsPerEpoch: this.iterationsPerEpoch,
      batchRows,
      slots: this.slots.data,
    });
  }

  /** Index of the first layer whose output in that iteration, the newest one that ran, is not finite; −1 if none. */
  firstNotFinite(iteration: number): number {
    const isLast = iteration % this.iterationsPerEpoch === this.iterationsPerEpoch - 1;
    const outputs = isLast ? this.#outputs.last : this.#outputs.full;
    return outputs.findIndex(({ data }) => data.some((value) => !Number.isFinite(value)));
  }
}

/** The recorded training step on rows that are given anew each time. */
export class BatchPlan {
  readonly slots = new Slots(['learningRate']);
  readonly #replay: NativeReplay;
  readonly #bind: (x: Rows, y: Rows) => void;

  constructor(model: Model, x: Rows, y: Rows) {
    const { dtype, learningRate } = model.params;
    this.slots.set('learningRate', learningRate);
    const [xPort, yPort] = [portFor(dtype, x), portFor(dtype, y)];
    const runner = new PlanRecorder(new Arena(dtype));
    const range = { count: x.count, firstRow: 0 };
    const batch = { x: batchPass(runner, xPort, x, range), y: batchPass(runner, yPort, y, range) };
    trainingPass(model, runner, batch, this.slots, this.slots.slot('learningRate'));
    const plan = runner.finish();
    this.#bind = (newX, newY) => {
      plan.bind(xPort, newX.data, newX.count);
      plan.bind(yPort, newY.data, newY.count);
    };
    this.#replay = plan.replayAlone(this.slots);
  }

  /** One training step. */
  run(x: Rows, y: Rows): { readonly reason: string; readonly message: string } {
    this.#bind(x, y);
    return this.#replay.runSync(0, 1, false);
  }

  /** Mean loss of the newest batch, before its update. */
  get loss(): number {
    return this.slots.data[this.slots.slot('batchLoss').index]!;
  }
}
