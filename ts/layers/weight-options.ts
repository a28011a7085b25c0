// @internal
import { badArgument } from '../core/errors.js';
import { definedFields } from '../core/objects.js';
import { createInitializer, type InitMethodOptions } from '../initializers/index.js';
import { arrayOf, type DType } from '../tensor/tensor.js';
import { type Activation, type ActivationFunction, type ActivationOptions, activationOf } from './activation-table.js';

/** Options of layers with weights W and a bias B. */
export interface WeightOptions {
  /** A function that follows the layer, as an `ActivationLayer` would; default none. */
  readonly activation?: Activation | ActivationOptions | undefined;
  /** Whether there is a bias; default true. */
  readonly useBias?: boolean | undefined;
  /** How the weights are initialised, instead of as the net's hyperparameters set it. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
  /** The seed of the weights, instead of the net's. */
  readonly seed?: number | undefined;
}

/** The names of `WeightOptions`. */
export const weightOptionNames = ['activation', 'useBias', 'initMethod', 'dtype', 'seed'] as const;

/** Weight options that were checked. */
export interface WeightSettings {
  readonly activation: ActivationFunction | undefined;
  readonly useBias: boolean;
  readonly initMethod: InitMethodOptions | undefined;
  readonly dtype: DType | undefined;
  readonly seed: number | undefined;
  /** As the layer's config holds them: those that were given. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option out of range */
export function weightSettings({ activation, useBias, initMethod, dtype, seed }: WeightOptions): WeightSettings {
  if (useBias !== undefined && typeof useBias !== 'boolean') throw badArgument('useBias', 'true or false', useBias);
  if (seed !== undefined && (!Number.isSafeInteger(seed) || seed < 0)) {
    throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', seed);
  }
  arrayOf(dtype === undefined ? 'float32' : dtype);
  createInitializer(initMethod === undefined ? 'zero' : initMethod);
  const found = activation === undefined ? undefined : activationOf(activation);
  const config = definedFields({ activation: found?.options, useBias, initMethod, dtype, seed });
  return { activation: found, useBias: useBias ?? true, initMethod, dtype, seed, config };
}
