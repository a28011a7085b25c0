// @internal
import type { FloatArray } from '../../tensor/tensor.js';

/** `addLayer` looks at all earlier layers, so more of them would take seconds. */
export const mostLayers = 2000;
/** Limit on the numbers of one row: C++ takes sizes as int32. */
export const mostRowNumbers = 2 ** 31 - 1;

/** Weights of a layer, which are set once the layer is part of its net. */
export interface Weights {
  readonly shape: readonly number[];
  readonly values: FloatArray;
}

/** The name of a layer, from that of its node: `/fc1/Gemm`, as PyTorch writes it, becomes `fc1`. Another where it is taken. */
export function nodeLayerName(node: string, fallback: string, taken: Set<string>): string {
  const parts = node.split(/[/\\]/).filter((part) => part !== '');
  if (parts.length > 1) parts.pop();
  let name = parts.join('.');
  if (!/^\P{C}{1,60}$/u.test(name) || /^\.+$/.test(name) || taken.has(name)) name = fallback;
  while (taken.has(name)) name += "'";
  taken.add(name);
  return name;
}
