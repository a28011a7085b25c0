import test from 'ava';
import { type CsvTexts, readCsv } from '../support/csv.js';
import { badArgument, badFile } from '../support/errors.js';

const train = 'size,color,kind\n3,red,b\n1,green,a\n2,red,c\n';

test('oneHot › a column of 0 and 1 for each name, sorted', async (t) => {
  const reader = await readCsv(t, { train, label: 'kind', categorical: { color: 'oneHot' } });
  t.deepEqual(reader.featureNames, ['size', 'color=green', 'color=red']);
  t.deepEqual(reader.xTrain.toArray(), [
    [3, 0, 1],
    [1, 1, 0],
    [2, 0, 1],
  ]);
  t.deepEqual(reader.categories, { color: ['green', 'red'], kind: ['a', 'b', 'c'] });
});

test('number › the place of the name', async (t) => {
  const reader = await readCsv(t, { train, label: 'kind', categorical: 'number' });
  t.deepEqual(reader.xTrain.toArray(), [
    [3, 1],
    [1, 0],
    [2, 1],
  ]);
});

test('labels › class names become class numbers', async (t) => {
  const reader = await readCsv(t, { train, label: 'kind', columns: ['size'] });
  t.deepEqual(reader.yTrain.toArray(), [[1], [0], [2]]);
  reader.normalizeY('multipleClassifier');
  t.deepEqual(reader.yTrain.toArray(), [
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, 1],
  ]);
});

test('labels › numbers that are names are sorted as numbers', async (t) => {
  const codes = 'a,y\n1,10\n2,9\n3,010\n';
  const reader = await readCsv(t, { train: codes, label: 'y', categorical: { y: 'number' } });
  t.deepEqual(reader.categories, { y: ['9', '010', '10'] });
  t.deepEqual(reader.yTrain.toArray(), [[2], [0], [1]]);
});

test('one encoding for all touches no column of numbers', async (t) => {
  const text = 'code,color,y\n1,red,1\n2,7,2\n';
  const reader = await readCsv(t, { train: text, label: 'y', categorical: 'oneHot' });
  t.deepEqual(reader.featureNames, ['code', 'color=7', 'color=red']);
  t.deepEqual(reader.categories, { color: ['7', 'red'] });
});

test('names that objects have, and equal ones in two columns', async (t) => {
  const text = '__proto__,b,y\nconstructor,x,1\n__proto__,x,2\n';
  const reader = await readCsv(t, { train: text, label: 'y', categorical: 'oneHot' });
  t.deepEqual(reader.featureNames, ['__proto__=__proto__', '__proto__=constructor', 'b=x']);
  t.deepEqual(reader.xTrain.toArray(), [
    [0, 1, 1],
    [1, 0, 1],
  ]);
  t.deepEqual(Object.keys(reader.categories), ['__proto__', 'b']);
});

test('the test file shares the categories of the training file', async (t) => {
  const text = 'size,color,kind\n5,red,c\n';
  const reader = await readCsv(t, { train, test: text, label: 'kind', categorical: 'oneHot' });
  t.deepEqual(reader.xTest.toArray(), [[5, 0, 1]]);
  t.deepEqual(reader.yTest.toArray(), [[2]]);
});

test('a category that only the test file has', async (t) => {
  const read = (color: string, kind: string, options: Partial<CsvTexts> = {}) =>
    readCsv(t, {
      train,
      test: `size,color,kind\n5,green,a\n6,${color},${kind}\n`,
      label: 'kind',
      categorical: 'oneHot',
      ...options,
    });
  await t.throwsAsync(
    read('blue', 'a'),
    badFile(
      /^Expected one of the training file's 2 categories in line 3, column 'color', of '.*test.csv' but received 'blue'; use unknownCategory: 'zeros' or ignore: \['color'\]$/,
    ),
  );
  const zeros = await read('blue', 'a', { unknownCategory: 'zeros' });
  t.deepEqual(zeros.xTest.toArray(), [
    [5, 1, 0],
    [6, 0, 0],
  ]);
  const unknown = /one of the training file's 3 categories in line 3, column 'kind', .* received 'd'/;
  await t.throwsAsync(read('red', 'd', { unknownCategory: 'zeros' }), badFile(unknown));
  await t.throwsAsync(
    read('blue', 'a', { unknownCategory: 'zeros', categorical: 'number' }),
    badFile(/2 categories in line 3, column 'color'/),
  );
  t.throws(
    () => zeros.encodeRows([{ size: 'large', color: 'red' }]),
    badArgument(/^Expected a number for row 0, column 'size' but received 'large'$/),
  );
  t.deepEqual(zeros.encodeRows([{ size: 1, color: 'blue' }]).toArray(), [[1, 0, 0]]);
});

