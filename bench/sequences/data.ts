import { join } from 'node:path';
import { type DataFiles, writeFloats } from '../data.js';
import { Random } from '../random.js';
import { parametersOf, rowSize, type SequenceNet, wordsOf } from './nets.js';

/** Rows of noise in [-1, 1], or of numbers of words, and targets that depend on their first and last numbers. */
export async function writeSequences(net: SequenceNet, folder: string): Promise<DataFiles> {
  const random = new Random(5);
  const words = wordsOf(net);
  const word = (count: number, first: number) => first + Math.floor(random.uniform() * (count - first));
  const draw = () => (words ? word(words.count, words.first) : 2 * random.uniform() - 1);
  const size = rowSize(net);
  const x = Float32Array.from({ length: net.rows * size }, draw);
  const scale = words?.count ?? 1;
  const y = Float32Array.from({ length: net.rows }, (_, row) => {
    const own = x.subarray(row * size, (row + 1) * size);
    return 0.5 + (own[0]! + own[size - 1]!) / (2 * scale) + 0.1 * random.uniform();
  });
  const path = (name: string) => join(folder, `sequences-${net.name}.${name}.f32`);
  await writeFloats(path('x'), x);
  await writeFloats(path('y'), y);
  return { rows: net.rows, x: path('x'), y: path('y') };
}

/** The parameters that all contenders start from. */
export async function writeSequenceWeights(net: SequenceNet, folder: string): Promise<string> {
  const random = new Random(7);
  const values = parametersOf(net).flatMap(({ shape, limit, constant }) =>
    Array.from({ length: shape.reduce((product, length) => product * length, 1) }, () =>
      limit > 0 ? (2 * random.uniform() - 1) * limit : constant,
    ),
  );
  const path = join(folder, `sequences-${net.name}.weights.f32`);
  await writeFloats(path, Float32Array.from(values));
  return path;
}
