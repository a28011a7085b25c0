import { makeFolder, requireFolder } from '../files.js';
import type { Layer } from '../layers/layer.js';
import type { LayerStack } from '../net/layer-stack.js';

/** Writes a file of each layer into a folder, which is made if need be. */
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
 * Reads and checks a file of each layer.
 * @param read - returns what copies a file's values
 * @returns what copies them all, once all of them are known to fit
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
