import type { Contender } from '../contender.js';
import { pythonTrial } from '../support/python.js';

const ways = ['channels last'];

/** PyTorch with images as [rows, height, width, channels] in memory, which its convolutions on CPUs are fastest with. */
export const contender: Contender = {
  name: 'PyTorch channels-last',
  family: 'Python',
  convolves: true,
  isForFullRuns: true,
  sequenceNets: [],
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 2, dtype: 'float32' },
  ],
  about: () => pythonTrial('about', 'torch')({ threads: 1, dtype: 'float32' }),
  take: (workload) => (workload.convolutions ? workload : undefined),
  train: pythonTrial('train', 'torch', 'torch_net', ways),
  predict: pythonTrial('predict', 'torch', 'torch_net', ways),
};
