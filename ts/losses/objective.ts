// @internal
import { oneOf } from '../fields.js';
import type { ClassificationLayer } from '../layers/classification.js';
import type { Operand, Runner } from '../runner.js';
import type { Slots, Sums } from '../slots.js';
import type { Tensor } from '../tensor.js';
import type { NetType } from './net-type.js';

/** A net's output for a batch. */
export interface NetOutput {
  /** m × outputs */
  readonly a: Tensor;
  /** The last layer, where it is a classification layer: it knows the logits. */
  readonly classifier: ClassificationLayer | undefined;
}

/** The labels of a batch, and the weight of each class. */
export interface Labels {
  readonly y: Tensor;
  readonly classWeights: Operand;
}

/** Loss and accuracy of one type of net, as kernels that add to the sums in the slots. */
export interface Objective {
  /** Name of the loss in the literature. */
  readonly loss: string;
  /** The classification layer that must come last, if any. */
  readonly classifier: 'softmax' | 'sigmoid' | undefined;
  /** The name of the accuracy wherever it is printed or drawn. */
  readonly accuracyName: 'accuracy' | 'R²';
  lossPass(runner: Runner, output: NetOutput, labels: Labels, slots: Slots): void;
  accuracyPass(runner: Runner, a: Tensor, y: Tensor, slots: Slots): void;
  accuracy(sums: Sums): number;
  /** The name of the figure that `accuracy` computes. */
  readonly figure: 'R²' | 'accuracy';
}

const fitting: Objective = {
  loss: 'MSE',
  figure: 'R²',
  classifier: undefined,
  accuracyName: 'R²',
  lossPass: (runner, { a }, { y }, slots) => runner.run('mean_squared_error', { a, y, slots }),
  accuracyPass: (runner, a, y, slots) => runner.run('accuracy_fitting', { a, y, slots }),
  /** R² = 1 − mean((a − y)²) / var(y); where all labels are equal, 1 for a perfect fit and else 0. */
  accuracy({ elements, squaredError, labelSum, labelSquares }) {
    const mean = labelSum / elements;
    const variance = Math.max(0, labelSquares / elements - mean * mean);
    if (variance === 0) return squaredError === 0 ? 1 : 0;
    return 1 - squaredError / elements / variance;
  },
};

const binaryClassifier: Objective = {
  loss: 'CE2',
  figure: 'accuracy',
  classifier: 'sigmoid',
  accuracyName: 'accuracy',
  lossPass: (runner, { classifier }, labels, slots) =>
    runner.run('binary_cross_entropy', { z: classifier!.logits!, ...labels, slots }),
  accuracyPass: (runner, a, y, slots) => runner.run('accuracy_binary', { a, y, slots }),
  accuracy: ({ correct, rows }) => correct / rows,
};

const multipleClassifier: Objective = {
  loss: 'CE3',
  figure: 'accuracy',
  classifier: 'softmax',
  accuracyName: 'accuracy',
  lossPass: (runner, { classifier }, labels, slots) =>
    runner.run('cross_entropy', { z: classifier!.logits!, logSum: classifier!.logSum!, ...labels, slots }),
  accuracyPass: (runner, a, y, slots) => runner.run('accuracy_multiple', { a, y, slots }),
  accuracy: ({ correct, rows }) => correct / rows,
};

const objectives: Readonly<Record<NetType, Objective>> = { fitting, binaryClassifier, multipleClassifier };

/** Returns loss and accuracy of a type of net. */
export function objectiveOf(netType: NetType): Objective {
  return objectives[oneOf('netType', Object.keys(objectives) as NetType[], netType)];
}
