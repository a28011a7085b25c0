import { join } from 'node:path';
import { readNpz, writeNpz } from '../data/npz.js';
import { shapeMismatch } from '../errors.js';
import { badFile, requireFolder, requireLayerName } from '../files.js';
import { requireTensor, type Tensor } from '../tensor.js';
import type { Parameter } from '../weights-bias.js';

/** Writes `<folder>/<name>.npz` with those values of the parameters; nothing where there are none. */
export async function writeWeightFile(
  folder: string,
  name: string,
  parameters: readonly Parameter[],
  values: readonly Tensor[] = parameters.map(({ value }) => value),
): Promise<void> {
  requireFolder(folder);
  requireLayerName(name);
  if (parameters.length === 0) return;
  for (const [i, value] of values.entries()) requireTensor(`the layer's ${parameters[i]!.name}`, value);
  const arrays = parameters.map(({ fileKey }, i) => [fileKey, values[i]!] as const);
  await writeNpz(join(folder, `${name}.npz`), Object.fromEntries(arrays));
}

/**
 * Reads and checks what {@link writeWeightFile}, or NumPy's `savez`, wrote.
 * @returns what copies the values into the parameters; so a net can check all its files before it changes a layer
 */
export async function readWeightFile(
  folder: string,
  name: string,
  parameters: readonly Parameter[],
): Promise<() => void> {
  requireFolder(folder);
  requireLayerName(name);
  if (parameters.length === 0) return () => {};
  const path = join(folder, `${name}.npz`);
  const arrays = await readNpz(path);
  const values = parameters.map((parameter) => {
    const array = arrays[parameter.fileKey];
    if (!array) {
      const received = Object.keys(arrays).join(', ') || 'nothing';
      throw badFile(`'${path}'`, `'${parameter.fileKey}'`, received);
    }
    requireTensor(`the layer's ${parameter.name}`, parameter.value);
    requireSameShape(`'${parameter.fileKey}' in '${path}'`, parameter.value, array.shape);
    return { parameter, data: array.data };
  });
  return () => {
    for (const { parameter, data } of values) parameter.value.data.set(data);
  };
}

/** Vectors may come as [n], [1, n] or [n, 1]; all else must have the very shape. */
export function requireSameShape(name: string, expected: Tensor, received: readonly number[]): void {
  const essential = (shape: readonly number[]) => shape.filter((length) => length !== 1).join(', ');
  if (essential(expected.shape) !== essential(received)) {
    throw shapeMismatch(name, `shape [${expected.shape.join(', ')}]`, `[${received.join(', ')}]`);
  }
}
