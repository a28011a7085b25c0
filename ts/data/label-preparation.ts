// @internal
import { badArgument } from '../errors.js';
import type { NetType } from '../losses/index.js';
import type { LabelScaling } from '../preparation/preparation.js';
import type { Tensor } from '../tensor.js';
import { type ClassWeights, classWeightsOf } from './class-weights.js';
import type { DataSet } from './data-set.js';
import { countCategories, type Labels, oneHot, type ZeroOneOptions, zeroOne } from './labels.js';
import type { Normalizer } from './normalizer.js';
import { type ScalingOptions, scalingOf } from './scaling-options.js';

/** Normalises the labels of a data set and keeps what that needs; the methods are those of `DataReader`. */
export class LabelPreparation {
  readonly #set: DataSet;
  #normalizer: Normalizer | undefined;
  #classLabels: readonly number[] = [];
  #classWeights: Float64Array | undefined;
  #balanced = false;

  constructor(set: DataSet) {
    this.#set = set;
  }

  /** The label of each class; empty before labels are one-hot or 0 and 1. */
  get classLabels(): readonly number[] {
    return this.#classLabels;
  }

  /** A weight for each class; undefined if all rows count 1. */
  get classWeights(): Float64Array | undefined {
    return this.#classWeights;
  }

  /** Reverses the normalisation for fitting; undefined without one. */
  get inverse(): LabelScaling | undefined {
    return this.#normalizer?.inverse;
  }

  normalize(netType: NetType, base: number, options: ScalingOptions | undefined): void {
    if (!Number.isSafeInteger(base)) throw badArgument('base', 'a whole number', base);
    if (options !== undefined && netType !== 'fitting') {
      throw badArgument('options', "nothing for classes, since scaling is for 'fitting'", options);
    }
    if (netType === 'multipleClassifier') {
      this.toOneHot(base);
    } else if (netType === 'binaryClassifier') {
      this.toZeroOne({ negativeLabel: base, positiveLabel: base + 1 });
    } else if (netType === 'fitting') {
      const normalizer = this.#set.normalizerOf('y', scalingOf(options ?? {}));
      this.#set.replace('y', (y) => normalizer.normalize(y));
      this.#change([], normalizer);
    } else {
      throw badArgument('netType', "'fitting', 'binaryClassifier' or 'multipleClassifier'", netType);
    }
  }

  deNormalize(y: Tensor): Tensor {
    if (!this.#normalizer) throw badArgument('deNormalizeY', "normalizeY('fitting') before it", 'none');
    return this.#normalizer.deNormalize(y);
  }

  toOneHot(base: number): void {
    const categories = countCategories(this.#set.rawLabels(), base);
    this.#set.replace('y', (y, rowOf) => oneHot(y, base, categories, rowOf));
    this.#change(Array.from({ length: categories }, (_, i) => base + i));
  }

  toZeroOne(options: ZeroOneOptions | undefined): void {
    this.#set.replace('y', (y, rowOf) => zeroOne(y, options, rowOf));
    this.#change([options?.negativeLabel ?? 0, options?.positiveLabel ?? 1]);
  }

  setClassWeights(weights: ClassWeights): void {
    this.#classWeights = classWeightsOf(weights, this.#set.trainLabels());
    this.#balanced = weights === 'balanced';
  }

  /** Computes 'balanced' class weights anew for the labels that are left for training. */
  rebalance(labels: Labels): void {
    if (this.#balanced) this.#classWeights = classWeightsOf('balanced', labels);
  }

  /** Keeps what belongs to new labels; they have no weights yet. */
  #change(classLabels: readonly number[], normalizer?: Normalizer): void {
    this.#classLabels = classLabels;
    this.#normalizer = normalizer;
    this.#classWeights = undefined;
    this.#balanced = false;
  }
}
