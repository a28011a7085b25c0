// @internal
import { badArgument } from '../core/errors.js';
import type { NetType } from '../core/net-type.js';
import type { AnyTensor, Tensor } from '../tensor/tensor.js';
import { type ClassWeights, classWeightsOf } from './class-weights.js';
import type { DataSet, RowMap } from './data-set.js';
import { countCategories, type Labels, oneHot, type ZeroOneOptions, zeroOne } from './labels.js';
import type { Normalizer } from './normalizer.js';
import type { LabelScaling } from './preparation/preparation.js';
import { scalingOf } from './scaling.js';
import type { ScalingOptions } from './scaling-options.js';

/** A change of labels that has not been made yet. */
export interface LabelChange {
  readonly map: RowMap;
  /** Keeps what belongs to the new labels. */
  readonly keep: () => void;
}

/** Normalises the labels of a target and keeps what that needs; the methods are those of `DataReader`. */
export class LabelPreparation {
  readonly #set: DataSet;
  readonly #name: string;
  #normalizer: Normalizer | undefined;
  #classLabels: readonly number[] = [];
  #classWeights: Float64Array | undefined;
  #balanced = false;

  /** @param name - of the target */
  constructor(set: DataSet, name: string) {
    this.#set = set;
    this.#name = name;
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

  normalized(netType: NetType, base: number, options: ScalingOptions | undefined): LabelChange {
    if (!Number.isSafeInteger(base)) throw badArgument('base', 'a whole number', base);
    if (options !== undefined && netType !== 'fitting') {
      throw badArgument('options', "nothing for classes, since scaling is for 'fitting'", options);
    }
    if (netType === 'multipleClassifier') return this.oneHot(base);
    if (netType === 'binaryClassifier') return this.zeroOne({ negativeLabel: base, positiveLabel: base + 1 });
    if (netType !== 'fitting') {
      throw badArgument('netType', "'fitting', 'binaryClassifier' or 'multipleClassifier'", netType);
    }
    const normalizer = this.#set.normalizerOf('targets', this.#name, scalingOf(options ?? {}));
    return { map: (y) => normalizer.normalize(y), keep: () => this.#keep([], normalizer) };
  }

  oneHot(base: number): LabelChange {
    const categories = countCategories(this.#set.rawLabels(this.#name), base);
    return {
      map: (y, rowOf) => oneHot(y, base, categories, rowOf),
      keep: () => this.#keep(Array.from({ length: categories }, (_, i) => base + i)),
    };
  }

  zeroOne(options: ZeroOneOptions | undefined): LabelChange {
    return {
      map: (y, rowOf) => zeroOne(y, options, rowOf),
      keep: () => this.#keep([options?.negativeLabel ?? 0, options?.positiveLabel ?? 1]),
    };
  }

  deNormalize(y: AnyTensor): Tensor {
    if (!this.#normalizer) throw badArgument('deNormalizeY', "normalizeY('fitting') before it", 'none');
    return this.#normalizer.deNormalize(y);
  }

  setClassWeights(weights: ClassWeights): void {
    this.#classWeights = classWeightsOf(weights, this.#set.trainLabels(this.#name));
    this.#balanced = weights === 'balanced';
  }

  /** The 'balanced' class weights for the labels that are left for training; the present ones where they are others. */
  rebalanced(labels: Labels): Float64Array | undefined {
    return this.#balanced ? classWeightsOf('balanced', labels) : this.#classWeights;
  }

  /** Takes weights that `rebalanced` has computed. */
  rebalance(weights: Float64Array | undefined): void {
    this.#classWeights = weights;
  }

  /** Keeps what belongs to new labels; they have no weights yet. */
  #keep(classLabels: readonly number[], normalizer?: Normalizer): void {
    this.#classLabels = classLabels;
    this.#normalizer = normalizer;
    this.#classWeights = undefined;
    this.#balanced = false;
  }
}
