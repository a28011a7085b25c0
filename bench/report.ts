import type { Family } from './contender.js';
import type { Machine } from './machine.js';
import type { Summary } from './statistics.js';

/** What one entrant took for one thing. */
export interface Row {
  readonly name: string;
  readonly family: Family;
  /** Of each trial. */
  readonly values: readonly number[];
  readonly summary: Summary;
  /** What it did otherwise than the others, where it could not do the same. */
  readonly note?: string;
}

/** One thing that was measured of everybody: a table, and a chart. */
export interface Comparison {
  /** `train mnist sgd`, by which targets find it. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  /** Operations of what was timed, where they count: shows as GFLOP/s. */
  readonly flops?: number;
}

/** How cost grows with one quantity. */
export interface Sweep {
  readonly id: string;
  readonly title: string;
  /** What grows, as the axis says it. */
  readonly quantity: string;
  readonly points: readonly { readonly at: number; readonly comparison: Comparison }[];
}

export interface Target {
  readonly text: string;
  /** What was measured, in the text's terms. */
  readonly value: number;
  readonly met: boolean;
}

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  /** Who took part, and in which version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly skipped: readonly string[];
  /** What could not be measured though it should have been. */
  readonly failures: readonly string[];
  readonly runs: number;
  readonly quick: boolean;
  readonly comparisons: readonly Comparison[];
  readonly sweeps: readonly Sweep[];
  readonly targets: readonly Target[];
  /** Running processes, by the system's one-minute mean, before and after. */
  readonly load: { readonly before: number; readonly after: number };
  readonly seconds: number;
}

/** The row of that name; rows are named after entrants. */
export const rowOf = ({ rows }: Comparison, name: string): Row | undefined => rows.find((row) => row.name === name);

/** Rows with the fastest first. */
export const sorted = ({ rows }: Comparison): Row[] => rows.toSorted((a, b) => a.summary.median - b.summary.median);
