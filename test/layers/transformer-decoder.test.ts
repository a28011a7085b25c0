// The decoder layer, beside what test/numerics/transformer-decoder.test.ts compares with PyTorch.
import { join } from 'node:path';
import test from 'ava';
import {
  createLayer,
  HyperParameters,
  input,
  NeuralNet,
  Tensor,
  TransformerDecoderLayer,
  type TransformerDecoderOptions,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { checkClaims, randomTensor, sumOf } from '../support/numerics.js';

const options = { heads: 2, feedForward: 5 } as const;

test('gradients are those of central differences', (t) => {
  const inputs = [randomTensor([3, 4, 6], 1), randomTensor([3, 5, 2], 2)];
  for (const more of [{ activation: 'gelu' }, { activation: 'tanh', normFirst: true, causal: false }] as const) {
    const layer = new TransformerDecoderLayer({ ...options, ...more, dtype: 'float64' });
    const y = layer.forward(inputs);
    const c = randomTensor(y.shape, 9);
    const claims = [{ name: 'x', values: inputs[0]!.data, gradient: layer.backward(c)!.data.slice() }];
    for (const [name, { data }] of Object.entries(layer.gradients)) {
      claims.push({ name, values: layer.weights[name]!.data, gradient: data.slice() });
    }
    t.deepEqual(
      checkClaims(() => sumOf(layer.forward(inputs).data, (value, i) => c.data[i]! * value), claims),
      [],
    );
  }
});

test('steps depend on no later ones of the sequence, and on all of the other one', (t) => {
  const inputs = () => [randomTensor([1, 5, 4], 1).clone('float32'), randomTensor([1, 3, 4], 2).clone('float32')];
  for (const causal of [undefined, false]) {
    const layer = new TransformerDecoderLayer({ ...options, causal, seed: 1 });
    const before = layer.forward(inputs()).data.slice(0, 12);
    const later = inputs();
    later[0]!.data.fill(3, 12);
    const [same, other] = [layer.forward(later).data.slice(0, 12), inputs()];
    if (causal === undefined) t.deepEqual(same, before);
    else t.notDeepEqual(same, before);
    other[1]!.data.fill(3, 8);
    t.notDeepEqual(layer.forward(other).data.slice(0, 4), before.slice(0, 4));
  }
});

test('training drops numbers, inference none', (t) => {
  const inputs = [randomTensor([2, 5, 4], 1).clone('float32'), randomTensor([2, 3, 4], 2).clone('float32')];
  const layer = new TransformerDecoderLayer({ ...options, dropout: 0.5, seed: 1 });
  t.notDeepEqual(layer.forward(inputs).data, layer.forward(inputs).data);
  t.deepEqual(layer.forward(inputs, false).data, layer.forward(inputs, false).data);
});

test('bad options and rows are refused', (t) => {
  for (const [more, message] of [
    [{ heads: 0 }, /heads/],
    [{ feedForward: 1.5 }, /feedForward/],
    [{ causal: null }, /true or false for causal but received null/],
    [{ normFirst: 1 }, /normFirst/],
    [{ dropout: 1 }, /dropout/],
    [{ epsilon: -1 }, /epsilon/],
    [{ activation: 'logSoftmax' }, /activation/],
    [{ keySize: 3 }, /keySize/],
  ] as const) {
    t.throws(
      () => new TransformerDecoderLayer({ ...options, ...more } as TransformerDecoderOptions),
      badArgument(message),
    );
  }
  const layer = new TransformerDecoderLayer(options);
  t.throws(() => layer.outputShape([5, 3], [4, 4]), shapeMismatch(/2 heads divide/));
  t.throws(() => layer.outputShape([4], [4, 4]), shapeMismatch(/rows of shape \[steps, features\]/));
  t.throws(() => layer.outputShape([5, 4], [4]), shapeMismatch(/rows of shape \[steps, features\]/));
  t.throws(() => layer.outputShape([5, 4]), badArgument(/the inputs of transformer decoder/));
  t.deepEqual(layer.outputShape([5, 4], [7, 3]), [5, 4]);
  t.deepEqual(layer.outputShape([9, 4], [2, 3]), [9, 4]);
  t.throws(() => layer.outputShape([9, 4], [2, 5]), shapeMismatch(/rows of shape/));
});

test('a net with the layer is saved and loaded, and its config makes the same layer', async (t) => {
  const all: TransformerDecoderOptions = {
    heads: 2,
    feedForward: 5,
    dropout: 0.1,
    activation: 'gelu',
    normFirst: true,
    causal: false,
    epsilon: 1e-3,
    initMethod: 'xavier',
    seed: 4,
    dtype: 'float32',
  };
  const layer = new TransformerDecoderLayer(all);
  t.deepEqual(layer.config, { type: 'TransformerDecoderLayer', ...all });
  t.deepEqual(createLayer(layer.config).config, layer.config);
  t.deepEqual([layer.heads, layer.feedForward, layer.normFirst], [2, 5, true]);
  const inputs = [input([5, 4], { name: 'x' }), input([3, 6], { name: 'other' })];
  const net = NeuralNet.fromGraph(
    { inputs, outputs: [layer.apply(inputs)] },
    new HyperParameters({ netType: 'fitting' }),
    'net',
  );
  const rows = {
    x: Tensor.from(randomTensor([2, 5, 4], 1).data, [2, 5, 4], 'float32'),
    other: Tensor.zeros([2, 3, 6]),
  };
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await net.save(file);
  t.deepEqual((await NeuralNet.load(file)).inference(rows).data, net.inference(rows).data);
  t.true(layer.flopsPerRow([5, 4], [3, 6]) > 0);
});
