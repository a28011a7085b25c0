// Layers that are not trained, and layers with a learning rate of their own.
import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  type CallContext,
  createLayer,
  DataReader,
  DropoutLayer,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  Layer,
  NeuralNet,
  type Ops,
  ResidualLayer,
  SequentialLayer,
  setThreads,
  type Tensor,
  type Value,
} from 'blasnet';
import { badArgument, busy, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { PassingLayer, weightsOf } from '../support/nets.js';
import { differences, randomTensor } from '../support/numerics.js';
import { stepByCalls } from '../support/reference-runs.js';

type Options = Partial<HyperParameterOptions>;

const [x, y] = [randomTensor([37, 3], 1), randomTensor([37, 1], 2)];
const readerOf = () => DataReader.fromTensors({ xTrain: x, yTrain: y });

/** A net for rows of 3 numbers, which know their sizes. */
function netWith(options: Options = {}): NeuralNet {
  const own = { maxEpoch: 3, batchSize: 8, learningRate: 0.05, ...options };
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64', ...own }), 'net')
    .addLayer(new FullyConnectedLayer(6), 'first')
    .addLayer(new BatchNormLayer(), 'norm')
    .addLayer(new ActivationLayer('tanh'), 'tanh')
    .addLayer(new DropoutLayer(0.2), 'dropout')
    .addLayer(new FullyConnectedLayer(5), 'second')
    .addLayer(new FullyConnectedLayer(1), 'third');
  net.inference(x);
  return net;
}

const valuesOf = (layer: Layer) => layer.parameters.flatMap(({ value }) => [...value.data]);

for (const optimizer of ['sgd', 'nag', 'adam'] as const) {
  test(`layers that are frozen stay, statistics included, and the others learn: ${optimizer}`, async (t) => {
    const net = netWith({ optimizer, regularizer: { method: 'l2', value: 0.1 } });
    const frozen = [net.getLayer('first'), net.getLayer('norm')];
    for (const layer of frozen) layer.trainable = false;
    const before = frozen.map(valuesOf);
    const [second, third] = [valuesOf(net.getLayer('second')), valuesOf(net.getLayer('third'))];
    await net.train(readerOf());
    net.trainOnBatch(x, y);
    stepByCalls(net, x, y);
    t.deepEqual(frozen.map(valuesOf), before);
    t.notDeepEqual(valuesOf(net.getLayer('second')), second);
    t.notDeepEqual(valuesOf(net.getLayer('third')), third);
    t.deepEqual(net.getLayer('first').gradients, {});
  });

  test(`training behind frozen layers is training on their output: ${optimizer}`, async (t) => {
    const params = new HyperParameters({ netType: 'fitting', dtype: 'float64', maxEpoch: 4, batchSize: 8, optimizer });
    const net = new NeuralNet(params, 'whole')
      .addLayer(new FullyConnectedLayer(3, 6), 'first')
      .addLayer(new BatchNormLayer(), 'norm')
      .addLayer(new FullyConnectedLayer(6, 1), 'head');
    await net.train(readerOf()); // other statistics than those of the start
    for (const name of ['first', 'norm']) net.getLayer(name).trainable = false;
    const head = new NeuralNet(params, 'head').addLayer(new FullyConnectedLayer(6, 1), 'head');
    head.getLayer('head').setWeights(net.getLayer('head').weights);
    const features = net.getLayer('norm').forward(net.getLayer('first').forward(x, false), false);
    await net.train(readerOf(), { shuffle: false });
    await head.train(DataReader.fromTensors({ xTrain: features, yTrain: y }), { shuffle: false });
    const [own, expected] = [net, head].map((one) => valuesOf(one.getLayer('head')));
    t.deepEqual(differences(own!, expected!, { rtol: 1e-12, atol: 1e-14 }), []);
  });
}

test('gradients below frozen layers are right, through batch norm with fixed statistics, too', (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64', seed: 2 }), 'net')
    .addLayer(new FullyConnectedLayer(3, 6), 'first')
    .addLayer(new BatchNormLayer(6), 'norm')
    .addLayer(new FullyConnectedLayer(6, 1), 'head');
  for (let i = 0; i < 5; i++) net.trainOnBatch(x, y);
  net.getLayer('norm').trainable = false;
  net.getLayer('head').trainable = false;
  net.forward(x);
  net.backward(y);
  t.deepEqual(Object.keys(net.getLayer('first').gradients), ['W', 'B']);
  const { W } = net.getLayer('first').weights;
  const gradient = [...net.getLayer('first').gradients.W!.data];
  const central = gradient.map((_, i) => {
    const before = W!.data[i]!;
    const losses = [1e-6, -1e-6].map((change) => {
      W!.data[i] = before + change;
      return net.test(x, y).loss;
    });
    W!.data[i] = before;
    return (losses[0]! - losses[1]!) / 2e-6;
  });
  t.deepEqual(differences(gradient, central, { rtol: 1e-6, atol: 1e-8 }), []);
});

test('no layer runs backward below the lowest one that is trained', (t) => {
  let backwards = 0;
  class Counting extends PassingLayer {
    override backward(delta: Tensor): Tensor {
      backwards++;
      return super.backward(delta);
    }
  }
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64' }), 'net')
    .addLayer(new FullyConnectedLayer(3, 4), 'first')
    .addLayer(new Counting(), 'counting')
    .addLayer(new FullyConnectedLayer(4, 1), 'head');
  net.trainOnBatch(x, y);
  t.is(backwards, 1);
  net.getLayer('first').trainable = false;
  net.trainOnBatch(x, y);
  t.is(backwards, 1);
  net.getLayer('first').trainable = true;
  net.trainOnBatch(x, y);
  t.is(backwards, 2);
});

test('a change after a train begins new plans; a layer that learns again has its gradients again', async (t) => {
  const net = netWith();
  await net.train(readerOf());
  const first = net.getLayer('first');
  first.trainable = false;
  t.false(first.trainable);
  const before = valuesOf(first);
  await net.train(readerOf());
  t.deepEqual(valuesOf(first), before);
  const weights = weightsOf(net);
  first.trainable = true;
  t.deepEqual(weightsOf(net), weights);
  net.trainOnBatch(x, y);
  t.notDeepEqual(valuesOf(first), before);
  t.deepEqual(Object.keys(first.gradients), ['W', 'B']);
});

test("with another set of trained layers, adam's memory and its bias correction begin anew", async (t) => {
  const net = netWith({ optimizer: 'adam', learningRate: 0.125 });
  await net.train(readerOf());
  net.getLayer('first').trainable = false;
  const before = valuesOf(net.getLayer('third'));
  net.trainOnBatch(x, y);
  const gradients = Object.values(net.getLayer('third').gradients).flatMap(({ data }) => [...data]);
  const expected = before.map((value, i) => value - 0.125 * Math.sign(gradients[i]!));
  t.deepEqual(differences(valuesOf(net.getLayer('third')), expected, { rtol: 0, atol: 1e-5 }), []);
});

for (const optimizer of ['sgd', 'momentum', 'nag', 'adam', { name: 'adamW', excludeBiasAndNorm: true }] as const) {
  const { name } = typeof optimizer === 'string' ? { name: optimizer } : optimizer;

  test(`learningRateFactor multiplies the learning rate of a layer: ${name}`, (t) => {
    // The first step of nets whose layers all have one rate tells.
    const [factored, slow, fast] = [0.02, 0.02, 0.06].map((learningRate) => netWith({ optimizer, learningRate })) as [
      NeuralNet,
      NeuralNet,
      NeuralNet,
    ];
    factored.getLayer('second').learningRateFactor = 3;
    for (const net of [factored, slow, fast]) net.trainOnBatch(x, y);
    for (const layer of ['first', 'norm', 'second', 'third']) {
      const expected = layer === 'second' ? fast : slow;
      const [own, other] = [factored, expected].map((net) => valuesOf(net.getLayer(layer)));
      t.deepEqual(differences(own!, other!, { rtol: 1e-13, atol: 1e-15 }, layer), []);
    }
  });

  test(`train, trainOnBatch and calls agree with factors and frozen layers: ${name}`, async (t) => {
    const nets = [1, 2, 3].map(() => {
      const net = netWith({ optimizer, batchSize: -1, weightAverage: { decay: 0.5 }, gradientClip: { norm: 0.5 } });
      net.getLayer('first').learningRateFactor = 0.1;
      net.getLayer('norm').trainable = false;
      net.getLayer('third').learningRateFactor = 2;
      return net;
    }) as [NeuralNet, NeuralNet, NeuralNet];
    await nets[0].train(readerOf(), { shuffle: false });
    for (let i = 0; i < 3; i++) {
      nets[1].trainOnBatch(x, y);
      stepByCalls(nets[2], x, y);
    }
    t.deepEqual(weightsOf(nets[1]), weightsOf(nets[0]));
    t.deepEqual(weightsOf(nets[2]), weightsOf(nets[0]));
  });
}

test('a factor multiplies the rate that a schedule gives', async (t) => {
  const run = async (learningRate: number, factor: number) => {
    const net = netWith({ learningRate, learningRateSchedule: { kind: 'step', every: 1, factor: 0.5 } });
    for (const layer of net.layers) layer.learningRateFactor = factor;
    await net.train(readerOf());
    return weightsOf(net);
  };
  t.deepEqual(differences(await run(0.02, 4), await run(0.08, 1), { rtol: 1e-12, atol: 1e-15 }), []);
});

test("the layers' own calls follow both", (t) => {
  const layers = [1, 2, 3].map(() => new FullyConnectedLayer(3, 1, { dtype: 'float64', seed: 1 }));
  const [plain, factored, frozen] = layers as [FullyConnectedLayer, FullyConnectedLayer, FullyConnectedLayer];
  factored.learningRateFactor = 0.5;
  frozen.trainable = false;
  const start = valuesOf(plain);
  for (const layer of layers) {
    layer.forward(x);
    layer.backward(y);
    layer.update();
  }
  t.deepEqual(valuesOf(frozen), start);
  const half = valuesOf(plain).map((value, i) => (value + start[i]!) / 2);
  t.deepEqual(differences(valuesOf(factored), half, { rtol: 1e-14, atol: 1e-15 }), []);
});

test('blocks pass both on to their layers, and configs and files keep them', async (t) => {
  const layers = [
    new FullyConnectedLayer(4),
    new BatchNormLayer(),
    new ActivationLayer('relu'),
    new FullyConnectedLayer(3),
  ];
  const inner = new SequentialLayer(layers);
  const block = new ResidualLayer([inner]);
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64', optimizer: 'adam' }), 'net')
    .addLayer(block, 'block')
    .addLayer(new FullyConnectedLayer(1), 'head');
  net.inference(x);
  block.trainable = false;
  block.learningRateFactor = 0.25;
  t.true(layers.every((layer) => !layer.trainable && layer.learningRateFactor === 0.25));
  layers[3]!.trainable = true;
  t.true(block.trainable);
  const frozen = () => layers.slice(0, 2).map(valuesOf);
  const [before, last] = [frozen(), valuesOf(layers[3]!)];
  await net.train(readerOf());
  t.deepEqual(frozen(), before);
  t.notDeepEqual(valuesOf(layers[3]!), last);

  const file = `${await temporaryFolder(t)}/net.safetensors`;
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  const again = (loaded.getLayer('block') as ResidualLayer).layers[0] as SequentialLayer;
  const learning = (of: readonly Layer[]) =>
    of.map(({ trainable, learningRateFactor }) => [trainable, learningRateFactor]);
  t.deepEqual(learning(again.layers), learning(layers));
  t.deepEqual(weightsOf(loaded), weightsOf(net));
  const made = createLayer({ type: 'FullyConnectedLayer', outputs: 2, trainable: false, learningRateFactor: 2 });
  t.deepEqual(learning([made]), [[false, 2]]);
});

test.serial('a resumed run with frozen layers, factors and a later memory ends in the same bits', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const make = async () => {
    const net = netWith({ optimizer: 'adam', maxEpoch: 2, weightAverage: { decay: 0.8 } });
    await net.train(readerOf());
    net.getLayer('first').trainable = false;
    net.getLayer('second').learningRateFactor = 0.5;
    return net;
  };
  const [whole, part] = [await make(), await make()];
  await whole.train(readerOf());
  const abort = new AbortController();
  const onCheckpoint = () => abort.abort(new Error('enough'));
  const options = { checkpointFile: file, checkpointEvery: 0.1 };
  await t.throwsAsync(part.train(readerOf(), { ...options, onCheckpoint, signal: abort.signal }), {
    message: 'enough',
  });
  const resumed = await NeuralNet.resume(file);
  await resumed.train(readerOf(), options);
  t.deepEqual(weightsOf(resumed), weightsOf(whole));
  for (const net of [resumed, whole]) net.trainOnBatch(x, y);
  t.deepEqual(weightsOf(resumed), weightsOf(whole));
});

