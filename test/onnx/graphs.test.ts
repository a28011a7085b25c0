import test from 'ava';
import { randomTensor } from '../support/numerics.js';
import { agreementOf } from './agreement.js';
import { graphModels } from './graph-models.js';

for (const [name, spec] of Object.entries(graphModels)) {
  test(`onnxruntime computes the same: ${name}`, async (t) => {
    const rowShape = (spec.inputShape ?? ['n', 3]).slice(1) as number[];
    for (const rows of [1, 3]) {
      const x = randomTensor([rows, ...rowShape], rows, -2, 2).clone('float32');
      t.deepEqual(await agreementOf(spec, x), { kind: 'equal' });
    }
  });
}
