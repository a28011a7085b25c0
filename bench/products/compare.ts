import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Comparison, Row } from '../report.js';
import { root } from '../root.js';
import { summarize } from '../statistics.js';
import type { Bench } from '../training.js';
import { inTurns } from '../trials.js';
import { flopsOf, type ProductShape, productShapes, wordOf } from './shapes.js';

/** A program that times products: its arguments are the shapes, its output one line of JSON. */
interface Timer {
  readonly name: string;
  readonly family: Row['family'];
  readonly command: readonly string[];
}

interface Timed {
  readonly name: string;
  readonly microseconds: readonly number[];
}

const program = fileURLToPath(new URL('../support/products.js', import.meta.url));
const built = (name: string) => join(root, 'build/cmake', name);

/**
 * Compares products of matrices by the library's own kernels, by OpenBLAS and, where it is installed, by oneDNN: on one
 * thread, with factors as they lie in a training step.
 */
export async function compareProducts({ effort, leaveOut }: Bench): Promise<Comparison[]> {
  const seconds = String(effort.seconds / 5);
  const timers: Timer[] = [
    { name: 'blasnet', family: 'blasnet', command: [process.execPath, program, seconds] },
    { name: 'OpenBLAS', family: 'C++', command: [built('cblas_loop'), 'products', '1', seconds] },
  ];
  const oneDnn = findOneDnn(leaveOut);
  if (oneDnn) timers.push({ name: 'oneDNN', family: 'C++', command: [...oneDnn, seconds] });
  const words = productShapes.map(wordOf);
  const names: string[] = [];
  const trials = timers.map(({ command: [file, ...args] }, i) => async () => {
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
    const { stdout } = await promisify(execFile)(file!, [...args, ...words], { env });
    const { name, microseconds } = JSON.parse(stdout) as Timed;
    names[i] = name;
    return microseconds;
  });
  const results = await inTurns(effort, trials, (i, error) => {
    if (i === 0) throw error;
    leaveOut(`products: ${timers[i]!.name} is left out: ${error instanceof Error ? error.message : error}`);
  });
  if (names[2]) leaveOut(`products: oneDNN is ${names[2]}`);
  return productShapes.map((shape, at) => ({
    id: `product ${wordOf(shape)}`,
    title: titleOf(shape),
    unit: 'µs',
    flops: flopsOf(shape),
    rows: timers.flatMap(({ name, family }, i): Row[] => {
      const values = results[i]!.map((microseconds) => microseconds[at]!);
      return values.length === 0 ? [] : [{ name, family, values, summary: summarize(values) }];
    }),
  }));
}

const titleOf = ({ kind, m, n, k, of }: ProductShape) =>
  `${m}×${n}×${k}${{ nn: '', nt: ', b transposed', tn: ', a transposed' }[kind]} (${of})`;

/**
 * The command that times products by oneDNN: what BLASNET_BENCH_ONEDNN says, or a program that is compiled where the
 * library's headers are installed.
 */
function findOneDnn(leaveOut: (line: string) => void): string[] | undefined {
  const given = process.env.BLASNET_BENCH_ONEDNN;
  if (given) return given.split(' ').filter(Boolean);
  try {
    execFileSync(process.execPath, [join(root, 'scripts/cmake.mjs'), 'onednn_products'], {
      cwd: root,
      stdio: 'ignore',
    });
    return [built('onednn_products')];
  } catch {
    leaveOut('products: oneDNN is left out: its headers are missing (Debian: libdnnl-dev)');
    return undefined;
  }
}
