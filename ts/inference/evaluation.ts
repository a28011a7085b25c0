import { type Part, soleRows } from '../data/part.js';
import { floatBatchPass, portFor, type Rows, rowsIn } from '../data/rows.js';
import { keepInPlace } from '../keep-in-place.js';
import { noClassWeights } from '../losses/class-weights.js';
import { penaltyPass } from '../losses/penalty.js';
import { type Model, penaltyOf } from '../net/model.js';
import { ChunkedReplay } from '../replay/chunked-replay.js';
import { Port } from '../runner.js';
import { type DType, type FloatArray, sizeOf, Tensor } from '../tensor.js';

/** How well a net does on a data set. */
export interface Evaluation {
  /** The mean loss per row, with the penalty of l1 or l2. */
  readonly loss: number;
  /** R² for nets that fit, the share of right classes for classifiers. */
  readonly accuracy: number;
}

/** Loss and accuracy of a net over a data set, as often as they are asked for. */
export class Evaluator {
  readonly #replay: ChunkedReplay;
  readonly #model: Model;
  readonly #memory: readonly ArrayBufferLike[];

  constructor(model: Model, part: Part) {
    const { dtype } = model.params;
    const [x, y] = (['inputs', 'targets'] as const).map((side) => rowsIn(dtype, soleRows(part, side, 'the rows'))) as [
      Rows,
      Rows,
    ];
    const [xPort, yPort] = [portFor(dtype, x), portFor(dtype, y)];
    this.#model = model;
    const { stack, objective } = model;
    const penalty = penaltyOf(model);
    this.#replay = new ChunkedReplay(
      { dtype, rows: x.count, rowBytes: stack.rowBytes(x.rowShape), isRecordable: stack.isRecordable },
      (runner, rows, firstRow, slots) => {
        const range = { count: rows, firstRow };
        const batch = { x: floatBatchPass(runner, xPort, x, range), y: floatBatchPass(runner, yPort, y, range) };
        const output = stack.forwardPass(runner, batch.x, false);
        objective.lossPass(runner, output, { y: batch.y, classWeights: noClassWeights }, slots);
        objective.accuracyPass(runner, output.a, batch.y, slots);
      },
      penalty && ((runner, slots) => penaltyPass(runner, stack, penalty, x.count, slots)),
    );
    this.#memory = [x.data.buffer, y.data.buffer];
    this.#replay.bind(xPort, x.data, x.count);
    this.#replay.bind(yPort, y.data, y.count);
  }

  /** On this thread. */
  evaluateSync(): Evaluation {
    this.#replay.slots.clearSums();
    this.#replay.runSync();
    return this.#result();
  }

  /** Keeps the rows' memory where it is for good, as `evaluate` does: for rows that are to be there when it is called. */
  keepRows(): void {
    for (const buffer of this.#memory) keepInPlace(buffer);
  }

  /** On a thread of its own. */
  async evaluate(): Promise<Evaluation> {
    this.keepRows();
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

/** The forward pass over rows of one shape, from any tensor to a new one. */
export class Predictor {
  readonly #dtype: DType;
  readonly #inputShape: readonly number[];
  readonly #outputShape: readonly number[];
  readonly #replay: ChunkedReplay;
  /** Where several chunks store their outputs one behind the other. */
  readonly #target: Port;
  /** The output of a run with a single chunk, which the next one overwrites. */
  #output: Tensor | undefined;

  constructor({ params: { dtype }, stack }: Model, inputShape: readonly number[]) {
    const [rows = 1, ...rowShape] = inputShape;
    const outputRowShape = stack.outputShape(rowShape);
    this.#dtype = dtype;
    this.#inputShape = inputShape;
    this.#outputShape = Object.freeze([rows, ...outputRowShape]);
    this.#target = new Port([sizeOf(outputRowShape)], dtype);
    const inputSize = sizeOf(rowShape);
    const setup = { dtype, rows, rowBytes: stack.rowBytes(rowShape), isRecordable: stack.isRecordable, inputSize };
    this.#replay = new ChunkedReplay(setup, (runner, count, firstRow) => {
      const { a } = stack.forwardPass(runner, runner.input([count, ...rowShape]), false);
      this.#output = count === rows ? runner.tensor(a.shape) : undefined;
      runner.run('store_rows', { a, firstRow, target: this.#output ?? this.#target });
    });
  }

  /** Tells whether x has the shape and dtype of this predictor. Allocates nothing. */
  takes(x: Tensor): boolean {
    if (!(x instanceof Tensor) || x.dtype !== this.#dtype) return false;
    const [expected, { shape }] = [this.#inputShape, x];
    if (shape.length !== expected.length) return false;
    for (let i = 0; i < shape.length; i++) if (shape[i] !== expected[i]) return false;
    return x.data.length === x.size;
  }

  predictSync(x: Tensor): Tensor {
    const result = this.#begin();
    this.#replay.runSync(x.data);
    return this.#end(result);
  }

  /** The memory of x must stay where it is until the promise resolves. */
  async predict(x: Tensor): Promise<Tensor> {
    const result = this.#begin();
    await this.#replay.run(x.data);
    return this.#end(result);
  }

  /** Memory for the outputs of several chunks. */
  #begin(): FloatArray | undefined {
    if (this.#replay.chunks === 1) return undefined;
    const result = Tensor.zeros(this.#outputShape, this.#dtype).data;
    this.#replay.bind(this.#target, result, this.#outputShape[0]!);
    return result;
  }

  #end(result: FloatArray | undefined): Tensor {
    return new Tensor(this.#outputShape, this.#dtype, { data: result ?? this.#output!.data.slice() });
  }
}
