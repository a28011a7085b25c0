import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { comparePrediction } from './prediction.js';
import type { Comparison } from './report.js';
import { root } from './root.js';
import type { Entrant } from './roster.js';
import { compareSequences } from './sequences/compare.js';
import { sequenceNets } from './sequences/nets.js';
import { type Bench, compareTraining } from './training.js';
import { findWorkload } from './workloads.js';

const platform = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`;

/** Addons of the same sources: by the system's compiler and BLAS, and as it is published. */
const addons = [
  { name: 'compiled here', file: 'build/Release/blasnet.node', command: 'npm run build' },
  { name: 'prebuilt', file: `packages/${platform}/blasnet.node`, command: `npm run prebuild -- ${platform}` },
].map((addon) => ({ ...addon, file: join(root, addon.file) }));

/** Compares training and prediction with an addon that is compiled here and with the prebuilt one, on one thread. */
export async function compareAddons(entrants: readonly Entrant[], bench: Bench): Promise<Comparison[]> {
  const missing = addons.find(({ file }) => !existsSync(file));
  if (missing) {
    bench.leaveOut(`addons: ${relative(root, missing.file)} is missing; ${missing.command} makes it`);
    return [];
  }
  const own = entrants.filter(
    ({ contender, threads, dtype }) => contender.name === 'blasnet' && threads === 1 && dtype === 'float32',
  );
  const taking = own.flatMap((entrant) =>
    addons.map(({ name, file }): Entrant => ({ ...entrant, name, environment: { BLASNET_ADDON: file } })),
  );
  const measures = [
    ...['mnist', 'wide', 'lenet'].map((name) => async (part: Bench) => [
      await compareTraining(findWorkload(name, 'sgd'), taking, part),
    ]),
    (part: Bench) => compareSequences(sequenceNets.find(({ name }) => name === 'lstm')!, taking, part),
    (part: Bench) => comparePrediction({ net: 'mnist', rowCounts: [1] }, taking, part),
  ];
  const effort = { ...bench.effort, budget: bench.effort.budget / measures.length };
  const comparisons: Comparison[] = [];
  for (const measure of measures) comparisons.push(...(await measure({ ...bench, effort })));
  return comparisons.map((comparison) => ({
    ...comparison,
    id: `addons ${comparison.id}`,
    title: `${comparison.title}, by both addons`,
  }));
}
