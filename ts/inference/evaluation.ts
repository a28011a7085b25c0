import type { Part } from '../data/part.js';
import { floatBatchPass, portFor, rowsIn } from '../data/rows.js';
import { keepInPlace } from '../keep-in-place.js';
import { noClassWeights } from '../losses/class-weights.js';
import { penaltyPass } from '../losses/penalty.js';
import { type Model, penaltyOf } from '../net/model.js';
import { ChunkedReplay } from '../replay/chunked-replay.js';

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
    const [x, y] = [rowsIn(dtype, part.x), rowsIn(dtype, part.y)];
    const [xPort, yPort] = [portFor(dtype, x), portFor(dtype, y)];
    this.#model = model;
    const { stack, objective } = model;
    const penalty = penaltyOf(model);
    this.#replay = new ChunkedReplay(
      { dtype, rows: x.count, rowBytes: stack.rowBytes(x.rowShape), isRecordable: stack.isRecordable, kept: () => [] },
      (runner, rows, firstRow, slots) => {
        const range = { count: rows, firstRow };
        const batch = { x: floatBatchPass(runner, xPort, x, range), y: floatBatchPass(runner, yPort, y, range) };
        const output = stack.forwardPass(runner, [batch.x], false).outputs[0]!;
        objective.lossPass(runner, output, { y: batch.y, classWeights: noClassWeights }, slots);
        objective.accuracyPass(runner, output.tensor, batch.y, slots);
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
