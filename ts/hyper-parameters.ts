import { badArgument } from './errors.js';
import { createInitializer, type InitMethodOptions } from './initializers/index.js';
import type { NetType } from './losses/index.js';
import { createOptimizer, type OptimizerName } from './optimizers/index.js';
import { arrayOf, type DType } from './tensor.js';

export type StopCondition = 'nothing' | 'stopLoss' | 'stopDiff';

export interface Stopper {
  readonly condition: StopCondition;
  readonly value: number;
}

export interface HyperParameterOptions {
  /** What the net is for; decides loss, accuracy and last layer. */
  readonly netType: NetType;
  /** η > 0; default 0.1. */
  readonly learningRate?: number;
  /** Epochs of one `train`; default 10. */
  readonly maxEpoch?: number;
  /** Rows of a batch; −1: all training rows; default 32. */
  readonly batchSize?: number;
  /** How weights start; default 'xavier'. */
  readonly initMethod?: InitMethodOptions;
  /** Default 'sgd'. */
  readonly optimizer?: OptimizerName | { readonly name: OptimizerName };
  /**
   * When to stop before `maxEpoch`, judged at checkpoints by the validation loss: 'stopLoss' at or below `value`,
   * 'stopDiff' after four changes in a row of less than `value`. Default: 'nothing'.
   */
  readonly stopper?: Stopper;
  /** A whole number from 0 to 2⁵³ − 1; the same seed gives the same bits. Default 0. */
  readonly seed?: number;
  /** Default 'float32'. */
  readonly dtype?: DType;
}

const netTypes = ['fitting', 'binaryClassifier', 'multipleClassifier'] as const;
const conditions = ['nothing', 'stopLoss', 'stopDiff'] as const;

/** Everything about training that is not the net's structure; checked when it is made. */
export class HyperParameters {
  readonly netType: NetType;
  readonly learningRate: number;
  readonly maxEpoch: number;
  readonly batchSize: number;
  readonly initMethod: InitMethodOptions;
  readonly optimizer: OptimizerName;
  readonly stopper: Stopper;
  readonly seed: number;
  readonly dtype: DType;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` that names the field, what it may be and what it was */
  constructor(options: HyperParameterOptions) {
    if (typeof options !== 'object' || options === null) throw badArgument('options', 'an object', options);
    this.netType = oneOf('netType', netTypes, options.netType);
    this.learningRate = options.learningRate ?? 0.1;
    this.maxEpoch = options.maxEpoch ?? 10;
    this.batchSize = options.batchSize ?? 32;
    this.initMethod = options.initMethod ?? 'xavier';
    const { optimizer = 'sgd', stopper } = options;
    this.optimizer = typeof optimizer === 'object' ? optimizer?.name : optimizer;
    const isStopper = stopper === undefined || (typeof stopper === 'object' && stopper !== null);
    if (!isStopper) throw badArgument('stopper', '{ condition, value }', stopper);
    requireKnown('stopper', stopper, ['condition', 'value']);
    if (typeof optimizer === 'object') requireKnown('optimizer', optimizer, ['name']);
    this.stopper = { condition: 'nothing', value: 0, ...stopper };
    this.seed = options.seed ?? 0;
    this.dtype = options.dtype ?? 'float32';
    const unknown = Object.keys(options).find((key) => !Object.hasOwn(this, key));
    if (unknown !== undefined) throw badArgument('options', `only ${Object.keys(this).join(', ')}`, unknown);
    this.#check();
    Object.freeze(this);
  }

  #check(): void {
    createOptimizer(this.optimizer, { learningRate: this.learningRate });
    createInitializer(this.initMethod);
    arrayOf(this.dtype);
    if (!Number.isSafeInteger(this.maxEpoch) || this.maxEpoch < 1) {
      throw badArgument('maxEpoch', 'a whole number above 0', this.maxEpoch);
    }
    const isBatchSize = this.batchSize === -1 || (Number.isSafeInteger(this.batchSize) && this.batchSize > 0);
    if (!isBatchSize) throw badArgument('batchSize', 'a whole number above 0, or -1 for all rows', this.batchSize);
    if (!Number.isSafeInteger(this.seed) || this.seed < 0) {
      throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', this.seed);
    }
    const { condition, value } = this.stopper;
    oneOf("stopper's condition", conditions, condition);
    if (!(Number.isFinite(value) && value >= 0)) throw badArgument("stopper's value", 'a finite number ≥ 0', value);
  }
}

function requireKnown(name: string, options: object | null | undefined, known: readonly string[]): void {
  const unknown = Object.keys(options ?? {}).find((key) => !known.includes(key));
  if (unknown !== undefined) throw badArgument(name, `only ${known.join(', ')}`, unknown);
}

function oneOf<Word extends string>(name: string, words: readonly Word[], value: Word): Word {
  if (!words.includes(value)) throw badArgument(name, words.map((word) => `'${word}'`).join(', '), value);
  return value;
}
