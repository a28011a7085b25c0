import { writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import {
  ClassificationLayer,
  type DataFiles,
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
} from 'blasnet';
import { zipSync } from 'fflate';
import { encodeNpy } from '#blasnet/npz/npy';
import type { NumberArray } from '#blasnet/npz/npy-elements';
import { badArgument, badFile, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';

type Arrays = Readonly<Record<string, readonly [shape: readonly number[], data: NumberArray]>>;

/** Writes an npz file as NumPy's `savez_compressed` does. */
async function npz(t: ExecutionContext, arrays: Arrays): Promise<string> {
  const path = `${await temporaryFolder(t)}/file.npz`;
  const members = Object.entries(arrays).map(
    ([name, [shape, data]]) => [`${name}.npy`, encodeNpy(shape, data)] as const,
  );
  await writeFile(path, zipSync(Object.fromEntries(members)));
  return path;
}

const bytes = (count: number, first = 0) => Uint8Array.from({ length: count }, (_, i) => first + i);

async function read(files: DataFiles): Promise<DataReader> {
  const reader = new DataReader(files);
  await reader.readData();
  return reader;
}

/** A file as Keras's mnist.npz: images of 2 × 3 pixels. */
const mnist: Arrays = {
  x_test: [[2, 2, 3], bytes(12, 100)],
  x_train: [[4, 2, 3], bytes(24)],
  y_train: [[4], Uint8Array.of(0, 1, 2, 1)],
  y_test: [[2], Uint8Array.of(2, 0)],
};

test("Keras's mnist.npz: names of both sets in one file, images as rows of one channel", async (t) => {
  const reader = await read({ train: await npz(t, mnist) });
  t.deepEqual(reader.xTrain.shape, [4, 1, 2, 3]);
  t.deepEqual([...reader.xTrain.data], [...bytes(24)]);
  t.deepEqual(reader.yTrain.toArray(), [[0], [1], [2], [1]]);
  t.deepEqual(reader.xTest.shape, [2, 1, 2, 3]);
  t.deepEqual([...reader.xTest.data], [...bytes(12, 100)]);
  t.deepEqual(reader.yTest.toArray(), [[2], [0]]);
  t.true(reader.trainingPart.inputs['']?.data instanceof Uint8Array, 'images stay bytes');
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  t.deepEqual(reader.preparation.inputShape, [1, 2, 3]);
  t.is(Math.max(...reader.xTrain.data, ...reader.xTest.data), 1);
});

test('bytes train as the same numbers in float32 do', async (t) => {
  const flat = (name: string): Arrays[string] => [[mnist[name]![0][0]!, 1, 2, 3], Float32Array.from(mnist[name]![1])];
  const floats = { ...mnist, x_train: flat('x_train'), x_test: flat('x_test') };
  const losses = [];
  for (const arrays of [mnist, floats]) {
    const reader = await read({ train: await npz(t, arrays) });
    reader.normalizeY('multipleClassifier');
    const params = new HyperParameters({ netType: 'multipleClassifier', maxEpoch: 2, learningRate: 0.001 });
    const net = new NeuralNet(params, 'net')
      .addLayer(new FlattenLayer(), 'flat')
      .addLayer(new FullyConnectedLayer(6, 3), 'fc')
      .addLayer(new ClassificationLayer('softmax'), 'softmax');
    losses.push((await net.train(reader)).records.map(({ lossTrain }) => lossTrain));
  }
  t.deepEqual(losses[0], losses[1]);
});

test('colours with the channels last become channels, height, width', async (t) => {
  const file = await npz(t, { x_train: [[2, 2, 2, 3], bytes(24)], y_train: [[2, 1], Uint8Array.of(0, 1)] });
  const reader = await read({ train: file });
  t.deepEqual(reader.xTrain.shape, [2, 3, 2, 2]);
  t.deepEqual([...reader.xTrain.slice(1).data], [12, 15, 18, 21, 13, 16, 19, 22, 14, 17, 20, 23]);
  t.is(reader.numTest, 0);
});

test('other arrays of three and four dimensions stay as they are', async (t) => {
  const label: Arrays[string] = [[2], Float32Array.of(0, 1)];
  const first = await read({ train: await npz(t, { data: [[2, 3, 2, 2], bytes(24)], label }) });
  t.deepEqual([...first.xTrain.data], [...bytes(24)]);
  t.deepEqual(first.xTrain.shape, [2, 3, 2, 2]);
  const series = await read({ train: await npz(t, { data: [[2, 2, 3], Float32Array.from(bytes(12))], label }) });
  t.deepEqual(series.xTrain.shape, [2, 2, 3]);
});

const table: Arrays = {
  features: [[3, 2], Float64Array.of(1, 2, 3, 4, 5, 6)],
  price: [[3], Float64Array.of(7, 8, 9)],
  heldOut: [[1, 2], Float64Array.of(10, 11)],
  heldOutPrice: [[1], Float64Array.of(12)],
};

test('arrays by name, all parts in one file', async (t) => {
  const train = await npz(t, table);
  const xTrain = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const names = { xTrain: 'features', yTrain: 'price', xTest: 'heldOut', yTest: 'heldOutPrice' };
  const both = await read({ train, arrays: names });
  t.deepEqual(both.xTrain.toArray(), xTrain);
  t.is(both.xTrain.dtype, 'float64');
  t.deepEqual(both.yTrain.toArray(), [[7], [8], [9]]);
  t.deepEqual(both.xTest.toArray(), [[10, 11]]);
  t.deepEqual(both.yTest.toArray(), [[12]]);
  const alone = await read({ train, arrays: { x: 'features', y: 'price' } });
  t.deepEqual(alone.xTrain.toArray(), xTrain);
  t.is(alone.numTest, 0);
  t.is((await read({ train, arrays: { xTrain: 'features', yTrain: 'price' }, split: 3 })).numTest, 1);
});

test('arrays by name, a file for each part', async (t) => {
  const train = await npz(t, table);
  const same = await npz(t, { features: table.heldOut!, price: table.heldOutPrice! });
  const reader = await read({ train, test: same, arrays: { x: 'features', y: 'price' } });
  t.deepEqual(reader.xTest.toArray(), [[10, 11]]);
  const others = await read({
    train,
    test: train,
    arrays: { x: 'features', y: 'price', xTest: 'heldOut', yTest: 'heldOutPrice' },
  });
  t.deepEqual(others.yTest.toArray(), [[12]]);
  const keras = await npz(t, mnist);
  t.is((await read({ train: keras, test: keras })).numTest, 2);
});

test('other arrays of a file may hold anything', async (t) => {
  const large = Buffer.from(encodeNpy([1], Float64Array.of(0)));
  large.write('<i8', large.indexOf('<f8'));
  large.writeBigInt64LE(2n ** 60n, large.length - 8);
  const path = `${await temporaryFolder(t)}/file.npz`;
  const [data, label] = [encodeNpy([2, 1], Float32Array.of(1, 2)), encodeNpy([2], Float32Array.of(3, 4))];
  await writeFile(path, zipSync({ 'data.npy': data, 'label.npy': label, 'id.npy': large, 'notes.txt': large }));
  t.deepEqual((await read({ train: path })).yTrain.toArray(), [[3], [4]]);
  const asked = new DataReader({ train: path, arrays: { x: 'id', y: 'label' } }).readData();
  await t.throwsAsync(asked, shapeMismatch(/^Expected 1 rows for the train labels but received 2$/));
});

test('names that do not fit', async (t) => {
  const train = await npz(t, table);
  const keras = await npz(t, mnist);
  const reading = (files: DataFiles) => new DataReader(files).readData();
  await t.throwsAsync(
    reading({ train }),
    badFile(
      /^Expected arrays 'data' and 'label', or 'x_train' and 'y_train', .* in the option arrays, in '.*' but received features, price/,
    ),
  );
  await t.throwsAsync(
    reading({ train, arrays: { x: 'features', y: 'cost' } }),
    badFile(/^Expected an array 'cost' in '.*' but received features, price, heldOut, heldOutPrice$/),
  );
  await t.throwsAsync(reading({ train, arrays: { x: 'features' } }), badArgument(/both xTrain and yTrain for arrays/));
  const half = { x: 'features', y: 'price', xTest: 'heldOut' };
  await t.throwsAsync(
    reading({ train, arrays: half }),
    badArgument(/both xTest and yTest for arrays but received 'heldOut'/),
  );
  await t.throwsAsync(
    reading({ train: keras, split: 2 }),
    badArgument(/^Expected no test set in '.*' \(.* by --split 0; name .*\) for split but received 'x_test, y_test'$/),
  );
  await t.throwsAsync(reading({ train: 'a.csv', label: 'y', arrays: half }), badArgument(/an npz file for train/));
  t.throws(
    () => new DataReader(untyped({ train, arrays: { train: 'x' } })),
    badArgument(/only x, y, xTrain.* for arrays/),
  );
  t.throws(
    () => new DataReader(untyped({ train, arrays: { x: 3 } })),
    badArgument(/the name of an array for arrays.x/),
  );
});

test('rows that do not match are refused by the headers, before anything is unpacked', async (t) => {
  const path = `${await temporaryFolder(t)}/file.npz`;
  const images = encodeNpy([3000, 28, 28], new Uint8Array(3000 * 784));
  const zip = zipSync({ 'x_train.npy': images, 'y_train.npy': encodeNpy([2999], new Uint8Array(2999)) });
  zip.fill(0xff, 1500, 2000); // within the images, which cannot be unpacked
  await writeFile(path, zip);
  await t.throwsAsync(
    read({ train: path }),
    shapeMismatch(/^Expected 3000 rows for the train labels but received 2999$/),
  );
});
