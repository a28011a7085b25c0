import test, { type ExecutionContext } from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  type Prediction,
  type RowCells,
  Tensor,
} from 'blasnet';
import { excerptReader } from '../support/cifar.js';
import { readCsv } from '../support/csv.js';
import { badArgument, busy, shapeMismatch, untyped } from '../support/errors.js';
import { classifier, fittingNet, labelsFor, rowsOfNumbers } from '../support/nets.js';

/** A net with one weight of 1 for each input, so that its output is the sum of its inputs. */
function summing(inputs: number, dtype: 'float32' | 'float64' = 'float64'): NeuralNet {
  const net = fittingNet([inputs, 1], { dtype });
  net.getLayer('fc1').setWeights({ W: Tensor.from(new Array(inputs).fill(1), [inputs, 1], dtype) });
  return net;
}

/** `deepEqual` would not see the numbers of the outputs. */
function sameAnswers(t: ExecutionContext, answers: Prediction, expected: Prediction): void {
  t.deepEqual(answers.outputs.toArray(), expected.outputs.toArray());
  t.deepEqual(answers.classes, expected.classes);
}

test('without a preparation rows are taken as they are', async (t) => {
  const net = summing(2);
  const { outputs, classes } = await net.predict(Tensor.from([[1, 2]], undefined, 'float32'));
  t.deepEqual(outputs.toArray(), [[3]]);
  t.is(classes, undefined);
  await t.throwsAsync(
    net.predict([{ a: 1 }]),
    badArgument(
      /^Expected a Tensor, since the net's preparation names no columns, for rows but received an array of 1$/,
    ),
  );
});

test('rows are scaled, and outputs are labels as in the file', async (t) => {
  const net = summing(2);
  net.preparation = {
    inputShape: [2],
    x: { per: 'column', divisor: 2, offset: [1, -1], scale: [0.5, 0] },
    y: { offset: [100], scale: [10] },
  };
  const raw = Tensor.from([
    [4, 7],
    [10, 7],
  ]);
  t.deepEqual((await net.predict(raw)).outputs.toArray(), [[105], [120]]);
  t.deepEqual(raw.toArray(), [
    [4, 7],
    [10, 7],
  ]);
  t.deepEqual((await net.predict(Tensor.from([4, 7], [1, 2, 1]))).outputs.toArray(), [[105]]);
});

test('predictSync answers at once what predict does, and only while nothing else runs', async (t) => {
  const net = summing(2);
  const raw = Tensor.from([[4, 7]]);
  t.deepEqual(net.predictSync(raw).outputs.toArray(), [[11]]);
  net.preparation = {
    inputShape: [2],
    x: { per: 'column', divisor: 2, offset: [1, -1], scale: [0.5, 0] },
    y: { offset: [100], scale: [10] },
    columns: ['a', 'b'].map((name) => ({ name, encoding: 'none', missingCells: [], missing: 'error' })),
  };
  sameAnswers(t, net.predictSync(raw), await net.predict(raw));
  t.deepEqual(net.predictSync([{ a: 10, b: 7 }]).outputs.toArray(), [[120]]);
  t.throws(() => net.predictSync([{ a: 10 }]), badArgument(/'b'/));
  t.throws(() => net.predictSync(Tensor.from([[1, 2, 3]])), shapeMismatch(/raw rows/));
  const prediction = net.predict(raw);
  t.throws(() => net.predictSync(raw), busy(/predictSync/));
  await prediction;
  t.deepEqual(net.predictSync(raw).outputs.toArray(), [[105]]);
  const classes = classifier(2, 3);
  sameAnswers(t, classes.predictSync(raw), await classes.predict(raw));
});

test('train gives the net its preparation', async (t) => {
  const xTrain = rowsOfNumbers(64, 3);
  const reader = DataReader.fromTensors({ xTrain, yTrain: labelsFor(xTrain) });
  reader.normalizeX();
  reader.normalizeY('fitting');
  const net = fittingNet([3, 4, 1], { maxEpoch: 2 });
  t.is(net.preparation, undefined);
  await net.train(reader);
  t.deepEqual(net.preparation, reader.preparation);
  const expected = reader.deNormalizeY(net.inference(reader.normalizePredictData(xTrain)));
  const { outputs } = await net.predict(xTrain);
  const most = Math.max(...outputs.data.map((value, i) => Math.abs(value - expected.data[i]!)));
  t.true(most < 1e-6, `${most}`);
});

