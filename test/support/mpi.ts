import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** Compiles the addon for MPI where that is to be done. */
export function buildMpi(): void {
  execFileSync(process.execPath, ['scripts/build-mpi.mjs'], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** The end of a run of several ranks. */
export interface EndedRanks {
  readonly code: number | null;
  /** The lines of JSON that ranks printed, in the order of the ranks where they say theirs. */
  readonly lines: readonly Record<string, unknown>[];
  readonly output: string;
  readonly errors: string;
}

/** `BLASNET_TEST_MPIEXEC='mpiexec.mpich -bind-to none'` starts ranks by another MPI than Open MPI. */
const other = process.env.BLASNET_TEST_MPIEXEC?.split(' ') as [string, ...string[]] | undefined;
const launcher = other ?? (['mpirun'] as const);
const openMpi = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'];

interface RanksOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The words that start mpirun, by default on this host, and further arguments of it. */
  readonly command?: readonly [string, ...string[]];
  readonly flags?: readonly string[];
  /** Receives mpirun, and what was printed so far, each time that something is. */
  readonly onOutput?: (output: string, mpirun: ChildProcess, errors: string) => void;
}

/** Runs a program on several ranks of this machine, however few cores it has. */
export function runRanks(
  ranks: number,
  args: readonly string[],
  { cwd = '.', env = {}, command = launcher, flags: further = [], onOutput }: RanksOptions = {},
): Promise<EndedRanks> {
  const [program, ...words] = command;
  const flags = [...words, ...further, ...(command === other ? [] : openMpi), '-n', `${ranks}`];
  const inherited: NodeJS.ProcessEnv = { ...process.env, ...env };
  delete inherited.BLASNET_THREADS;
  // Without colours, which node takes mpirun's pseudo-terminal to want.
  const child = spawn(program, [...flags, process.execPath, ...args], {
    cwd,
    env: { ...inherited, NO_COLOR: '1', BLASNET_THREADS: '1' },
    timeout: 1_200_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text) => {
    output += text;
    onOutput?.(output, child, errors);
  });
  child.stderr.on('data', (text) => {
    errors += text;
    onOutput?.(output, child, errors);
  });
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => done({ code, output, errors, lines: linesOf(output) }));
  });
}

/** Runs test/mpi/train.mjs. */
export function trainOnRanks(ranks: number, settings: object, options?: RanksOptions): Promise<EndedRanks> {
  return runRanks(ranks, [resolve('test/mpi/train.mjs'), JSON.stringify(settings)], options);
}

function linesOf(output: string): Record<string, unknown>[] {
  // A rank that is killed may leave a line unfinished, in which that of another begins.
  const lines = output.split(/\r?\n/).flatMap((line) => line.match(/\{.*\}$/) ?? []);
  return lines.flatMap(parsed).sort((a, b) => Number(a.rank ?? 0) - Number(b.rank ?? 0));
}

function parsed(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
