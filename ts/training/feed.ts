import { labelOf, mapNamed } from '../data/by-name.js';
import type { DataReader } from '../data/data-reader.js';
import { countOf, type Part } from '../data/part.js';
import { labelRowsIn, type Rows, requireAttached, rowsIn, rowsOf } from '../data/rows.js';
import { labelCheckFor } from '../inference/check-part.js';
import type { Model } from '../net/model.js';
import type { DType, Tensor } from '../tensor/tensor.js';
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

/** The weights of classes by the names of targets, and of rows. */
export type Weights = Pick<TrainingSource, 'classWeights' | 'sampleWeights'>;

/**
 * The feed for a reader: its rows in memory, or its stream.
 * @param sampleWeight - a number for each training row
 * @param firstStep - of the run, in its epoch or in all
 */
export function feedFor(model: Model, reader: DataReader, sampleWeight: Tensor | undefined, firstStep: number): Feed {
  const { trainingStream } = reader;
  const { dtype } = model.params;
  const weights: Weights = {
    classWeights: mapNamed(reader.namedClassWeights, (data) => data && { data, shape: [data.length] }),
    sampleWeights: sampleWeight && rowsIn(dtype, rowsOf(sampleWeight.reshape([sampleWeight.rows]))),
  };
  return trainingStream
    ? new StreamFeed(model.params, trainingStream, weights, firstStep, labelCheckFor(model, trainingStream.like))
    : new MemoryFeed(dtype, reader.trainingPart, weights);
}

/** All rows lie in memory. */
class MemoryFeed implements Feed {
  readonly source: TrainingSource;
  readonly #part: Part;

  constructor(dtype: DType, part: Part, weights: Weights) {
    this.#part = part;
    const inputs = mapNamed(part.inputs, (rows) => rowsIn(dtype, rows));
    const targets = mapNamed(part.targets, (rows: Rows) => labelRowsIn(dtype, rows));
    this.source = { inputs, targets, count: countOf(part), ...weights };
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
