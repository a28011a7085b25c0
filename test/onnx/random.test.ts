import test from 'ava';
import { randomTensor } from '../support/numerics.js';
import { sample } from '../support/tier.js';
import { agreementOf } from './agreement.js';
import { randomGraph } from './random-graphs.js';

const graphs = sample(3000);
/** Of these, at least so many load: refusing all of them would be no agreement. */
const leastLoaded = graphs / 10;

test('random graphs give what onnxruntime computes, or are refused', async (t) => {
  let loaded = 0;
  for (let seed = 0; seed < graphs; seed++) {
    const { spec, shape } = randomGraph(seed);
    const agreement = await agreementOf(spec, randomTensor(shape, seed, -2, 2).clone('float32'));
    if (agreement.kind === 'equal') loaded++;
    if (agreement.kind !== 'wrong') continue;
    const { nodes, inputShape, opset } = spec;
    t.fail(`seed ${seed}, opset ${opset}: ${JSON.stringify({ inputShape, nodes })} ${agreement.what.join('\n')}`);
  }
  t.log(`${loaded} of ${graphs} loaded`);
  t.true(loaded >= leastLoaded, `${loaded} of ${graphs} loaded`);
});
