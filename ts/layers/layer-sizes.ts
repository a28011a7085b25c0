// @internal
import { isFields } from '../core/fields.js';
import type { LayerConfig, RowShape } from './layer.js';
import type { LayerSizes } from './registry.js';

/** The sizes that configs may leave out, by the layer's type. */
export const sizesByType = new Map<string, LayerSizes>();

/** Whether the number of the net's outputs may be left out in a config. */
export function takesOutputs(config: LayerConfig | undefined): boolean {
  return sizesByType.get(config?.type ?? '')?.fromOutputs !== undefined;
}

/**
 * A config with the sizes that it leaves out.
 * @param input - shape of an input row; undefined for a layer of several inputs
 * @param outputs - numbers of the net's output, for the layer that they follow from
 */
export function withSizes(config: LayerConfig, input: RowShape | undefined, outputs: number | undefined): LayerConfig {
  if (!isFields(config)) return config; // refused for what it is
  const { fromInput, fromOutputs } = sizesByType.get(config.type) ?? {};
  return {
    ...(input && fromInput?.(input)),
    ...(outputs !== undefined && fromOutputs?.(outputs)),
    ...config,
  };
}
