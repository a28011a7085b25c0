import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { versions } from 'blasnet';
import { root } from './root.js';

/** What the figures were taken on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly simd: string;
  readonly blas: string;
  /** What one thread can do: a product of 1024×1024 matrices, and a copy outside the caches (read and written). */
  readonly sgemmGflops: number;
  readonly copyGBs: number;
}

/** Builds the hand-written loop where it is missing or out of date. */
export function buildLoop(): void {
  execFileSync(process.execPath, [join(root, 'scripts/cmake.mjs'), 'cblas_loop'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Needs the hand-written loop, which measures what the machine can do. */
export function describeMachine(): Machine {
  const { sgemm1024Gflops, copyGBs } = JSON.parse(
    execFileSync(join(root, 'build/cmake/cblas_loop'), ['machine'], {
      encoding: 'utf8',
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
    }),
  ) as { sgemm1024Gflops: number; copyGBs: number };
  const { cpu, node, simd, openblas } = versions;
  return { cpu, cores: availableParallelism(), node, simd, blas: openblas, sgemmGflops: sgemm1024Gflops, copyGBs };
}
