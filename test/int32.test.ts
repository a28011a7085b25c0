import test from 'ava';
import {
  DataReader,
  EagerRunner,
  FullyConnectedLayer,
  meanSquaredError,
  readNpz,
  readSafetensors,
  Tensor,
  writeNpz,
  writeSafetensors,
  XavierInitializer,
} from 'blasnet';
import { badArgument, shapeMismatch, untyped } from './support/errors.js';
import { temporaryFolder } from './support/files.js';
import { classifier, fittingNet, rowsOfNumbers } from './support/nets.js';

test('a tensor over an Int32Array is a view of it', (t) => {
  const values = Int32Array.of(3, -1, 2 ** 31 - 1, -(2 ** 31));
  const tensor = Tensor.from(values, [2, 2]);
  t.is(tensor.dtype, 'int32');
  t.is(tensor.data, values);
  t.deepEqual(tensor.toArray(), [
    [3, -1],
    [2147483647, -2147483648],
  ]);
  t.deepEqual(Tensor.from(values).shape, [1, 4]);
  t.throws(() => Tensor.from(values, [3, 1]), shapeMismatch(/a product of 4 for shape/));
});

test('reshape and slice share memory, clone copies', (t) => {
  const tensor = Tensor.from(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    undefined,
    'int32',
  );
  const [shaped, rows, copy] = [tensor.reshape([2, 3]), tensor.slice(1), tensor.clone()];
  tensor.data[2] = 7;
  t.deepEqual([shaped.dtype, rows.dtype, copy.dtype], ['int32', 'int32', 'int32']);
  t.deepEqual(shaped.toArray(), [
    [1, 2, 7],
    [4, 5, 6],
  ]);
  t.deepEqual(rows.toArray(), [
    [7, 4],
    [5, 6],
  ]);
  t.deepEqual([...copy.data], [1, 2, 3, 4, 5, 6]);
  t.deepEqual([...tensor.clone('float64').data], [1, 2, 7, 4, 5, 6]);
  t.is(tensor.clone('float32').dtype, 'float32');
});

test('lists and floats become int32 where they hold whole numbers', (t) => {
  t.deepEqual([...Tensor.from([2, 0, -0, 1], [4], 'int32').data], [2, 0, 0, 1]);
  t.deepEqual([...Tensor.from(Float64Array.of(5, 2 ** 31 - 1), [2], 'int32').data], [5, 2 ** 31 - 1]);
  t.deepEqual([...Tensor.from([[1, 2]]).clone('int32').data], [1, 2]);
  t.deepEqual([...Tensor.from(Int32Array.of(1, 2), [2], 'float32').data], [1, 2]);
  for (const bad of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31) - 1]) {
    const refusal = badArgument(
      /^Expected a whole number from -2147483648 to 2147483647 for values\[1\] as int32 but rec/,
    );
    t.throws(() => Tensor.from([0, bad], [2], 'int32'), refusal);
    t.throws(() => Tensor.from(Float64Array.of(0, bad), [2], 'int32'), refusal);
    t.throws(() => Tensor.from(Float64Array.of(0, bad)).clone('int32'), refusal);
  }
  t.throws(() => Tensor.from(untyped(['1']), [1], 'int32'), badArgument(/a number for values\[0\] but received '1'$/));
});

test('zeros, and what is printed', (t) => {
  const zeros = Tensor.zeros([2, 3], 'int32');
  t.true(zeros.data instanceof Int32Array && zeros.data.every((value) => value === 0));
  t.is(JSON.stringify(zeros), '[[0,0,0],[0,0,0]]');
  t.throws(() => Tensor.zeros([1], untyped('int8')), badArgument(/'float32', 'float64' or 'int32' for dtype but/));
});

test('a runner hands out tensors of int32 on request', (t) => {
  t.is(new EagerRunner('float64').tensor([2]).dtype, 'float64');
  t.is(new EagerRunner('float64').tensor([2], 'int32').dtype, 'int32');
});

