import { join } from 'node:path';
import test from 'ava';
import {
  ActivationLayer,
  ConcatenateLayer,
  createLayer,
  DataReader,
  EmbeddingLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  input,
  Layer,
  LayerNormLayer,
  NeuralNet,
  type Ops,
  SequentialLayer,
  Tensor,
  type Value,
} from 'blasnet';
import { Pass } from '#blasnet/graph/pass';
import { Value as TapeValue } from '#blasnet/ops/value';
import { EagerRunner } from '#blasnet/runtime/runner';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { checkClaims, randomTensor, sumOf } from '../support/numerics.js';
import { post, servingApp } from '../support/serving.js';

const whole = (values: readonly number[], shape: readonly number[]) => Tensor.from([...values], shape, 'int32');
const words = [1, 4, 0, 2, 2, 3, 0, 0, 4, 1, 1, 2] as const;

/** Texts of 3 words of 5, and a number for each of 4 rows. */
const texts = () => whole(words, [4, 3]);
const answers = () => Tensor.from([[1], [0], [0.5], [-1]]);
const settings = { netType: 'fitting', learningRate: 0.1, maxEpoch: 6, batchSize: 2, seed: 3 } as const;

function textNet(options: Partial<typeof settings> = {}): NeuralNet {
  return new NeuralNet(new HyperParameters({ ...settings, ...options }), 'texts')
    .addLayer(new EmbeddingLayer(5, 2), 'words')
    .addLayer(new FlattenLayer())
    .addLayer(new FullyConnectedLayer(1), 'out');
}

/** A number of a shop, and two of its sales. */
function shopNet(): NeuralNet {
  const [shop, sales] = [input([], { name: 'shop', dtype: 'int32' }), input([2], { name: 'sales' })];
  const joined = new ConcatenateLayer().apply([new EmbeddingLayer(3, 2).apply(shop, 'shops'), sales]);
  const outputs = [new FullyConnectedLayer(1).apply(joined)];
  return NeuralNet.fromGraph({ inputs: [shop, sales], outputs }, new HyperParameters(settings), 'shops');
}

