import test from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet, type Tensor } from 'blasnet';
import { rowsOfNumbers } from '../support/nets.js';
import { type InferAnswer, inputOf, post, servingApp } from '../support/serving.js';

/** Counts the batches that are computed at once. */
class CountingNet extends NeuralNet {
  quick = 0;

  override predictSync(...args: Parameters<NeuralNet['predictSync']>): ReturnType<NeuralNet['predictSync']> {
    const prediction = super.predictSync(...args);
    this.quick++;
    return prediction;
  }
}

function countingNet(): CountingNet {
  const net = new CountingNet(new HyperParameters({ netType: 'fitting', seed: 1 }), 'net');
  net.addLayer(new FullyConnectedLayer(2, 1));
  return net;
}

const infer = '/v2/models/m/infer';
const numbersOf = (answer: { json: unknown }) => (answer.json as InferAnswer).outputs[0]!.data;

test('a batch that is known to be quick is computed at once, with the same answer', async (t) => {
  const net = countingNet();
  // A row may take a 64th of what the batch takes by which this is known.
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxBatch: 64 });
  const x = rowsOfNumbers(1, 2);
  const expected = [...(await net.predict(x)).outputs.data];
  const before = net.quick;
  t.deepEqual(numbersOf(await post(app, infer, inputOf([...x.data], [1, 2]))), expected);
  t.is(net.quick, before + 1);
});

test('a batch queues behind other calls of its net', async (t) => {
  const net = countingNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }], maxDelayMs: 0 });
  const x = rowsOfNumbers(1, 2);
  const expected = [...net.inference(x).data];
  const before = net.quick;
  let isOver = false;
  const calls = (async () => {
    let last: Tensor | undefined;
    while (!isOver) [last] = await Promise.all([net.inferenceAsync(x), net.inferenceAsync(x)]);
    return [...last!.data];
  })();
  for (let i = 0; i < 20; i++) t.deepEqual(numbersOf(await post(app, infer, inputOf([...x.data], [1, 2]))), expected);
  isOver = true;
  t.deepEqual(await calls, expected);
  t.true(net.quick < before + 20);
});
