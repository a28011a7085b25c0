import test from 'ava';
import { DataReader, MnistImageDataReader, Tensor, writeNpz } from 'blasnet';
import { cifarReader, excerptReader } from '../support/cifar.js';
import { readCsv } from '../support/csv.js';
import { badArgument } from '../support/errors.js';
import { idx, temporaryFolder, write } from '../support/files.js';
import { read, six } from '../support/streams.js';

const tensors = {
  xTrain: Tensor.from([
    [0, 5, -1],
    [4, 5, 1],
  ]),
  yTrain: Tensor.from([[10], [30]]),
};

test('before the data is read there is none', (t) => {
  t.throws(() => new DataReader().preparation, badArgument(/readData to have finished/));
});

test('fromTensors', (t) => {
  const reader = DataReader.fromTensors(tensors);
  t.deepEqual(reader.preparation, { inputShape: [3] });
  reader.normalizeX();
  reader.normalizeY('fitting');
  t.deepEqual(reader.preparation, {
    inputShape: [3],
    x: { per: 'column', divisor: 1, offset: [0, 5, -1], scale: [0.25, 0, 0.5] },
    y: { offset: [10], scale: [20] },
  });
  reader.toZeroOne({ negativeLabel: 30, positiveLabel: 10 });
  t.deepEqual(reader.preparation.classes, ['30', '10']);
  t.is(reader.preparation.y, undefined);
  reader.toOneHot(9);
  t.is(reader.preparation.classes!.length, 22);
  t.deepEqual(reader.preparation.classes!.slice(0, 2), ['9', '10']);
});

test('rows of images keep their shape', (t) => {
  const xTrain = Tensor.zeros([2, 1, 2, 3]);
  t.deepEqual(DataReader.fromTensors({ ...tensors, xTrain }).preparation, { inputShape: [1, 2, 3] });
});

test('a range too small to be inverted', (t) => {
  const xTrain = Tensor.from([0, 5e-324], [2, 1], 'float64');
  const reader = DataReader.fromTensors({ ...tensors, xTrain });
  reader.normalizeX();
  t.deepEqual(reader.preparation.x!.scale, [Number.MAX_VALUE]);
});

test('npz', async (t) => {
  const train = `${await temporaryFolder(t)}/train.npz`;
  await writeNpz(train, { data: tensors.xTrain, label: tensors.yTrain });
  const reader = new DataReader({ train });
  await reader.readData();
  reader.normalizeX();
  t.deepEqual(reader.preparation, {
    inputShape: [3],
    x: { per: 'column', divisor: 1, offset: [0, 5, -1], scale: [0.25, 0, 0.5] },
  });
});

test('a stream', async (t) => {
  const reader = await read(six);
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  t.deepEqual(reader.preparation, {
    inputShape: [3],
    x: { per: 'column', divisor: 1, offset: [0, 5, -1], scale: [1 / 8, 0, 0.5] },
    classes: ['0', '1', '2'],
  });
});

test('csv › columns, categories, missing cells', async (t) => {
  const reader = await readCsv(t, {
    train: 'age,color,size,tag,kind\n17,red,?,a,yes\n30,?,L,a,no\n?,blue,M,a,yes\n1,red,?,a,yes\n',
    label: 'kind',
    categorical: { color: 'oneHot', size: 'number', tag: 'oneHot' },
    unknownCategory: 'zeros',
    missing: { age: 'mean', color: 'category', size: 'drop', tag: 'mean' },
    missingCells: ['?', ''],
  });
  reader.normalizeY('binaryClassifier');
  t.deepEqual(reader.preparation, {
    inputShape: [5],
    classes: ['no', 'yes'],
    featureNames: ['age', 'color=?', 'color=blue', 'size', 'tag=a'],
    columns: [
      { name: 'age', encoding: 'none', missingCells: ['?', ''], missing: { fill: 30 } },
      {
        name: 'color',
        encoding: 'oneHot',
        categories: ['?', 'blue'],
        unknown: 'zeros',
        missingCells: ['?', ''],
        missing: { category: '?' },
      },
      {
        name: 'size',
        encoding: 'number',
        categories: ['L', 'M'],
        unknown: 'error',
        missingCells: ['?', ''],
        missing: 'error',
      },
      {
        name: 'tag',
        encoding: 'oneHot',
        categories: ['a'],
        unknown: 'zeros',
        missingCells: ['?', ''],
        missing: 'unknown',
      },
    ],
  });
});

test('csv › class numbers from another base keep their names', async (t) => {
  const reader = await readCsv(t, { train: 'a,kind\n1,x\n2,y\n3,z\n', label: 'kind' });
  reader.toOneHot(0);
  t.deepEqual(reader.preparation.classes, ['x', 'y', 'z']);
});

test('csv › functions leave the names of the features only', async (t) => {
  const reader = await readCsv(t, {
    train: 'a,b,y\n1,2,1\n3,4,2\n',
    label: 'y',
    derive: { c: ({ a, b }) => Number(a) + Number(b) },
  });
  t.deepEqual(reader.preparation, { inputShape: [3], featureNames: ['a', 'b', 'c'] });
});

test('images of IDX files', async (t) => {
  const folder = await temporaryFolder(t);
  const trainImages = await write(
    folder,
    'images',
    idx(
      [2, 2, 3],
      Uint8Array.from({ length: 12 }, (_, i) => i * 20),
    ),
  );
  const trainLabels = await write(folder, 'labels', idx([2], Uint8Array.from([1, 0])));
  const reader = new MnistImageDataReader({ trainImages, trainLabels });
  await reader.readData();
  t.deepEqual(reader.preparation, { inputShape: [6], image: [1, 2, 3] });
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  t.deepEqual(reader.preparation, {
    inputShape: [6],
    image: [1, 2, 3],
    x: { per: 'channel', divisor: 255, offset: [0], scale: [1] },
    classes: ['0', '1'],
  });
});

test('images of CIFAR-10', async (t) => {
  const reader = await excerptReader();
  const perChannel = { mean: [0.1, 0.2, 0.3], deviation: [0.5, 0.25, 0] };
  reader.normalizeX({ perChannel });
  reader.toOneHot();
  const { classes, ...rest } = reader.preparation;
  t.deepEqual(rest, {
    inputShape: [3, 32, 32],
    image: [3, 32, 32],
    x: { per: 'channel', divisor: 255, offset: [0.1, 0.2, 0.3], scale: [2, 4, 0] },
  });
  t.deepEqual(classes!.slice(0, 2), ['airplane', 'automobile']);
  const flat = await cifarReader(t, [0, 2], { mode: 'vector' });
  flat.toOneHot();
  t.deepEqual(flat.preparation, { inputShape: [3072], image: [3, 32, 32], classes: ['0', '1', '2'] });
});