const sales = () =>
  Tensor.from([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);

test('rows of W for numbers of any shape, and the gradient of each row', (t) => {
  const layer = new EmbeddingLayer(5, 3, { dtype: 'float64' });
  for (const shape of [[12], [4, 3], [2, 3, 2]]) {
    const x = whole(words, shape);
    const y = layer.forward(x);
    t.deepEqual(y.shape, [...shape, 3]);
    t.deepEqual(
      [...y.data],
      words.flatMap((word) => [...layer.weights.W!.slice(word, word + 1).data]),
    );
    const c = randomTensor(y.shape, 1);
    t.is(layer.backward(c), null);
    const claim = { name: 'W', values: layer.weights.W!.data, gradient: layer.gradients.W!.data.slice() };
    const value = () => sumOf(layer.forward(x).data, (v, i) => c.data[i]! * v);
    t.deepEqual(checkClaims(value, [claim]), []);
  }
});

test('its config makes the same layer', (t) => {
  t.deepEqual(new EmbeddingLayer(5, 3).config, { type: 'EmbeddingLayer', count: 5, size: 3 });
  const options = {
    maskZero: true,
    lazy: true,
    initMethod: { name: 'normal', scaled: false },
    dtype: 'float64',
  } as const;
  const { config } = new EmbeddingLayer(5, 3, options);
  t.deepEqual(config, { type: 'EmbeddingLayer', count: 5, size: 3, ...options });
  t.deepEqual(createLayer(config).config, config);
  for (const [args, message] of [
    [[0, 3], /a whole number from 1 .* for count but received 0/],
    [[5, 1.5], /for size but received 1.5/],
    [[5, 3, { maskZero: 1 }], /true or false for maskZero/],
    [[5, 3, { lazy: 1 }], /true or false for lazy but received 1/],
    [[5, 3, { zero: true }], /for options but received zero|received 'zero'/],
    [[5, 3, { initMethod: 'none' }], /initMethod/],
  ] as const) {
    t.throws(() => new EmbeddingLayer(...untyped<[number, number]>(args)), badArgument(message));
  }
});

test('a node of floats is refused, and so is an int32 node for layers of floats', (t) => {
  const layer = new EmbeddingLayer(5, 3);
  t.throws(
    () => layer.apply(input([20], { name: 'text' })),
    badArgument(
      /^Expected an int32 node for input 1 of embedding but received .*; write input\(\[20\], \{ dtype: 'int32' \}\)$/,
    ),
  );
  const hidden = new FullyConnectedLayer(2).apply(input([3]));
  t.throws(() => layer.apply(hidden), badArgument(/an int32 node for input 1 of embedding but .*fully connected/));
  const numbers = input([3], { dtype: 'int32' });
  t.throws(() => new FullyConnectedLayer(2).apply(numbers), badArgument(/a float32 node .*; an EmbeddingLayer makes/));
  t.deepEqual(layer.apply(numbers).rowShape, [3, 3]);
  const net = new NeuralNet(new HyperParameters(settings), 'net').addLayer(new FullyConnectedLayer(3, 2));
  t.throws(
    () => net.addLayer(layer),
    badArgument(/an input of int32 for layer 'embedding-2' but received 'float32 from layer/),
  );
  t.throws(() => layer.forward(untyped(Tensor.zeros([2, 3]))), badArgument(/^Expected an int32 tensor for x/));
  t.throws(() => layer.forward(whole([0, 5], [2])), badArgument(/^Expected whole numbers from 0 to 4 for row 1 of x/));
});

test('a chain that begins with it takes int32', (t) => {
  const net = textNet();
  t.deepEqual(
    net.inputs.map(({ dtype, range }) => ({ dtype, range })),
    [{ dtype: 'int32', range: [0, 4] }],
  );
  const expected = net.inference(texts()).data;
  t.deepEqual(net.inference(Tensor.from([...words], [4, 3])).data, expected);
  t.deepEqual(net.inference(Tensor.from([...words], [4, 3], 'float64')).data, expected);
  t.throws(() => net.inference(Tensor.from([[0, 1.5, 2]])), badArgument(/^Expected whole numbers for the input but/));
  net.removeLayer('words').addLayer(new FullyConnectedLayer(3, 1));
  t.is(net.inputs[0]!.dtype, 'float32');
});

test('a block that begins with it takes int32, too', (t) => {
  const block = new SequentialLayer([new EmbeddingLayer(5, 2), new LayerNormLayer()]);
  t.is(block.inputType(0), 'int32');
  t.deepEqual(block.inputRange(0), [0, 4]);
  const net = new NeuralNet(new HyperParameters(settings), 'net').addLayer(block);
  t.deepEqual(net.inference(texts()).shape, [4, 3, 2]);
  t.throws(() => net.inference(whole([5], [1, 1])), badArgument(/from 0 to 4 for the input but received 5/));
});

test('numbers that there are not are refused by the name of the input, before anything is computed', async (t) => {
  const net = shopNet();
  t.deepEqual(
    net.inputs.map(({ range }) => range),
    [[0, 2], undefined],
  );
  const wrong = { shop: whole([0, 3, 1], [3]), sales: sales() };
  const refusal = badArgument(/^Expected whole numbers from 0 to 2 for row 1 of input 'shop' but received 3$/);
  t.throws(() => net.inference(wrong), refusal);
  net.inference({ ...wrong, shop: whole([0, 1, 2], [3]) }); // a plan for rows like these is there
  t.throws(() => net.inference(wrong), refusal);
  await t.throwsAsync(net.inferenceAsync(wrong), refusal);
  t.throws(() => net.predictSync({ shop: [0, 3, 1], sales: sales() }), refusal);
  await t.throwsAsync(net.predict({ shop: [0, 3, 1], sales: sales() }), refusal);
  t.throws(() => net.forward(wrong), refusal);
  t.throws(() => net.test(wrong, Tensor.zeros([3, 1])), refusal);
  t.throws(() => net.trainOnBatch(wrong, Tensor.zeros([3, 1])), refusal);
  const reader = DataReader.fromTensors({ xTrain: wrong, yTrain: Tensor.zeros([3, 1]) });
  const named = badArgument(
    /^Expected whole numbers from 0 to 2 for row 1 of the training set's x.shop but received 3$/,
  );
  await t.throwsAsync(net.train(reader), named);
  const floats = DataReader.fromTensors({
    xTrain: { ...wrong, shop: Tensor.zeros([3, 1]) },
    yTrain: answers().slice(1),
  });
  await t.throwsAsync(net.train(floats), badArgument(/int32 rows .*rows of floats'; tensor.clone\('int32'\) makes/));
});

test('streams are checked batch by batch', async (t) => {
  const batches = () => [
    { x: { shop: whole([0, 1, 2], [3]), sales: sales() }, y: Tensor.zeros([3, 1]) },
    { x: { shop: whole([0, -1, 2], [3]), sales: sales() }, y: Tensor.zeros([3, 1]) },
  ];
  const reader = DataReader.fromBatches(batches, { numTrain: 6 });
  await reader.readData();
  await t.throwsAsync(
    shopNet().train(reader),
    badArgument(/from 0 to 2 for row 1 of the stream's x.shop but received -1/),
  );
});

test('a wrong row does not fail those that it would join', async (t) => {
  const net = shopNet();
  const predictor = net.predictor({ maxDelayMs: 50 });
  const right = predictor.predict({ shop: 2, sales: [1, 2] });
  await t.throwsAsync(
    predictor.predict({ shop: 3, sales: [1, 2] }),
    badArgument(/from 0 to 2 for input 'shop' but received 3/),
  );
  t.deepEqual((await right).outputs.shape, [1, 1]);
  const chain = textNet();
  chain.inference(texts());
  const rows = texts();
  const scaled = chain.scaledPredictor({ maxDelayMs: 50 });
  const lone = scaled.predict([1, 4, 0]);
  await t.throwsAsync(scaled.predict([1, 5, 0]), badArgument(/from 0 to 4 for the input but received 5/));
  t.deepEqual((await lone).data, chain.inference(rows.slice(0, 1)).data);
});

test('the server answers 400 for such a row', async (t) => {
  const net = shopNet();
  const app = await servingApp(t, { models: [{ name: 'm', net }] });
  const inputs = (shop: number) => [
    { name: 'shop', datatype: 'INT32', shape: [1], data: [shop] },
    { name: 'sales', datatype: 'FP32', shape: [1, 2], data: [1, 2] },
  ];
  t.is((await post(app, '/v2/models/m/infer', { inputs: inputs(2) })).status, 200);
  const { status, json } = await post(app, '/v2/models/m/infer', { inputs: inputs(3) });
  t.is(status, 400);
  t.is((json as { error: string }).error, "Expected whole numbers from 0 to 2 for input 'shop' but received 3");
  const chain = textNet();
  chain.inference(texts());
  const one = await servingApp(t, { models: [{ name: 'm', net: chain }] });
  const words = (third: number) => [{ name: 'input', datatype: 'INT64', shape: [1, 3], data: [0, 1, third] }];
  t.is((await post(one, '/v2/models/m/infer', { inputs: words(4) })).status, 200);
  t.is((await post(one, '/v2/models/m/infer', { inputs: words(5) })).status, 400);
});

test('layers tell the range of an input together', (t) => {
  const [few, many] = [new EmbeddingLayer(3, 2), new EmbeddingLayer(7, 2)];
  const numbers = input([4], { dtype: 'int32' });
  const outputs = [new ConcatenateLayer().apply([few.apply(numbers), many.apply(numbers)])];
  const net = NeuralNet.fromGraph({ inputs: [numbers], outputs }, new HyperParameters(settings), 'net');
  t.deepEqual(net.inputs[0]!.range, [0, 2]);
  /** Of steps that a row has, 1 at least. */
  class Lengths extends Layer {
    override inputType(i: number) {
      return i === 1 ? 'int32' : 'float32';
    }
    override inputRange(i: number, ...[rows]: readonly (readonly number[])[]) {
      return i === 1 && rows ? ([1, rows[0]!] as const) : undefined;
    }
    override get inputCount() {
      return 2;
    }
    override call(ops: Ops, [x, lengths]: readonly Value[]): Value {
      return ops.add(x!, ops.reshape(ops.nonZero(lengths!), [-1, 1]));
    }
  }
  const [x, lengths] = [input([9], { name: 'x' }), input([], { name: 'lengths', dtype: 'int32' })];
  const own = NeuralNet.fromGraph(
    { inputs: [x, lengths], outputs: [new Lengths().apply([x, lengths])] },
    new HyperParameters(settings),
    'own',
  );
  t.deepEqual(own.inputs[1]!.range, [1, 9]);
  const rows = { x: Tensor.zeros([1, 9]), lengths: whole([10], [1]) };
  t.throws(() => own.inference(rows), badArgument(/from 1 to 9 for input 'lengths' but received 10/));
  t.deepEqual([...own.inference({ ...rows, lengths: whole([9], [1]) }).data], Array(9).fill(1));
});

test('a trained net is saved, loaded and resumed', async (t) => {
  const folder = await temporaryFolder(t);
  const reader = () => DataReader.fromTensors({ xTrain: texts(), yTrain: answers() });
  const net = textNet();
  const checkpointFile = join(folder, 'run.safetensors');
  await net.train(reader());
  const [expected] = [net.inference(texts()).data];
  const file = join(folder, 'net.safetensors');
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.is(loaded.inputs[0]!.dtype, 'int32');
  t.deepEqual(loaded.inference(texts()).data, expected);
  t.deepEqual((await loaded.predict(untyped({ '': words.slice(0, 3) }))).outputs.data, expected.slice(0, 1));
  t.deepEqual((await loaded.predict(texts())).outputs.data, expected);
  t.deepEqual((await loaded.predict(Tensor.from([...words], [4, 3]))).outputs.data, expected);

  const half = textNet({ maxEpoch: 3 } as never);
  await half.train(reader(), { checkpointFile });
  const resumed = await NeuralNet.resume(checkpointFile, { maxEpoch: 6 });
  await resumed.train(reader());
  t.deepEqual(resumed.inference(texts()).data, expected);
});

test('every optimizer updates all rows, as PyTorch does with a dense gradient', async (t) => {
  const net = textNet({ optimizer: 'adam', maxEpoch: 3 } as never);
  const before = net.inference(texts());
  t.is(before.rows, 4);
  const unused = new EmbeddingLayer(9, 2);
  const other = new NeuralNet(new HyperParameters({ ...settings, optimizer: 'momentum' }), 'net')
    .addLayer(unused)
    .addLayer(new FlattenLayer())
    .addLayer(new FullyConnectedLayer(1));
  other.inference(texts());
  const kept = unused.weights.W!.slice(5).data.slice();
  await other.train(DataReader.fromTensors({ xTrain: texts(), yTrain: answers() }));
  t.deepEqual(unused.weights.W!.slice(5).data, kept); // their gradient is 0
});

test('maskZero tells which steps count, and layers of as many steps pass it on', (t) => {
  const pass = new Pass(new EagerRunner('float32'), false);
  const x = new TapeValue(texts());
  const y = new EmbeddingLayer(5, 2, { maskZero: true }).record(pass, [x]);
  t.deepEqual(y.mask!.tensor.toArray(), [
    [1, 1, 0],
    [1, 1, 1],
    [0, 0, 1],
    [1, 1, 1],
  ]);
  t.is(new ActivationLayer('tanh').record(pass, [y]).mask, y.mask);
  t.is(new EmbeddingLayer(5, 2).record(pass, [x]).mask, undefined);
  t.is(new EmbeddingLayer(5, 2, { maskZero: true }).record(pass, [new TapeValue(whole([0, 1], [2]))]).mask, undefined);
});

test('shapes that do not fit are refused', (t) => {
  const layer = new EmbeddingLayer(5, 2);
  t.throws(() => layer.setWeights({ W: Tensor.zeros([5, 3]) }), shapeMismatch(/shape \[5, 2\]/));
  t.throws(() => textNet().inference(untyped('0 1 2')), badArgument(/./));
});
