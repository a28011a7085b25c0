import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Jobs, Results } from '../contender.js';
import { root } from '../root.js';

const run = promisify(execFile);

/**
 * A command in words, such as `chroot /srv/other python3`: the Python of all contenders in place of one that is found here. Its
 * OpenBLAS chooses kernels by itself, whatever those here are held to; `env OPENBLAS_CORETYPE=… python3` is a command, too.
 */
const pythonVariable = 'BLASNET_BENCH_PYTHON';
const givenCommand = () => process.env[pythonVariable]?.split(/\s+/).filter(Boolean) ?? [];

/** The environment of a Python with so many threads. */
export function pythonEnvironment(threads: number): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE, ...rest } = process.env;
  const count = String(threads);
  return {
    ...rest,
    ...(OPENBLAS_CORETYPE !== undefined && givenCommand().length === 0 && { OPENBLAS_CORETYPE }),
    OPENBLAS_NUM_THREADS: count,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
  };
}

/** The words of a command that starts a Python which has a module. Looking does not import it. */
async function interpreterWith(module: string): Promise<readonly [string, ...string[]]> {
  const given = givenCommand();
  const candidates = given.length > 0 ? [given] : [['python3'], ['/usr/bin/python3']];
  const question = `import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)`;
  for (const candidate of candidates) {
    const [program, ...words] = candidate as [string, ...string[]];
    try {
      await run(program, [...words, '-c', question]);
      return [program, ...words];
    } catch {
      // not there, or without the module
    }
  }
  throw new Error(`no ${given.length > 0 ? given.join(' ') : 'python3'} here has ${module}`);
}

/** The float files that a job names and that exist: what it reads. */
export function filesIn(job: unknown): string[] {
  if (typeof job === 'string') return job.endsWith('.f32') && existsSync(job) ? [job] : [];
  return typeof job === 'object' && job !== null ? [...new Set(Object.values(job).flatMap(filesIn))] : [];
}

const programText = (name: string) => readFile(join(root, `bench/python/${name}.py`), 'utf8');

/** The input of bench/python/start.py: a line of JSON, then the files' bytes. Of modules [name, text], the last one is the program. */
export async function* messageFor(
  kind: string,
  job: unknown,
  modules: readonly (readonly [name: string, text: string])[],
): AsyncGenerator<Buffer | string> {
  const files = filesIn(job);
  const sizes = files.map(async (path) => [path, (await stat(path)).size]);
  const head = { kind, job, modules, files: await Promise.all(sizes) };
  yield `${JSON.stringify(head)}\n`;
  for (const path of files) yield await readFile(path);
}

/** Runs a trial of bench/python by start.py: program, job and files go in by stdin, the result and what it writes come out. */
async function runPython<Kind extends keyof Jobs>(kind: Kind, module: string, program: string, job: Jobs[Kind]) {
  const [command, ...words] = await interpreterWith(module);
  const modules = ['trials', program].map(async (name) => [name, await programText(name)] as const);
  const message = messageFor(kind, job, await Promise.all(modules));
  const child = spawn(command, [...words, '-c', await programText('start')], {
    env: pythonEnvironment(job.threads),
    stdio: 'pipe',
  });
  const ended = new Promise<unknown>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  // A program that fails early closes its stdin; what it says then tells more than the broken pipe.
  const sent = pipeline(message, child.stdin).catch(() => undefined);
  const [output, errors, end] = await Promise.all([text(child.stdout), text(child.stderr), ended, sent]);
  if (end !== 0) throw new Error(errors.trim() || `${basename(command)} ended with ${end}`);
  return JSON.parse(output) as { result: Results[Kind]; written: Record<string, string> };
}

/**
 * A trial in Python by the functions of bench/python/<program>.py, which uses a module.
 * @param ways - how it is to compute, where there are several ways, as `job["ways"]`
 */
export function pythonTrial<Kind extends keyof Jobs>(
  kind: Kind,
  module: string,
  program = `${module}_net`,
  ways: readonly string[] = [],
) {
  return async (job: Jobs[Kind]): Promise<Results[Kind]> => {
    const { result, written } = await runPython(kind, module, program, { ...job, ways } as Jobs[Kind]);
    for (const [path, base64] of Object.entries(written)) await writeFile(path, Buffer.from(base64, 'base64'));
    return result;
  };
}
