import test from 'ava';
import type { MissingPolicy } from 'blasnet';
import { type CsvTexts, readCsv } from '../support/csv.js';
import { badArgument, badFile } from '../support/errors.js';

const train = 'a,b,y\n1,?,1\nNA,3,2\n6, ,3\n2,NaN,4\n';
const read = (t: Parameters<typeof readCsv>[0], options: Partial<CsvTexts>) =>
  readCsv(t, { train, label: 'y', ...options });

test('error, by default, that names line and column', async (t) => {
  await t.throwsAsync(
    read(t, {}),
    badFile(
      /problems:\n- a cell that is not missing in line 2, column 'b' but received '\?'; use missing: \{ b: 'median' \} or missing: \{ b: 'drop' \}\n- .* line 3, column 'a' but received 'NA'; use missing: \{ a: 'median' \}/,
    ),
  );
  await t.throwsAsync(
    read(t, { missing: { b: 'mean' } }),
    badFile(/^Expected a cell that is not missing in line 3, column 'a', .* received 'NA'; use/),
  );
});

test('drop › rows go, in the test file, too', async (t) => {
  await t.throwsAsync(read(t, { missing: 'drop' }), badFile(/^Expected at least one row to keep in .* received none$/));
  const reader = await read(t, { missing: { a: 'drop', b: 0 }, test: 'a,b,y\n5,5,5\n?,5,6\n' });
  t.deepEqual(reader.xTrain.toArray(), [
    [1, 0],
    [6, 0],
    [2, 0],
  ]);
  t.deepEqual(reader.yTrain.toArray(), [[1], [3], [4]]);
  t.deepEqual(reader.yTest.toArray(), [[5]]);
});

test('drop › categories of dropped rows are none', async (t) => {
  const text = 'a,c,y\n1,red,1\n?,green,2\n3,blue,3\n';
  const reader = await read(t, { train: text, missing: 'drop', categorical: 'oneHot' });
  t.deepEqual(reader.categories, { c: ['blue', 'red'] });
  t.deepEqual(reader.xTrain.toArray(), [
    [1, 0, 1],
    [3, 1, 0],
  ]);
  t.throws(() => reader.encodeRows([{ a: 1, c: 'green' }]), badArgument(/2 categories for row 0, column 'c'/));
  t.throws(
    () => reader.encodeRows([{ a: '?', c: 'red' }]),
    badArgument(/^Expected a cell that is not missing for row 0, column 'a' but received '\?'$/),
  );
});

const fills: readonly [MissingPolicy, number, number][] = [
  ['mean', 3, 3],
  ['median', 2, 3],
  [-1, -1, -1],
];
for (const [policy, a, b] of fills) {
  test(`${policy} › learned from the training rows`, async (t) => {
    const reader = await read(t, { missing: policy, test: 'a,b,y\n?,?,1\n100,200,1\n' });
    t.deepEqual(reader.xTrain.toArray(), [
      [1, b],
      [a, 3],
      [6, b],
      [2, b],
    ]);
    t.deepEqual(reader.xTest.toArray(), [
      [a, b],
      [100, 200],
    ]);
  });
}

test('median › of an even number of cells is between the middle ones', async (t) => {
  const reader = await read(t, { train: 'a,y\n10,1\n1,1\n?,1\n2,1\n4,1\n', missing: 'median' });
  t.deepEqual(reader.xTrain.toArray(), [[10], [1], [3], [2], [4]]);
});

test('mean › of the training rows of a split', async (t) => {
  const rows = Array.from({ length: 30 }, (_, i) => `${i % 3 === 0 ? '' : i},${i}`).join('\n');
  const reader = await read(t, { train: `a,y\n${rows}`, missing: 'mean', split: 3 });
  const known = (reader.yTrain.toArray() as number[][]).flat().filter((i) => i % 3 !== 0);
  const mean = Math.fround(known.reduce((sum, i) => sum + i, 0) / known.length);
  const filled = (values: number[][]) => values.flat().map((i) => (i % 3 === 0 ? mean : i));
  t.deepEqual((reader.xTrain.toArray() as number[][]).flat(), filled(reader.yTrain.toArray() as number[][]));
  t.deepEqual((reader.xTest.toArray() as number[][]).flat(), filled(reader.yTest.toArray() as number[][]));
  t.not(mean, 15);
});

test('a category of their own for missing names, under any policy that keeps the row', async (t) => {
  const text = 'a,c,y\n1,?,1\n2,red,2\n3,,3\n';
  for (const missing of ['category', 'mean', 7, { c: 'category' }] as const) {
    const reader = await read(t, { train: text, missing, categorical: 'oneHot', test: 'a,c,y\n4,NA,1\n' });
    t.deepEqual(reader.featureNames, ['a', 'c=', 'c=red']);
    t.deepEqual(reader.xTrain.toArray(), [
      [1, 1, 0],
      [2, 0, 1],
      [3, 1, 0],
    ]);
    t.deepEqual(reader.xTest.toArray(), [[4, 1, 0]]);
  }
});

test('a missing name in the test file alone is an unknown category', async (t) => {
  const files = { train: 'c,y\nred,1\n', test: 'c,y\n?,1\n', missing: 'category', categorical: 'oneHot' } as const;
  await t.throwsAsync(read(t, files), badFile(/training file's 1 categories in line 2, column 'c', .* received '\?'/));
  t.deepEqual((await read(t, { ...files, unknownCategory: 'zeros' })).xTest.toArray(), [[0]]);
});

test('category › not for numbers', async (t) => {
  const expected = /names in a column with missing: 'category', or another policy in line/;
  await t.throwsAsync(read(t, { train: 'a,y\n1,1\n?,2\n', missing: 'category' }), badFile(expected));
  await t.throwsAsync(read(t, { train: 'a,y\n?,1\n1,2\n', missing: 'category' }), badFile(expected));
});

test('labels are never filled', async (t) => {
  const text = 'a,y\n1,1\n2,?\n';
  for (const missing of ['error', 'mean', 'category', 0] as const) {
    await t.throwsAsync(
      read(t, { train: text, missing }),
      badFile(/not missing in line 3, column 'y', .* use missing: \{ y: 'drop' \}$/),
    );
  }
  t.deepEqual((await read(t, { train: text, missing: 'drop' })).yTrain.toArray(), [[1]]);
});

test('missingCells › others than the usual', async (t) => {
  const text = 'a,c,y\n-999,none,1\n3,red,2\n';
  const reader = await read(t, {
    train: text,
    missing: 'mean',
    missingCells: ['none', '-999'],
    categorical: 'oneHot',
  });
  t.deepEqual(reader.featureNames, ['a', 'c=none', 'c=red']);
  t.deepEqual(reader.xTrain.toArray(), [
    [3, 1, 0],
    [3, 0, 1],
  ]);
  await t.throwsAsync(
    read(t, { train: 'a,y\n,1\n', missingCells: [] }),
    badFile(/^Expected a number in line 2, column 'a', of '.*' but received ''; use/),
  );
});

test('transform does not see missing cells, and may make some', async (t) => {
  const reader = await read(t, {
    train: 'a,y\n?,1\n-1,2\n5,3\n',
    missing: 100,
    transform: { a: (cell) => (cell === '-1' ? '' : cell.repeat(2)) },
  });
  t.deepEqual(reader.xTrain.toArray(), [[100], [100], [55]]);
});

test('a column without any cell', async (t) => {
  await t.throwsAsync(
    read(t, { train: 'a,b,y\n,1,1\n,2,2\n', missing: 'mean' }),
    badFile(/^Expected numbers to take the mean of in column 'a' of '.*train.csv' but received none$/),
  );
});
