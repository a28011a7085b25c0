import { readFile } from 'node:fs/promises';
import test from 'ava';
import { DataReader, MnistImageDataReader, NeuralNet, type ScalingMethod, type ScalingRows, Tensor } from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet } from '../support/nets.js';
import { batch, epochOf, read } from '../support/streams.js';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Fixture {
  readonly train: Numbers;
  readonly test: Numbers;
  readonly results: Readonly<Record<string, { readonly train: Numbers; readonly test: Numbers }>>;
}
const url = new URL('../../../../test/fixtures/reference/scaling.json', import.meta.url);
const fixture = JSON.parse(await readFile(url, 'utf8')) as Fixture;

const tensor = ({ shape, data }: Numbers) => Tensor.from([...data], shape, 'float64');
const [train, test_] = [tensor(fixture.train), tensor(fixture.test)];
const readerOf = () => DataReader.fromTensors({ xTrain: train, yTrain: train, xTest: test_, yTest: test_ });

/** The greatest difference; sums of 60 numbers near 1e6 leave 9 digits of a deviation of 1. */
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
const tolerance = 1e-8;

for (const [name, expected] of Object.entries(fixture.results)) {
  const [method, fitOn] = name.split(', ') as [ScalingMethod, ScalingRows];
  test(`normalizeX › ${name} › as scikit-learn`, async (t) => {
    const reader = readerOf();
    reader.normalizeX({ method, fitOn });
    t.true(difference(reader.xTrain.data, expected.train.data) < tolerance);
    t.true(difference(reader.xTest.data, expected.test.data) < tolerance);
    t.true(difference(reader.normalizePredictData(test_).data, expected.test.data) < tolerance);
    const { offset, scale } = reader.preparation.x!;
    const scaled = test_.data.map((value, i) => (value - offset[i % 5]!) * scale[i % 5]!);
    t.true(difference(scaled, expected.test.data) < tolerance);
  });
  test(`normalizeY › ${name} › as scikit-learn, and back`, (t) => {
    const reader = readerOf();
    reader.normalizeY('fitting', 0, { method, fitOn });
    t.true(difference(reader.yTrain.data, expected.train.data) < tolerance);
    t.true(difference(reader.deNormalizeY(reader.yTest).data, test_.data) < 1e-8);
    const { offset, scale } = reader.preparation.y!;
    t.true(
      difference(
        reader.yTest.data.map((value, i) => value * scale[i % 5]! + offset[i % 5]!),
        test_.data,
      ) < 1e-8,
    );
  });
  if (method !== 'robust') {
    test(`a reader of batches › ${name} › as scikit-learn`, async (t) => {
      const rows = train.toArray() as number[][];
      const parts = [rows.slice(0, 7), rows.slice(7, 8), rows.slice(8)].map((x) => ({
        x: Tensor.from(x, undefined, 'float64'),
        y: Tensor.from(x, undefined, 'float64'),
      }));
      const reader = DataReader.fromBatches(() => parts, { xTest: test_, yTest: test_ });
      await reader.readData();
      reader.normalizeX({ method, fitOn });
      reader.normalizeY('fitting', 0, { method, fitOn });
      const { x } = await epochOfDoubles(reader);
      t.true(difference(x, expected.train.data) < tolerance);
      t.true(difference(reader.xTest.data, expected.test.data) < tolerance);
      t.true(difference(reader.yTest.data, expected.test.data) < tolerance);
    });
  }
}

async function epochOfDoubles(reader: DataReader): Promise<{ x: number[] }> {
  const x: number[] = [];
  const parts = reader.trainingStream!.open();
  for await (const part of { [Symbol.asyncIterator]: () => parts }) x.push(...part.inputs['']!.data);
  return { x };
}

test('the default is min–max over train and test', (t) => {
  const [plain, said] = [readerOf(), readerOf()];
  plain.normalizeX();
  said.normalizeX({ method: 'minMax', fitOn: 'trainAndTest' });
  t.deepEqual(plain.xTest.data, said.xTest.data);
  t.deepEqual(plain.preparation, said.preparation);
});

test('a split, a shuffle and another method start from the raw rows', (t) => {
  const reader = DataReader.fromTensors({ xTrain: train, yTrain: train });
  reader.splitTestSet(0.2);
  reader.shuffle(3);
  reader.normalizeX({ method: 'robust' });
  reader.normalizeX({ method: 'standard', fitOn: 'train' });
  for (let column = 0; column < 4; column++) {
    const values = Array.from({ length: reader.numTrain }, (_, row) => reader.xTrain.data[row * 5 + column]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    t.true(Math.abs(mean) < 1e-9 && Math.abs(variance - 1) < 1e-9, `${column}: ${mean}, ${variance}`);
  }
});

test('a net keeps the scaling in its files, and ONNX files have it', async (t) => {
  const reader = readerOf();
  reader.normalizeX({ method: 'robust' });
  reader.normalizeY('fitting', 0, { method: 'standard' });
  const net = fittingNet([5, 5], { maxEpoch: 1, dtype: 'float64' });
  await net.train(reader);
  const { outputs } = await net.predict(test_);
  const folder = await temporaryFolder(t);
  await net.save(`${folder}/net.safetensors`);
  await net.exportOnnx(`${folder}/net.onnx`);
  const loaded = await NeuralNet.load(`${folder}/net.safetensors`);
  t.deepEqual((await loaded.predict(test_)).outputs.data, outputs.data);
  t.deepEqual((await NeuralNet.fromOnnx(`${folder}/net.onnx`)).preparation, net.preparation);
  const expected = reader.deNormalizeY(net.inference(reader.xTest)).data;
  t.true(difference(outputs.data, expected) < 1e-6);
});

test('errors', async (t) => {
  const reader = readerOf();
  t.throws(
    () => reader.normalizeX(untyped({ method: 'zscore' })),
    badArgument(/'minMax', 'standard' or 'robust' for method/),
  );
  t.throws(() => reader.normalizeX({ fitOn: untyped('test') }), badArgument(/'trainAndTest' or 'train' for fitOn/));
  t.throws(() => reader.normalizeX(untyped({ perChannel: true })), badArgument(/only method, fitOn for options/));
  t.throws(() => reader.normalizeX(untyped(null)), badArgument(/an object for options/));
  t.throws(() => reader.normalizeX(untyped('standard')), badArgument(/an object for options/));
  t.throws(
    () => reader.normalizeY('binaryClassifier', 0, { method: 'standard' }),
    badArgument(/nothing for classes, since scaling is for 'fitting' for options/),
  );
  const stream = await read([batch([[1], [2]], [[1], [2]])]);
  t.throws(
    () => stream.normalizeX({ method: 'robust' }),
    badArgument(/^Expected 'minMax' or 'standard' for a reader of batches for method but received 'robust'$/),
  );
  t.deepEqual((await epochOf(stream)).x, [[1], [2]]);
  t.throws(
    () =>
      new MnistImageDataReader(untyped({ trainImages: 'a', trainLabels: 'b' })).normalizeX({
        method: untyped('standard'),
      }),
    badArgument(/only perChannel for options/),
  );
});
