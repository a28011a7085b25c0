import { join } from 'node:path';
import { requireLearning, requireSame, requireSimilar, type Trained, trainedBy } from './check.js';
import type { Family, TrainingJob, TrainingResult } from './contender.js';
import { type DataFiles, readFloats, writeData, writeInitialWeights } from './data.js';
import { PlainNet } from './plain/net.js';
import type { Comparison, Row } from './report.js';
import { type Entrant, entrantsInTurns, label, variationOf } from './roster.js';
import { summarize } from './statistics.js';
import { type Effort, runTrial } from './trials.js';
import { flopsPerStep, shapeOf, titleOf, type Workload } from './workloads.js';

/** What a comparison needs besides its workload. */
export interface Bench {
  readonly effort: Effort;
  /** For files that trials read and write. */
  readonly folder: string;
  /** Records why somebody is missing. */
  readonly leaveOut: (line: string) => void;
}

/** Those who take seconds for a large step. */
const slowFamilies: readonly Family[] = ['JavaScript', 'WebAssembly'];

/**
 * Compares the entrants' training of one workload, in µs for a step over its batch. Each has to compute the same as
 * plain loops do in its first trial before its time counts.
 * @throws WrongNumbers where blasnet does not; others are left out
 */
export async function compareTraining(
  workload: Workload,
  entrants: readonly Entrant[],
  { effort, folder, leaveOut }: Bench,
): Promise<Comparison> {
  const data = await writeData(workload, workload.rows, folder);
  const weights = await writeInitialWeights(workload, folder);
  const start = await readFloats(weights);
  const expectations = new Map<string, Promise<Trained>>();
  const isLarge = flopsPerStep(workload) > 1e9;
  const isSlow = ({ contender: { family } }: Entrant) => isLarge && slowFamilies.includes(family);
  if (effort.quick && entrants.some(isSlow)) {
    leaveOut(`${titleOf(workload)}: ${slowFamilies.join(' and ')} in full runs only`);
  }
  const taking = entrants.flatMap((entrant) => {
    // Of those who take seconds for a step, one optimizer and one type of numbers will do.
    const isFirst = workload.optimizer === 'sgd' && entrant.dtype === entrant.contender.variants[0]!.dtype;
    if (isSlow(entrant) && (effort.quick || !isFirst)) return [];
    const variation = variationOf(entrant, workload);
    return variation ? [{ entrant, variation }] : [];
  });

  const isHasty = new Set<Entrant>();
  const runners = taking.map(({ entrant, variation }, i) => async (run: number) => {
    const { workload: own } = variation;
    const job: Omit<TrainingJob, 'threads' | 'dtype'> = { workload: own, data, weights, seconds: effort.seconds };
    // Steps over fewer rows than the others' add up to one of theirs.
    const stepsInOne = workload.batch / own.batch;
    const timed = (result: TrainingResult) => {
      if (result.isHasty) isHasty.add(entrant);
      return result.microsecondsPerStep * stepsInOne;
    };
    if (run > 0) return timed(await runTrial(entrant, 'train', job));
    const check = { data: await writeData(own, own.checkSteps * own.batch, folder), out: join(folder, `${i}.f32`) };
    const result = await runTrial(entrant, 'train', { ...job, check });
    const key = JSON.stringify(own);
    const expected = await (expectations.get(key) ??
      remember(expectations, key, plainTraining(own, check.data, start)));
    requireLearning(own, start, expected);
    const trained = await trainedBy(result, check.out);
    if (variation.isApproximate) requireSimilar(own, label(entrant), trained, expected);
    else requireSame(own, label(entrant), trained, expected, start);
    return timed(result);
  });
  const values = await entrantsInTurns(
    titleOf(workload),
    taking.map(({ entrant }) => entrant),
    runners,
    { effort, leaveOut },
  );

  return {
    id: `train ${workload.name} ${workload.optimizer}`,
    title: `Training ${workload.name} ${shapeOf(workload)}, ${workload.optimizer}`,
    unit: 'µs a step',
    flops: flopsPerStep(workload),
    rows: taking.flatMap(({ entrant, variation }, i) => {
      const notes = [variation.note, isHasty.has(entrant) ? 'one step a trial, not warmed up' : ''];
      return rowsOf(entrant, notes.filter(Boolean).join('; '), values[i]!);
    }),
  };
}

function rowsOf(entrant: Entrant, note: string, values: readonly number[]): Row[] {
  if (values.length === 0) return [];
  const { family } = entrant.contender;
  return [{ name: label(entrant), family, values, summary: summarize(values), ...(note && { note }) }];
}

function remember<Value>(all: Map<string, Promise<Value>>, key: string, value: Promise<Value>): Promise<Value> {
  all.set(key, value);
  return value;
}

/** The steps of a check by plain loops in double: what everybody is compared with. */
async function plainTraining(workload: Workload, { x, y }: DataFiles, parameters: Float32Array): Promise<Trained> {
  const data = { x: await readFloats(x), y: await readFloats(y) };
  const net = new PlainNet({ workload, ...data, parameters, threads: 1, dtype: 'float64' });
  let loss = 0;
  for (let i = 0; i < workload.checkSteps; i++) loss += net.step(i, true) / workload.checkSteps;
  return { loss, parameters: net.parameters() };
}
