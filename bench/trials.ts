import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { contenderModules, type Jobs, loadContender, type Results, type TrialKind } from './contender.js';

const entry = fileURLToPath(new URL('trial.js', import.meta.url));

/** One who is timed: a contender with a number of threads. */
export interface Entrant {
  readonly module: string;
  readonly name: string;
  readonly threads: number;
}

/** The module of the contender that the others are compared with. */
export const reference = 'cblas-loop.js';

/** All who can do that kind of trial, the reference first; with a limit on threads, only those within it. */
export async function entrantsFor(kind: TrialKind, maxThreads = Number.POSITIVE_INFINITY): Promise<Entrant[]> {
  const modules = await contenderModules();
  modules.sort((a, b) => Number(b === reference) - Number(a === reference));
  const entrants: Entrant[] = [];
  for (const module of modules) {
    const contender = await loadContender(module);
    if (!contender[kind]) continue;
    for (const threads of contender.threads) {
      if (threads <= maxThreads) entrants.push({ module, name: contender.name, threads });
    }
  }
  return entrants;
}

export const label = ({ name, threads }: Entrant) => `${name}, ${threads} thread${threads === 1 ? '' : 's'}`;

/** How many trials of each, and how long one should take. */
export interface Effort {
  readonly runs: number;
  readonly seconds: number;
}

/** Runs one trial in a process of its own. */
export async function runTrial<Kind extends TrialKind>(
  { module, threads }: Entrant,
  kind: Kind,
  job: Omit<Jobs[Kind], 'threads'>,
): Promise<Results[Kind]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [entry, module, kind, JSON.stringify({ ...job, threads })],
    { maxBuffer: 1 << 28 },
  );
  return JSON.parse(stdout) as Results[Kind];
}

/** Runs everybody's trials in turns (A B A B …), so that all meet the same disturbances; results in runners' order. */
export async function inTurns<Result>(runs: number, runners: readonly (() => Promise<Result>)[]): Promise<Result[][]> {
  const results: Result[][] = runners.map(() => []);
  for (let run = 0; run < runs; run++) {
    for (const [i, runner] of runners.entries()) results[i]!.push(await runner());
  }
  return results;
}
