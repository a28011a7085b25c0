// @internal
import { badArgument } from '../core/errors.js';
import { fieldsOf, oneOf } from '../core/fields.js';
import { sizeOf, type Tensor } from '../tensor/tensor.js';
import { mapNamed } from './by-name.js';
import type { DataSet } from './data-set.js';
import type { NamedBatch } from './named-tensors.js';
import { countOf, type Part, type SetName, type Side, soleRows } from './part.js';
import { floatsOf, tensorOf } from './rows.js';

/** The sets of a reader as tensors, and their sizes. */
export abstract class SetViews {
  protected set: DataSet | undefined;

  /** The rows for training, validation and test; for the trainer. */
  get trainingPart(): Part {
    return this.requireSet().train;
  }
  get rawTrainingPart(): Part {
    return this.requireSet().rawTrain;
  }
  get validationPart(): Part | undefined {
    return this.set?.validation;
  }
  get testPart(): Part | undefined {
    return this.set?.test;
  }
  /** Names, shapes and types of the training rows; for the trainer. */
  get trainingLike(): Part {
    return this.requireSet().like;
  }
  get xTrain(): Tensor {
    return floats('xTrain', 'inputs', this.trainingPart);
  }
  get yTrain(): Tensor {
    return floats('yTrain', 'targets', this.trainingPart);
  }
  get xTest(): Tensor {
    return floats('xTest', 'inputs', present('xTest', 'a test set', this.testPart));
  }
  get yTest(): Tensor {
    return floats('yTest', 'targets', present('yTest', 'a test set', this.testPart));
  }
  get xDev(): Tensor {
    return floats('xDev', 'inputs', present('xDev', 'a validation set', this.validationPart));
  }
  get yDev(): Tensor {
    return floats('yDev', 'targets', present('yDev', 'a validation set', this.validationPart));
  }
  get xTrainRaw(): Tensor {
    return floats('xTrainRaw', 'inputs', this.rawTrainingPart);
  }
  get yTrainRaw(): Tensor {
    return floats('yTrainRaw', 'targets', this.rawTrainingPart);
  }
  get xTestRaw(): Tensor {
    return floats('xTestRaw', 'inputs', present('xTestRaw', 'a test set', this.requireSet().rawTest));
  }
  get yTestRaw(): Tensor {
    return floats('yTestRaw', 'targets', present('yTestRaw', 'a test set', this.requireSet().rawTest));
  }

  /**
   * The rows of a set by the names of inputs and targets, normalised so far as the reader was told to; what has no name is
   * called ''.
   * @param set - default: 'train'
   * @param options - `raw: true` gives the rows before normalisation, of training and test set
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a set that the reader does not have, or not in memory
   */
  namedTensors(set: SetName = 'train', options: { readonly raw?: boolean | undefined } = {}): NamedBatch {
    oneOf('set', ['train', 'test', 'validation'], set);
    const { raw = false } = fieldsOf('options', options, ['raw']);
    if (typeof raw !== 'boolean') throw badArgument('raw', 'true or false', raw);
    if (raw && set === 'validation') throw badArgument('set, with raw: true', "'train' or 'test'", set);
    const sets = this.requireSet();
    const part =
      raw && set !== 'validation' ? { train: () => sets.rawTrain, test: () => sets.rawTest }[set]() : sets[set];
    const { inputs, targets } = present('namedTensors', `a ${set} set`, part);
    return { inputs: mapNamed(inputs, tensorOf), targets: mapNamed(targets, tensorOf) };
  }

  get numTrain(): number {
    return this.set?.numTrain ?? 0;
  }
  get numTest(): number {
    return this.testPart ? countOf(this.testPart) : 0;
  }
  get numValidation(): number {
    return this.validationPart ? countOf(this.validationPart) : 0;
  }
  /** Numbers of a row, of all inputs together. */
  get numFeature(): number {
    if (!this.set) return 0;
    return Object.values(this.set.like.inputs).reduce((sum, { rowShape }) => sum + sizeOf(rowShape), 0);
  }

  protected requireSet(): DataSet {
    if (!this.set) throw badArgument('data', 'readData to have finished', 'no data');
    return this.set;
  }
}

function floats(name: string, side: Side, part: Part): Tensor {
  return floatsOf(name, soleRows(part, side, name));
}

function present<T>(name: string, what: string, part: T | undefined): T {
  if (!part) throw badArgument(name, `a reader with ${what}`, 'one without');
  return part;
}
