import { badArgument } from '../errors.js';
import type { KernelOptimizer } from './optimizer.js';
import { Sgd } from './sgd.js';

export type OptimizerName = 'sgd';

const optimizers: Readonly<Record<OptimizerName, new (learningRate: number) => KernelOptimizer>> = { sgd: Sgd };

/**
 * An optimizer by its name.
 * @param options.learningRate - η, default 0.1
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or a learning rate that is not above 0
 */
export function createOptimizer(
  name: OptimizerName,
  { learningRate = 0.1 }: { readonly learningRate?: number } = {},
): KernelOptimizer {
  if (!Object.hasOwn(optimizers, name)) {
    throw badArgument(
      'optimizer',
      Object.keys(optimizers)
        .map((known) => `'${known}'`)
        .join(' or '),
      name,
    );
  }
  return new optimizers[name](learningRate);
}
