import { labelOf } from '../data/by-name.js';
import type { DataReader } from '../data/data-reader.js';
import { countOf, mapPart, type Part } from '../data/part.js';
import { requireAttached, rowsIn } from '../data/rows.js';
import { noClassWeights } from '../losses/class-weights.js';
import type { Model } from '../net/model.js';
import type { Operand } from '../runner.js';
import type { DType } from '../tensor.js';
import { StreamFeed } from './stream-feed.js';
import type { TrainingPlan, TrainingSource } from './training-plan.js';

/** Where the rows of a run come from. */
export interface Feed {
  readonly source: TrainingSource;
  /**
   * Brings the rows of a step and gives them to the plan.
   * @param end - the step at which the run ends: nothing is read for it
   * @returns the first step whose rows are not there yet
   */
  prepare(step: number, end: number, plan: TrainingPlan): Promise<number>;
  requireAttached(): void;
  close(): Promise<void>;
}

/**
 * The feed for a reader: its rows in memory, or its stream.
 * @param firstStep - of the run, in its epoch or in all
 */
export function feedFor(model: Model, reader: DataReader, firstStep: number): Feed {
  const { classWeights, trainingStream } = reader;
  const weights: Operand = classWeights ? { data: classWeights, shape: [classWeights.length] } : noClassWeights;
  return trainingStream
    ? new StreamFeed(model.params, trainingStream, weights, firstStep)
    : new MemoryFeed(model.params.dtype, reader.trainingPart, weights);
}

/** All rows lie in memory. */
class MemoryFeed implements Feed {
  readonly source: TrainingSource;
  readonly #part: Part;

  constructor(dtype: DType, part: Part, classWeights: Operand) {
    this.#part = part;
    this.source = { ...mapPart(part, (rows) => rowsIn(dtype, rows)), count: countOf(part), classWeights };
  }

  async prepare(): Promise<number> {
    return Number.POSITIVE_INFINITY;
  }

  requireAttached(): void {
    for (const [side, name] of [['inputs', 'x'] as const, ['targets', 'y'] as const]) {
      for (const [key, rows] of Object.entries(this.#part[side])) {
        requireAttached(`the training set's ${labelOf(name, key)}`, rows);
      }
    }
  }

  async close(): Promise<void> {}
}
