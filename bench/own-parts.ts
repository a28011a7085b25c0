import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Comparison, Row } from './report.js';
import { summarize } from './statistics.js';
import type { Bench } from './training.js';
import { inTurns } from './trials.js';

const program = fileURLToPath(new URL('support/own-parts.js', import.meta.url));

/** Pairs of a part that users compose of operations and a built-in one that computes the same, as the program names them. */
const twins = [
  {
    id: 'own layer',
    title: "Training step with a user's layer, x · sigmoid(x · W) of 64 numbers, batch 64",
    names: ['own layer', 'built-in layers'],
  },
  {
    id: 'own loss',
    title: "Training step with a user's loss, the pinball loss of the median, beside meanAbsoluteError; batch 64",
    names: ['own loss', 'built-in loss'],
  },
] as const;

/** The number that the program prints for a task, in a process of its own. */
async function figureOf(...task: readonly string[]): Promise<number> {
  return Number((await promisify(execFile)(process.execPath, [program, ...task])).stdout);
}

/** Compares a training step of nets with a layer, or a loss, of their user's with one of built-in parts. */
export async function measureOwnParts({ effort }: Bench): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { id, title, names } of twins) {
    const difference = await figureOf('check', ...names);
    if (!(difference < 1e-5)) throw new Error(`Expected equal weights of both nets but they differ by ${difference}`);
    const trials = names.map((name) => () => figureOf(name, String(effort.seconds)));
    const results = await inTurns(effort, trials, (_, error) => {
      throw error;
    });
    const rows = names.map(
      (name, i): Row => ({ name, family: 'blasnet', values: results[i]!, summary: summarize(results[i]!) }),
    );
    comparisons.push({ id, title, unit: 'µs', rows });
  }
  return comparisons;
}
