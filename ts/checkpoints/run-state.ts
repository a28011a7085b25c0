import { type Fields, isFields } from '../core/fields.js';
import { badFile } from '../core/files.js';
import type { PlateauState } from '../schedules/schedule.js';
import type { StopReason } from '../training-history.js';
import type { RunFingerprint } from './run-fingerprint.js';
import type { MetricShapes } from './run-tensors.js';

/** The memory of a stop rule from checkpoint to checkpoint. */
export interface StopRuleState {
  /** The lowest score of the figure that is watched, infinite before there is one, and the checkpoints since. */
  readonly lowest: number;
  readonly sinceLowest: number;
  /** 'stopDiff': the loss before, NaN where there is none, and the small changes in a row. */
  readonly previous: number;
  readonly small: number;
}

/** The state of a run without its tensors; plain JSON. */
export interface RunState {
  readonly fingerprint: RunFingerprint;
  /** Iterations that the net had made before the run, and those it has made now. */
  readonly first: number;
  readonly next: number;
  /** Epochs that the net has begun, and the other scalars of the training state. */
  readonly epochs: number;
  readonly step: number;
  /** Absent where each batch makes an update. */
  readonly updates?: number | undefined;
  /** Updates since the optimizer's memory began; absent where it began with the net's training. */
  readonly age?: number | undefined;
  readonly learningRate: number;
  readonly baseRate: number;
  readonly plateau: PlateauState;
  readonly stopRule: StopRuleState;
  /** Wall time of the run so far. */
  readonly seconds: number;
  /** The reason why the run ended; absent while it continues. */
  readonly stopReason?: StopReason;
  /** True if the present weights are those with the lowest loss; otherwise those have tensors of their own. */
  readonly isBest: boolean;
  /** True if the run ended with weights of an earlier checkpoint; its last ones then have tensors of their own. */
  readonly isRestored?: boolean;
  /** Whether the run was to end with the weights of its best checkpoint, as an option of `train`; absent for no. */
  readonly restoreBest?: boolean;
  /** The metrics of records; absent where there are none. */
  readonly metrics?: MetricShapes;
}

const reasons: readonly unknown[] = [
  'maxEpoch',
  'stopLoss',
  'stopDiff',
  'earlyStop',
  'callback',
] satisfies StopReason[];

/** Returns the state as JSON; files call the fingerprint `fingerprint`. */
export function runStateText({ fingerprint, ...state }: RunState): string {
  return JSON.stringify({ fingerprint: fingerprint, ...state });
}

/**
 * Checks a run's state from JSON. JSON has no infinity and no NaN: null stands for a value that is not there yet.
 * @throws BlasnetError `ERR_BAD_FILE` for anything but such a state
 */
export function runStateIn(value: unknown, where: string): RunState {
  const state = objectIn(value, 'training');
  const count = (field: string) => check(state, field, 'a whole number ≥ 0', isCount) as number;
  const [first, next] = [count('first'), count('next')];
  if (next < first) throw wrong('training.next', `a number from ${first} on`, next);
  const [plateau, rule] = [objectIn(state.plateau, 'training.plateau'), objectIn(state.stopRule, 'training.stopRule')];
  const { stopReason } = state;
  if (stopReason !== undefined && !reasons.includes(stopReason))
    throw wrong('stopReason', reasons.join(', '), stopReason);
  return {
    fingerprint: objectIn(state.fingerprint, 'training.course') as unknown as RunFingerprint,
    first,
    next,
    epochs: count('epochs'),
    step: count('step'),
    ...(state.updates !== undefined && { updates: count('updates') }),
    ...(state.age !== undefined && { age: count('age') }),
    learningRate: check(state, 'learningRate', 'a number', isNumber) as number,
    baseRate: check(state, 'baseRate', 'a number', isNumber) as number,
    plateau: {
      best: orNull(plateau, 'best', Number.POSITIVE_INFINITY),
      bad: check(plateau, 'bad', 'a whole number ≥ 0', isCount) as number,
      cooldown: check(plateau, 'cooldown', 'a whole number ≥ 0', isCount) as number,
    },
    stopRule: {
      lowest: orNull(rule, 'lowest', Number.POSITIVE_INFINITY),
      sinceLowest: check(rule, 'sinceLowest', 'a whole number ≥ 0', isCount) as number,
      previous: orNull(rule, 'previous', Number.NaN),
      small: check(rule, 'small', 'a whole number ≥ 0', isCount) as number,
    },
    seconds: check(state, 'seconds', 'a number', isNumber) as number,
    ...(stopReason !== undefined && { stopReason: stopReason as StopReason }),
    isBest: check(state, 'isBest', 'true or false', isFlag) as boolean,
    ...flag('isRestored'),
    ...flag('restoreBest'),
    ...(state.metrics !== undefined && { metrics: metricShapesIn(objectIn(state.metrics, 'training.metrics')) }),
  };

  function metricShapesIn(shapes: Fields): MetricShapes {
    const isShape = (shape: unknown) => Array.isArray(shape) && [0, 2].includes(shape.length) && shape.every(isCount);
    for (const name of Object.keys(shapes)) check(shapes, name, 'the shape of a metric', isShape);
    return shapes as MetricShapes;
  }

  /** A field that may be absent. */
  function flag(field: 'isRestored' | 'restoreBest') {
    return state[field] !== undefined && { [field]: check(state, field, 'true or false', isFlag) as boolean };
  }

  function objectIn(fields: unknown, name: string): Fields {
    if (!isFields(fields)) throw wrong(name, 'an object', fields);
    return fields;
  }

  function check(fields: Fields, field: string, expected: string, isValid: (value: unknown) => boolean): unknown {
    if (!isValid(fields[field])) throw wrong(field, expected, fields[field]);
    return fields[field];
  }

  function orNull(fields: Fields, field: string, absent: number): number {
    return (check(fields, field, 'a number or null', (one) => one === null || isNumber(one)) as number) ?? absent;
  }

  function wrong(field: string, expected: string, received: unknown): Error {
    return badFile(`'training' of ${where}`, `${expected} for ${field}`, JSON.stringify(received) ?? 'none');
  }
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isNumber(value: unknown): boolean {
  return Number.isFinite(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
