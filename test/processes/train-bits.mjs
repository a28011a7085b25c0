// Trains a small net of each kind of layer's kernels; prints what loaded the addon and a number that its weights make.
import { createRequire } from 'node:module';
import { fingerprint, setUp } from './common.mjs';

const { net, reader } = setUp({ sizes: [20, 32, 16, 1], rows: 200, maxEpoch: 3, optimizer: 'adam', seed: 3 });
const { iterations } = await net.train(reader);
const addon = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.endsWith('.node'));
console.log(JSON.stringify({ addon, iterations, weights: fingerprint(net) }));
