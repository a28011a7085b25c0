// @internal
import { badArgument } from '../errors.js';
import type { NetType } from '../losses/index.js';
import type { LabelScaling } from '../preparation/preparation.js';
import type { Tensor } from '../tensor.js';
import { type ClassWeights, classWeightsOf } from './class-weights.js';
import type { DataSet } from './data-set.js';
import { countCategories, type Labels, oneHot, type ZeroOneOptions, zeroOne } from './labels.js';
import { MinMaxNormalizer } from './normalizer.js';

/** What is done to the labels of a data set, and what is learnt of them; as `DataReader` documents it. */
export class LabelPreparation {
  readonly #set: DataSet;
  #normalizer: MinMaxNormalizer | undefined;
  #classLabels: readonly number[] = [];
  #classWeights: Float64Array | undefined;
  #balanced = false;

  constructor(set: DataSet) {
    this.#set = set;
  }

  /** The label of each class, once labels are one-hot or 0 and 1; none before that. */
  get classLabels(): readonly number[] {
    return this.#classLabels;
  }

  /** A weight for each class; absent where all rows count 1. */
  get classWeights(): Float64Array | undefined {
    return this.#classWeights;
  }

  /** What undoes the normalisation for fitting. */
  get inverse(): LabelScaling | undefined {
    return this.#normalizer?.inverse;
  }

  normalize(netType: NetType, base: number): void {
    if (netType === 'multipleClassifier') {
      this.toOneHot(base);
    } else if (netType === 'binaryClassifier') {
      this.toZeroOne({ negativeLabel: base, positiveLabel: base + 1 });
    } else if (netType === 'fitting') {
      const normalizer = new MinMaxNormalizer(this.#set.rangesOf('y'));
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

  /** Brings 'balanced' class weights in line with the labels that training keeps. */
  rebalance(labels: Labels): void {
    if (this.#balanced) this.#classWeights = classWeightsOf('balanced', labels);
  }

  /** Other labels have no weights yet. */
  #change(classLabels: readonly number[], normalizer?: MinMaxNormalizer): void {
    this.#classLabels = classLabels;
    this.#normalizer = normalizer;
    this.#classWeights = undefined;
    this.#balanced = false;
  }
}
