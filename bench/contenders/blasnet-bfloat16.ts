import { versions } from 'blasnet';
import type { Contender } from '../contender.js';
import { predictTrial, trainTrial } from '../support/blasnet-trials.js';

/** Nets whose products are large enough for bfloat16 to be of use. */
const nets = ['mnist', 'wide', 'lenet', 'vgg', 'conv64', 'conv128'];

/** The library with products in bfloat16: its loss only comes near that of the others. */
export const contender: Contender = {
  name: 'blasnet bfloat16',
  family: 'blasnet',
  convolves: true,
  isBfloat16: true,
  isForFullRuns: true,
  sequenceNets: [],
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 2, dtype: 'float32' },
  ],
  about: async () => `${versions.blasnet}, ${versions.bfloat16}`,
  take: (workload) =>
    nets.includes(workload.name) ? { workload, note: versions.bfloat16, isApproximate: true } : undefined,
  train: trainTrial('bfloat16'),
  predict: predictTrial('bfloat16'),
};
