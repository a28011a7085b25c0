import { makeFolder, requireFolder } from '../core/files.js';
import type { Layer } from '../layers/layer.js';
import type { LayerStack } from '../net/layer-stack.js';

/** Writes a file for each layer into a folder, which is made if it is missing. */
export async function writeLayers(
  { layers }: LayerStack,
  folder: string,
  write: (layer: Layer, name: string) => Promise<void>,
): Promise<void> {
  requireFolder(folder);
  await makeFolder(folder); // even where no layer has weights
  for (const { name, layer } of layers) await write(layer, name);
}

/**
 * Reads and checks a file for each layer.
 * @param read - returns a function that copies a file's values
 * @returns a function that copies the values of all files
 */
export async function readLayers(
  { layers }: LayerStack,
  folder: string,
  read: (layer: Layer, name: string) => Promise<() => void>,
): Promise<() => void> {
  requireFolder(folder);
  const copies: (() => void)[] = [];
  for (const { name, layer } of layers) copies.push(await read(layer, name));
  return () => {
    for (const copy of copies) copy();
  };
}
