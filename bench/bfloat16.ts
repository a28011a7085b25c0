import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WrongNumbers } from './check.js';
import type { Comparison, Row } from './report.js';
import { summarize } from './statistics.js';
import type { Bench } from './training.js';
import { inTurns } from './trials.js';

const program = fileURLToPath(new URL('support/bfloat16.js', import.meta.url));

/** The nets whose training steps are timed, and the rows of their batches. */
const nets = [
  { name: 'mnist', layers: '784-128-64-32-16-10', rows: 64 },
  { name: 'wide', layers: '784-1024-1024-10', rows: 256 },
  { name: 'vgg', layers: 'convolutions of 32-32-64-64 filters', rows: 64 },
] as const;

const precisions = ['float32', 'bfloat16'] as const;

/** How far apart the losses of the two may be after five steps. */
const tolerance = 0.02;

/**
 * Compares training steps in float32 and in bfloat16, which take turns in one process, on one thread.
 * @throws WrongNumbers for losses that differ by more than bfloat16 explains
 */
export async function compareBfloat16({ effort }: Bench): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { name, layers, rows } of nets) {
    const trial = async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, name, `${rows}`, `${effort.seconds}`]);
      const result = JSON.parse(stdout) as Record<(typeof precisions)[number], number> & { losses: [number, number] };
      const [expected, received] = result.losses;
      if (!(Math.abs(received - expected) <= tolerance * expected)) {
        throw new WrongNumbers(`Expected a loss of ${expected} for ${name} in bfloat16 but received ${received}`);
      }
      return result;
    };
    const [results] = await inTurns(effort, [trial], (_, error) => {
      throw error;
    });
    const found = precisions.map((precision): Row => {
      const values = results!.map((result) => result[precision]);
      return { name: precision, family: 'blasnet', values, summary: summarize(values) };
    });
    const title = `Training in bfloat16, a step with ${rows} rows, ${layers}`;
    comparisons.push({ id: `bfloat16 ${name}`, title, unit: 'µs a step', rows: found });
  }
  return comparisons;
}
