import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor } from '../support/numerics.js';
import { netCases, netOf, rowShapeOf } from './nets.js';

/** The configs of the layers, without those that compute nothing. */
const configsOf = ({ layers }: NeuralNet) =>
  layers.filter(({ kind }) => kind !== 'identity' && kind !== 'flatten').map(({ config }) => config);

const tolerances = { float32: { rtol: 0, atol: 1e-6 }, float64: { rtol: 0, atol: 1e-14 } } as const;

for (const dtype of ['float32', 'float64'] as const) {
  for (const [name, given] of Object.entries(netCases)) {
    test(`what is exported comes back, ${dtype}: ${name}`, async (t) => {
      const net = netOf(given, dtype);
      const rowShape = rowShapeOf(given, net);
      const file = join(await temporaryFolder(t), 'net.onnx');
      await net.exportOnnx(file, { inputShape: rowShape });
      const read = await NeuralNet.fromOnnx(file);
      t.is(read.name, 'exported');
      t.is(read.params.dtype, dtype);
      t.is(read.params.netType, given.netType ?? 'fitting');
      const x = randomTensor([5, ...rowShape], 5, -2, 2).clone(dtype);
      const [expected, actual] = [net.inference(x), read.inference(x)];
      t.is(actual.rowSize, expected.rowSize);
      t.deepEqual(differences(actual.data, expected.data, tolerances[dtype]), []);
      // 'same' comes back as numbers where these say the same.
      if (!name.includes('same')) t.deepEqual(configsOf(read), configsOf(net));
    });
  }
}
