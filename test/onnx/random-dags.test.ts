import test from 'ava';
import { randomTensor } from '../support/numerics.js';
import { sample } from '../support/tier.js';
import { agreementOf } from './agreement.js';
import { randomDag } from './random-dags.js';

const graphs = Number(process.env.BLASNET_DAGS ?? sample(1500));

test('random graphs with branches give what onnxruntime computes, or are refused', async (t) => {
  let loaded = 0;
  for (let seed = 0; seed < graphs; seed++) {
    const dag = randomDag(seed);
    if (!dag) continue;
    const { spec, shape } = dag;
    const agreement = await agreementOf(spec, randomTensor(shape, seed, -2, 2).clone('float32'));
    if (agreement.kind === 'equal') loaded++;
    if (agreement.kind !== 'wrong') continue;
    const { nodes, inputShape } = spec;
    t.fail(`seed ${seed}: ${JSON.stringify({ inputShape, shape, nodes })} ${agreement.what.slice(0, 3).join('\n')}`);
  }
  t.log(`${loaded} of ${graphs} loaded`);
  t.true(loaded >= graphs / 4, `${loaded} of ${graphs} loaded`);
});
