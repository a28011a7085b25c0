// Which parameters decay; the numbers of decay itself are compared with PyTorch's in test/numerics.
import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  createOptimizer,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  NeuralNet,
} from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';
import { weightsOf } from '../support/nets.js';
import { randomTensor } from '../support/numerics.js';
import { stepByCalls } from '../support/reference-runs.js';

const [x, y] = [randomTensor([10, 3], 1), randomTensor([10, 1], 2)];

function netWith(optimizer: HyperParameterOptions['optimizer']): NeuralNet {
  const params = new HyperParameters({ netType: 'fitting', dtype: 'float64', seed: 3, learningRate: 0.1, optimizer });
  return new NeuralNet(params, 'net')
    .addLayer(new FullyConnectedLayer(3, 37))
    .addLayer(new BatchNormLayer(37))
    .addLayer(new ActivationLayer('tanh'))
    .addLayer(new FullyConnectedLayer(37, 5))
    .addLayer(new FullyConnectedLayer(5, 1));
}

/** The net's parameters that l1 and l2 count, or the others. */
const valuesOf = (net: NeuralNet, penalized: boolean) =>
  net.layers
    .flatMap(({ parameters }) => parameters)
    .filter((parameter) => parameter.penalized === penalized)
    .map(({ value }) => [...value.data]);

for (const name of ['adamW', 'lion'] as const) {
  const decaying = { name, weightDecay: 0.5 };
  const excluding = { ...decaying, excludeBiasAndNorm: true };

  test(`${name}: excludeBiasAndNorm decays weights only`, (t) => {
    const [all, some, none] = [decaying, excluding, { name, weightDecay: 0 }].map(netWith) as [
      NeuralNet,
      NeuralNet,
      NeuralNet,
    ];
    // Of the first step on: biases are 0 there.
    for (const net of [all, some, none]) for (const { value } of net.layers[0]!.parameters) value.data.fill(0.25);
    for (const net of [all, some, none]) net.trainOnBatch(x, y);
    t.deepEqual(valuesOf(some, true), valuesOf(all, true));
    t.deepEqual(valuesOf(some, false), valuesOf(none, false));
    t.notDeepEqual(valuesOf(some, true), valuesOf(none, true));
    t.notDeepEqual(valuesOf(some, false), valuesOf(all, false));
  });

  test(`${name}: with excludeBiasAndNorm, a net's steps, its calls and its layers' calls give the same bits`, (t) => {
    const nets = [1, 2, 3].map(() => netWith(excluding)) as [NeuralNet, NeuralNet, NeuralNet];
    for (let step = 0; step < 4; step++) {
      nets[0].trainOnBatch(x, y);
      stepByCalls(nets[1], x, y);
      nets[2].forward(x);
      nets[2].backward(y);
      for (const layer of nets[2].layers) layer.update();
    }
    t.deepEqual(weightsOf(nets[1]), weightsOf(nets[0]));
    t.deepEqual(weightsOf(nets[2]), weightsOf(nets[0]));
  });

  test(`${name}: excludeBiasAndNorm by an optimizer alone, which is told what a bias is`, (t) => {
    const optimizer = createOptimizer(name, { weightDecay: 0.5, excludeBiasAndNorm: true });
    const [weights, bias] = [Float64Array.of(1, 2), Float64Array.of(1, 2)];
    optimizer.update(weights, new Float64Array(2));
    optimizer.update(bias, new Float64Array(2), { isWeight: false });
    t.deepEqual(weights, Float64Array.of(0.95, 1.9));
    t.deepEqual(bias, Float64Array.of(1, 2));
  });
}

test('excludeBiasAndNorm is true or false, and belongs to optimizers with weight decay', (t) => {
  const bad = (options: object) => () => createOptimizer('adamW', untyped(options));
  t.throws(
    bad({ excludeBiasAndNorm: 1 }),
    badArgument(/^Expected true or false for adamW's excludeBiasAndNorm but received 1$/),
  );
  t.throws(() => createOptimizer('adam', { excludeBiasAndNorm: true }), badArgument(/received 'excludeBiasAndNorm'/));
  const optimizer = { name: 'adamW', excludeBiasAndNorm: true } as const;
  t.deepEqual(new HyperParameters({ netType: 'fitting', optimizer }).optimizer, optimizer);
});
