import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeData, writeInitialWeights } from '../data.js';
import type { Comparison, Row } from '../report.js';
import { root } from '../root.js';
import type { Entrant } from '../roster.js';
import { summarize } from '../statistics.js';
import type { Bench } from '../training.js';
import { inTurns, runTrial } from '../trials.js';
import { findWorkload, parameterCount, shapeOf, type Workload } from '../workloads.js';
import type { ExchangeFigure } from './exchange.js';
import type { MemoryFigures, MemoryJob } from './memory.js';
import type { StepJob } from './step.js';

export const mpiWorkloads = ['mnist', 'lenet', 'wide', 'vgg'];

/** The names of rows, by which targets find them. */
export const mpiRows = { rank: 'blasnet, 1 rank', threads: 'blasnet, 2 threads', ranks: 'blasnet, 2 ranks' } as const;

export const mpiMemoryRows = {
  limit: 'arrays: one process and two gradients',
  rank: 'arrays: a rank of two, with its exchange',
  peakLimit: 'whole process, at most: one process and two gradients',
  peak: 'whole process, at most: a rank of two',
} as const;

const program = (name: string) => fileURLToPath(new URL(`${name}.js`, import.meta.url));
const run = promisify(execFile);

async function output(ranks: number, name: string, ...words: string[]): Promise<unknown> {
  const launch = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '-n', `${ranks}`];
  const flags = [...launch, process.execPath, '--expose-gc'];
  const [command, ...rest] = [...(ranks > 1 ? ['mpirun', ...flags] : [process.execPath]), program(name), ...words];
  const { stdout } = await run(command!, rest, { env: { ...process.env, NO_COLOR: '1' } });
  return JSON.parse(stdout);
}

/** Compiles the addon for MPI where there is one. */
async function hasMpi(part: string, leaveOut: (line: string) => void): Promise<boolean> {
  try {
    await run(process.execPath, [join(root, 'scripts/build-mpi.mjs')]);
    return true;
  } catch {
    leaveOut(`${part}: no MPI here`);
    return false;
  }
}

/** Training on two ranks of one thread beside one rank and two threads, and PyTorch's DDP over gloo where there is PyTorch. */
export async function compareRanks(
  name: string,
  entrants: readonly Entrant[],
  { effort, folder, leaveOut }: Bench,
): Promise<Comparison[]> {
  if (!(await hasMpi(`mpi ${name}`, leaveOut))) return [];
  const workload = findWorkload(name);
  const data = await writeData(workload, workload.rows, folder);
  const weights = await writeInitialWeights(workload, folder);
  const { seconds } = effort;
  let expected: number | undefined;
  const blasnet = (ranks: number, threads: number) => async () => {
    const job: StepJob = { workload, data, weights, threads, seconds };
    const { microseconds, loss } = (await output(ranks, 'step', JSON.stringify(job))) as Record<string, number>;
    expected ??= loss;
    if (!(Math.abs(loss! - expected!) < 1e-3 * expected!)) throw new Error(`a loss of ${loss} instead of ${expected}`);
    return microseconds!;
  };
  const torch = entrants.find((entrant) => entrant.name === 'PyTorch' && entrant.threads === 1);
  const pytorch = (ranks: number) => async () => {
    const job = { workload, data, weights, seconds, ranks };
    return (await runTrial(torch!, 'train', job)).microsecondsPerStep;
  };
  const taking = [
    { name: mpiRows.rank, family: 'blasnet', trial: blasnet(1, 1) },
    { name: mpiRows.threads, family: 'blasnet', trial: blasnet(1, 2) },
    { name: mpiRows.ranks, family: 'blasnet', trial: blasnet(2, 1) },
    ...(torch
      ? ([
          { name: 'PyTorch, 1 process', family: 'Python', trial: pytorch(1) },
          { name: 'PyTorch DDP, 2 processes', family: 'Python', trial: pytorch(2) },
        ] as const)
      : []),
  ] as const;
  const results = await inTurns(
    effort,
    taking.map(({ trial }) => trial),
    (i, error) => {
      const { name: who, family } = taking[i]!;
      if (family === 'blasnet') throw error;
      leaveOut(`mpi ${name}: ${who}: ${error instanceof Error ? error.message : error}`);
    },
  );
  const rows = taking.flatMap(({ name: who, family }, i): Row[] => {
    const values = results[i]!;
    return values.length > 0 ? [{ name: who, family, values, summary: summarize(values) }] : [];
  });
  const title = `Ranks of one thread: ${name} ${shapeOf(workload)}, sgd`;
  return [{ id: `mpi ${name}`, title, unit: 'µs a step', rows }];
}

