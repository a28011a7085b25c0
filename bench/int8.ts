import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WrongNumbers } from './check.js';
import type { Comparison, Row } from './report.js';
import { summarize } from './statistics.js';
import type { Bench } from './training.js';
import { inTurns } from './trials.js';

const program = fileURLToPath(new URL('support/int8.js', import.meta.url));

/** The nets whose predictions are timed, by their widths, for batches of 64 rows. */
const nets = { mnist: '784-128-64-32-16-10', wide: '784-1024-1024-10' } as const;
const rows = 64;

/** Names of the two, as the report has them. */
export const contestants = ['float32', 'int8'] as const;

/**
 * Compares predictions of nets with float32 and with int8 weights, which take turns in one process, on one thread.
 * @throws WrongNumbers for an int8 net whose outputs are less than 30 dB from those of the float32 net
 */
export async function compareInt8({ effort }: Bench): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const [name, widths] of Object.entries(nets)) {
    const trial = async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, widths, `${rows}`, `${effort.seconds}`]);
      const result = JSON.parse(stdout) as Record<(typeof contestants)[number] | 'signalToNoise', number>;
      if (result.signalToNoise < 30) {
        throw new WrongNumbers(`Expected int8 outputs within 30 dB but ${name} has ${result.signalToNoise} dB`);
      }
      return result;
    };
    const [results] = await inTurns(effort, [trial], (_, error) => {
      throw error;
    });
    const found = contestants.map((contestant): Row => {
      const values = results!.map((result) => result[contestant]);
      return { name: contestant, family: 'blasnet', values, summary: summarize(values) };
    });
    const title = `Inference with int8 weights, ${rows} rows through ${widths}`;
    comparisons.push({ id: `int8 ${name}`, title, unit: 'µs a call', rows: found });
  }
  return comparisons;
}