test('files hold them', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b] = [
    Tensor.from(
      [
        [1, -2],
        [3, 4],
      ],
      undefined,
      'int32',
    ),
    rowsOfNumbers(2, 2).clone('float64'),
  ];
  await writeNpz(`${folder}/arrays.npz`, { a, b });
  const { a: readA } = await readNpz(`${folder}/arrays.npz`);
  t.deepEqual(readA, { shape: [2, 2], data: a.data });
  await writeSafetensors(`${folder}/arrays.safetensors`, { a, b });
  const { tensors } = await readSafetensors(`${folder}/arrays.safetensors`);
  t.deepEqual(tensors.a, { shape: [2, 2], data: a.data });
  t.deepEqual(tensors.b, { shape: [2, 2], data: b.data });
});

test('what computes with floats refuses them', async (t) => {
  const x = untyped<Tensor>(Tensor.zeros([2, 3], 'int32'));
  const y = Tensor.zeros([2, 1]);
  const net = fittingNet([3, 1]);
  const floats = badArgument(/^Expected a float32 or float64 tensor for \S.* but received 'an int32 one'$/);
  t.throws(() => net.inference(x), floats);
  t.throws(() => net.forward(x), floats);
  t.throws(() => net.test(x, y), floats);
  t.throws(() => net.trainOnBatch(x, y), floats);
  t.throws(() => new FullyConnectedLayer(3, 1).forward(x), floats);
  t.throws(() => new FullyConnectedLayer(2, 3).setWeights({ W: x }), floats);
  t.throws(() => meanSquaredError(x, x), floats);
  const context = { fanIn: 1, fanOut: 1, seed: 1, stream: 1 };
  t.throws(() => new XavierInitializer().fill(new EagerRunner('float32'), x, context), floats);
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: y });
  await t.throwsAsync(net.train(reader), badArgument(/^Expected rows of floats for the training set's x but received/));
});

test('class numbers of int32 become labels of float32', async (t) => {
  const xTrain = rowsOfNumbers(4, 2);
  const yTrain = Tensor.from([5, 4, 6, 5], [4, 1], 'int32');
  const reader = () => DataReader.fromTensors({ xTrain, yTrain });
  const [oneHot, zeroOne, scaled] = [
    reader(),
    DataReader.fromTensors({ xTrain, yTrain: Tensor.from([1, 0, 0, 1], [4, 1], 'int32') }),
    reader(),
  ];
  t.throws(() => oneHot.yTrain, badArgument(/^Expected rows of floats for yTrain but received/));
  oneHot.normalizeY('multipleClassifier', 4);
  t.is(oneHot.yTrain.dtype, 'float32');
  t.deepEqual(oneHot.yTrain.toArray(), [
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
  ]);
  zeroOne.normalizeY('binaryClassifier');
  t.deepEqual([zeroOne.yTrain.dtype, [...zeroOne.yTrain.data]], ['float32', [1, 0, 0, 1]]);
  scaled.normalizeY('fitting');
  t.deepEqual([scaled.yTrain.dtype, [...scaled.yTrain.data]], ['float32', [0.5, 0, 1, 0.5]]);
  t.deepEqual([...scaled.deNormalizeY(scaled.yTrain).data], [5, 4, 6, 5]);
  await classifier(2, 3, { maxEpoch: 1 }).train(oneHot);
});

test('raw rows of int32 are numbers like others', async (t) => {
  const net = fittingNet([2, 1]);
  net.preparation = { inputShape: [2], x: { per: 'column', divisor: 1, offset: [1, 2], scale: [0.5, 0.25] } };
  const raw = Tensor.from(
    [
      [3, 4],
      [5, 10],
    ],
    undefined,
    'int32',
  );
  const expected = net.predictSync(raw.clone('float32')).outputs.data;
  t.deepEqual(net.predictSync(untyped(raw)).outputs.data, expected);
  t.deepEqual((await net.predict(untyped(raw))).outputs.data, expected);
});