/** The cost of the sums of gradients over two ranks, beside copies of as many bytes; and of the sizes that a model is fitted to. */
export async function compareExchange({ effort, leaveOut }: Bench): Promise<Comparison[]> {
  if (!(await hasMpi('mpi exchange', leaveOut))) return [];
  const nets: readonly Workload[] = mpiWorkloads.map((name) => findWorkload(name));
  const sizes = [16, 1024, 16_384, 262_144, 4_194_304, ...nets.map(parameterCount)];
  const trial = async () => (await output(2, 'exchange', sizes.join(), `${effort.seconds / 2}`)) as ExchangeFigure[];
  const [figures] = await inTurns(effort, [trial], (_, error) => {
    throw error;
  });
  const rows = sizes.flatMap((numbers, i): Row[] => {
    const net = nets[i - (sizes.length - nets.length)]?.name;
    const what = `${numbers} numbers${net ? `, ${net}` : ''}`;
    return (['sum', 'copy'] as const).map((kind) => {
      const values = figures!.map((one) => one[i]![kind]);
      const title = kind === 'sum' ? `sum over 2 ranks of ${what}` : `copy of ${what}`;
      return { name: title, family: 'blasnet', values, summary: summarize(values) };
    });
  });
  return [{ id: 'mpi exchange', title: 'Sums of gradients over two ranks beside copies', unit: 'µs', rows }];
}

/**
 * Memory of one of two ranks, beside that of a process alone with two more gradients, for each net. Of whole processes,
 * both have joined MPI, whose own memory is left out that way.
 */
export async function compareMemory({ effort, folder, leaveOut }: Bench): Promise<Comparison[]> {
  if (!(await hasMpi('mpi memory', leaveOut))) return [];
  const comparisons: Comparison[] = [];
  for (const name of mpiWorkloads) {
    const workload = findWorkload(name);
    const data = await writeData(workload, workload.rows, folder);
    const weights = await writeInitialWeights(workload, folder);
    const trial = (shares: boolean) => async () => {
      const job: MemoryJob = { workload, data, weights, shares };
      return (await output(2, 'memory', JSON.stringify(job))) as MemoryFigures;
    };
    const runs = { ...effort, runs: Math.min(3, effort.runs) };
    const [alone, shared] = await inTurns(runs, [trial(false), trial(true)], (_, error) => {
      throw error;
    });
    comparisons.push(memoryComparison(workload, alone!, shared!));
  }
  return comparisons;
}

export function memoryComparison(
  workload: Workload,
  alone: readonly MemoryFigures[],
  shared: readonly MemoryFigures[],
): Comparison {
  const twoGradients = (2 * 4 * parameterCount(workload)) / 1e6;
  const row = (name: string, values: readonly number[]): Row => {
    return { name, family: 'blasnet', values, summary: summarize(values) };
  };
  const rows = [
    row(
      mpiMemoryRows.limit,
      alone.map(({ arrays }) => arrays + twoGradients),
    ),
    row(
      mpiMemoryRows.rank,
      shared.map(({ arrays, exchange }) => arrays + exchange),
    ),
    row(
      mpiMemoryRows.peakLimit,
      alone.map(({ peak }) => peak + twoGradients),
    ),
    row(
      mpiMemoryRows.peak,
      shared.map(({ peak }) => peak),
    ),
  ];
  const title = `Memory of a rank: ${workload.name} ${shapeOf(workload)}, sgd`;
  return { id: `mpi memory ${workload.name}`, title, unit: 'MB', rows };
}
