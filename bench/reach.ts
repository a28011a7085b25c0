import { writeData, writeInitialWeights } from './data.js';
import type { Comparison } from './report.js';
import { type Entrant, entrantsInTurns, label } from './roster.js';
import { median, summarize } from './statistics.js';
import type { Bench } from './training.js';
import { runTrial } from './trials.js';
import { findWorkload, shapeOf } from './workloads.js';

const [accuracy, heldOut, interval] = [0.97, 5000, 86];

/** Seconds until the MNIST net, trained on 55,000 images, classifies 97 % of 5,000 others rightly; asked ten times an epoch. */
export async function compareReach(
  entrants: readonly Entrant[],
  { effort, folder, leaveOut }: Bench,
): Promise<Comparison> {
  const workload = findWorkload('mnist');
  const weights = await writeInitialWeights(workload, folder);
  const data = await writeData(workload, workload.rows, folder);
  const taking = entrants.filter(({ contender, dtype }) => contender.reach && dtype === 'float32');
  const runners = taking.map(
    (entrant) => () => runTrial(entrant, 'reach', { workload, data, weights, heldOut, accuracy, interval }),
  );
  const results = await entrantsInTurns(`time to ${accuracy * 100} %`, taking, runners, { effort, leaveOut });
  return {
    id: 'reach',
    title: `Time to ${accuracy * 100} % on MNIST, ${shapeOf(workload)}, ${workload.optimizer}`,
    unit: 's',
    rows: taking.flatMap((entrant, i) => {
      const trials = results[i]!;
      if (trials.length === 0) return [];
      const values = trials.map(({ seconds }) => seconds);
      const steps = median(trials.map((trial) => trial.steps));
      const { family } = entrant.contender;
      return [{ name: label(entrant), family, values, summary: summarize(values), note: `after ${steps} steps` }];
    }),
  };
}
