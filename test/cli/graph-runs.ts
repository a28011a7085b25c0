import type { ExecutionContext } from 'ava';
import type { NeuralNet } from 'blasnet';
import { houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

export const dense = (outputs: number) => ({ type: 'FullyConnectedLayer', outputs });

export const relu = { type: 'ActivationLayer', name: 'relu' };

export const reader = { label: 'price', ignore: ['id', 'date'] };

/** Layers with a connection that skips one. */
export const skipping = [
  { name: 'hidden', config: dense(16) },
  { name: 'inner', config: { ...dense(16), activation: 'relu' } },
  { name: 'sum', config: { type: 'AddLayer' }, inputs: ['inner', 'hidden'] },
  relu,
  { name: 'wide', config: { type: 'ConcatenateLayer' }, inputs: ['relu-4', 'input'] },
  { name: 'price', config: { type: 'FullyConnectedLayer' } },
];

export async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(120));
  return folder;
}

export const args = ['train', 'houses.csv', '--config', 'config.json', '--no-charts', '-e', '2'];

export const connectionsOf = ({ nodes }: NeuralNet) => nodes.map(({ name, inputs }) => [name, ...inputs]);
