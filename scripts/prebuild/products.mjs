// Tells whether the products of each set of kernels in a target's OpenBLAS are right: by products.c, on whatever runs it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../lib/run.mjs';
import { workFolder } from './sources.mjs';
import { zig, zigEnvironment } from './zig.mjs';

const source = fileURLToPath(new URL('products.c', import.meta.url));

/** Names of kernels that OPENBLAS_CORETYPE knows. Those of Sapphire Rapids are chosen by the CPU alone. */
const chosenByName = ({ openblas, cpu }) =>
  [cpu === 'x64' ? 'PRESCOTT' : openblas.base, ...openblas.kernels].filter((name) => name !== 'SAPPHIRERAPIDS');

/** Compiles the program for a target, beside its addon, and returns where it is. */
export function buildProducts(name, target) {
  const library = join(workFolder, 'openblas', name);
  const file = join(workFolder, 'addon', name, target.os === 'win32' ? 'products.exe' : 'products');
  const options = ['-target', target.zig, '-O2', '-fno-sanitize=undefined', '-I', join(library, 'include')];
  const libraries = [join(library, 'libopenblas.a'), ...(target.os === 'linux' ? ['-lm', '-pthread'] : [])];
  run(zig(), ['cc', ...options, source, ...libraries, '-o', file], {
    env: zigEnvironment,
    what: `compiling ${source}`,
  });
  return file;
}

/**
 * Runs it for each set of kernels.
 * @param outputOf - runs a program and resolves to its exit code and output
 * @returns the sets that were right, and what the others said
 */
export async function checkProducts(name, target, { native, env }, outputOf) {
  const program = buildProducts(name, target);
  const right = [];
  const wrong = [];
  for (const kernels of chosenByName(target)) {
    const asked = await outputOf([...native, program, kernels], env);
    if (asked.status === 0 && !asked.output.includes('can run')) continue;
    const { status, output } = await outputOf([...native, program], { ...env, OPENBLAS_CORETYPE: kernels });
    if (status !== 0) wrong.push(`${kernels}: exit code ${status} ${output.trim()}`);
    else if (/errors/.test(output)) right.push(kernels);
  }
  return { right, wrong };
}
