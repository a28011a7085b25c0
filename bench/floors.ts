// Is blasnet as fast as it was? Its speed, as a multiple of the C++ loop's and of plain TypeScript's speed in the same
// run, is held against bench/floors.json, which says how the floors were set. All contenders compute the same before
// their time counts; trials take turns, a process for each, all on one thread. A floor that is missed, or a ratio that
// noise has hidden, is measured again a few times: see `judgeFloor` for why that hides nothing.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versions } from 'blasnet';
import { type Floor, type Floors, groupOf, judgeFloor, lanesOf, onLanes, type Verdict } from './floor.js';
import { buildLoop, mendCoreType } from './machine.js';
import { comparePrediction } from './prediction.js';
import type { Comparison } from './report.js';
import { root } from './root.js';
import { callRoll, type Entrant } from './roster.js';
import { threeDigits } from './table.js';
import { type Bench, compareTraining } from './training.js';
import { findWorkload, type OptimizerName, type Workload } from './workloads.js';

const file = join(root, 'bench/floors.json');
/** Rounds of trials: the first of everything, the others of what has not held or is not sure yet. */
const most = 6;
const effort = { runs: 3, seconds: 0.15, budget: Number.POSITIVE_INFINITY, quick: false };
/** A floor is that much of what was measured. */
const slack = 0.7;

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);

/** Measures what the floors of one group compare, once each in turns. */
async function measure(group: string, floors: readonly Floor[], all: readonly Entrant[], bench: Bench) {
  const [kind, net, optimizer] = group.split(' ') as ['train' | 'predict', string, OptimizerName | undefined];
  const rivals = floors.map(({ rival }) => rival);
  const entrants = all.filter(({ name }) => name === 'blasnet' || rivals.includes(name));
  if (kind === 'train') return [await compareTraining(shortened(findWorkload(net, optimizer)), entrants, bench)];
  const rowCounts = [...new Set(floors.map(({ id }) => Number(id.split(' ').at(-1))))];
  return comparePrediction({ net, rowCounts }, entrants, bench);
}

/** The workload with few rows and few steps to check, so that a trial is short. */
const shortened = (workload: Workload): Workload => ({
  ...workload,
  rows: Math.min(workload.rows, 100 * workload.batch),
  checkSteps: Math.min(workload.checkSteps, 2),
});

/** Measures in rounds, the first of all floors, the next of those still open; returns verdicts in the floors' order. */
async function verdictsOn(
  floors: readonly Floor[],
  entrants: readonly Entrant[],
  isOpen: (verdict: Verdict) => boolean,
): Promise<Verdict[]> {
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-floors-'));
  const leaveOut = (line: string) => {
    throw new Error(line);
  };
  const measured: Comparison[] = [];
  const verdicts = () =>
    floors.map((floor) =>
      judgeFloor(
        floor,
        measured.filter(({ id }) => id === floor.id),
      ),
    );
  try {
    let open = floors;
    for (let round = 0; round < most && open.length > 0; round++) {
      for (const group of new Set(open.map(groupOf))) {
        if (round > 0) say(`${group} again …`);
        const own = floors.filter((floor) => groupOf(floor) === group);
        measured.push(...(await measure(group, own, entrants, { effort, folder, leaveOut })));
      }
      open = verdicts().filter(isOpen);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return verdicts();
}

/** The verdict as a line of text. */
function lineOf({ id, rival, ratio, least, holds }: Verdict): string {
  const times = `${threeDigits(ratio)} × as fast as ${rival}`;
  return `  ${holds ? '✔' : '✘'} ${id}: ${times}; floor ${threeDigits(least)}`;
}

/**
 * Measures all floors and prints a line for each.
 * @param set - write the floors anew, from what is measured now; the machine should have nothing else to do
 * @returns true where all floors hold, or were set
 */
export async function checkFloors({ set }: { readonly set: boolean }): Promise<boolean> {
  buildLoop();
  mendCoreType(say);
  const settings = JSON.parse(await readFile(file, 'utf8')) as Floors;
  const rivals = new Set(settings.floors.map(({ rival }) => rival));
  const { entrants } = await callRoll(say, ({ name }) => name === 'blasnet' || rivals.has(name));
  const comparable = entrants.filter(({ threads, dtype }) => threads === 1 && dtype === 'float32');
  const lanes = lanesOf(versions.simd);
  if (set) {
    const verdicts = await verdictsOn(settings.floors, comparable, () => true);
    const floors = verdicts.map(({ id, rival, ratio }) => ({
      id,
      rival,
      least: Number((ratio * slack).toPrecision(2)),
    }));
    await writeFile(file, `${JSON.stringify({ ...settings, lanes, floors }, null, 2)}\n`);
    for (const verdict of verdicts) console.log(lineOf(verdict));
    return true;
  }
  const floors = settings.floors.map((floor) => onLanes(floor, settings, lanes));
  const verdicts = await verdictsOn(floors, comparable, ({ holds, isSettled }) => !(holds && isSettled));
  for (const verdict of verdicts) console.log(lineOf(verdict));
  const missed = verdicts.filter(({ holds }) => !holds).length;
  console.log(missed === 0 ? 'all floors hold' : `${missed} of ${verdicts.length} floors missed`);
  return missed === 0;
}
