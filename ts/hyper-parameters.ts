import { fraction, valuesOf } from './core/constants.js';
import { badArgument } from './core/errors.js';
import { fieldsOf, oneOf } from './core/fields.js';
import type { NetType } from './core/net-type.js';
import { createInitializer, type InitMethodOptions } from './initializers/index.js';
import { Loss, type LossOptions } from './losses/index.js';
import { Metric, type MetricName, type MetricOptions } from './metrics/index.js';
import { checkObjectives, netTypeFor } from './objectives.js';
import {
  createOptimizer,
  type KernelOptimizer,
  type OptimizerName,
  type OptimizerOptions,
} from './optimizers/index.js';
import { type Precision, precisions } from './runtime/precision.js';
import { type LearningRateSchedule, Schedule } from './schedules/schedule.js';
import { arrayOf, type DType } from './tensor/tensor.js';

/** The conditions of a `Stopper`. */
export type StopCondition = 'nothing' | 'stopLoss' | 'stopDiff';

/** A rule that ends training before `maxEpoch`. */
export interface Stopper {
  readonly condition: StopCondition;
  readonly value: number;
}

/** The methods of a `Regularizer`. */
export type RegularMethod = 'nothing' | 'l1' | 'l2' | 'earlyStop';

/** A remedy against overfitting; `value` is λ of l1 and l2, and the patience of earlyStop in checkpoints. */
export interface Regularizer {
  readonly method: RegularMethod;
  readonly value: number;
}

/** Limits of the gradient: `value` for each number, then `norm` for all of them together, √Σg². */
export interface GradientClip {
  readonly norm?: number | undefined;
  readonly value?: number | undefined;
}

/** The average of the weights that a net predicts with, in place of the weights that are trained. */
export interface WeightAverageOptions {
  /** The part of the average that is kept at each update, from 0 to below 1, such as 0.999. */
  readonly decay: number;
}

/** A loss for all outputs of a net, or one for each output by its name. */
export type OutputLosses = LossOptions | Readonly<Record<string, LossOptions>>;

/** Metrics for all outputs of a net, or for each output by its name. */
export type OutputMetrics = readonly MetricOptions[] | Readonly<Record<string, readonly MetricOptions[]>>;

/** Options of `HyperParameters`; only `netType` or `loss` is required. */
export interface HyperParameterOptions {
  /**
   * The task of the net: short for a loss, a metric and a last layer. 'fitting' is meanSquaredError and r2,
   * 'binaryClassifier' is binaryCrossEntropy and accuracy after sigmoid, 'multipleClassifier' is crossEntropy and accuracy
   * after softmax. Beside a `loss`, it only names the task; by default the one that suits the loss.
   */
  readonly netType?: NetType | undefined;
  /**
   * The loss, by name or with its options: `'huber'`, `{ name: 'huber', delta: 2 }`, an object of a class of your own. A net
   * with several outputs may have one for each by the outputs' names. Default: that of `netType`.
   */
  readonly loss?: OutputLosses | undefined;
  /** The weights of the losses of several outputs in their sum, by the outputs' names; default 1. */
  readonly lossWeights?: Readonly<Record<string, number>> | undefined;
  /**
   * The figures of records and evaluations beside the loss, by name or with its options: `['f1', { name: 'topK', k: 3 }]`; or
   * such a list for each output by its name. Default: none but the accuracy, or R².
   */
  readonly metrics?: OutputMetrics | undefined;
  /**
   * The figure that 'earlyStop', the best checkpoint and the schedule 'reduceOnPlateau' go by: 'loss' (default), or the name of a
   * metric, `output.metric` where there are several outputs. On the validation set, or in training where there is none.
   */
  readonly monitor?: MetricName | 'loss' | (string & {}) | undefined;
  /** The learning rate η > 0; default 0.1. */
  readonly learningRate?: number | undefined;
  /** The largest number of epochs of one `train`; default 10. */
  readonly maxEpoch?: number | undefined;
  /** The number of rows in a batch; −1 for all training rows; default 32. */
  readonly batchSize?: number | undefined;
  /** How weights are initialised; default 'xavier'. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** By name, or by name with its constants. Default 'sgd'. */
  readonly optimizer?: OptimizerOptions | undefined;
  /**
   * Ends training before `maxEpoch`, judged at checkpoints by the validation loss (the training loss without a validation
   * set): 'stopLoss' at or below `value`, 'stopDiff' after four changes in a row of less than `value`. Default: 'nothing'.
   */
  readonly stopper?: Stopper | undefined;
  /**
   * 'l1' adds λ Σ|W| / m to the loss, 'l2' λ ΣW² / (2m), for weights but not biases. 'earlyStop' ends training after
   * `value` checkpoints without a new lowest validation loss, and restores the weights of the lowest. Default: none.
   */
  readonly regularizer?: Regularizer | undefined;
  /** How the learning rate changes during training. Default: it does not. */
  readonly learningRateSchedule?: LearningRateSchedule | undefined;
  /** Limits of the gradient. Default: none. */
  readonly gradientClip?: GradientClip | undefined;
  /**
   * The number of batches whose gradients `train` averages for one update, as if a batch were so many times as large;
   * an epoch's last update takes what is left. Schedules by iteration and clipping count updates. Default 1.
   */
  readonly gradientAccumulation?: number | undefined;
  /**
   * After each update, average ← decay · average + (1 − decay) · weights, running statistics alike. The net evaluates and
   * predicts with the averages, and is saved with them; training itself goes on from the weights. Default: none.
   */
  readonly weightAverage?: WeightAverageOptions | undefined;
  /** The seed of all random numbers, from 0 to 2⁵³ − 1; the same seed gives the same bits. Default 0. */
  readonly seed?: number | undefined;
  /** The type of weights and computations; default 'float32'. */
  readonly dtype?: DType | undefined;
  /**
   * 'bfloat16': products and convolutions of the layers, and of their gradients, multiply numbers that are rounded to
   * bfloat16, and add the results in float32. Weights, the optimizer's memory, norms and losses stay float32. For the
   * dtype 'float32' only. Default: 'float32', no rounding beyond that of the dtype.
   */
  readonly precision?: Precision | undefined;
}

