import { readdir } from 'node:fs/promises';
import type { DataFiles } from './data.js';
import type { Summary } from './statistics.js';

/** Training to be timed, or to be compared with another contender's. */
export interface TrainingJob {
  readonly workload: string;
  readonly data: DataFiles;
  /** Rows for a short training before the clock starts; none for a training that is compared. */
  readonly warmup?: DataFiles;
  /** File of the parameters to start from; for each layer W[inputs×outputs], then B[outputs]. */
  readonly weights: string;
  /** Steps to do; a contender that trains whole epochs does the nearest number of them, but at least one. */
  readonly steps: number;
  readonly threads: number;
  /** A new order of rows each epoch, for those who can. */
  readonly shuffle: boolean;
  /** Where to write the final parameters. */
  readonly out?: string;
}

export interface TrainingResult {
  readonly steps: number;
  readonly microsecondsPerStep: number;
  /** Mean over the timed steps, each before its update. */
  readonly loss: number;
}

/** Predictions that are timed call by call. */
export interface PredictionJob {
  readonly workload: string;
  readonly data: DataFiles;
  readonly weights: string;
  /** Rows of one call. */
  readonly rows: number;
  readonly threads: number;
  /** How long to go on calling; a fifth of it more to warm up. */
  readonly seconds: number;
}

export interface PredictionResult {
  /** Of each call, in microseconds. */
  readonly times: Summary;
  /** What the first rows of x gave, rows×outputs. */
  readonly output: readonly number[];
}

/** Milliseconds from one turn of the event loop to the next, of which 1 is the timer's own. */
export interface Delays {
  readonly p99: number;
  readonly max: number;
}

export interface DelayResult {
  readonly training: Delays;
  /** For as long a time with nothing to do: what the machine itself adds. */
  readonly idle: Delays;
}

/** What each kind of trial is given, and what it returns. */
export interface Jobs {
  readonly train: TrainingJob;
  readonly predict: PredictionJob;
  readonly delay: TrainingJob;
}
export interface Results {
  readonly train: TrainingResult;
  readonly predict: PredictionResult;
  readonly delay: DelayResult;
}
export type TrialKind = keyof Jobs;

type Trials = { readonly [Kind in TrialKind]: (job: Jobs[Kind]) => Promise<Results[Kind]> };

/** One who can do some of the trials. A module in contenders/ that exports one takes part; nothing lists it. */
export interface Contender extends Partial<Trials> {
  readonly name: string;
  /** Numbers of threads that it is timed with. */
  readonly threads: readonly number[];
}

const folder = new URL('contenders/', import.meta.url);

/** Modules in contenders/, by which a trial finds its contender. */
export async function contenderModules(): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith('.js')).sort();
}

export async function loadContender(module: string): Promise<Contender> {
  const { contender } = (await import(new URL(module, folder).href)) as { contender: Contender };
  return contender;
}
