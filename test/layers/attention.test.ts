import { join } from 'node:path';
import test from 'ava';
import {
  createLayer,
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  input,
  MultiHeadAttentionLayer,
  NeuralNet,
  SequentialLayer,
  Tensor,
  TransformerEncoderLayer,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { MaskedLayer } from '../support/masked.js';
import { gradientCheck, randomTensor } from '../support/numerics.js';

test('gradients are those of central differences', (t) => {
  const x = randomTensor([3, 5, 6], 1);
  const mask = Tensor.from([
    [1, 1, 1, 1, 1],
    [1, 1, 0, 0, 0],
    [0, 0, 0, 0, 0],
  ]).clone('float64');
  const layers = [
    new MultiHeadAttentionLayer({ heads: 2, dtype: 'float64', keySize: 4, valueSize: 2 }),
    new TransformerEncoderLayer({ heads: 3, feedForward: 7, dtype: 'float64', activation: 'gelu' }),
    new TransformerEncoderLayer({ heads: 3, feedForward: 7, dtype: 'float64', normFirst: true, activation: 'tanh' }),
  ];
  for (const layer of layers) {
    layer.outputShape([5, 6]);
    t.deepEqual(gradientCheck(layer, x), []);
    t.deepEqual(gradientCheck(new SequentialLayer([new MaskedLayer(mask), layer]), x), []);
  }
});

test('steps that a mask counts out change nothing elsewhere', (t) => {
  const mask = Tensor.from([[1, 1, 1, 0, 0]]);
  const layer = new TransformerEncoderLayer({ heads: 2, feedForward: 4, seed: 1 });
  const block = new SequentialLayer([new MaskedLayer(mask), layer]);
  const x = randomTensor([1, 5, 4], 1).clone('float32');
  const before = block.forward(x, false).data.slice(0, 12);
  x.data.fill(1000, 12);
  t.deepEqual(block.forward(x, false).data.slice(0, 12), before);
  t.notDeepEqual(layer.forward(x, false).data.slice(0, 12), before);
});

test('causal steps do not depend on later ones', (t) => {
  const layer = new MultiHeadAttentionLayer({ heads: 2, causal: true, seed: 1 });
  const x = randomTensor([1, 5, 4], 1).clone('float32');
  const before = layer.forward(x).data.slice(0, 12);
  x.data.fill(3, 12);
  t.deepEqual(layer.forward(x).data.slice(0, 12), before);
});

test('training drops numbers, inference none', (t) => {
  const x = randomTensor([2, 5, 4], 1).clone('float32');
  for (const layer of [
    new MultiHeadAttentionLayer({ heads: 2, dropout: 0.5, seed: 1 }),
    new TransformerEncoderLayer({ heads: 2, feedForward: 4, dropout: 0.5, seed: 1 }),
  ]) {
    const [first, second] = [layer.forward(x), layer.forward(x)];
    t.notDeepEqual(first.data, second.data); // another step
    t.deepEqual(layer.forward(x, false).data, layer.forward(x, false).data);
  }
});

test('shapes of the weights follow sizes of heads', (t) => {
  const layer = new MultiHeadAttentionLayer({ heads: 2, keySize: 5, valueSize: 3, useBias: false });
  const nodes = [input([4, 6]), input([7, 8]), input([7, 9])];
  t.deepEqual(layer.apply(nodes).rowShape, [4, 6]);
  const shapes = Object.entries(layer.weights).map(([name, { shape }]) => [name, shape]);
  t.deepEqual(Object.fromEntries(shapes), {
    queryW: [6, 10],
    keyW: [9, 10],
    valueW: [8, 6],
    outputW: [6, 6],
  });
  t.deepEqual(layer.flopsPerRow([4, 6], [7, 8], [7, 9]), 2 * (4 * 6 * 16 + 7 * 9 * 10 + 7 * 8 * 6 + 4 * 7 * 16));
});

test('any number of steps is taken, other features are not', (t) => {
  for (const layer of [
    new MultiHeadAttentionLayer({ heads: 2 }),
    new TransformerEncoderLayer({ heads: 2, feedForward: 3 }),
  ]) {
    t.deepEqual(layer.outputShape([5, 4]), [5, 4]);
    t.deepEqual(layer.outputShape([9, 4]), [9, 4]);
    t.throws(() => layer.outputShape([5, 6]), shapeMismatch(/rows of shape/));
    t.throws(() => layer.outputShape([4]), shapeMismatch(/rows of shape \[steps, features\]/));
  }
  t.throws(() => new MultiHeadAttentionLayer({ heads: 3 }).outputShape([5, 4]), shapeMismatch(/3 heads divide/));
  t.throws(() => new MultiHeadAttentionLayer({ heads: 2 }).outputShape([5, 4], [6, 4], [7, 4]), shapeMismatch(/key/));
});

test('bad options are refused', (t) => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ heads: 0 }, /heads/],
    [{ heads: 1.5 }, /heads/],
    [{ heads: 2, keySize: 0 }, /keySize/],
    [{ heads: 2, valueSize: '3' }, /valueSize/],
    [{ heads: 2, causal: 1 }, /causal/],
    [{ heads: 2, dropout: 1 }, /dropout/],
    [{ heads: 2, useBias: null }, /useBias/],
    [{ heads: 2, head: 2 }, /head/],
  ];
  for (const [options, message] of wrong) {
    t.throws(() => new MultiHeadAttentionLayer(options as { heads: number }), badArgument(message));
  }
  const encoder = { heads: 2, feedForward: 4 };
  const wrongEncoders: readonly (readonly [object, RegExp])[] = [
    [{ heads: 2 }, /feedForward/],
    [{ ...encoder, feedForward: 0 }, /feedForward/],
    [{ ...encoder, normFirst: 'yes' }, /normFirst/],
    [{ ...encoder, activation: 'softmax' }, /activation/],
    [{ ...encoder, activation: 'logSoftmax' }, /activation/],
    [{ ...encoder, epsilon: 0 }, /epsilon/],
    [{ ...encoder, dropout: -0.1 }, /dropout/],
    [{ ...encoder, keySize: 3 }, /keySize/],
  ];
  for (const [options, message] of wrongEncoders) {
    t.throws(() => new TransformerEncoderLayer(options as typeof encoder), badArgument(message));
  }
  const layer = new MultiHeadAttentionLayer({ heads: 2 });
  t.throws(() => layer.attentionWeights(randomTensor([1, 3, 4], 1)), badArgument(/float32/));
  t.throws(() => layer.attentionWeights(Tensor.zeros([1, 3, 4]), Tensor.zeros([1, 4])), shapeMismatch(/mask/));
});

test('a net with both layers is saved and loaded', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', batchSize: 8, maxEpoch: 1 }), 'net');
  const encoder = {
    heads: 2,
    feedForward: 5,
    dropout: 0.1,
    activation: 'gelu',
    normFirst: true,
    causal: true,
  } as const;
  net.addLayer(new TransformerEncoderLayer(encoder), 'encoder');
  net.addLayer(new MultiHeadAttentionLayer({ heads: 2, keySize: 3, useBias: false }), 'attention');
  net.addLayer(new FlattenLayer()).addLayer(new FullyConnectedLayer(1), 'out');
  const x = randomTensor([20, 4, 6], 1).clone('float32');
  await net.train(DataReader.fromTensors({ xTrain: x, yTrain: randomTensor([20, 1], 2).clone('float32') }));
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(loaded.inference(x).data, net.inference(x).data);
  for (const name of ['encoder', 'attention']) {
    t.deepEqual(createLayer(loaded.getLayer(name).config!).config, net.getLayer(name).config);
  }
  t.like(loaded.getLayer('encoder').config, encoder);
});
