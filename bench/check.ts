import { join } from 'node:path';
import { readFloats, writeData } from './data.js';
import { largestDifference } from './statistics.js';
import { type Entrant, label, reference, runTrial } from './trials.js';
import { layerParts, type Workload } from './workloads.js';

/** Contenders that do not compute the same: what they were timed at would mean nothing. */
export class WrongNumbers extends Error {}

/** What sums in another order may change, of weights and of the loss; weights are below about 1. */
const tolerance = 1e-5;

/**
 * Some steps from the same weights over the same rows, unshuffled, must give everybody the loss and the weights of the
 * hand-written loop.
 * @throws WrongNumbers
 */
export async function checkTraining(
  workload: Workload,
  entrants: readonly Entrant[],
  weights: string,
  folder: string,
): Promise<void> {
  const { name, batch, checkSteps: steps } = workload;
  const data = await writeData(workload, steps * batch, folder);
  const train = async (entrant: Entrant) => {
    const out = join(folder, `${name}.${entrant.module}.${entrant.threads}.f32`);
    const job = { workload: name, data, weights, steps, shuffle: false, out };
    const { loss } = await runTrial(entrant, 'train', job);
    return { loss, parameters: await readFloats(out) };
  };
  const model = entrants.find(({ module }) => module === reference)!;
  const expected = await train(model);
  requireLearning(workload, await readFloats(weights), expected.parameters);
  for (const entrant of entrants.filter((candidate) => candidate !== model)) {
    const actual = await train(entrant);
    const difference = largestDifference(actual.parameters, expected.parameters);
    if (!(difference <= tolerance && Math.abs(actual.loss - expected.loss) <= tolerance * Math.max(1, expected.loss))) {
      throw new WrongNumbers(
        `Expected ${label(entrant)} to train ${name} like ${label(model)}, but after ${steps} steps received loss ` +
          `${actual.loss} instead of ${expected.loss}, weights that differ by up to ${difference}`,
      );
    }
  }
}

/** Weights that do not move, as of a net whose units are all dead, would agree whatever the others compute. */
function requireLearning(workload: Workload, before: Float32Array, after: Float32Array): void {
  const layersAfter = layerParts(workload, after);
  layerParts(workload, before).forEach(({ weights }, i) => {
    const moved = largestDifference(weights, layersAfter[i]!.weights);
    if (moved > 100 * tolerance && Number.isFinite(moved)) return;
    throw new WrongNumbers(`Expected layer ${i + 1} of ${workload.name} to learn but its weights moved by ${moved}`);
  });
}
