import { compareAddons } from './addons.js';
import { compareBfloat16 } from './bfloat16.js';
import { measureDelay } from './delay.js';
import { compareInt8 } from './int8.js';
import { measureCsv, measureImport } from './loading.js';
import { compareExchange, compareMemory, compareRanks, mpiWorkloads } from './mpi/compare.js';
import type { PartName } from './options.js';
import { measureOwnParts } from './own-parts.js';
import { comparePrediction, predictions } from './prediction.js';
import { compareProducts } from './products/compare.js';
import { compareReach } from './reach.js';
import type { Comparison, Sweep } from './report.js';
import type { Entrant } from './roster.js';
import { compareSequences } from './sequences/compare.js';
import { measureMemory } from './sequences/memory.js';
import { sequenceNets } from './sequences/nets.js';
import { measureServing } from './serve.js';
import { measureSweep, sweepNames } from './sweep.js';
import { type Bench, compareTraining } from './training.js';
import { findWorkload, optimizers, workloadNames } from './workloads.js';

export interface Measured {
  readonly comparisons?: readonly Comparison[];
  readonly sweeps?: readonly Sweep[];
}

/** A part of the benchmark: `--only` takes its name or the first word of that. */
export interface Part extends PartName {
  measure(entrants: readonly Entrant[], bench: Bench): Promise<Measured>;
}

const training = workloadNames.flatMap((name) =>
  optimizers.map(
    (optimizer): Part => ({
      name: `${name} ${optimizer}`,
      quick: !findWorkload(name).convolutions && (optimizer === 'sgd' || name === 'mnist'),
      share: optimizer === 'sgd' ? 4 : 2,
      measure: async (entrants, bench) => {
        const workload = findWorkload(name, optimizer);
        const taking = entrants.filter(({ contender }) => contender.train);
        return { comparisons: [await compareTraining(workload, taking, bench)] };
      },
    }),
  ),
);

/** Everything that is measured, in the order of the report. */
export const parts: readonly Part[] = [
  ...training,
  ...predictions.map(
    (prediction): Part => ({
      name: `inference ${prediction.net}`,
      quick: prediction.net === 'mnist',
      share: 3,
      measure: async (entrants, bench) => ({ comparisons: await comparePrediction(prediction, entrants, bench) }),
    }),
  ),
  {
    name: 'int8',
    quick: false,
    share: 2,
    measure: async (_, bench) => ({ comparisons: await compareInt8(bench) }),
  },
  {
    name: 'bfloat16',
    quick: false,
    share: 3,
    measure: async (_, bench) => ({ comparisons: await compareBfloat16(bench) }),
  },
  ...sequenceNets.map(
    (net): Part => ({
      name: `sequences ${net.name}`,
      quick: net.name === 'lstm' || net.name === 'encoder',
      share: 4,
      measure: async (entrants, bench) => ({ comparisons: await compareSequences(net, entrants, bench) }),
    }),
  ),
  {
    name: 'sequences memory',
    quick: false,
    share: 1,
    measure: async (_, bench) => ({ comparisons: [await measureMemory(bench)] }),
  },
  {
    name: 'reach',
    quick: false,
    share: 3,
    measure: async (entrants, bench) => ({ comparisons: [await compareReach(entrants, bench)] }),
  },
  {
    name: 'delay',
    quick: false,
    share: 2,
    measure: async (entrants, bench) => ({ comparisons: await measureDelay(entrants, bench) }),
  },
  {
    name: 'import',
    quick: true,
    share: 1,
    measure: async (_, bench) => ({ comparisons: [await measureImport(bench)] }),
  },
  {
    name: 'csv',
    quick: false,
    share: 1,
    measure: async (_, bench) => ({ comparisons: [await measureCsv(bench)] }),
  },
  {
    name: 'addons',
    quick: false,
    share: 5,
    measure: async (entrants, bench) => ({ comparisons: await compareAddons(entrants, bench) }),
  },
  {
    name: 'own',
    quick: false,
    share: 1,
    measure: async (_, bench) => ({ comparisons: await measureOwnParts(bench) }),
  },
  {
    name: 'serve',
    quick: true,
    share: 6,
    measure: async (entrants, bench) => ({ comparisons: await measureServing(entrants, bench) }),
  },
  ...mpiWorkloads.map(
    (net): Part => ({
      name: `mpi ${net}`,
      quick: false,
      share: 4,
      measure: async (entrants, bench) => ({ comparisons: await compareRanks(net, entrants, bench) }),
    }),
  ),
  {
    name: 'mpi exchange',
    quick: false,
    share: 2,
    measure: async (_, bench) => ({ comparisons: await compareExchange(bench) }),
  },
  {
    name: 'mpi memory',
    quick: false,
    share: 1,
    measure: async (_, bench) => ({ comparisons: await compareMemory(bench) }),
  },
  {
    name: 'products',
    quick: false,
    share: 3,
    measure: async (_, bench) => ({ comparisons: await compareProducts(bench) }),
  },
  ...sweepNames.map(
    (name): Part => ({
      name: `sweep ${name}`,
      quick: false,
      share: 4,
      measure: async (entrants, bench) => ({ sweeps: [await measureSweep(name, entrants, bench)] }),
    }),
  ),
];
