import { fork } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Counts, Finding, Report, Task } from './protocol.js';

/** Seconds of silence after which a child hangs; a promise that is never kept is silent as well. */
const mostSilence = 600;
/** Megabytes of JavaScript's heap: what a file may not make a reader fill. */
const heap = 128;
/** Findings that end a run. */
const mostFindings = 20;

/** How long to go on, and from which input. */
export type FuzzOptions = Pick<Task, 'seed' | 'inputs' | 'seconds'> & {
  readonly first?: number;
  readonly module?: string;
};

export interface FuzzResult extends Counts {
  readonly findings: readonly Finding[];
}

const none: Counts = { inputs: 0, resolved: 0, refused: 0, peak: 0, slowest: 0 };

/** Gives a reader inputs in processes of its own; where one dies or hangs, the next goes on behind the input. */
export async function fuzzFormat(
  format: string,
  { first = 0, inputs, seconds, seed, module = './formats/index.js' }: FuzzOptions,
): Promise<FuzzResult> {
  const deadline = performance.now() + 1000 * seconds;
  const findings: Finding[] = [];
  let counts = none;
  let next = first;
  while (next < first + inputs && findings.length < mostFindings && performance.now() < deadline) {
    const folder = await mkdtemp(join(tmpdir(), 'blasnet-fuzz-'));
    const left = (deadline - performance.now()) / 1000;
    const task = { format, module, seed, first: next, inputs: first + inputs - next, seconds: left, folder };
    const outcome = await runChild(task);
    findings.push(...outcome.findings);
    counts = sum(counts, outcome.counts);
    next = outcome.next;
    await rm(folder, { recursive: true, force: true });
    if (outcome.isOver) break;
  }
  return { ...counts, findings };
}

interface Outcome {
  readonly counts: Counts;
  readonly findings: readonly Finding[];
  /** The input behind the last one. */
  readonly next: number;
  readonly isOver: boolean;
}

function runChild(task: Task): Promise<Outcome> {
  const findings: Finding[] = [];
  let newest: { readonly kind: string; readonly index: number } = { kind: 'beginning', index: task.first - 1 };
  let end: Counts | undefined;
  let errors = '';
  const child = fork(fileURLToPath(new URL('child.js', import.meta.url)), [JSON.stringify(task)], {
    execArgv: [`--max-old-space-size=${heap}`],
    // One arena for memory of all threads: others reserve addresses that nobody asked for.
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let silence: NodeJS.Timeout;
  let hangs = false;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, 1000 * mostSilence);
  };
  heard();
  child.stderr!.on('data', (text) => {
    errors = (errors + text).slice(-4000);
  });
  child.on('message', (report: Report) => {
    heard();
    if (report.kind === 'finding') findings.push(report);
    else if (report.kind === 'end') end = report;
    else newest = report;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', async (code, signal) => {
      clearTimeout(silence);
      const { kind, index } = newest;
      if (!end || code !== 0) {
        const how = hangs ? `with nothing told for ${mostSilence} s` : `by ${signal ?? `code ${code}`}: ${errors}`;
        findings.push({ index, problem: `${kind} it, the process ended ${how}`, bytes: await inputOf(task, kind) });
      }
      const counts = end ?? { ...none, inputs: index + 1 - task.first };
      resolve({ counts, findings, next: index + 1, isOver: end !== undefined });
    });
  });
}

/** The input that a child was reading when it ended. */
async function inputOf({ folder }: Task, kind: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.startsWith('input.'));
  return kind !== 'reading' || name === undefined ? '' : (await readFile(join(folder, name))).toString('base64');
}

function sum(a: Counts, b: Counts): Counts {
  return {
    inputs: a.inputs + b.inputs,
    resolved: a.resolved + b.resolved,
    refused: a.refused + b.refused,
    peak: Math.max(a.peak, b.peak),
    slowest: Math.max(a.slowest, b.slowest),
  };
}
