// @internal
import { badArgument } from '../errors.js';
import { oneOf } from '../fields.js';
import type { Seed, Tape } from '../ops/tape.js';
import type { Logits, Value } from '../ops/value.js';
import type { Operand, Runner } from '../runner.js';
import type { Slots, Sums } from '../slots.js';
import type { Tensor } from '../tensor.js';
import type { NetType } from './net-type.js';

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
  lossPass(runner: Runner, output: Value, labels: Labels, slots: Slots): void;
  accuracyPass(runner: Runner, a: Tensor, y: Tensor, slots: Slots): void;
  accuracy(sums: Sums): number;
  /** The name of the figure that `accuracy` computes. */
  readonly figure: 'R²' | 'accuracy';
}

const fitting: Objective = {
  loss: 'MSE',
  figure: 'R²',
  classifier: undefined,
  lossPass: (runner, { tensor: a }, { y }, slots) => runner.run('mean_squared_error', { a, y, slots }),
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
  lossPass: (runner, output, labels, slots) =>
    runner.run('binary_cross_entropy', { z: logitsOf(output, 'sigmoid').z.tensor, ...labels, slots }),
  accuracyPass: (runner, a, y, slots) => runner.run('accuracy_binary', { a, y, slots }),
  accuracy: ({ correct, rows }) => correct / rows,
};

const multipleClassifier: Objective = {
  loss: 'CE3',
  figure: 'accuracy',
  classifier: 'softmax',
  lossPass: (runner, output, labels, slots) => {
    const { z, logSum } = logitsOf(output, 'softmax');
    runner.run('cross_entropy', { z: z.tensor, logSum: logSum!, ...labels, slots });
  },
  accuracyPass: (runner, a, y, slots) => runner.run('accuracy_multiple', { a, y, slots }),
  accuracy: ({ correct, rows }) => correct / rows,
};

const objectives: Readonly<Record<NetType, Objective>> = { fitting, binaryClassifier, multipleClassifier };

/** Returns loss and accuracy of a type of net. */
export function objectiveOf(netType: NetType): Objective {
  return objectives[oneOf('netType', Object.keys(objectives) as NetType[], netType)];
}

/**
 * Records the kernel that computes the gradient of the mean loss: (a − y) / m by the outputs of a net that fits, and by the
 * logits of a classifier.
 * @returns where the backward pass begins
 */
export function seedOf(tape: Tape, output: Value, { y, classWeights }: Labels): Seed {
  const a = output.tensor;
  const delta = tape.runner.tensor(a.shape);
  tape.run('loss_delta', { a, y, classWeights, delta, scale: 1 / y.rows });
  const value = output.logits?.z ?? output;
  return { value, gradient: delta.reshape(value.shape) };
}

function logitsOf(output: Value, kind: Logits['kind']): Logits {
  if (output.logits?.kind !== kind) throw badArgument('the output', `a result of ${kind}`, 'another');
  return output.logits;
}
