import { inputNames, type Part, targetNames } from '../data/part.js';
import { batchPass, boundInputFor, floatBatchPass, labelRowsIn, rowsIn } from '../data/rows.js';
import { penaltyPass } from '../losses/penalty.js';
import type { Evaluation } from '../metrics/evaluation.js';
import { type Model, objectivesFor, penaltyOf } from '../net/model.js';
import { ChunkedReplay } from '../replay/chunked-replay.js';
import { keepInPlace } from '../runtime/keep-in-place.js';
import type { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { Scores } from './scores.js';

/** Loss and metrics of a net over a data set, as often as they are asked for. */
export class Evaluator {
  readonly #replay: ChunkedReplay;
  readonly #scores: Scores;
  readonly #memory: readonly ArrayBufferLike[];

  constructor(model: Model, part: Part) {
    const { dtype } = model.params;
    const { stack } = model;
    const objectives = objectivesFor(model);
    const names = stack.outputs.map(({ name }) => name);
    const inputs = inputNames(stack.inputNames, part, 'the rows').map((name) => rowsIn(dtype, part.inputs[name]!));
    const targets = targetNames(names, part, 'the rows').map((name) => labelRowsIn(dtype, part.targets[name]!));
    const [boundInputs, labelPorts] = [inputs, targets].map((all) => all.map((rows) => boundInputFor(dtype, rows)));
    const { count } = inputs[0]!;
    const rowBytes = stack.rowBytes(...inputs.map(({ rowShape }) => rowShape));
    const penalty = penaltyOf(model);
    const setup = { dtype, rows: count, rowBytes, isRecordable: stack.isRecordable, kept: () => [] };
    let scores: Scores | undefined;
    const scoresIn = (scalars: RuntimeScalars) => {
      scores ??= new Scores(objectives, dtype, count, scalars);
      return scores;
    };
    this.#replay = new ChunkedReplay(
      { ...setup, spareSlots: Scores.roomFor(objectives) },
      (runner, rows, firstRow, scalars) => {
        const judge = scoresIn(scalars);
        const range = { count: rows, firstRow };
        const batch = inputs.map((x, i) => batchPass(runner, boundInputs![i]!, x, range));
        const labels = targets.map((y, i) => floatBatchPass(runner, labelPorts![i]!, y, range));
        const { pass, outputs } = stack.forwardPass(runner, batch, false);
        judge.recordLoss(pass.tape, outputs, { labels });
        judge.recordMetrics(pass.tape, outputs, { labels });
      },
      penalty && ((runner, scalars) => penaltyPass(runner, stack, penalty, count, scalars)),
    );
    this.#scores = scoresIn(this.#replay.scalars);
    this.#memory = [...inputs, ...targets].map(({ data }) => data.buffer);
    for (const [i, rows] of [...inputs, ...targets].entries()) {
      this.#replay.bind([...boundInputs!, ...labelPorts!][i]!, rows.data, rows.count);
    }
  }

  /** On this thread. */
  evaluateSync(): Evaluation {
    this.#scores.clear();
    this.#replay.runSync();
    this.#scores.finishSync();
    return this.#scores.evaluation();
  }

  /** Keeps the rows' memory where it is for good, as `evaluate` does: for rows that are to be there when it is called. */
  keepRows(): void {
    for (const buffer of this.#memory) keepInPlace(buffer);
  }

  /** On a thread of its own. */
  async evaluate(): Promise<Evaluation> {
    this.keepRows();
    this.#scores.clear();
    await this.#replay.run();
    await this.#scores.finish();
    return this.#scores.evaluation();
  }

  /** Makes a running `evaluate` reject soon. */
  abort(): void {
    this.#replay.abort();
  }
}
