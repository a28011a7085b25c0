// @internal
import { badArgument } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';
import type { DataSet } from './data-set.js';
import type { Part } from './part.js';
import { floatsOf } from './rows.js';

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
  get xTrain(): Tensor {
    return floatsOf('xTrain', this.trainingPart.x);
  }
  get yTrain(): Tensor {
    return floatsOf('yTrain', this.trainingPart.y);
  }
  get xTest(): Tensor {
    return floatsOf('xTest', present('xTest', 'a test set', this.testPart).x);
  }
  get yTest(): Tensor {
    return floatsOf('yTest', present('yTest', 'a test set', this.testPart).y);
  }
  get xDev(): Tensor {
    return floatsOf('xDev', present('xDev', 'a validation set', this.validationPart).x);
  }
  get yDev(): Tensor {
    return floatsOf('yDev', present('yDev', 'a validation set', this.validationPart).y);
  }
  get xTrainRaw(): Tensor {
    return floatsOf('xTrainRaw', this.requireSet().rawTrain.x);
  }
  get yTrainRaw(): Tensor {
    return floatsOf('yTrainRaw', this.requireSet().rawTrain.y);
  }
  get xTestRaw(): Tensor {
    return floatsOf('xTestRaw', present('xTestRaw', 'a test set', this.requireSet().rawTest).x);
  }
  get yTestRaw(): Tensor {
    return floatsOf('yTestRaw', present('yTestRaw', 'a test set', this.requireSet().rawTest).y);
  }

  get numTrain(): number {
    return this.set?.numTrain ?? 0;
  }
  get numTest(): number {
    return this.testPart?.x.count ?? 0;
  }
  get numValidation(): number {
    return this.validationPart?.x.count ?? 0;
  }
  get numFeature(): number {
    return this.set ? sizeOf(this.set.xShape) : 0;
  }

  protected requireSet(): DataSet {
    if (!this.set) throw badArgument('data', 'readData to have finished', 'no data');
    return this.set;
  }
}

function present<T>(name: string, what: string, part: T | undefined): T {
  if (!part) throw badArgument(name, `a reader with ${what}`, 'one without');
  return part;
}
