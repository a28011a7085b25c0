import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Comparison, Row } from '../report.js';
import { summarize } from '../statistics.js';
import type { Bench } from '../training.js';
import { inTurns } from '../trials.js';

const program = fileURLToPath(new URL('../support/sequence-memory.js', import.meta.url));

/** The figures of the program, in MiB, and their names in the table. */
export const memoryRows = {
  streamBefore: 'stream: after 1000 steps',
  streamAfter: 'stream: after 101,000 steps',
  trainingPeak: 'training on a sequence of 10,000 steps: peak, beyond that of 10 steps',
  activations: 'training on a sequence of 10,000 steps: its activations',
} as const;

export type MemoryFigures = Readonly<Record<keyof typeof memoryRows, number>>;

/** Memory of processes that take a sequence step by step, and that train on a long one. */
export async function measureMemory({ effort }: Pick<Bench, 'effort'>): Promise<Comparison> {
  const trial = async (): Promise<MemoryFigures> => {
    const parts = ['stream', 'training'].map(async (task) => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, task]);
      return JSON.parse(stdout) as Partial<MemoryFigures>;
    });
    return Object.assign({}, ...(await Promise.all(parts))) as MemoryFigures;
  };
  const [trials] = await inTurns({ ...effort, runs: Math.min(3, effort.runs) }, [trial], (_, error) => {
    throw error;
  });
  return memoryComparison(trials!);
}

export function memoryComparison(trials: readonly MemoryFigures[]): Comparison {
  const rows = (Object.keys(memoryRows) as (keyof MemoryFigures)[]).map((key): Row => {
    const values = trials.map((figures) => figures[key]);
    return { name: memoryRows[key], family: 'blasnet', values, summary: summarize(values) };
  });
  return { id: 'sequences memory', title: 'Memory of sequences: LSTM 16→256, of the whole process', unit: 'MiB', rows };
}
