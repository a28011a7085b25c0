import { ChunkedReplay } from './chunked-replay.js';
import type { Part } from './data/data-reader.js';
import { batchPass, pin, portFor, rowsIn } from './data/rows.js';
import { noClassWeights } from './losses/class-weights.js';
import { penaltyPass } from './losses/penalty.js';
import { type Model, penaltyOf } from './model.js';
import { Port } from './runner.js';
import { sizeOf, Tensor } from './tensor.js';

export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
}

/** Loss and accuracy of a net over a data set, as often as they are asked for. */
export class Evaluator {
  readonly #replay: ChunkedReplay;
  readonly #model: Model;

  constructor(model: Model, part: Part) {
    const { dtype } = model.params;
    const [x, y] = [rowsIn(dtype, part.x), rowsIn(dtype, part.y)];
    const [xPort, yPort] = [portFor(dtype, x), portFor(dtype, y)];
    this.#model = model;
    const { stack, objective } = model;
    const penalty = penaltyOf(model);
    this.#replay = new ChunkedReplay(
      { dtype, rows: x.count, rowBytes: stack.rowBytes(x.rowShape), isRecordable: stack.isRecordable },
      (runner, rows, firstRow, slots) => {
        const range = { count: rows, firstRow };
        const batch = { x: batchPass(runner, xPort, x, range), y: batchPass(runner, yPort, y, range) };
        const output = stack.forwardPass(runner, batch.x, false);
        objective.lossPass(runner, output, { y: batch.y, classWeights: noClassWeights }, slots);
        objective.accuracyPass(runner, output.a, batch.y, slots);
      },
      penalty && ((runner, slots) => penaltyPass(runner, stack, penalty, x.count, slots)),
    );
    for (const rows of [x, y]) pin(rows);
    this.#replay.bind(xPort, x.data, x.count);
    this.#replay.bind(yPort, y.data, y.count);
  }

  evaluateSync(): Evaluation {
    this.#replay.slots.clearSums();
    this.#replay.runSync();
    return this.#result();
  }

  async evaluate(): Promise<Evaluation> {
    this.#replay.slots.clearSums();
    await this.#replay.run();
    return this.#result();
  }

  /** Makes a running `evaluate` reject soon. */
  abort(): void {
    this.#replay.abort();
  }

  #result(): Evaluation {
    return meansOf(this.#model, this.#replay.slots.sums());
  }
}

/** Mean loss and accuracy from the sums that kernels made. */
export function meansOf(model: Model, sums: Parameters<Model['objective']['accuracy']>[0]): Evaluation {
  return { loss: sums.lossSum / sums.rows, accuracy: model.objective.accuracy(sums) };
}

/** The forward pass over a fixed number of rows, from any tensor to a new one. */
export class Predictor {
  readonly #replay: ChunkedReplay;
  readonly #x: Port;
  readonly #target: Port;
  readonly #outputShape: readonly number[];
  readonly #rows: number;

  constructor({ params: { dtype }, stack }: Model, rows: number, inputShape: readonly number[]) {
    this.#rows = rows;
    this.#outputShape = stack.outputShape(inputShape);
    this.#x = new Port([sizeOf(inputShape)], dtype);
    this.#target = new Port([sizeOf(this.#outputShape)], dtype);
    const setup = { dtype, rows, rowBytes: stack.rowBytes(inputShape), isRecordable: stack.isRecordable };
    this.#replay = new ChunkedReplay(setup, (runner, count, firstRow) => {
      const x = batchPass(runner, this.#x, { rowShape: inputShape, divisor: 1 }, { count, firstRow });
      runner.run('store_rows', { a: stack.forwardPass(runner, x, false).a, firstRow, target: this.#target });
    });
  }

  predictSync(x: Tensor): Tensor {
    const result = this.#bind(x);
    this.#replay.runSync();
    return result;
  }

  async predict(x: Tensor): Promise<Tensor> {
    const result = this.#bind(x);
    await this.#replay.run();
    return result;
  }

  #bind(x: Tensor): Tensor {
    const result = Tensor.zeros([this.#rows, ...this.#outputShape], x.dtype);
    this.#replay.bind(this.#x, x.data, this.#rows);
    this.#replay.bind(this.#target, result.data, this.#rows);
    return result;
  }
}
