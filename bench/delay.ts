import { writeData, writeInitialWeights } from './data.js';
import type { Row } from './report.js';
import { summarize } from './statistics.js';
import { type Effort, type Entrant, inTurns, label, runTrial } from './trials.js';
import { findWorkload } from './workloads.js';

/** Milliseconds that 99 of 100 turns of the event loop may take while a net trains. */
const limit = 5;
const steps = 60;

/** The event loop's delay while the wide net trains, in ms: 99th percentile and maximum of each trial. */
export async function measureDelay(entrants: readonly Entrant[], { runs }: Effort, folder: string): Promise<Row[]> {
  const workload = findWorkload('wide');
  const weights = await writeInitialWeights(workload, folder);
  const data = await writeData(workload, workload.rows, folder);
  const job = { workload: workload.name, data, weights, steps, shuffle: true };
  const results = await inTurns(
    runs,
    entrants.map((entrant) => () => runTrial(entrant, 'delay', job)),
  );
  return entrants.flatMap((entrant, i) => {
    const row = (title: string, values: number[]): Row => ({ title, values, summary: summarize(values) });
    const training = row(
      `p99 while training: ${label(entrant)}`,
      results[i]!.map((result) => result.training.p99),
    );
    return [
      { ...training, target: { text: `median < ${limit}`, met: training.summary.median < limit } },
      row(
        'longest while training',
        results[i]!.map((result) => result.training.max),
      ),
      row(
        'p99 while idle',
        results[i]!.map((result) => result.idle.p99),
      ),
    ];
  });
}
