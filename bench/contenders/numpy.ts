import type { Contender } from '../contender.js';
import { pythonTrial } from '../support/python.js';

/** A loop of array operations, as one writes it to learn how nets work: see bench/python/. */
export const contender: Contender = {
  name: 'NumPy',
  family: 'Python',
  variants: [
    { threads: 1, dtype: 'float64' },
    { threads: 1, dtype: 'float32' },
  ],
  about: () => pythonTrial('about', 'numpy')({ threads: 1, dtype: 'float32' }),
  train: pythonTrial('train', 'numpy'),
  predict: pythonTrial('predict', 'numpy'),
};
