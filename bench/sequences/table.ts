import { type Comparison, rowOf } from '../report.js';
import { threeDigits } from '../table.js';
import { sequenceNets } from './nets.js';

const tasks: Readonly<Record<string, string>> = {
  train: 'training step',
  64: '64 sequences',
  1: 'one sequence',
};

/** Whether it is one of a net of sequences: `sequences lstm train`. */
export const isOfSequences = ({ id }: Pick<Comparison, 'id'>): boolean => {
  const [part, net, task] = id.split(' ');
  return part === 'sequences' && task !== undefined && sequenceNets.some(({ name }) => name === net);
};

/** All nets of sequences in one table: everybody's medians, and by how many times as fast blasnet is. Notes come below it. */
export function sequenceTable(comparisons: readonly Comparison[]): {
  header: string[];
  rows: string[][];
  notes: string[];
} {
  const all = comparisons.flatMap(({ rows }) => rows);
  const others = [...new Set(all.map(({ name }) => name))].filter((name) => name !== 'blasnet');
  const rows = comparisons.map((comparison) => {
    const [, net, task] = comparison.id.split(' ');
    const own = rowOf(comparison, 'blasnet')?.summary.median;
    const cells = others.flatMap((name) => {
      const median = rowOf(comparison, name)?.summary.median;
      if (median === undefined) return ['–', ''];
      return [threeDigits(median), own === undefined ? '' : `${threeDigits(median / own)} ×`];
    });
    return [`${net}, ${tasks[task!] ?? task}`, own === undefined ? '–' : threeDigits(own), ...cells];
  });
  const notes = all.flatMap(({ name, note }) => (note ? [`${name}: ${note}`] : []));
  return {
    header: ['median µs', 'blasnet', ...others.flatMap((name) => [name, 'blasnet is'])],
    rows,
    notes: [...new Set(notes)],
  };
}