test('images are scaled as batches are, to the bit, whatever their shape', async (t) => {
  const reader = await excerptReader();
  const raw = reader.xTrainRaw.clone();
  reader.normalizeX({ perChannel: true });
  reader.normalizeY('multipleClassifier');
  const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier', maxEpoch: 1 }), 'net')
    .addLayer(new ConvLayer({ inputShape: [3, 32, 32], filters: 2, kernelSize: 3, stride: 4 }))
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new FlattenLayer())
    .addLayer(new FullyConnectedLayer(128, reader.numCategory))
    .addLayer(new ClassificationLayer('softmax'));
  await net.train(reader);
  const expected = net.inference(reader.xTrain);
  for (const rows of [raw, raw.reshape([raw.rows, 3072]), raw.clone('float64')]) {
    const { outputs, classes } = await net.predict(rows);
    t.deepEqual(outputs.data, expected.data);
    const names = reader.preparation.classes!;
    const best = (row: readonly number[]) => names[row.indexOf(Math.max(...row))];
    t.deepEqual(classes, (expected.toArray() as number[][]).map(best));
  }
});

test('rows keep the shape that the first layer was trained on', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net')
    .addLayer(new BatchNormLayer(4))
    .addLayer(new FullyConnectedLayer(4, 1));
  net.preparation = { inputShape: [4], image: [1, 2, 2] };
  t.deepEqual((await net.predict(Tensor.zeros([3, 1, 2, 2]))).outputs.shape, [3, 1]);
});

test('classes › one output: above a half', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'binaryClassifier', initMethod: 'zero' }), 'net')
    .addLayer(new FullyConnectedLayer(1, 1), 'fc')
    .addLayer(new ClassificationLayer('sigmoid'));
  net.getLayer('fc').setWeights({ W: Tensor.from([[1]]) });
  const rows = Tensor.from([[-3], [0], [3]]);
  t.deepEqual((await net.predict(rows)).classes, ['0', '0', '1']);
  net.preparation = { inputShape: [1], classes: ['no', 'yes'] };
  t.deepEqual((await net.predict(rows)).classes, ['no', 'no', 'yes']);
});

test('classes › several outputs of sigmoid are no classes', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'binaryClassifier' }), 'net')
    .addLayer(new FullyConnectedLayer(1, 2))
    .addLayer(new ClassificationLayer('sigmoid'));
  t.is((await net.predict(Tensor.from([[1]]))).classes, undefined);
});

const cars = {
  train: 'age,color,size,price\n17,red,?,1\n30,blue,L,2\n?,blue,M,3\n1,red,L,4\n',
  label: 'price',
  categorical: { color: 'oneHot', size: 'number' },
  missing: { age: 'median', size: 'category' },
} as const;

test('cells › as CSV files had them', async (t) => {
  const reader = await readCsv(t, cars);
  reader.normalizeX();
  const net = summing(4, 'float32');
  net.preparation = JSON.parse(JSON.stringify(reader.preparation));
  const rows: RowCells[] = [
    { age: '17', color: 'red', size: '?', other: 3 },
    { age: 30, color: ' blue', size: 'L' },
    { age: '', color: 'blue', size: 'M' },
  ];
  const expected = net.inference(reader.xTrain.slice(0, 3));
  t.deepEqual((await net.predict(rows)).outputs.data, expected.data);
});

