import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor } from '../support/numerics.js';
import { netCases, netOf, rowShapeOf } from './nets.js';
import { runtimeOf } from './runtime.js';

/** ONNX has attributes, such as the epsilon of batch norm, as float32 only. */
const tolerances = { float32: { rtol: 0, atol: 1e-5 }, float64: { rtol: 0, atol: 1e-10 } } as const;

for (const dtype of ['float32', 'float64'] as const) {
  for (const [name, given] of Object.entries(netCases)) {
    if (dtype === 'float64' && given.float32Only) continue;
    test(`onnxruntime predicts the same, ${dtype}: ${name}`, async (t) => {
      const net = netOf(given, dtype);
      const rowShape = rowShapeOf(given, net);
      const file = join(await temporaryFolder(t), 'net.onnx');
      await net.exportOnnx(file, { inputShape: rowShape });
      const run = await runtimeOf(file);
      for (const rows of [1, 3, 32]) {
        const x = randomTensor([rows, ...rowShape], rows, -2, 2).clone(dtype);
        const expected = net.inference(x).data;
        t.true(new Set(expected).size > 1 || expected.length === 1);
        t.deepEqual(differences(await run(x), expected, tolerances[dtype], `${rows} rows`), []);
      }
    });
  }
}
