import { checkTraining } from './check.js';
import { writeData, writeInitialWeights } from './data.js';
import type { Row } from './report.js';
import { type Summary, summarize } from './statistics.js';
import { type Effort, type Entrant, inTurns, label, reference, runTrial } from './trials.js';
import { loopRatio, type Workload } from './workloads.js';

/**
 * Compares the entrants' training of one workload: first what it computes, then how fast, in µs per step.
 * @throws WrongNumbers where their weights or losses differ
 */
export async function compareTraining(
  workload: Workload,
  entrants: readonly Entrant[],
  { runs, seconds }: Effort,
  folder: string,
): Promise<Row[]> {
  const weights = await writeInitialWeights(workload, folder);
  await checkTraining(workload, entrants, weights, folder);

  const { name, rows, batch, probeSteps } = workload;
  const data = await writeData(workload, rows, folder);
  const warmup = await writeData(workload, Math.ceil(rows / batch / 10) * batch, folder);
  const job = { workload: name, data, warmup, weights, shuffle: true };

  const runners: (() => Promise<number>)[] = [];
  for (const entrant of entrants) {
    const time = async (steps: number) => (await runTrial(entrant, 'train', { ...job, steps })).microsecondsPerStep;
    const steps = Math.max(1, Math.round((seconds * 1e6) / (await time(probeSteps))));
    runners.push(() => time(steps));
  }
  const values = await inTurns(runs, runners);

  const summaries = values.map(summarize);
  return entrants.map((entrant, i) => ({
    title: `${name}: ${label(entrant)}`,
    values: values[i]!,
    summary: summaries[i]!,
    ...comparison(workload, entrants, summaries, i),
  }));
}

/** With whom entrant i is compared: several threads with one, one thread with the hand-written loop. */
function comparison(
  workload: Workload,
  entrants: readonly Entrant[],
  summaries: readonly Summary[],
  i: number,
): Pick<Row, 'against' | 'target'> {
  const { module, threads } = entrants[i]!;
  const rival = entrants.findIndex((other) =>
    threads > 1 ? other.module === module && other.threads === 1 : other.module === reference,
  );
  const [own, others] = [summaries[i]!, summaries[rival]];
  if (!others || rival === i) return {};
  const ratio = own.median / others.median;
  const limit = threads > 1 ? workload.twoThreads : loopRatio;
  return {
    against: { name: label(entrants[rival]!), ratio, ratioOfMinima: own.min / others.min },
    ...(limit !== undefined && { target: { text: `ratio ≤ ${limit}`, met: ratio <= limit } }),
  };
}