const netTypes = ['fitting', 'binaryClassifier', 'multipleClassifier'] as const;
const methods = ['nothing', 'l1', 'l2', 'earlyStop'] as const;
const conditions = ['nothing', 'stopLoss', 'stopDiff'] as const;

/**
 * The settings of training: everything but the layers. They are checked when the object is made, which is then frozen.
 * @example
 * ```ts
 * import { HyperParameters } from 'blasnet';
 *
 * const params = new HyperParameters({
 *   netType: 'multipleClassifier',
 *   maxEpoch: 20,
 *   batchSize: 64,
 *   optimizer: { name: 'adam', beta1: 0.8 },
 *   learningRate: 0.001,
 *   learningRateSchedule: { kind: 'cosine', length: 20, warmUp: { length: 2 } },
 *   regularizer: { method: 'earlyStop', value: 5 },
 * });
 * params.seed; // → 0
 * new HyperParameters({ ...params, batchSize: 0 }); // throws ERR_BAD_ARGUMENT
 * ```
 */
export class HyperParameters {
  /** As it was given, or what suits the loss. */
  readonly netType: NetType;
  readonly loss: OutputLosses | undefined;
  readonly lossWeights: Readonly<Record<string, number>> | undefined;
  readonly metrics: OutputMetrics | undefined;
  readonly monitor: string;
  readonly learningRate: number;
  readonly maxEpoch: number;
  readonly batchSize: number;
  readonly initMethod: InitMethodOptions;
  readonly optimizer: OptimizerOptions;
  readonly stopper: Stopper;
  readonly regularizer: Regularizer;
  readonly learningRateSchedule: LearningRateSchedule | undefined;
  readonly gradientClip: GradientClip;
  readonly gradientAccumulation: number;
  readonly weightAverage: WeightAverageOptions | undefined;
  readonly seed: number;
  readonly dtype: DType;
  readonly precision: Precision;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` that names the field, what it may be and what it was */
  constructor(options: HyperParameterOptions) {
    const { gradientClip = {} } = fieldsOf('options', options);
    this.loss = options.loss;
    this.netType =
      options.netType === undefined && options.loss !== undefined
        ? netTypeFor(options.loss)
        : oneOf('netType', netTypes, options.netType);
    this.lossWeights = options.lossWeights;
    this.metrics = options.metrics;
    this.monitor = options.monitor ?? 'loss';
    this.learningRate = options.learningRate ?? 0.1;
    this.maxEpoch = options.maxEpoch ?? 10;
    this.batchSize = options.batchSize ?? 32;
    this.initMethod = options.initMethod === undefined ? 'xavier' : options.initMethod;
    this.optimizer = options.optimizer === undefined ? 'sgd' : options.optimizer;
    this.stopper = ruleOf('stopper', options.stopper, { condition: 'nothing', value: 0 });
    this.regularizer = ruleOf('regularizer', options.regularizer, { method: 'nothing', value: 0 });
    this.learningRateSchedule = options.learningRateSchedule;
    this.gradientClip = { ...fieldsOf('gradientClip', gradientClip, ['norm', 'value']) };
    this.gradientAccumulation = options.gradientAccumulation ?? 1;
    this.weightAverage = options.weightAverage;
    this.seed = options.seed ?? 0;
    this.dtype = options.dtype ?? 'float32';
    this.precision = options.precision ?? 'float32';
    fieldsOf('options', options, Object.keys(this));
    this.#check();
    // Later changes to the caller's objects change nothing here.
    Object.assign(this, frozenCopy({ ...this }));
    Object.freeze(this);
  }

  #check(): void {
    checkObjectives(this);
    optimizerOf(this);
    if (this.learningRateSchedule !== undefined) new Schedule(this.learningRateSchedule);
    createInitializer(this.initMethod);
    arrayOf(this.dtype);
    if (oneOf('precision', precisions, this.precision) === 'bfloat16' && this.dtype !== 'float32') {
      throw badArgument('precision', `'float32' beside the dtype ${this.dtype}`, this.precision);
    }
    if (!Number.isSafeInteger(this.maxEpoch) || this.maxEpoch < 1) {
      throw badArgument('maxEpoch', 'a whole number above 0', this.maxEpoch);
    }
    const isBatchSize = this.batchSize === -1 || (Number.isSafeInteger(this.batchSize) && this.batchSize > 0);
    if (!isBatchSize) throw badArgument('batchSize', 'a whole number above 0, or -1 for all rows', this.batchSize);
    if (!Number.isSafeInteger(this.gradientAccumulation) || this.gradientAccumulation < 1) {
      throw badArgument('gradientAccumulation', 'a whole number of batches above 0', this.gradientAccumulation);
    }
    if (this.weightAverage !== undefined) {
      valuesOf('weightAverage', { decay: fraction() }, fieldsOf('weightAverage', this.weightAverage));
    }
    if (!Number.isSafeInteger(this.seed) || this.seed < 0) {
      throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', this.seed);
    }
    const { condition, value } = this.stopper;
    oneOf("stopper's condition", conditions, condition);
    if (!(Number.isFinite(value) && value >= 0)) throw badArgument("stopper's value", 'a finite number ≥ 0', value);
    this.#checkRegularizer();
    for (const [name, limit] of Object.entries(this.gradientClip)) {
      const isLimit = limit === undefined || (Number.isFinite(limit) && limit > 0);
      if (!isLimit) throw badArgument(`gradientClip's ${name}`, 'a finite number above 0', limit);
    }
  }

  #checkRegularizer(): void {
    const { method, value } = this.regularizer;
    oneOf("regularizer's method", methods, method);
    if (method === 'earlyStop' && !(Number.isSafeInteger(value) && value >= 1)) {
      throw badArgument("earlyStop's value, its patience", 'a whole number of checkpoints above 0', value);
    }
    if (!(Number.isFinite(value) && value >= 0)) throw badArgument("regularizer's value", 'a finite number ≥ 0', value);
  }
}

