// Frozen layers, learning rates of layers and accumulated gradients against PyTorch's autograd in float64; see
// test/fixtures/reference/frozen.py.
import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  NeuralNet,
} from 'blasnet';
import { differences, type Numbers, readReference, tensorOf } from '../support/numerics.js';

interface FrozenRun {
  readonly params: Partial<HyperParameterOptions> & { readonly optimizer: 'sgd' | 'adam' };
  readonly frozen: readonly string[];
  readonly factors: Readonly<Record<string, number>>;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly start: Readonly<Record<string, Readonly<Record<string, Numbers>>>>;
  readonly end: FrozenRun['start'];
  readonly outputs: Numbers;
}

const tolerance = { rtol: 1e-9, atol: 1e-12 };

function netOf({ params, frozen, factors, start }: FrozenRun): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64', ...params }), 'net')
    .addLayer(new FullyConnectedLayer(3, 6, { useBias: false }), 'first')
    .addLayer(new BatchNormLayer(6), 'norm')
    .addLayer(new ActivationLayer('tanh'))
    .addLayer(new FullyConnectedLayer(6, 5), 'second')
    .addLayer(new ActivationLayer('tanh'))
    .addLayer(new FullyConnectedLayer(5, 2), 'third');
  for (const [name, block] of Object.entries(start)) {
    net
      .getLayer(name)
      .setWeights(Object.fromEntries(Object.entries(block).map(([key, value]) => [key, tensorOf(value)])));
  }
  for (const name of frozen) net.getLayer(name).trainable = false;
  for (const [name, factor] of Object.entries(factors)) net.getLayer(name).learningRateFactor = factor;
  return net;
}

for (const [name, runs] of Object.entries(await readReference<Record<string, FrozenRun[]>>('frozen'))) {
  for (const run of runs) {
    test(`${name}, ${run.params.optimizer}: weights, running statistics and outputs after training`, async (t) => {
      const net = netOf(run);
      const [x, y] = [tensorOf(run.x), tensorOf(run.y)];
      await net.train(DataReader.fromTensors({ xTrain: x, yTrain: y }), { shuffle: false });
      const missed = Object.entries(run.end).flatMap(([layer, block]) =>
        Object.entries(block).flatMap(([key, { data }]) =>
          differences(net.getLayer(layer).weights[key]!.data, data, tolerance, `${layer}.${key}`),
        ),
      );
      t.deepEqual(missed, []);
      for (const layer of run.frozen) {
        for (const [key, { data }] of Object.entries(run.start[layer]!)) {
          t.deepEqual([...net.getLayer(layer).weights[key]!.data], [...data], `${layer}.${key}`);
        }
      }
      t.deepEqual(differences(net.inference(x).data, run.outputs.data, tolerance, 'outputs'), []);
    });
  }
}
