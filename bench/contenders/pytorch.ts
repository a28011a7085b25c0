import type { Contender } from '../contender.js';
import { pythonTrial } from '../support/python.js';

/** torch.nn.Sequential, torch.optim and autograd; inference without gradients. */
export const contender: Contender = {
  name: 'PyTorch',
  family: 'Python',
  convolves: true,
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 2, dtype: 'float32' },
  ],
  about: () => pythonTrial('about', 'torch')({ threads: 1, dtype: 'float32' }),
  train: pythonTrial('train', 'torch'),
  predict: pythonTrial('predict', 'torch'),
  reach: pythonTrial('reach', 'torch'),
  sequences: pythonTrial('sequences', 'torch', 'torch_sequences'),
};
