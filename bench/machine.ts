import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { versions } from 'blasnet';
import type { Report } from './report.js';
import { root } from './root.js';
import { threeDigits } from './table.js';

/** What the figures were taken on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly system: string;
  /** OpenBLAS and the CPU whose kernels it chose. */
  readonly blas: string;
  /** By which everybody is held to kernels that OpenBLAS did not choose by itself; mostly absent. */
  readonly coreType?: string;
  /** A product of 1024×1024 matrices of float32, by one thread and by all cores. */
  readonly sgemmGflops: number;
  readonly sgemmGflopsAllCores: number;
  /** Properties of the machine as blasnet read them, and the sizes derived from them; absent in older reports. */
  readonly known?: string;
  readonly rules?: string;
  /** A copy outside the caches by one thread, read and written. */
  readonly copyGBs: number;
}

const coreTypeVariable = 'OPENBLAS_CORETYPE';

/** Builds the hand-written loop where it is missing or out of date. */
export function buildLoop(): void {
  execFileSync(process.execPath, [join(root, 'scripts/cmake.mjs'), 'cblas_loop'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Needs the hand-written loop, which measures what the machine can do. */
export function measureMachine(): Machine {
  const cores = versions.physicalCores;
  const { sgemmGflops, copyGBs, blas } = askLoop(1);
  const coreType = process.env[coreTypeVariable];
  return {
    cpu: versions.cpu,
    cores,
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    blas,
    known: versions.machine,
    rules: versions.rules,
    ...(coreType && { coreType }),
    sgemmGflops,
    sgemmGflopsAllCores: askLoop(cores).sgemmGflops,
    copyGBs,
  };
}

function askLoop(threads: number): { sgemmGflops: number; copyGBs: number; blas: string } {
  const answer = execFileSync(join(root, 'build/cmake/cblas_loop'), ['machine', String(threads)], {
    encoding: 'utf8',
    env: { ...process.env, OPENBLAS_NUM_THREADS: String(threads) },
  });
  return JSON.parse(answer) as ReturnType<typeof askLoop>;
}

/**
 * An OpenBLAS older than the CPU may take it for one of 2004 and compute at a sixth of its speed. Then all trials get
 * the kernels for its vector instructions, so that nobody is timed by somebody else's mistake.
 */
export function mendCoreType(say: (line: string) => void): void {
  if (process.env[coreTypeVariable] !== undefined || !/Prescott|Core2|Generic/i.test(versions.openblas)) return;
  const better = coreTypeFor(versions.simd);
  if (better === undefined) return;
  process.env[coreTypeVariable] = better;
  say(`${versions.openblas} does not know this CPU: all trials get ${coreTypeVariable}=${better}`);
}

/** OpenBLAS's name for kernels that use the vector instructions that Highway found. */
export function coreTypeFor(simd: string): string | undefined {
  if (simd.startsWith('AVX3') || simd.startsWith('AVX10')) return 'SKYLAKEX';
  return simd === 'AVX2' ? 'HASWELL' : undefined;
}

/** Where, with what and how the figures were taken. */
export function describe(report: Report): string[] {
  const { date, machine, versions: of, skipped, failures, runs, quick, load, seconds } = report;
  const { cpu, cores, node, system, blas, coreType, known, rules, sgemmGflops, sgemmGflopsAllCores, copyGBs } = machine;
  return [
    `${cpu}, ${cores} cores, ${system}, Node.js ${node}, ${date}`,
    ...(known ? [`machine: ${known}`] : []),
    ...(rules ? [`blasnet's sizes: ${rules}`] : []),
    `product of 1024×1024 matrices: ${threeDigits(sgemmGflops)} GFLOP/s by one thread, ` +
      `${threeDigits(sgemmGflopsAllCores)} by ${cores}; copy: ${threeDigits(copyGBs)} GB/s`,
    `${blas}${coreType ? `, ${coreTypeVariable}=${coreType} for all` : ''}`,
    `medians of up to ${runs} trials${quick ? ' (quick: less exact)' : ''}, a process for each, in turns; ` +
      `load average ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after; ${Math.round(seconds)} s`,
    ...Object.entries(of).map(([name, version]) => `${name}: ${version}`),
    ...skipped,
    ...failures.map((line) => `FAILED: ${line}`),
  ];
}
