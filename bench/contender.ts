import { readdir } from 'node:fs/promises';
import type { DataFiles } from './data.js';
import type { SequenceNet } from './sequences/nets.js';
import type { Summary } from './statistics.js';
import type { Workload } from './workloads.js';

export type DType = 'float32' | 'float64';

/** Training to be compared with another contender's, to be timed, or both, in this order. */
export interface TrainingJob {
  readonly workload: Workload;
  readonly data: DataFiles;
  /** File of the parameters to start from, float32; for each layer W[inputs×outputs], then B[outputs]. */
  readonly weights: string;
  readonly threads: number;
  readonly dtype: DType;
  /** How long to train against the clock, after about a quarter of it to warm up. 0: not at all. */
  readonly seconds: number;
  /** Processes that share each batch, where it is one that can: PyTorch's DDP. Default 1. */
  readonly ranks?: number;
  /** The workload's `checkSteps` over these rows in their order; the parameters after them go to `out`, as float32. */
  readonly check?: { readonly data: DataFiles; readonly out: string };
}

export interface TrainingResult {
  readonly steps: number;
  readonly microsecondsPerStep: number;
  /** Whether a step took so long that one had to do, without any to warm up. */
  readonly isHasty?: boolean;
  /** Mean loss over the steps of the check, each before its update. */
  readonly checkLoss?: number;
}

/** Predictions that are timed call by call. */
export interface PredictionJob {
  readonly workload: Workload;
  readonly data: DataFiles;
  readonly weights: string;
  /** Rows of one call: each of these in turn. */
  readonly rows: readonly number[];
  readonly threads: number;
  readonly dtype: DType;
  /** How long to go on calling, for each number of rows; a fifth of it more to warm up. */
  readonly seconds: number;
}

/** For each number of rows. */
export type PredictionResult = readonly {
  /** Of each call, in microseconds. */
  readonly times: Summary;
  /** What the first rows of x gave, rows×outputs. */
  readonly output: readonly number[];
}[];

/** Training until a share of the held-out rows is classified rightly. */
export interface ReachJob {
  readonly workload: Workload;
  readonly data: DataFiles;
  readonly weights: string;
  readonly threads: number;
  readonly dtype: DType;
  /** The first rows are held out. */
  readonly heldOut: number;
  readonly accuracy: number;
  /** Steps between looks at the held-out rows. */
  readonly interval: number;
}

export interface ReachResult {
  /** From the first step to the look that found the accuracy, looks included. */
  readonly seconds: number;
  readonly steps: number;
  readonly accuracy: number;
}

/** Of a process with a server that another process keeps asking; in milliseconds. */
export interface Responsiveness {
  /** From one turn of the event loop to the next, of which 1 is the timer's own. */
  readonly loop: { readonly p99: number; readonly max: number };
  /** From a request to its answer, as the other process sees it. */
  readonly answers: Summary;
}

/** Each for as long a time. */
export interface DelayResult {
  readonly training: Responsiveness;
  /** While a thread that computes nothing of ours is as busy as training's: what the machine itself adds. */
  readonly busy: Responsiveness;
  /** With nothing else to do. */
  readonly idle: Responsiveness;
}

/** A net of sequences: training by those who train here, then predictions call by call. */
export interface SequencesJob {
  readonly net: SequenceNet;
  readonly data: DataFiles;
  /** File of the parameters to start from, float32, in the order of `parametersOf`. */
  readonly weights: string;
  /** Sequences of one call; a contender leaves out what it takes too long for. */
  readonly rows: readonly number[];
  readonly threads: number;
  readonly dtype: DType;
  /** How long to train against the clock, and half of it to predict for each number of rows, after some to warm up. */
  readonly seconds: number;
  /** Before that, the net's `checkSteps` over the first rows in their order; the parameters after them go to `out`. */
  readonly check?: { readonly out: string };
}

export interface SequencesResult {
  readonly training?: TrainingResult;
  readonly predictions: readonly (PredictionResult[number] & { readonly rows: number })[];
  /** The difference, for a net that has other weights than the rest: its outputs are its own. */
  readonly note?: string;
}

/** What each kind of trial is given, and what it returns. */
export interface Jobs {
  readonly about: { readonly threads: number; readonly dtype: DType };
  readonly train: TrainingJob;
  readonly predict: PredictionJob;
  readonly reach: ReachJob;
  readonly delay: TrainingJob;
  readonly sequences: SequencesJob;
}
export interface Results {
  readonly about: string;
  readonly train: TrainingResult;
  readonly predict: PredictionResult;
  readonly reach: ReachResult;
  readonly delay: DelayResult;
  readonly sequences: SequencesResult;
}
export type TrialKind = keyof Jobs;

type Trials = { readonly [Kind in Exclude<TrialKind, 'about'>]: (job: Jobs[Kind]) => Promise<Results[Kind]> };

/** A net that somebody cannot train as it is, and the nearest that they can; its steps are over as many rows. */
export interface Variation {
  readonly workload: Workload;
  /** What is different, in a few words. */
  readonly note: string;
  /** Where it cannot come out at the same weights even then, but only near the same loss. */
  readonly isApproximate?: boolean;
}

export type Family = 'blasnet' | 'C++' | 'JavaScript' | 'WebAssembly' | 'Python';

/** One who can do some of the trials. A module in contenders/ that exports one takes part; nothing lists it. */
export interface Contender extends Partial<Trials> {
  readonly name: string;
  readonly family: Family;
  /** What it is timed with; the first of them alone where time is short. */
  readonly variants: readonly { readonly threads: number; readonly dtype: DType }[];
  /** The version of what is timed; throws where it cannot run here. */
  about(): Promise<string>;
  /** Whether a quick run does without it, unless it is asked for by its name. */
  readonly isForFullRuns?: boolean;
  /** Whether its products are of bfloat16 numbers, so that what it predicts may differ in the third digit. */
  readonly isBfloat16?: boolean;
  /** Whether it can train nets with convolutions here. */
  readonly convolves?: boolean;
  /** The nets of sequences that it can compute; by default all. */
  readonly sequenceNets?: readonly string[];
  /** What it makes of a workload; by default just that. */
  take?(workload: Workload): Workload | Variation | undefined;
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
