import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contender } from '../contender.js';
import { root } from '../root.js';

/** The training step written by hand in C++, in the order of the rows: see bench/native/. */
export const contender: Contender = {
  name: 'cblas loop',
  threads: [1],

  async train({ workload, data, warmup, weights, steps, out }) {
    // Who trains by epochs trains as many on the rows for warming up; here it is the same share of the steps.
    const warmupSteps = warmup ? Math.ceil((steps * warmup.rows) / data.rows) : 0;
    const files = ['--x', data.x, '--y', data.y, '--weights', weights, ...(out === undefined ? [] : ['--out', out])];
    const { stdout } = await promisify(execFile)(
      join(root, 'build/cmake/cblas_loop'),
      [workload, String(steps), '--warmup', String(warmupSteps), ...files],
      { env: { ...process.env, OPENBLAS_NUM_THREADS: '1' } },
    );
    return JSON.parse(stdout) as { steps: number; microsecondsPerStep: number; loss: number };
  },
};
