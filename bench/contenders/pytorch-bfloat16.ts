import type { Contender } from '../contender.js';
import { pythonTrial } from '../support/python.js';

const ways = ['bfloat16', 'channels last'];

/** PyTorch with autocast to bfloat16, and images with the channels last: its loss only comes near that of the others. */
export const contender: Contender = {
  name: 'PyTorch bfloat16',
  family: 'Python',
  convolves: true,
  isBfloat16: true,
  isForFullRuns: true,
  sequenceNets: [],
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 2, dtype: 'float32' },
  ],
  about: () => pythonTrial('about', 'torch')({ threads: 1, dtype: 'float32' }),
  take: (workload) => ({ workload, note: 'by autocast', isApproximate: true }),
  train: pythonTrial('train', 'torch', 'torch_net', ways),
  predict: pythonTrial('predict', 'torch', 'torch_net', ways),
};
