import type { Contender } from '../contender.js';
import { PlainNet } from '../plain/net.js';
import { predictByCalls, trainBySteps } from '../stepping.js';

/** Loops over typed arrays, written with care: see bench/plain/. */
export const contender: Contender = {
  name: 'plain TypeScript',
  family: 'JavaScript',
  convolves: true,
  variants: [
    { threads: 1, dtype: 'float32' },
    { threads: 1, dtype: 'float64' },
  ],
  about: async () => `V8 ${process.versions.v8}`,
  train: trainBySteps((setup) => new PlainNet(setup)),
  predict: predictByCalls((setup) => (rows) => {
    const net = new PlainNet(setup, rows);
    const { length } = setup.y;
    const outputs = rows * setup.workload.widths.at(-1)!;
    if (outputs > length) throw new RangeError(`Expected at least ${rows} rows of data`);
    return () => net.predict(0, rows).subarray(0, outputs);
  }),
};
