import { WrongNumbers } from './check.js';
import type { PredictionJob } from './contender.js';
import { readFloats, writeData, writeInitialWeights } from './data.js';
import { naivePrediction } from './naive.js';
import type { Comparison } from './report.js';
import { type Entrant, entrantsInTurns, label, variationOf } from './roster.js';
import { largestDifference, median } from './statistics.js';
import type { Bench } from './training.js';
import { runTrial } from './trials.js';
import { findWorkload, shapeOf } from './workloads.js';

/** The nets and the row counts that are predicted. */
export const predictions: readonly { readonly net: string; readonly rowCounts: readonly number[] }[] = [
  { net: 'mnist', rowCounts: [1, 16, 64, 1024] },
  { net: 'lenet', rowCounts: [1, 64] },
  { net: 'vgg', rowCounts: [1, 64] },
];
const tolerance = 1e-5;
/** Of probabilities from sums of numbers with 8 bits. */
const bfloat16Tolerance = 0.03;

/**
 * How long one call takes that predicts so many rows by a net, in µs: medians over the trials of each trial's least,
 * median and 99th percentile.
 * @throws WrongNumbers where a prediction of blasnet is not that of plain loops; others are left out
 */
export async function comparePrediction(
  { net, rowCounts }: (typeof predictions)[number],
  entrants: readonly Entrant[],
  { effort, folder, leaveOut }: Bench,
): Promise<Comparison[]> {
  const workload = findWorkload(net);
  const weights = await writeInitialWeights(workload, folder);
  const data = await writeData(workload, Math.max(...rowCounts), folder);
  const expected = Float32Array.from(naivePrediction(workload, await readFloats(weights), await readFloats(data.x)));
  const seconds = effort.seconds / 2;
  const job: Omit<PredictionJob, 'threads' | 'dtype'> = { workload, data, weights, rows: rowCounts, seconds };
  const convolves = workload.convolutions !== undefined;
  const taking = entrants.filter((entrant) => {
    const { contender, threads } = entrant;
    return contender.predict && (convolves || threads === 1) && variationOf(entrant, workload);
  });
  const runners = taking.map((entrant) => async () => {
    const result = await runTrial(entrant, 'predict', job);
    result.forEach(({ output }, i) => {
      const wanted = expected.subarray(0, (rowCounts[i]! * expected.length) / data.rows);
      requireEqual(output, wanted, label(entrant), entrant.contender.isBfloat16 ? bfloat16Tolerance : tolerance);
    });
    return result.map(({ times }) => times);
  });
  const results = await entrantsInTurns(`inference ${net}`, taking, runners, { effort, leaveOut });
  return rowCounts.map((rows, at) => ({
    id: `predict ${net} ${rows}`,
    title: `Inference, ${rows} row${rows === 1 ? '' : 's'} through ${shapeOf(workload).split(',')[0]}`,
    unit: 'µs a call',
    rows: taking.flatMap((entrant, i) => {
      const trials = results[i]!.map((times) => times[at]!);
      if (trials.length === 0) return [];
      const of = (key: 'min' | 'median' | 'p99') => trials.map((times) => times[key]);
      const summary = {
        count: trials.length,
        min: median(of('min')),
        median: median(of('median')),
        p99: median(of('p99')),
      };
      const note = variationOf(entrant, workload)?.note;
      const family = entrant.contender.family;
      return [{ name: label(entrant), family, values: of('median'), summary, ...(note && { note }) }];
    }),
  }));
}

function requireEqual(output: readonly number[], expected: Float32Array, name: string, most: number): void {
  const difference = largestDifference(Float32Array.from(output), expected);
  if (difference <= most) return;
  throw new WrongNumbers(`Expected ${name} to predict what plain loops do but it is off by up to ${difference}`);
}
