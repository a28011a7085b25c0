// @internal
import { join } from 'node:path';
import { shapeMismatch } from '../core/errors.js';
import { requireFolder, requireLayerName } from '../core/files.js';
import type { Parameter } from '../graph/weights-bias.js';
import { readNpz, writeNpz } from '../npz/npz.js';
import { requireTensor, type Tensor } from '../tensor/tensor.js';

/** Writes `<folder>/<name>.npz` with those values of the parameters; writes no file if there are none. */
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
 * Reads and checks a file that {@link writeWeightFile} or NumPy's `savez` has written.
 * @returns a function that copies the values into the parameters, so that a net checks all files before it changes a layer
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
  const arrays = await readNpz(path, { arrays: parameters.map(({ fileKey }) => fileKey) });
  const values = parameters.map((parameter) => {
    const { shape, data } = arrays[parameter.fileKey]!;
    requireTensor(`the layer's ${parameter.name}`, parameter.value);
    requireSameShape(`'${parameter.fileKey}' in '${path}'`, parameter.value, shape);
    return { parameter, data };
  });
  return () => {
    for (const { parameter, data } of values) parameter.value.data.set(data);
  };
}

/** Refuses another shape by `ERR_SHAPE_MISMATCH`; a vector may have the shape [n], [1, n] or [n, 1]. */
export function requireSameShape(name: string, expected: Tensor, received: readonly number[]): void {
  const essential = (shape: readonly number[]) => shape.filter((length) => length !== 1).join(', ');
  if (essential(expected.shape) !== essential(received)) {
    throw shapeMismatch(name, `shape [${expected.shape.join(', ')}]`, `[${received.join(', ')}]`);
  }
}