test('call is told whether its layer is trained', (t) => {
  const seen: boolean[] = [];
  class Asking extends Layer {
    override call(_ops: Ops, [value]: readonly Value[], _parameters: object, { training, trainable }: CallContext) {
      if (training) seen.push(trainable);
      return value!;
    }
  }
  const layer = new Asking();
  layer.forward(x);
  layer.trainable = false;
  layer.forward(x);
  t.deepEqual(seen, [true, false]);
});

test.serial('bits do not depend on threads', async (t) => {
  const run = async () => {
    const net = netWith({ optimizer: 'adam' });
    net.getLayer('first').trainable = false;
    net.getLayer('second').learningRateFactor = 0.5;
    await net.train(readerOf());
    return weightsOf(net);
  };
  setThreads(1);
  const alone = await run();
  setThreads(2);
  t.deepEqual(await run(), alone);
});

test('summary counts frozen parameters among those that are not trained', (t) => {
  const net = netWith();
  t.regex(net.summary(), /12 of them not trained/);
  net.getLayer('first').trainable = false;
  t.regex(net.summary(), /36 of them not trained/);
});

test('bad values, and a net that is busy', async (t) => {
  const layer = new FullyConnectedLayer(3, 1);
  for (const value of [1, 'no', undefined, null]) {
    const set = () => {
      layer.trainable = untyped(value);
    };
    t.throws(set, badArgument(/^Expected true or false for trainable but received/));
  }
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1']) {
    const set = () => {
      layer.learningRateFactor = untyped(value);
    };
    t.throws(set, badArgument(/^Expected a finite number above 0 for learningRateFactor but received/));
  }
  const net = netWith();
  const training = net.train(readerOf());
  const set = () => {
    net.getLayer('first').trainable = false;
  };
  t.throws(set, busy(/layer\.trainable/));
  await training;
  t.true(net.getLayer('first').trainable);
});
