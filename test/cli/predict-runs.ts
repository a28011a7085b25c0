import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { NeuralNet, type Prediction } from 'blasnet';
import { blasnet, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

/** A folder with a trained model of irises, and their file. */
export async function irisModel(t: ExecutionContext): Promise<{ folder: string; net: NeuralNet; csv: string }> {
  const folder = await temporaryFolder(t);
  const csv = await irises();
  await write(folder, 'iris.csv', csv);
  const { code } = await blasnet(folder, ['train', 'iris.csv', '-l', 'species', '-e', '20', '--no-charts', '-q']);
  t.is(code, 0);
  return { folder, net: await NeuralNet.load(join(folder, 'model.safetensors')), csv };
}

export const answersOf = ({ classes, outputs }: Prediction, names: readonly string[]) =>
  (outputs.toArray() as number[][]).map((row, i) => ({
    class: classes![i],
    probabilities: Object.fromEntries(names.map((name, place) => [name, row[place]])),
  }));

/** JSON answers with numbers as the net has them: as many digits as they need were written. */
export const rounded = (output: string) =>
  JSON.parse(output, (_, value) => (typeof value === 'number' ? Math.fround(value) : value)) as unknown;
