import type { Communicator } from '../core/communicator.js';
import { inputNames, type Part, targetNames } from '../data/part.js';
import { batchPass, boundInputFor, floatBatchPass, labelRowsIn, rowsIn } from '../data/rows.js';
import { penaltyPass } from '../losses/penalty.js';
import type { Evaluation } from '../metrics/evaluation.js';
import { type Model, objectivesFor, penaltyOf } from '../net/model.js';
import { Tape } from '../ops/tape.js';
import { ChunkedReplay } from '../replay/chunked-replay.js';
import { keepInPlace } from '../runtime/keep-in-place.js';
import type { Runner } from '../runtime/runner.js';
import { type RuntimeScalar, RuntimeScalars } from '../runtime/runtime-scalars.js';
import { Scores } from './scores.js';
import { formOf, type RowRange, WholeOutputs } from './whole-outputs.js';

/**
 * Loss and metrics of a net over a data set, as often as they are asked for.
 *
 * Several processes share the chunks of rows: each computes the outputs of one chunk, and receives those of the others. Figures are
 * computed of the outputs of all, chunk by chunk, so that they have the bits of a process that computes everything.
 */
export class Evaluator {
  readonly #replay: ChunkedReplay;
  readonly #scores: Scores;
  readonly #memory: readonly ArrayBufferLike[];
  /** Whether other processes take part: each must evaluate at the same time, and to the end. */
  readonly isShared: boolean;

  /** @param communicator - the processes that have the same net and rows, and share the work */
  constructor(model: Model, part: Part, communicator?: Pick<Communicator, 'rank' | 'size' | 'exchange'>) {
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
    const { rank = 0, size: ranks = 1, exchange } = communicator ?? {};
    this.isShared = ranks > 1;
    const setup = { dtype, rows: count, rowBytes, isRecordable: stack.isRecordable, together: ranks, kept: () => [] };
    let scores: Scores | undefined;
    const scoresIn = (scalars: RuntimeScalars) => {
      scores ??= new Scores(objectives, dtype, count, scalars);
      return scores;
    };
    /** Records the forward pass of a chunk of rows. */
    const forwardOf = (runner: Runner, rows: number, firstRow: RuntimeScalar) => {
      const batch = inputs.map((x, i) => batchPass(runner, boundInputs![i]!, x, { count: rows, firstRow }));
      return stack.forwardPass(runner, batch, false);
    };
    const labelsOf = (runner: Runner, rows: number, firstRow: RuntimeScalar) =>
      targets.map((y, i) => floatBatchPass(runner, labelPorts![i]!, y, { count: rows, firstRow }));
    const places = new RuntimeScalars(['chunkRow']);
    /** The first row of a chunk. */
    const placeOf = (runner: Runner, firstRow: RuntimeScalar, { offset }: RowRange) => {
      if (offset === 0) return firstRow;
      runner.run('window_row', { firstRow, start: -offset, row: places.vector('chunkRow') });
      return places.scalar('chunkRow');
    };
    this.#replay = new ChunkedReplay(
      { ...setup, spareSlots: Scores.roomFor(objectives) },
      (runner, rows, firstRow, scalars, chunkRows) => {
        const judge = scoresIn(scalars);
        const chunks = chunksOf(rows, chunkRows);
        // A rank without a chunk computes another's, of which it learns the forms of outputs.
        const own = chunks[rank % chunks.length]!;
        const { pass, outputs } = forwardOf(runner, own.rows, placeOf(runner, firstRow, own));
        if (chunks.length === 1) {
          const labels = labelsOf(runner, rows, firstRow);
          judge.recordLoss(pass.tape, outputs, { labels });
          judge.recordMetrics(pass.tape, outputs, { labels });
          return;
        }
        const whole = new WholeOutputs(runner, outputs.map(formOf), ranks * chunkRows);
        whole.store({ offset: rank * chunkRows, rows: own.rows }, outputs);
        whole.exchange({ exchange, count: ranks });
        for (const chunk of chunks) {
          const tape = new Tape(runner);
          const values = whole.values(tape, chunk);
          const labels = labelsOf(runner, chunk.rows, placeOf(runner, firstRow, chunk));
          judge.recordLoss(tape, values, { labels });
          judge.recordMetrics(tape, values, { labels });
        }
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

  /**
   * On a thread of its own.
   * @param whenLost - ends the process where its part cannot be computed, for which other processes wait
   */
  async evaluate(whenLost?: (error: unknown) => never): Promise<Evaluation> {
    try {
      this.keepRows();
      this.#scores.clear();
      await this.#replay.run();
    } catch (error) {
      whenLost?.(error);
      throw error;
    }
    await this.#scores.finish();
    return this.#scores.evaluation();
  }

  /** Makes a running `evaluate` reject soon. */
  abort(): void {
    this.#replay.abort();
  }
}

/** Rows, cut into chunks of which the last may be shorter. */
function chunksOf(rows: number, chunkRows: number): readonly RowRange[] {
  return Array.from({ length: Math.ceil(rows / chunkRows) }, (_, i) => {
    const offset = i * chunkRows;
    return { offset, rows: Math.min(chunkRows, rows - offset) };
  });
}
