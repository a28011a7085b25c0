import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Jobs, Results } from '../contender.js';
import { root } from '../root.js';

const run = promisify(execFile);

/** The first interpreter that has a module; looking does not import it. */
async function interpreterWith(module: string): Promise<string> {
  const question = `import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)`;
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      await run(python, ['-c', question]);
      return python;
    } catch {
      // not there, or without the module
    }
  }
  throw new Error(`no python3 here has ${module}`);
}

/** A trial in Python: bench/python/<module>_net.py reads the job as JSON and prints the result. */
export function pythonTrial<Kind extends keyof Jobs>(kind: Kind, module: string) {
  return async (job: Jobs[Kind]): Promise<Results[Kind]> => {
    const python = await interpreterWith(module);
    const program = join(root, `bench/python/${module}_net.py`);
    const threads = String(job.threads);
    const { stdout } = await run(python, [program, kind, JSON.stringify(job)], {
      env: { ...process.env, OPENBLAS_NUM_THREADS: threads, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads },
      maxBuffer: 1 << 28,
    });
    return JSON.parse(stdout) as Results[Kind];
  };
}