test('names where numbers should be', async (t) => {
  await t.throwsAsync(
    readCsv(t, { train, label: 'kind' }),
    badFile(
      /^Expected a number in line 2, column 'color', of '.*train.csv' but received 'red'; use categorical: \{ color: 'oneHot' \} or ignore: \['color'\]$/,
    ),
  );
  await t.throwsAsync(
    readCsv(t, { train: 'a,y\n1,1\n2,two\n', label: 'y' }),
    badFile(
      /^Expected a number in line 3, column 'y', of '.*' but received 'two'; use categorical: \{ y: 'number' \}$/,
    ),
  );
  await t.throwsAsync(
    readCsv(t, { train: 'a,y\n1,1\nx,2\n', label: 'y', categorical: 'oneHot' }),
    badFile(/Expected a number in line 3, column 'a'/),
  );
});

test('transform and derive may give names', async (t) => {
  const reader = await readCsv(t, {
    train: 'age,income\n17,<=50K\n30,>50K.\n',
    test: 'age,income\n18,>50K.\n',
    label: 'income',
    columns: ['adult'],
    transform: { income: (cell) => cell.replace('.', '') },
    derive: { adult: ({ age }) => (Number(age) < 18 ? 'no' : 'yes') },
    categorical: 'oneHot',
  });
  t.deepEqual(reader.categories, { adult: ['no', 'yes'], income: ['<=50K', '>50K'] });
  t.deepEqual(reader.xTest.toArray(), [[0, 1]]);
  t.deepEqual(reader.yTest.toArray(), [[1]]);
});

test('labels cannot be declared one-hot', async (t) => {
  await t.throwsAsync(
    readCsv(t, { train, label: 'kind', categorical: { kind: 'oneHot' } }),
    badArgument(/'number' for labels, which toOneHot or normalizeY follow for categorical.kind but received 'oneHot'/),
  );
});

/** A file with columns in which two rows share a name, and a label. */
function columnsOfIds(columns: number, rows: number): string {
  const names = Array.from({ length: columns }, (_, i) => `id${i}`);
  const lines = Array.from({ length: rows }, (_, i) => `${names.map(() => `n${i >> 1}`).join()},${i % 2}\n`);
  return `${names.join()},y\n${lines.join('')}`;
}

test('oneHot › a column of ids is refused before memory is taken for it', async (t) => {
  const ids = columnsOfIds(1, 200_000).replace('id0', 'plot'); // 80 GB that no machine has
  const refusal = badArgument(
    /^Expected at most 536870912 one-hot numbers for categorical but received 100000 names in column 'plot' of '.*train.csv' \(one-hot: 200000 rows × 100000 columns, 80 GB\); ignore the column, number it by categorical 'number', or let transform make fewer names of it$/,
  );
  await t.throwsAsync(readCsv(t, { train: ids, label: 'y', categorical: 'oneHot' }), refusal);
  await t.throwsAsync(readCsv(t, { train: ids, label: 'y', categorical: { plot: 'oneHot' } }), refusal);
  // What the message advises.
  const numbered = await readCsv(t, { train: ids, label: 'y', categorical: 'number' });
  t.is(numbered.categories.plot!.length, 100_000);
  const few = await readCsv(t, {
    train: ids,
    label: 'y',
    categorical: 'oneHot',
    transform: { plot: (cell) => cell.slice(0, 2) },
  });
  t.deepEqual(few.xTrain.shape, [200_000, 10]);
});

test('oneHot › the rows of the test file and all one-hot columns count', async (t) => {
  const train = columnsOfIds(2, 24_000); // 24,000 columns: 576 million numbers, and as many for the test file
  await t.throwsAsync(
    readCsv(t, { train, test: train, label: 'y', categorical: 'oneHot', dtype: 'float64' }),
    badArgument(/12000 names in column 'id0' of '.*' \(one-hot: 48000 rows × 24000 columns, 9.2 GB\)/),
  );
});

test('oneHot › as many columns as a file may have', async (t) => {
  await t.throwsAsync(
    readCsv(t, { train: columnsOfIds(65, 2020), label: 'y', categorical: 'oneHot' }),
    badArgument(/^Expected features of at most 65536 columns for categorical but received 1010 names in column 'id0'/),
  );
});
