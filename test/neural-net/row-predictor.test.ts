// Raw rows handed in one by one get the answers that net.predict gives for all of them.
import test, { type ExecutionContext } from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  type Prediction,
  Tensor,
} from 'blasnet';
import { readCsv } from '../support/csv.js';
import { badArgument, busy, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, rowsOfNumbers } from '../support/nets.js';
import { differences } from '../support/numerics.js';

const prices = `city,rooms,price
Bern,3,350
Basel,4,420
Bern,5,510
Genf,2,300
Basel,3,360
Genf,6,640
`;

const named = [
  { city: 'Genf', rooms: 4 },
  { city: 'Bern', rooms: '2' },
  { city: 'Basel', rooms: 7 },
];

/** A net trained on scaled prices of houses, with a category among the columns. */
async function houses(t: ExecutionContext): Promise<NeuralNet> {
  const reader = await readCsv(t, { train: prices, label: 'price', categorical: { city: 'oneHot' } });
  reader.normalizeX();
  reader.normalizeY('fitting');
  const net = fittingNet([4, 5, 1], { maxEpoch: 30, batchSize: 2, seed: 3 });
  await net.train(reader);
  return net;
}

/** A net that tells apart two kinds of rows, whose classes have names. */
async function kinds(dtype: 'float32' | 'float64' = 'float32'): Promise<NeuralNet> {
  const xTrain = Tensor.from(
    rowsOfNumbers(60, 3).data.map((value) => 100 + 50 * value),
    [60, 3],
  );
  const yTrain = Tensor.from(
    Float32Array.from({ length: 60 }, (_, i) => Number(xTrain.data[3 * i]! > 100)),
    [60, 1],
  );
  const reader = DataReader.fromTensors({ xTrain, yTrain });
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  const params = new HyperParameters({ netType: 'multipleClassifier', optimizer: 'adam', learningRate: 0.05, dtype });
  const net = new NeuralNet(params, 'kinds')
    .addLayer(new FullyConnectedLayer(3, 2))
    .addLayer(new ClassificationLayer('softmax'));
  await net.train(reader);
  net.preparation = { ...net.preparation!, classes: ['low', 'high'] };
  return net;
}

const rowsOf = (x: Tensor) => Array.from({ length: x.rows }, (_, i) => x.slice(i, i + 1));

/** Where answers one by one differ from the answers for all rows. */
function different(one: readonly Prediction[], all: Prediction): string[] {
  if (one.length !== all.outputs.rows) return [`${one.length} answers`];
  return one.flatMap(({ outputs, classes }, i) => {
    const expected = all.outputs.slice(i, i + 1);
    if (String(outputs.shape) !== String(expected.shape)) return [`shape ${outputs.shape}`];
    if (String(classes) !== String(all.classes?.slice(i, i + 1))) return [`classes ${classes}`];
    return differences(outputs.data, expected.data, { rtol: 1e-5, atol: 1e-6 }, `row ${i}`);
  });
}

test('scaled features and labels: raw numbers get the answers of net.predict', async (t) => {
  const net = await houses(t);
  const x = Tensor.from([
    [0, 1, 0, 4],
    [1, 0, 0, 3],
    [0, 0, 1, 6],
  ]);
  const all = await net.predict(x);
  t.true(all.outputs.data.every((price) => price > 200)); // not the net's own outputs, which are below 1
  const predictor = net.predictor();
  t.deepEqual(different(await Promise.all(rowsOf(x).map((row) => predictor.predict(row))), all), []);
  const lists = (x.toArray() as number[][]).map((row) => predictor.predict(row));
  t.deepEqual(different(await Promise.all(lists), all), []);
  const typed = rowsOf(x).map((row) => predictor.predict(Float64Array.from(row.data)));
  t.deepEqual(different(await Promise.all(typed), all), []);
});

test('cells by column name get the answers of net.predict', async (t) => {
  const net = await houses(t);
  const predictor = net.predictor({ maxBatch: 2 });
  const answers = await Promise.all(named.map((row) => predictor.predict(row)));
  t.deepEqual(different(answers, await net.predict(named)), []);
});

for (const dtype of ['float32', 'float64'] as const) {
  test(`classes have their names, one for each row (${dtype})`, async (t) => {
    const net = await kinds(dtype);
    const x = Tensor.from([
      [60, 100, 90],
      [145, 99, 120],
      [103, 51, 149],
    ]);
    const predictor = net.predictor();
    const answers = await Promise.all(rowsOf(x).map((row) => predictor.predict(row)));
    t.deepEqual(different(answers, await net.predict(x)), []);
    t.deepEqual(answers[0]!.classes, ['low']);
    t.deepEqual(answers[1]!.classes, ['high']);
  });
}

