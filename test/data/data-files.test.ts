import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DataReader, Tensor } from 'blasnet';
import { writeNpz } from '#blasnet/npz/npz';
import { badArgument, badFile, notFinite, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';

const data = Tensor.from(
  [
    [1, 2],
    [3, 4],
  ],
  undefined,
  'float64',
);
const label = Tensor.from([[5], [6]], undefined, 'float64');

/** A folder with `train.npz`. */
async function withTraining(t: Parameters<typeof temporaryFolder>[0], arrays: Record<string, Tensor>) {
  const folder = await temporaryFolder(t);
  const train = join(folder, 'train.npz');
  await writeNpz(train, arrays);
  return { folder, train };
}

test('readData › train and test', async (t) => {
  const { folder, train } = await withTraining(t, { data, label });
  const testFile = join(folder, 'test.npz');
  await writeNpz(testFile, { data: Tensor.from([[7, 8]]), label: Tensor.from([[9]]) });
  const reader = new DataReader({ train, test: testFile });
  await reader.readData();
  t.deepEqual(reader.xTrain.toArray(), [
    [1, 2],
    [3, 4],
  ]);
  t.is(reader.xTrain.dtype, 'float64');
  t.deepEqual(reader.yTrain.toArray(), [[5], [6]]);
  t.deepEqual(reader.xTest.toArray(), [[7, 8]]);
  t.is(reader.xTest.dtype, 'float32');
});

test('readData › labels as a vector are one column', async (t) => {
  const { train } = await withTraining(t, { data, label: Tensor.from([5, 6], [2]) });
  const reader = new DataReader({ train });
  await reader.readData();
  t.deepEqual(reader.yTrain.toArray(), [[5], [6]]);
});

test('readData › again starts anew', async (t) => {
  const { train } = await withTraining(t, { data, label });
  const reader = new DataReader({ train });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('fitting');
  reader.generateValidationSet(2);
  await reader.readData();
  t.is(reader.numValidation, 0);
  t.is(reader.numTrain, 2);
  t.throws(() => reader.normalizePredictData(data), badArgument(/normalizeX before it/));
  t.throws(() => reader.deNormalizeY(label), badArgument(/normalizeY\('fitting'\) before it/));
});

test('readData › files that are not what they should be', async (t) => {
  const { folder, train } = await withTraining(t, { data, label });
  const read = (file: string) => new DataReader({ train: file }).readData();
  const good = await import('node:fs/promises').then(({ readFile }) => readFile(train));
  await t.throwsAsync(
    read(join(folder, 'none.npz')),
    badFile(/a readable npz file at '.*none.npz' but received ENOENT/),
  );
  await t.throwsAsync(read(folder), badFile(/received a folder$/));
  for (const length of [0, 1, 21, 100, good.length - 1]) {
    await t.throwsAsync(
      read(await write(folder, 'cut.npz', good.subarray(0, length))),
      badFile(/cut.npz/),
      `${length}`,
    );
  }
  await t.throwsAsync(
    read(await write(folder, 'junk.npz', 'x'.repeat(5000))),
    badFile(/a whole zip archive in '.*junk.npz'/),
  );
  const flipped = Buffer.from(good);
  flipped[200]! ^= 1;
  await t.throwsAsync(read(await write(folder, 'flipped.npz', flipped)), badFile(/flipped.npz/));
  await rm(train);
  await t.throwsAsync(read(train), badFile(/ENOENT/));
  await t.throwsAsync(read(untyped(undefined)), badArgument(/the name of a file for path but received undefined/));
});

test('readData › a header that promises 2^60 numbers', async (t) => {
  const folder = await temporaryFolder(t);
  const { encodeNpy } = await import('#blasnet/npz/npy');
  const { zipSync } = await import('fflate');
  const npy = Buffer.from(encodeNpy([2, 2], data.data));
  const text = npy.toString('latin1').replace('(2, 2), }', `(${2 ** 30}, ${2 ** 22}), }`.padEnd(9));
  const huge = Buffer.from(text, 'latin1');
  huge.writeUInt16LE(huge.indexOf('\n') + 1 - 10, 8);
  const file = await write(folder, 'huge.npz', zipSync({ 'data.npy': huge, 'label.npy': huge }));
  await t.throwsAsync(
    new DataReader({ train: file }).readData(),
    badFile(/Expected \d{16,} bytes of data for shape \(1073741824, 4194304\) in 'data.npy' of '.*huge.npz'/),
  );
});

test('readData › arrays that are missing or do not match', async (t) => {
  const read = async (arrays: Record<string, Tensor>) => {
    const { train } = await withTraining(t, arrays);
    return new DataReader({ train }).readData();
  };
  await t.throwsAsync(
    read({ data }),
    badFile(/Expected arrays 'data' and 'label', .* in '.*train.npz' but received data$/),
  );
  await t.throwsAsync(
    read({ x: data, label }),
    badFile(/Expected arrays 'data' and 'label', .* but received x, label$/),
  );
  await t.throwsAsync(
    read({ data, label: Tensor.zeros([3, 1]) }),
    shapeMismatch(/2 rows for the train labels but received 3/),
  );
  await t.throwsAsync(
    read({
      data: Tensor.from([
        [1, Number.NaN],
        [1, 1],
      ]),
      label,
    }),
    notFinite(/for the train set but received NaN in row 0, column 1/),
  );
});

test('readData › a failure leaves the reader as it was', async (t) => {
  const { train } = await withTraining(t, { data, label });
  const reader = new DataReader({ train });
  await reader.readData();
  await write(train.slice(0, -'/train.npz'.length), 'train.npz', 'junk');
  await t.throwsAsync(reader.readData(), badFile(/train.npz/));
  t.deepEqual(reader.yTrain.toArray(), [[5], [6]]);
});

test('rows of nothing are refused, however many a file claims', async (t) => {
  const nothing = (rows: number) => Tensor.zeros([rows, 0]);
  for (const [arrays, message] of [
    [{ data: nothing(2 ** 40), label: nothing(2 ** 40) }, /at least one column for the train set but received 0/],
    [{ data, label: nothing(2) }, /at least one column for the train labels but received 0/],
  ] as const) {
    const { train } = await withTraining(t, arrays);
    await t.throwsAsync(new DataReader({ train }).readData(), shapeMismatch(message));
    await t.throwsAsync(new DataReader({ train, split: 2 }).readData(), shapeMismatch(message));
  }
});
