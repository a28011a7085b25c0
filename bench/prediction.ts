import { WrongNumbers } from './check.js';
import type { PredictionResult } from './contender.js';
import { readFloats, writeData, writeInitialWeights } from './data.js';
import { naivePrediction } from './naive.js';
import type { Row } from './report.js';
import { largestDifference, median } from './statistics.js';
import { type Effort, type Entrant, inTurns, label, runTrial } from './trials.js';
import { findWorkload } from './workloads.js';

const rowCounts = [1, 64, 1024];
const tolerance = 1e-5;

/**
 * How long one call takes that predicts 1, 64 or 1024 rows by the MNIST net, in µs: medians over the trials of each
 * trial's least, median and 99th percentile.
 * @throws WrongNumbers where a prediction is not that of plain loops
 */
export async function comparePrediction(
  entrants: readonly Entrant[],
  { runs, seconds }: Effort,
  folder: string,
): Promise<Row[]> {
  const workload = findWorkload('mnist');
  const weights = await writeInitialWeights(workload, folder);
  const data = await writeData(workload, Math.max(...rowCounts), folder);
  const expected = Float32Array.from(naivePrediction(workload, await readFloats(weights), await readFloats(data.x)));
  const cases = rowCounts.flatMap((rows) => entrants.map((entrant) => ({ rows, entrant })));
  const runners = cases.map(({ rows, entrant }) => async () => {
    const job = { workload: workload.name, data, weights, rows, seconds: seconds / 2 };
    const result = await runTrial(entrant, 'predict', job);
    requireEqual(result, expected.subarray(0, (rows * expected.length) / data.rows), label(entrant));
    return result.times;
  });
  const results = await inTurns(runs, runners);
  return cases.map(({ rows, entrant }, i) => {
    const of = (key: 'min' | 'median' | 'p99') => results[i]!.map((times) => times[key]);
    const summary = { count: runs, min: median(of('min')), median: median(of('median')), p99: median(of('p99')) };
    return { title: `${rows} row${rows === 1 ? '' : 's'}: ${label(entrant)}`, values: of('median'), summary };
  });
}

function requireEqual({ output }: PredictionResult, expected: Float32Array, name: string): void {
  const difference = largestDifference(Float32Array.from(output), expected);
  if (difference <= tolerance) return;
  throw new WrongNumbers(`Expected ${name} to predict what plain loops do but it is off by up to ${difference}`);
}
