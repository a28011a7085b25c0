// @internal
import type { Layer, LayerConfig } from './layer.js';

/** The layer's config with `trainable` and `learningRateFactor`, where they are not the defaults. */
export function configOf({ config, ownLearning }: Layer): LayerConfig | undefined {
  return config && { ...config, ...ownLearning };
}
