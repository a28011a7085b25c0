import { inputNames, type Part, soleRows } from '../data/part.js';
import { batchPass, floatBatchPass, portFor, rowsIn } from '../data/rows.js';
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
    const { stack, objective } = model;
    const inputs = inputNames(stack.inputNames, part, 'the rows').map((name) => rowsIn(dtype, part.inputs[name]!));
    const y = rowsIn(dtype, soleRows(part, 'targets', 'the rows'));
    const [ports, yPort] = [inputs.map((x) => portFor(dtype, x)), portFor(dtype, y)];
    this.#model = model;
    const rowBytes = stack.rowBytes(...inputs.map(({ rowShape }) => rowShape));
    const penalty = penaltyOf(model);
    this.#replay = new ChunkedReplay(
      { dtype, rows: y.count, rowBytes, isRecordable: stack.isRecordable, kept: () => [] },
      (runner, rows, firstRow, slots) => {
        const range = { count: rows, firstRow };
        const batch = inputs.map((x, i) => batchPass(runner, ports[i]!, x, range));
        const labels = floatBatchPass(runner, yPort, y, range);
        const output = stack.forwardPass(runner, batch, false).outputs[0]!;
        objective.lossPass(runner, output, { y: labels, classWeights: noClassWeights }, slots);
        objective.accuracyPass(runner, output.tensor, labels, slots);
      },
      penalty && ((runner, slots) => penaltyPass(runner, stack, penalty, y.count, slots)),
    );
    this.#memory = [...inputs, y].map(({ data }) => data.buffer);
    for (const [i, x] of inputs.entries()) this.#replay.bind(ports[i]!, x.data, x.count);
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
