import test from 'ava';
import { coreTypeFor } from '../../bench/machine.js';

test('kernels of OpenBLAS by the vector instructions of the CPU', (t) => {
  t.deepEqual(['AVX3_DL', 'AVX3', 'AVX10_2', 'AVX2', 'SSE4', 'NEON'].map(coreTypeFor), [
    'SKYLAKEX',
    'SKYLAKEX',
    'SKYLAKEX',
    'HASWELL',
    undefined,
    undefined,
  ]);
});
