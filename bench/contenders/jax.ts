import type { Contender } from '../contender.js';
import { pythonTrial } from '../support/python.js';

/** A step that JAX compiles as a whole: gradients, and an update written by hand. On one thread the process is held to one core. */
export const contender: Contender = {
  name: 'JAX',
  family: 'Python',
  convolves: true,
  isForFullRuns: true,
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 2, dtype: 'float32' },
  ],
  about: () => pythonTrial('about', 'jax')({ threads: 1, dtype: 'float32' }),
  train: pythonTrial('train', 'jax'),
  predict: pythonTrial('predict', 'jax'),
};