test('cells › that cannot be read', async (t) => {
  const net = summing(4);
  net.preparation = (await readCsv(t, cars)).preparation;
  const good = { age: 17, color: 'red', size: 'L' };
  const bad: [unknown, RegExp][] = [
    [{ ...good, age: 'old' }, /^Expected a number for row 1, column 'age' but received 'old'$/],
    [{ ...good, age: '0x10' }, /a number for row 1, column 'age'/],
    [{ ...good, age: Number.POSITIVE_INFINITY }, /a number of at most .*row 1, column 'age'|a number for row 1/],
    [{ ...good, age: '1e999' }, /a number of at most ±1.79.* for row 1, column 'age' but received 1e999/],
    [{ ...good, color: 'green' }, /one of the training data's 2 categories for row 1, column 'color'.*'green'/],
    [{ ...good, color: '?' }, /a cell that is not missing for row 1, column 'color' but received '\?'/],
    [{ age: 1, size: 'L' }, /a cell for row 1, column 'color' but received undefined/],
    [{ ...good, color: null }, /a cell for row 1, column 'color' but received null/],
    [{ ...good, size: ['L'] }, /a cell for row 1, column 'size' but received an array of 1/],
    [null, /cells by column name for row 1 but received null/],
    [3, /cells by column name for row 1 but received 3/],
  ];
  for (const [row, message] of bad) await t.throwsAsync(net.predict(untyped([good, row])), badArgument(message));
  await t.throwsAsync(net.predict(untyped('x')), badArgument(/an array of rows for rows/));
  await t.throwsAsync(net.predict([]), badArgument(/at least one row for x/));
});

test('cells › unknown names that become zeros', async (t) => {
  const net = summing(2);
  const oneHot = { encoding: 'oneHot', categories: ['1'], unknown: 'zeros', missingCells: ['?'] } as const;
  net.preparation = {
    inputShape: [2],
    columns: [
      { name: 'a', ...oneHot, missing: 'unknown' },
      { name: 'b', ...oneHot, missing: { category: '1' } },
    ],
  };
  const sums = (
    await net.predict([
      { a: 1, b: 2 },
      { a: '?', b: '?' },
      { a: 'x', b: '1' },
    ])
  ).outputs;
  t.deepEqual(sums.toArray(), [[1], [1], [1]]);
});

test('cells › encoded features by their names where functions made them', async (t) => {
  const net = summing(2);
  net.preparation = { inputShape: [2], featureNames: ['a', 'a²'] };
  t.deepEqual((await net.predict([{ a: 2, 'a²': 4 }])).outputs.toArray(), [[6]]);
  await t.throwsAsync(net.predict([{ a: 2 }]), badArgument(/a cell for row 0, column 'a²'/));
});

test('rows that do not fit', async (t) => {
  const net = summing(2);
  await t.throwsAsync(net.predict(Tensor.zeros([1, 3])), shapeMismatch(/rows of 2 numbers/));
  net.preparation = { inputShape: [3] };
  await t.throwsAsync(net.predict(Tensor.zeros([1, 2])), shapeMismatch(/3 numbers for raw rows but received 2/));
  await t.throwsAsync(net.predict(Tensor.zeros([1, 3])), shapeMismatch(/rows of 2 numbers/));
  net.preparation = { inputShape: [2], y: { offset: [1, 2], scale: [1, 2] } };
  await t.throwsAsync(net.predict(Tensor.zeros([1, 2])), shapeMismatch(/2 columns for outputs but received 1/));
});

test('calls queue up, rows may be changed meanwhile', async (t) => {
  const net = summing(1, 'float32');
  const rows = Tensor.from([[1]]);
  const calls = [net.predict(rows)];
  rows.data[0] = 2;
  calls.push(net.predict(rows));
  const inference = net.inferenceAsync(rows);
  t.throws(() => net.inference(rows), busy(/inference/));
  rows.data[0] = 3;
  const results = (await Promise.all(calls)).map(({ outputs }) => outputs.data[0]);
  t.deepEqual([...results, (await inference).data[0]], [1, 2, 2]);
});

test('many rows leave the event loop its turns', async (t) => {
  const net = classifier(64, 2);
  net.preparation = {
    inputShape: [64],
    x: { per: 'column', divisor: 3, offset: new Array(64).fill(0.5), scale: new Array(64).fill(2) },
  };
  const rows = rowsOfNumbers(1 << 16, 64);
  const { outputs } = await net.predict(rows);
  const prepared = rows.data.map((value) => (value / 3 - 0.5) * 2);
  t.deepEqual(outputs.data, net.inference(Tensor.from(prepared, rows.shape)).data);
});