/** Creates the optimizer of the hyperparameters. */
export function optimizerOf({ optimizer, learningRate, dtype }: HyperParameters): KernelOptimizer {
  const { name, ...constants } = typeof optimizer === 'string' ? { name: optimizer } : (optimizer ?? {});
  const misplaced = ['learningRate', 'dtype'].find((key) => Object.hasOwn(constants, key));
  if (misplaced !== undefined) {
    throw badArgument('optimizer', `its own constants only, and ${misplaced} beside it,`, misplaced);
  }
  return createOptimizer(name as OptimizerName, { ...constants, learningRate, dtype });
}

/** A copy of plain values that cannot be changed, at any depth. Losses and metrics are taken as they are. */
function frozenCopy<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Loss || value instanceof Metric) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as Value;
  const entries = Object.entries(value).map(([key, field]) => [key, frozenCopy(field)] as const);
  return Object.freeze(Object.fromEntries(entries)) as Value;
}

/** A stopper or regularizer, by default one that does nothing. Any other needs its value: 0 would mean something, too. */
function ruleOf<Rule extends { readonly value: number }>(name: string, rule: Rule | undefined, nothing: Rule): Rule {
  if (rule === undefined) return nothing;
  const fields = fieldsOf(name, rule, Object.keys(nothing));
  const isNothing = Object.values(fields).includes('nothing');
  if (!isNothing && fields.value === undefined) throw badArgument(`${name}'s value`, 'a finite number ≥ 0', undefined);
  return { ...nothing, ...rule };
}
