import test from 'ava';
import { randomTensor } from '../support/numerics.js';
import { sample } from '../support/tier.js';
import { agreementOf } from './agreement.js';
import { randomLayout } from './random-layouts.js';

const graphs = sample(200, 5);

test('rows anywhere in a model give what onnxruntime computes', async (t) => {
  let loaded = 0;
  for (let seed = 0; seed < graphs; seed++) {
    const { spec, fixed } = randomLayout(seed);
    const agreement = await agreementOf(
      spec,
      randomTensor([fixed ?? 2 + (seed % 4), 4, 6], seed, -2, 2).clone('float32'),
    );
    if (agreement.kind === 'equal') loaded++;
    else t.fail(`seed ${seed}: ${JSON.stringify(spec.nodes)} ${JSON.stringify(agreement)}`);
  }
  t.is(loaded, graphs);
});