test('loaded nets and nets read from ONNX prepare rows, too', async (t) => {
  const net = await houses(t);
  const folder = await temporaryFolder(t);
  await net.save(`${folder}/net.safetensors`);
  await net.exportOnnx(`${folder}/net.onnx`);
  const all = await net.predict(named);
  for (const file of ['net.safetensors', 'net.onnx']) {
    const load = file.endsWith('onnx') ? NeuralNet.fromOnnx : NeuralNet.load;
    const loaded = await load(`${folder}/${file}`);
    const predictor = loaded.predictor();
    t.deepEqual(different(await Promise.all(named.map((row) => predictor.predict(row))), all), [], file);
  }
});

test('a net without a preparation takes rows as they are', async (t) => {
  const net = fittingNet([4, 8, 2], { seed: 5 });
  const x = rowsOfNumbers(150, 4, 3);
  const predictor = net.predictor();
  const answers = await Promise.all(rowsOf(x).map((row) => predictor.predict(row)));
  t.deepEqual(different(answers, await net.predict(x)), []);
});

test('rows keep the preparation that they were handed in with', async (t) => {
  const net = fittingNet([1, 1], { seed: 2 });
  const raw = Tensor.from([[10]]);
  const preparationOf = (offset: number) => ({
    inputShape: [1],
    x: { per: 'column', divisor: 1, offset: [offset], scale: [1] } as const,
  });
  const predictor = net.predictor({ maxDelayMs: 5 });
  const before = predictor.predict(raw);
  net.preparation = preparationOf(10);
  const between = predictor.predict(raw);
  net.preparation = preparationOf(9);
  const after = predictor.predict(raw);
  t.is(predictor.waiting, 3);
  const [weight] = [net.inference(Tensor.from([[1]])).data[0]!];
  const outputs = (await Promise.all([before, between, after])).map((answer) => answer.outputs.data[0]!);
  t.deepEqual(differences(outputs, [10 * weight, 0, weight], { rtol: 1e-5 }), []);
  t.is(predictor.waiting, 0);
});

test('a preparation of other rows than before', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new ActivationLayer('relu'));
  net.preparation = { inputShape: [2], featureNames: ['a', 'b'] };
  const predictor = net.predictor();
  t.deepEqual((await predictor.predict({ b: 2, a: 1 })).outputs.toArray(), [[1, 2]]);
  net.preparation = { inputShape: [3], featureNames: ['c', 'a', 'b'] };
  t.deepEqual((await predictor.predict({ b: 2, a: 1, c: -3 })).outputs.toArray(), [[0, 1, 2]]);
});

test('while the net trains, rows are refused', async (t) => {
  const net = fittingNet([4, 8, 1], { maxEpoch: 1e9 });
  const controller = new AbortController();
  const training = net.train(fittingReader(5000, 4), { signal: controller.signal });
  await t.throwsAsync(net.predictor({ maxDelayMs: 0 }).predict([1, 2, 3, 4]), busy(/but train runs/));
  controller.abort(new Error('enough'));
  await t.throwsAsync(training, { message: 'enough' });
});

test('bad rows and bad options', async (t) => {
  const net = await houses(t);
  const predictor = net.predictor();
  for (const row of ['abcd', 5, null, undefined, 7n, Symbol('row')]) {
    await t.throwsAsync(
      predictor.predict(untyped(row)),
      badArgument(/^Expected a list of numbers, a Tensor or cells by column name for row/),
    );
  }
  await t.throwsAsync(predictor.predict(untyped([1, 'x', 0, 2])), badArgument(/a number for number 1 of the row/));
  await t.throwsAsync(predictor.predict([1, 2]), shapeMismatch(/4 numbers for row but received 2/));
  await t.throwsAsync(predictor.predict({ city: 'Bern' }), badArgument(/column 'rooms'/));
  await t.throwsAsync(predictor.predict({ city: 'Rom', rooms: 3 }), badArgument(/column 'city'/));
  await t.throwsAsync(fittingNet([1, 1]).predictor().predict(untyped({})), badArgument(/preparation names no columns/));
  t.throws(() => net.predictor({ maxBatch: 0 }), badArgument(/for maxBatch but received 0/));
  t.throws(() => net.predictor(untyped({ maxRows: 5 })), badArgument(/received 'maxRows'/));
  const shapeless = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net')
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new FullyConnectedLayer(3, 1));
  t.throws(() => shapeless.predictor(), badArgument(/whose row shape is known/));
});
