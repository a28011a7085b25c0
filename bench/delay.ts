import type { DelayResult, Responsiveness } from './contender.js';
import { writeData, writeInitialWeights } from './data.js';
import type { Comparison, Row } from './report.js';
import { type Entrant, label } from './roster.js';
import { summarize } from './statistics.js';
import type { Bench } from './training.js';
import { inTurns, runTrial } from './trials.js';
import { findWorkload } from './workloads.js';

const states: readonly (readonly [keyof DelayResult, string])[] = [
  ['training', 'while training'],
  ['busy', 'beside a thread that is not ours'],
  ['idle', 'while idle'],
];

/** What is told of each, from every trial. */
const loopFigures: readonly (readonly [string, (measured: Responsiveness) => number])[] = [
  ['p99', ({ loop }) => loop.p99],
  ['longest', ({ loop }) => loop.max],
];
const answerFigures: readonly (readonly [string, (measured: Responsiveness) => number])[] = [
  ['median', ({ answers }) => answers.median],
  ['p99', ({ answers }) => answers.p99],
];

/** The event loop's delay and the answers of a server in the same process while the wide net trains, in ms. */
export async function measureDelay(entrants: readonly Entrant[], { effort, folder }: Bench): Promise<Comparison[]> {
  const workload = findWorkload('wide');
  const weights = await writeInitialWeights(workload, folder);
  const data = await writeData(workload, workload.rows, folder);
  const job = { workload, data, weights, seconds: Math.max(1, effort.seconds) };
  const taking = entrants.filter(({ contender, dtype }) => contender.delay && dtype === 'float32');
  const runners = taking.map((entrant) => () => runTrial(entrant, 'delay', job));
  const trials = await inTurns(effort, runners, (_, error) => {
    throw error;
  });
  const rowsOf = (figures: typeof loopFigures) =>
    taking.flatMap((entrant, i) =>
      states.flatMap(([state, when]) =>
        figures.map(([what, read]): Row => {
          const values = trials[i]!.map((trial) => read(trial[state]));
          const { family } = entrant.contender;
          return { name: `${label(entrant)}: ${what} ${when}`, family, values, summary: summarize(values) };
        }),
      ),
    );
  return [
    {
      id: 'delay',
      title: 'Event loop while the wide net trains: time between its turns, of which 1 ms is the timer',
      unit: 'ms',
      rows: rowsOf(loopFigures),
    },
    {
      id: 'answers',
      title: 'Answers to another process by an HTTP server beside that: a prediction each',
      unit: 'ms',
      rows: rowsOf(answerFigures),
    },
  ];
}
