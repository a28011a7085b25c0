import { join } from 'node:path';
import { requireSame, trainedBy, WrongNumbers } from '../check.js';
import type { SequencesJob, SequencesResult } from '../contender.js';
import { readFloats } from '../data.js';
import type { Comparison, Row } from '../report.js';
import { type Entrant, entrantsInTurns, label } from '../roster.js';
import { largestDifference, median, type Summary, summarize } from '../statistics.js';
import type { Bench } from '../training.js';
import { runTrial } from '../trials.js';
import { writeSequences, writeSequenceWeights } from './data.js';
import type { SequenceNet } from './nets.js';

/** Sequences of a call that predicts. */
export const rowCounts = [64, 1] as const;

const tolerance = 1e-4;

/** A first trial of somebody, and where its weights are. */
interface Checked {
  readonly name: string;
  readonly result: SequencesResult;
  readonly out: string;
}

/**
 * Compares training and prediction of a net of sequences, on one thread, in µs. In its first trial each must give the
 * outputs, and after some steps the loss and the weights, that blasnet gives.
 * @throws WrongNumbers where blasnet and PyTorch do not; others are left out
 */
export async function compareSequences(
  net: SequenceNet,
  entrants: readonly Entrant[],
  { effort, folder, leaveOut }: Bench,
): Promise<Comparison[]> {
  const data = await writeSequences(net, folder);
  const weights = await writeSequenceWeights(net, folder);
  const taking = entrants.filter(({ contender, threads, dtype }) => {
    const isKnown = contender.sequenceNets?.includes(net.name) ?? true;
    return contender.sequences !== undefined && isKnown && threads === 1 && dtype === 'float32';
  });
  const start = await readFloats(weights);
  let expected: Checked | undefined; // blasnet's, which has the first turn
  const runners = taking.map((entrant, i) => async (run: number) => {
    const job: Omit<SequencesJob, 'threads' | 'dtype'> = {
      net,
      data,
      weights,
      rows: rowCounts,
      seconds: effort.seconds,
    };
    if (run > 0) return runTrial(entrant, 'sequences', job);
    const out = join(folder, `sequences-${i}.f32`);
    const result = await runTrial(entrant, 'sequences', { ...job, check: { out } });
    const checked = { name: label(entrant), result, out };
    expected ??= checked;
    await requireAgreement(net, checked, expected, start);
    return result;
  });
  const onDisagreement: unknown[] = [];
  const guarded = runners.map((runner, i) => async (run: number) => {
    try {
      return await runner(run);
    } catch (error) {
      if (error instanceof WrongNumbers && taking[i]!.name === 'PyTorch') onDisagreement.push(error);
      throw error;
    }
  });
  const results = await entrantsInTurns(`sequences ${net.name}`, taking, guarded, { effort, leaveOut });
  if (onDisagreement.length > 0) throw onDisagreement[0];
  return comparisonsOf(
    net,
    taking.map((entrant, i) => ({ entrant, results: results[i]! })),
  );
}

/** @throws WrongNumbers */
export async function requireAgreement(
  net: SequenceNet,
  { name, result, out }: Checked,
  expected: Checked,
  start: Float32Array,
): Promise<void> {
  if (result.note) return; // not the same net
  for (const { rows, output } of result.predictions) {
    const wanted = expected.result.predictions.find((one) => one.rows === rows)!.output;
    const difference = largestDifference(Float32Array.from(output), Float32Array.from(wanted));
    if (difference <= tolerance) continue;
    throw new WrongNumbers(
      `Expected ${name} to predict ${net.name} as blasnet does but it is off by up to ${difference}`,
    );
  }
  if (!result.training) return;
  const trained = await trainedBy(result.training, out);
  requireSame(net, name, trained, await trainedBy(expected.result.training!, expected.out), start);
}

interface Measured {
  readonly entrant: Entrant;
  readonly results: readonly SequencesResult[];
}

/** A table of training, and one for each number of rows that is predicted. */
export function comparisonsOf(net: SequenceNet, measured: readonly Measured[]): Comparison[] {
  const rowsBy = (read: (result: SequencesResult) => readonly Summary[]) =>
    measured.flatMap(({ entrant, results }): Row[] => {
      const all = results.flatMap(read);
      if (all.length === 0) return [];
      const of = (key: 'min' | 'median' | 'p99') => all.map((summary) => summary[key]);
      const summary = {
        count: all.length,
        min: median(of('min')),
        median: median(of('median')),
        p99: median(of('p99')),
      };
      const { note } = results[0]!;
      return [
        {
          name: label(entrant),
          family: entrant.contender.family,
          values: of('median'),
          summary,
          ...(note && { note }),
        },
      ];
    });
  const training = measured.flatMap(({ entrant, results }): Row[] => {
    const values = results.flatMap((result) => (result.training ? [result.training.microsecondsPerStep] : []));
    if (values.length === 0) return [];
    return [{ name: label(entrant), family: entrant.contender.family, values, summary: summarize(values) }];
  });
  const { name, title, batch } = net;
  return [
    {
      id: `sequences ${name} train`,
      title: `Training ${title}, batch ${batch}`,
      unit: 'µs a step',
      rows: training,
    },
    ...rowCounts.map((count) => ({
      id: `sequences ${name} ${count}`,
      title: `Inference, ${count} sequence${count === 1 ? '' : 's'} through ${title}`,
      unit: 'µs a call',
      rows: rowsBy(({ predictions }) => predictions.flatMap(({ rows, times }) => (rows === count ? [times] : []))),
    })),
  ];
}
