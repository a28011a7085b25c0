import { BlasnetError } from '../core/errors.js';
import type { LayerStack } from '../net/layer-stack.js';
import type { NamedLayer } from '../net/net-graph.js';
import type { Runner } from '../runtime/runner.js';

/** When numbers were lost. */
interface Moment {
  /** Counted from 0, over all epochs. */
  readonly iteration: number;
  readonly iterationsPerEpoch: number;
}

/**
 * Creates the `ERR_NOT_FINITE` error of a run.
 * @param what - what became NaN or infinite, such as the loss
 * @param where - the layer or set where it was first found
 * @param hint - how to mend it, where that is known
 */
export function lostNumbers(
  what: string,
  { iteration, iterationsPerEpoch }: Moment,
  where: string,
  hint = 'a lower learning rate may help',
): BlasnetError {
  const epoch = Math.floor(iteration / iterationsPerEpoch) + 1;
  return new BlasnetError(
    'ERR_NOT_FINITE',
    `Expected a finite ${what} but it became NaN or infinite in epoch ${epoch}, iteration ${iteration + 1}, first in ` +
      `${where}; the net keeps the weights of its last checkpoint; ${hint}`,
  );
}

/** The name of the first layer with a weight, or a gradient, that is not finite. */
export function firstLostLayer(
  layers: readonly NamedLayer[],
  what: 'value' | 'gradient' = 'value',
): string | undefined {
  return layers.find(({ layer }) => layer.parameters.some((parameter) => !allFinite(parameter[what].data)))?.name;
}

/**
 * Refuses gradients that would spoil the weights.
 * @throws BlasnetError `ERR_NOT_FINITE` that names the first layer with NaN or infinity
 */
export function requireFiniteGradients({ layers, block }: LayerStack, runner: Runner): void {
  if (block.gradient.size === 0) return;
  try {
    runner.run('require_finite', { values: block.gradient });
  } catch (cause) {
    const layer = firstLostLayer(layers, 'gradient');
    if (layer === undefined) throw cause;
    const message = `Expected finite gradients for updateWeights but received NaN or infinity, first in layer '${layer}'`;
    throw new BlasnetError('ERR_NOT_FINITE', message, { cause });
  }
}

function allFinite(values: Float32Array | Float64Array): boolean {
  // A loop, because a large net has millions of numbers, and this runs on the event loop's thread.
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
