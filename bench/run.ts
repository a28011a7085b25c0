// How fast blasnet is, compared with others. Every figure is a ratio of medians of trials taken in turns, a process for
// each; contenders must compute the same first. Exit code 1 means wrong numbers or a failure, never a slow run.
// Usage: npm run bench -- [--only NAME[,NAME]] [--quick] [--json FILE]
//   NAME is curve, house, mnist, wide (training), inference or delay (of the event loop, while training)
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WrongNumbers } from './check.js';
import { measureDelay } from './delay.js';
import { buildLoop, describeMachine } from './machine.js';
import { comparePrediction } from './prediction.js';
import { type Report, type Row, render, type Section } from './report.js';
import { compareTraining } from './training.js';
import { type Effort, entrantsFor } from './trials.js';
import { workloads } from './workloads.js';

const say = (line: string) => process.stderr.write(`${line}\n`);

const training = 'Training, µs per step';
const prediction = 'Inference by the mnist net, µs per call';
const delay = 'Event loop while the wide net trains, ms between its turns';

/** What can be measured, by the names that --only takes, and the section that its rows belong to. */
const parts: Record<string, { section: string; measure: (effort: Effort, folder: string) => Promise<Row[]> }> = {
  ...Object.fromEntries(
    workloads.map((workload) => [
      workload.name,
      {
        section: training,
        measure: async (effort: Effort, folder: string) =>
          compareTraining(workload, await entrantsFor('train'), effort, folder),
      },
    ]),
  ),
  inference: {
    section: prediction,
    measure: async (effort, folder) => comparePrediction(await entrantsFor('predict', 1), effort, folder),
  },
  delay: {
    section: delay,
    measure: async (effort, folder) => measureDelay(await entrantsFor('delay', 1), effort, folder),
  },
};

function readOptions() {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } },
  });
  const names = values.only?.split(',') ?? Object.keys(parts);
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) {
    throw new RangeError(`Expected ${Object.keys(parts).join(', ')} for --only but received ${unknown}`);
  }
  const effort: Effort = values.quick ? { runs: 3, seconds: 0.3 } : { runs: 7, seconds: 1 };
  return { names, effort, json: values.json };
}

/** What parseArgs throws for an unknown option or one without its value. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

async function measure(names: readonly string[], effort: Effort): Promise<Report> {
  const before = loadavg()[0]!;
  buildLoop();
  const machine = describeMachine();
  const sections = new Map<string, Row[]>();
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-bench-'));
  try {
    for (const name of names) {
      say(`bench: ${name} …`);
      const { section, measure } = parts[name]!;
      sections.set(section, [...(sections.get(section) ?? []), ...(await measure(effort, folder))]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return {
    machine,
    sections: [...sections].map(([title, rows]): Section => ({ title, rows })),
    load: { before, after: loadavg()[0]! },
  };
}

try {
  const { names, effort, json } = readOptions();
  const report = await measure(names, effort);
  console.log(render(report));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
} catch (error) {
  const isExplained = error instanceof WrongNumbers || error instanceof RangeError || isUsageError(error);
  if (!isExplained) throw error;
  say(`bench: ${error.message}`);
  process.exitCode = 1;
}
