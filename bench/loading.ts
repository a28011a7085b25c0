import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Comparison, Row } from './report.js';
import { root } from './root.js';
import { summarize } from './statistics.js';
import type { Bench } from './training.js';
import { inTurns } from './trials.js';

const csvRows = 1_000_000;

/** Programs that print figures of themselves; each runs in a process of its own, from the root of the project. */
const programs = {
  imported: `const started = performance.now(); await import('blasnet'); console.log(performance.now() - started);`,
  nothing: `console.log(performance.now());`,
  csv: `import { DataReader } from 'blasnet';
    const started = performance.now();
    await new DataReader({ train: process.argv[1], label: 'y', categorical: 'oneHot' }).readData();
    console.log((performance.now() - started) / 1000);`,
};

/** The number that a program prints. */
async function figureOf(program: string, ...args: readonly string[]): Promise<number> {
  const words = ['--input-type=module', '--eval', program, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root });
  return Number(stdout);
}

/** Milliseconds that the import of blasnet takes, beside those that Node.js itself takes before it runs a program. */
export async function measureImport({ effort }: Bench): Promise<Comparison> {
  return compare(effort, {
    id: 'import',
    title: `Loading: import 'blasnet' in a new process, beside what Node.js takes to begin`,
    unit: 'ms',
    trials: {
      blasnet: () => figureOf(programs.imported),
      'Node.js itself': () => figureOf(programs.nothing),
    },
  });
}

/** Seconds that a CSV file of a million rows takes: four columns of numbers, one of two names, and a label. */
export async function measureCsv({ effort, folder }: Bench): Promise<Comparison> {
  const file = join(folder, 'million.csv');
  await pipeline(Readable.from(csvLines()), createWriteStream(file));
  return compare(effort, {
    id: 'csv',
    title: `Reading a CSV file of ${csvRows} rows of five features and a label`,
    unit: 's',
    trials: { blasnet: () => figureOf(programs.csv, file) },
  });
}

function* csvLines(): Generator<string> {
  yield 'a,b,c,d,color,y\n';
  const line = (i: number) => `${i},${i % 97},-${i / 8},1e${i % 5},${i % 2 ? 'red' : 'green'},${i % 3}\n`;
  for (let first = 0; first < csvRows; first += 1000) {
    yield Array.from({ length: 1000 }, (_, i) => line(first + i)).join('');
  }
}

interface Subject extends Pick<Comparison, 'id' | 'title' | 'unit'> {
  readonly trials: Readonly<Record<string, () => Promise<number>>>;
}

async function compare(effort: Bench['effort'], { id, title, unit, trials }: Subject): Promise<Comparison> {
  const results = await inTurns(effort, Object.values(trials), (_, error) => {
    throw error;
  });
  const rows = Object.keys(trials).map(
    (name, i): Row => ({ name, family: 'blasnet', values: results[i]!, summary: summarize(results[i]!) }),
  );
  return { id, title, unit, rows };
}
