import { type Constant, count, fraction, notNegative, positive, valuesOf } from '../core/constants.js';
import { badArgument } from '../core/errors.js';
import { fieldsOf, oneOf } from '../core/fields.js';
import type { KernelArgument, Runner } from '../runtime/runner.js';
import type { RuntimeScalars } from '../runtime/runtime-scalars.js';

/** The kernel of each schedule with its constants, and those of schedules that are judged at checkpoints. */
const schedules = {
  constant: { kernel: 'constant_rate', constants: {} },
  step: { kernel: 'step_rate', constants: { every: positive(), factor: positive(0.1) } },
  exponential: { kernel: 'exponential_rate', constants: { factor: positive() } },
  cosine: { kernel: 'cosine_rate', constants: { length: positive(), minimum: notNegative(0) } },
  reduceOnPlateau: {
    kernel: 'constant_rate',
    constants: {},
    plateau: {
      factor: fraction(0.1),
      patience: count(10),
      threshold: notNegative(1e-4),
      cooldown: count(0),
      minimum: notNegative(0),
    },
  },
} as const satisfies Record<
  string,
  { kernel: string; constants: Record<string, Constant>; plateau?: Record<string, Constant> }
>;

/** The name of a learning-rate schedule. */
export type ScheduleKind = keyof typeof schedules;

/** A rise of the learning rate in front of a schedule: from `from` · η to η, in equal steps. */
export interface WarmUp {
  /** Epochs or iterations, as the schedule counts. */
  readonly length: number;
  /** From 0 to 1; default 1 / (length + 1). */
  readonly from?: number | undefined;
}

interface Common {
  /** The unit that n counts: epochs or iterations finished before. Default 'epoch'. */
  readonly unit?: 'epoch' | 'iteration' | undefined;
  readonly warmUp?: WarmUp | undefined;
}

/** How the learning rate changes. η is the one of the hyperparameters. */
export type LearningRateSchedule = Common &
  (
    | { readonly kind: 'constant' }
    /** η · factor^⌊n / every⌋; factor 0.1 */
    | { readonly kind: 'step'; readonly every: number; readonly factor?: number | undefined }
    /** η · factorⁿ */
    | { readonly kind: 'exponential'; readonly factor: number }
    /** minimum + (η − minimum) (1 + cos(π min(n, length) / length)) / 2; minimum 0 */
    | { readonly kind: 'cosine'; readonly length: number; readonly minimum?: number | undefined }
    /**
     * η times `factor` (0.1) after more than `patience` (10) checkpoints in a row without a loss below (1 − `threshold`)
     * times the lowest (1e-4), then none for `cooldown` (0) checkpoints; never below `minimum` (0). As PyTorch's
     * ReduceLROnPlateau.
     */
    | {
        readonly kind: 'reduceOnPlateau';
        readonly factor?: number | undefined;
        readonly patience?: number | undefined;
        readonly threshold?: number | undefined;
        readonly cooldown?: number | undefined;
        readonly minimum?: number | undefined;
      }
  );

/** The memory of reduceOnPlateau from checkpoint to checkpoint. */
export interface PlateauState {
  best: number;
  bad: number;
  cooldown: number;
}

type PlateauConstants = Readonly<Record<keyof typeof schedules.reduceOnPlateau.plateau, number>>;

/** Changes smaller than this are not made; PyTorch's `eps`. */
const leastChange = 1e-8;

/** A learning-rate schedule in terms of kernels. */
export class Schedule {
  readonly #kernel: string;
  readonly #constants: Readonly<Record<string, number>>;
  readonly #plateau: PlateauConstants | undefined;
  readonly #warmUp: Readonly<Record<keyof WarmUp, number>>;
  readonly #unit: 'epoch' | 'iteration';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown kind, or a constant that is missing, unknown or out of range */
  constructor(options: LearningRateSchedule) {
    const { kind, unit = 'epoch', warmUp, ...given } = fieldsOf('learningRateSchedule', options);
    oneOf("learningRateSchedule's kind", Object.keys(schedules), kind);
    oneOf("learningRateSchedule's unit", ['epoch', 'iteration'], unit);
    const schedule = schedules[kind];
    const values = valuesOf(
      `the ${kind} schedule`,
      'plateau' in schedule ? schedule.plateau : schedule.constants,
      given,
    );
    this.#kernel = schedule.kernel;
    this.#plateau = 'plateau' in schedule ? (values as PlateauConstants) : undefined;
    this.#constants = this.#plateau ? {} : values;
    this.#unit = unit;
    this.#warmUp = checkedWarmUp(warmUp);
  }

  /**
   * Records the kernel that writes the scalar `learningRate` for a step.
   * @param counts - scalars of the epochs and of the steps finished before it
   */
  ratePass(
    runner: Runner,
    scalars: RuntimeScalars,
    counts: { readonly epoch: KernelArgument; readonly iteration: KernelArgument },
  ): void {
    const { length, from } = this.#warmUp;
    runner.run(this.#kernel, {
      rate: scalars.vector('learningRate'),
      count: counts[this.#unit],
      base: scalars.scalar('baseRate'),
      warmUp: length,
      from,
      ...this.#constants,
    });
  }

  /**
   * Judges a checkpoint, and may lower the scalar `baseRate`.
   * @param score - its loss, or another figure that is lower for a better checkpoint
   */
  judge(score: number, state: PlateauState, scalars: RuntimeScalars): void {
    if (!this.#plateau) return;
    const { factor, patience, threshold, cooldown, minimum } = this.#plateau;
    // Below 0, as the negative of an accuracy is, a better score is one of larger size.
    if (score < state.best * (1 - Math.sign(state.best) * threshold)) {
      state.best = score;
      state.bad = 0;
    } else {
      state.bad++;
    }
    if (state.cooldown > 0) {
      state.cooldown--;
      state.bad = 0;
    }
    if (state.bad <= patience) return;
    const rate = scalars.get('baseRate');
    const lower = Math.max(rate * factor, minimum);
    if (rate - lower > leastChange) scalars.set('baseRate', lower);
    state.cooldown = cooldown;
    state.bad = 0;
  }
}

function checkedWarmUp(warmUp: WarmUp | undefined): Readonly<Record<keyof WarmUp, number>> {
  if (warmUp === undefined) return { length: 0, from: 1 };
  if (typeof warmUp !== 'object' || warmUp === null) throw badArgument('warmUp', '{ length, from? }', warmUp);
  const { length } = valuesOf('warmUp', { length: positive(), from: notNegative(1) }, { ...warmUp });
  const from = warmUp.from ?? 1 / (length + 1);
  if (from > 1) throw badArgument("warmUp's from", 'a number from 0 to 1', from);
  return { length, from };
}
