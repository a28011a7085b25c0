import type { Contender } from '../contender.js';
import { pythonTrial } from '../support/python.js';

/** A step as one `tf.function`, with the update written by hand, since that of Keras calls Python for each variable. */
export const contender: Contender = {
  name: 'TensorFlow',
  family: 'Python',
  convolves: true,
  isForFullRuns: true,
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 2, dtype: 'float32' },
  ],
  about: () => pythonTrial('about', 'tensorflow')({ threads: 1, dtype: 'float32' }),
  train: pythonTrial('train', 'tensorflow'),
  predict: pythonTrial('predict', 'tensorflow'),
};
