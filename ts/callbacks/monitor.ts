// @internal
import { badArgument } from '../core/errors.js';
import { oneOf } from '../core/fields.js';
import { type CheckpointRecord, watchedLoss } from '../training-history.js';

/** Which figure of the checkpoints is watched, and when it counts as better. */
export interface MonitorOptions {
  /**
   * The name of a figure of the records, such as 'accuracyValidation' or 'lossTrain'. Default: 'lossValidation', or
   * 'lossTrain' without a validation set.
   */
  readonly monitor?: string | undefined;
  /** Whether lower or higher figures are better. Default: 'min' for losses and errors, 'max' for all others. */
  readonly mode?: 'min' | 'max' | undefined;
  /** A figure is better only if it is by more than this; default 0. */
  readonly minDelta?: number | undefined;
}

/** Compares each checkpoint with the best one so far. */
export class Monitor {
  readonly #name: string | undefined;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;
  #best = Number.POSITIVE_INFINITY; // the figure, or its negative where higher is better
  #seen = 0;
  #sinceBest = 0;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option out of range */
  constructor({ monitor, mode, minDelta = 0 }: MonitorOptions) {
    if (monitor !== undefined && (typeof monitor !== 'string' || monitor === '')) {
      throw badArgument('monitor', 'the name of a figure, such as accuracyValidation,', monitor);
    }
    if (mode !== undefined) oneOf('mode', ['min', 'max'], mode);
    if (!(Number.isFinite(minDelta) && minDelta >= 0)) throw badArgument('minDelta', 'a finite number ≥ 0', minDelta);
    const isLoss = monitor === undefined || /loss|error/i.test(monitor);
    this.#name = monitor;
    this.#sign = (mode ?? (isLoss ? 'min' : 'max')) === 'min' ? 1 : -1;
    this.#minDelta = minDelta;
  }

  /** The checkpoints since the best one; 0 where the newest one is the best. */
  get sinceBest(): number {
    return this.#sinceBest;
  }

  /** Begins anew, and judges the records of a run that goes on. */
  restart(records: readonly CheckpointRecord[]): void {
    this.#best = Number.POSITIVE_INFINITY;
    this.#seen = 0;
    this.#sinceBest = 0;
    for (const record of records) this.judge(record);
  }

  /**
   * Tells whether a checkpoint is the best so far.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a record without the figure
   */
  judge(record: CheckpointRecord): boolean {
    const figure = this.#sign * this.#figureOf(record);
    const value = Number.isNaN(figure) ? Number.POSITIVE_INFINITY : figure; // such as R² of labels that are all the same
    const isBest = this.#seen++ === 0 || value < this.#best - this.#minDelta;
    if (isBest) this.#best = value;
    this.#sinceBest = isBest ? 0 : this.#sinceBest + 1;
    return isBest;
  }

  #figureOf(record: CheckpointRecord): number {
    if (this.#name === undefined) return watchedLoss(record);
    const figures = figuresOf(record);
    const value = figures.get(this.#name);
    if (value === undefined) throw badArgument('monitor', `one of ${[...figures.keys()].join(', ')}`, this.#name);
    return value;
  }
}

/** The numbers of a record by their names; those of a group of figures as `group.name`. */
export function figuresOf(record: object, prefix = ''): Map<string, number> {
  const figures = new Map<string, number>();
  for (const [name, value] of Object.entries(record) as [string, unknown][]) {
    if (typeof value === 'number') figures.set(prefix + name, value);
    else if (typeof value === 'object' && value !== null) {
      for (const [inner, number] of figuresOf(value, `${prefix}${name}.`)) figures.set(inner, number);
    }
  }
  return figures;
}
