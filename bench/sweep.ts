import { versions } from 'blasnet';
import type { Sweep } from './report.js';
import type { Entrant } from './roster.js';
import { type Bench, compareTraining } from './training.js';
import { findWorkload, type Workload } from './workloads.js';

interface SweepPlan {
  readonly title: string;
  readonly quantity: string;
  readonly sizes: readonly number[];
  workload(size: number): Workload;
  /** Who takes part at a size; by default those of one thread. */
  entrants?(all: readonly Entrant[], size: number): readonly Entrant[];
}

const mnist = findWorkload('mnist');
const deep: Workload = { ...findWorkload('house'), name: 'deep', batch: 64 };

/** Steps enough for an epoch that is not over at once, and rows enough for the check. */
const rowsFor = (batch: number) => Math.min(60_000, Math.max(20 * batch, 1000));

/** The same contender with another number of threads. */
const onThreads = (all: readonly Entrant[], threads: number) =>
  oneThread(all)
    .filter(({ contender }) => contender.variants.some((variant) => variant.threads > 1))
    .map((entrant) => ({ ...entrant, threads }));

/** Those whose curves are worth a line: one a family, on one thread. */
function oneThread(all: readonly Entrant[]): Entrant[] {
  const names = ['blasnet', 'C++ loop', 'PyTorch', 'plain TypeScript'];
  return all.filter(({ name, threads, dtype }) => names.includes(name) && threads === 1 && dtype === 'float32');
}

function threadPlan(workload: Workload): SweepPlan {
  const cores = versions.physicalCores;
  return {
    title: `Threads: ${workload.name}`,
    quantity: 'threads',
    sizes: Array.from({ length: cores }, (_, i) => i + 1),
    workload: () => workload,
    entrants: onThreads,
  };
}

/** How the cost of a step grows as its work does. */
const plans: Readonly<Record<string, SweepPlan>> = {
  batch: {
    title: 'Rows of a batch: 784-128-64-32-16-10',
    quantity: 'rows of a batch',
    sizes: [1, 4, 16, 64, 256, 1024],
    workload: (batch) => ({ ...mnist, name: `mnist by ${batch}`, batch, rows: rowsFor(batch), checkSteps: 5 }),
  },
  width: {
    title: 'Width: 784-w-w-10, batch 64',
    quantity: 'width w of the hidden layers',
    sizes: [16, 64, 256, 1024, 2048],
    workload: (width) => ({
      ...mnist,
      name: `width ${width}`,
      widths: [784, width, width, 10],
      rows: rowsFor(64),
      checkSteps: 2,
    }),
  },
  depth: {
    title: 'Depth: 64 inputs, n hidden layers of 64, batch 64',
    quantity: 'hidden layers n',
    sizes: [1, 2, 4, 8, 16, 32],
    workload: (depth) => ({
      ...deep,
      name: `depth ${depth}`,
      widths: [...Array.from({ length: depth + 1 }, () => 64), 1],
      rows: rowsFor(64),
      learningRate: 0.001,
      checkSteps: 5,
    }),
  },
  'threads-mnist': threadPlan(mnist),
  'threads-wide': threadPlan(findWorkload('wide')),
};

export const sweepNames = Object.keys(plans);

/** Times a step for each size, in turns as any comparison. */
export async function measureSweep(id: string, entrants: readonly Entrant[], bench: Bench): Promise<Sweep> {
  const { title, quantity, sizes, workload, entrants: choose = oneThread } = plans[id]!;
  const { seconds, budget } = bench.effort;
  const effort = { ...bench.effort, seconds: seconds / 3, budget: budget / sizes.length };
  const points = [];
  for (const at of sizes) {
    const comparison = await compareTraining(workload(at), choose(entrants, at), { ...bench, effort });
    // A line of the chart is one contender, however many threads it has at a point.
    const rows = comparison.rows.map((row) => ({ ...row, name: row.name.replace(/, \d+ threads$/, '') }));
    points.push({ at, comparison: { ...comparison, rows } });
  }
  return { id, title, quantity, points };
}
