import type { TrainingResult } from './contender.js';
import { readFloats } from './data.js';
import { relativeDistance } from './statistics.js';
import { layerParts, type OptimizerName, type Workload } from './workloads.js';

/** Contenders that do not compute the same: what they were timed at would mean nothing. */
export class WrongNumbers extends Error {}

/** The parameters and the mean loss that the workload's steps lead to. */
export interface Trained {
  readonly loss: number;
  readonly parameters: Float32Array;
}

/**
 * How far weights may be apart, in terms of how far training moved them: what sums in another order do in float32.
 * Adam divides each gradient by its own size, so that the rounding of tiny ones counts as much as that of others.
 */
const distances: Readonly<Record<OptimizerName, number>> = { sgd: 5e-3, adam: 2e-2 };
const lossTolerance = 1e-4;

/** Reads what a trial's check left behind. */
export async function trainedBy({ checkLoss }: TrainingResult, out: string): Promise<Trained> {
  return { loss: checkLoss ?? Number.NaN, parameters: await readFloats(out) };
}

/**
 * Some steps from the same weights over the same rows, in order, must give everybody the same loss and weights.
 * @throws WrongNumbers
 */
export function requireSame(
  workload: Pick<Workload, 'name' | 'optimizer' | 'checkSteps'>,
  name: string,
  actual: Trained,
  expected: Trained,
  start: Float32Array,
) {
  const distance = relativeDistance(actual.parameters, expected.parameters, start);
  const limit = distances[workload.optimizer];
  const apart = Math.abs(actual.loss - expected.loss);
  if (distance <= limit && apart <= lossTolerance * Math.max(1, expected.loss)) return;
  throw new WrongNumbers(
    `Expected ${name} to train ${workload.name} as others do, but after ${workload.checkSteps} steps received loss ` +
      `${actual.loss} instead of ${expected.loss}, weights apart by ${distance} of their way (${limit} is allowed)`,
  );
}

/** @throws WrongNumbers for a loss that is another altogether */
export function requireSimilar(workload: Workload, name: string, actual: Trained, expected: Trained) {
  if (Math.abs(actual.loss - expected.loss) <= 0.1 * expected.loss) return;
  const losses = `${expected.loss} but received ${actual.loss}`;
  throw new WrongNumbers(`Expected ${name} to train ${workload.name} to a loss near ${losses}`);
}

/** Weights that do not move, as of a net whose units are all dead, would agree whatever the others compute. */
export function requireLearning(workload: Workload, before: Float32Array, { parameters: after }: Trained): void {
  const layersAfter = layerParts(workload, after);
  layerParts(workload, before).forEach(({ weights }, i) => {
    const moved = weights.reduce(
      (most, weight, at) => Math.max(most, Math.abs(weight - layersAfter[i]!.weights[at]!)),
      0,
    );
    if (moved > 1e-5 && Number.isFinite(moved)) return;
    throw new WrongNumbers(`Expected layer ${i + 1} of ${workload.name} to learn but its weights moved by ${moved}`);
  });
}
