import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Comparison, Row } from './report.js';
import { summarize } from './statistics.js';
import type { Bench } from './training.js';
import { inTurns } from './trials.js';

const program = fileURLToPath(new URL('support/own-layer.js', import.meta.url));
const names = { own: 'composed of operations', 'built-in': 'built-in layers' };

/** The number that the program prints for a task, in a process of its own. */
async function figureOf(...task: readonly string[]): Promise<number> {
  return Number((await promisify(execFile)(process.execPath, [program, ...task])).stdout);
}

/**
 * Compares a training step of a net that has a layer of its user's with one of built-in layers that computes the same. A
 * loss of the user's beside a built-in one is a second comparison, once nets train with losses of their users'.
 */
export async function measureOwnLayer({ effort }: Bench): Promise<Comparison> {
  const difference = await figureOf('check');
  if (!(difference < 1e-5)) throw new Error(`Expected equal weights of both nets but they differ by ${difference}`);
  const trials = Object.keys(names).map((task) => () => figureOf(task, String(effort.seconds)));
  const results = await inTurns(effort, trials, (_, error) => {
    throw error;
  });
  const rows = Object.values(names).map(
    (name, i): Row => ({ name, family: 'blasnet', values: results[i]!, summary: summarize(results[i]!) }),
  );
  const title = "Training step with a user's layer, x · sigmoid(x · W) of 64 numbers, batch 64";
  return { id: 'own layer', title, unit: 'µs', rows };
}
