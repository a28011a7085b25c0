import type { Comparison } from './report.js';
import { quantile } from './statistics.js';

/** How fast blasnet must be, in terms of somebody else's speed in the same run. */
export interface Floor {
  /** Of the comparison: `train mnist sgd`, `predict mnist 1`. */
  readonly id: string;
  /** Whose time is divided by blasnet's. */
  readonly rival: string;
  readonly least: number;
}

/** floors.json. */
export interface Floors {
  /** Floats that fit a vector register of the machine where the floors were set. */
  readonly lanes: number;
  readonly floors: readonly Floor[];
}

export interface Verdict extends Floor {
  /** How many times as fast blasnet is. */
  readonly ratio: number;
  readonly holds: boolean;
  /** Whether more trials would hardly change the ratio. */
  readonly isSettled: boolean;
}

/** What is measured for a floor, by a name that floors with the same trials share: `train mnist sgd`, `predict mnist`. */
export const groupOf = ({ id }: Pick<Floor, 'id'>) => (id.startsWith('predict') ? id.replace(/ \d+$/, '') : id);

/**
 * A floor for vectors of so many floats. Compiled loops use them and V8 does not, so that against plain TypeScript a
 * shorter vector is a slower machine, not a slower library.
 */
export function onLanes(floor: Floor, { lanes }: Pick<Floors, 'lanes'>, here: number): Floor {
  return floor.rival === 'plain TypeScript' ? { ...floor, least: floor.least * Math.min(1, here / lanes) } : floor;
}

/** Floats of a vector of the instructions that Highway found. */
export function lanesOf(simd: string): number {
  if (simd.startsWith('AVX3') || simd.startsWith('AVX10')) return 16;
  return simd === 'AVX2' ? 8 : 4;
}

/** How far apart the two least times of one side may be, as a share, if they are to confirm each other. */
const agreement = 0.1;

/**
 * The ratio of the least times over all trials of all rounds. Noise only ever adds to a time: the least of each side
 * comes down to what it takes undisturbed, which a second trial close to it confirms. More trials bring both sides closer
 * to the truth and none is thrown away, so that measuring once more never turns a slow library into a fast one: it is
 * slow every time.
 * @param rounds - comparisons of the same thing
 * @throws RangeError where one of the two was not measured
 */
export function judgeFloor(floor: Floor, rounds: readonly Comparison[]): Verdict {
  const timesOf = (name: string) => rounds.flatMap(({ rows }) => rows.find((row) => row.name === name)?.values ?? []);
  const [own, rival] = [timesOf('blasnet'), timesOf(floor.rival)];
  const ratio = quantile(rival, 0) / quantile(own, 0);
  return { ...floor, ratio, holds: ratio >= floor.least, isSettled: isConfirmed(own) && isConfirmed(rival) };
}

function isConfirmed(times: readonly number[]): boolean {
  const [least, next] = [...times].sort((a, b) => a - b);
  return next !== undefined && next <= least! * (1 + agreement);
}
