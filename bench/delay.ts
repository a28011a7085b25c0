import { writeData, writeInitialWeights } from './data.js';
import type { Comparison } from './report.js';
import { type Entrant, label } from './roster.js';
import { summarize } from './statistics.js';
import type { Bench } from './training.js';
import { inTurns, runTrial } from './trials.js';
import { findWorkload } from './workloads.js';

/** The event loop's delay while the wide net trains, in ms: 99th percentile and maximum of each trial. */
export async function measureDelay(entrants: readonly Entrant[], { effort, folder }: Bench): Promise<Comparison> {
  const workload = findWorkload('wide');
  const weights = await writeInitialWeights(workload, folder);
  const data = await writeData(workload, workload.rows, folder);
  const job = { workload, data, weights, seconds: Math.max(1, effort.seconds) };
  const taking = entrants.filter(({ contender, dtype }) => contender.delay && dtype === 'float32');
  const runners = taking.map((entrant) => () => runTrial(entrant, 'delay', job));
  const results = await inTurns(effort, runners, (_, error) => {
    throw error;
  });
  return {
    id: 'delay',
    title: 'Event loop while the wide net trains: time between its turns, of which 1 ms is the timer',
    unit: 'ms',
    rows: taking.flatMap((entrant, i) => {
      const row = (what: string, values: number[]) => ({
        name: `${label(entrant)}: ${what}`,
        family: entrant.contender.family,
        values,
        summary: summarize(values),
      });
      const trials = results[i]!;
      return [
        row(
          'p99 while training',
          trials.map(({ training }) => training.p99),
        ),
        row(
          'longest while training',
          trials.map(({ training }) => training.max),
        ),
        row(
          'p99 while idle',
          trials.map(({ idle }) => idle.p99),
        ),
      ];
    }),
  };
}
