import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Jobs, Results, TrialKind } from './contender.js';
import type { Entrant } from './roster.js';
import type { Clock } from './timing.js';

const entry = fileURLToPath(new URL('trial.js', import.meta.url));

/** How many trials of each, how long one should train or predict, and how long all of a comparison may take. */
export interface Effort {
  readonly runs: number;
  readonly seconds: number;
  /** Seconds that a comparison should not exceed, once everybody has had a trial. */
  readonly budget: number;
  /** Whether those are left out who would take most of the budget for one trial. */
  readonly quick: boolean;
}

/** A contender that failed, with the last of what it said. */
export class TrialError extends Error {}

/** Seconds after which a trial has hung. */
const patience = 900;

/**
 * glibc's malloc otherwise gives large blocks back to the system when they are freed, or not, depending on what was freed
 * before: each step may then wait for new pages, which costs PyTorch up to as long as the step itself. Others ignore these.
 */
const memory = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 30) };

/** The variables of a trial's process: what this one was given stands before what all trials get. */
export function trialEnvironment({ environment }: Pick<Entrant, 'environment'>): NodeJS.ProcessEnv {
  return { ...memory, ...process.env, ...environment };
}

/** Runs one trial in a process of its own. */
export async function runTrial<Kind extends TrialKind>(
  entrant: Entrant,
  kind: Kind,
  job: Omit<Jobs[Kind], 'threads' | 'dtype'>,
): Promise<Results[Kind]> {
  const { module, name, threads, dtype } = entrant;
  const arguments_ = [entry, module, kind, JSON.stringify({ ...job, threads, dtype })];
  const child = spawn(process.execPath, arguments_, {
    env: trialEnvironment(entrant),
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: patience * 1000,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'a signal'));
  });
  const [result, errors, end] = await Promise.all([
    text(child.stdio[3] as Readable),
    text(child.stderr as Readable),
    ended,
  ]);
  if (end !== 0 || result === '') throw new TrialError(`${name} ended with ${end}: ${lastWords(errors)}`);
  return JSON.parse(result) as Results[Kind];
}

/** The line with the error, of all that Node.js or Python prints. */
function lastWords(errors: string): string {
  const lines = errors.split('\n').map((line) => line.trim());
  return lines.findLast((line) => /^(\w*Error|\w+Exception)\b.*: /.test(line)) ?? lines.findLast(Boolean) ?? 'nothing';
}

/** Who goes first where time is short: 0 has all its trials in any case, of the others the lowest come first. */
export type Rank = 0 | 1 | 2;

/** One who could have another trial. */
export interface Candidate {
  readonly rank: Rank;
  /** Seconds of a trial; infinite for who failed. */
  readonly duration: number;
  /** How many trials there were. */
  readonly trials: number;
}

/**
 * Runs everybody's trials in turns (A B A B …), so that all meet the same disturbances; results in runners' order.
 * Everybody has one; further rounds within the budget leave some out, by rank. Who fails is left out from then on.
 */
export async function inTurns<Result>(
  { runs, budget }: Pick<Effort, 'runs' | 'budget'>,
  runners: readonly ((run: number) => Promise<Result>)[],
  onFailure: (runner: number, error: unknown) => void,
  rankOf: (runner: number) => Rank = () => 1,
  now: Clock = () => performance.now(),
): Promise<Result[][]> {
  const results: Result[][] = runners.map(() => []);
  const durations = runners.map(() => 0); // seconds of each one's first trial
  const started = now();
  for (let run = 0; run < runs; run++) {
    const left = budget - (now() - started) / 1000;
    // Where the first round took it all, some still get more.
    const seconds = Math.max(left / (runs - run), budget / 12);
    const candidates = durations.map((duration, i) => ({ duration, rank: rankOf(i), trials: results[i]!.length }));
    for (const i of affordable(candidates, run === 0 ? Number.POSITIVE_INFINITY : seconds)) {
      const start = now();
      try {
        results[i]!.push(await runners[i]!(run));
        if (run === 0) durations[i] = (now() - start) / 1000;
      } catch (error) {
        durations[i] = Number.POSITIVE_INFINITY;
        results[i] = [];
        onFailure(i, error);
      }
    }
  }
  return results;
}

/**
 * Who can have a trial in so many seconds together: those of the lowest ranks, among equals those with the fewest trials,
 * then those with the shortest. Their numbers, in order.
 */
export function affordable(candidates: readonly Candidate[], seconds: number): number[] {
  let left = seconds;
  const inLine = candidates
    .map((candidate, i) => ({ ...candidate, i }))
    .filter(({ duration }) => duration < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.rank - b.rank || a.trials - b.trials || a.duration - b.duration);
  const chosen = inLine.filter(({ rank, duration }) => {
    if (rank > 0 && duration > left) return false;
    left -= duration;
    return true;
  });
  return chosen.map(({ i }) => i).sort((a, b) => a - b);
}
