import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runScript } from '../support/processes.js';

/** Runs the example in a folder of its own; gives back what it printed and wrote. */
export async function mnist(...options: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-mnist-'));
  const ended = await runScript(resolve('build/dev/examples/mnist.js'), options, { cwd: folder });
  const output = join(folder, 'output/mnist');
  return { ...ended, output: ended.output.trimEnd().split('\n'), folder: output };
}

/** The test accuracy that the example prints last. */
export function accuracyOf(lines: readonly string[]): number {
  const [, digits] = lines.at(-1)!.match(/^test accuracy (0\.\d{4})$/) ?? [];
  return Number(digits);
}
