import { gzipSync } from 'node:zlib';
import test from 'ava';
import { DataReader } from 'blasnet';
import { type CsvTexts, readCsv } from '../support/csv.js';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';

const train = 'a,b,y\n1,2,3\n4,5,6\n';

const rejects = test.macro({
  async exec(t, options: Partial<CsvTexts>, message: RegExp) {
    await t.throwsAsync(readCsv(t, { train, label: 'y', ...options }), badFile(message));
  },
  title: (name) => `readData refuses ${name}`,
});
test(
  'a ragged row',
  rejects,
  { train: `${train}7,8\n` },
  /^Expected 3 cells in line 4 of '.*train.csv' but received 2$/,
);
test('a delimiter too many', rejects, { train: 'a,y\n1,2,\n' }, /^Expected 2 cells in line 2 of .* received 3$/);
test('a ragged test file', rejects, { test: `${train}7\n` }, /3 cells in line 4 of '.*test.csv' but received 1/);
test(
  'a bad cell behind comments, empty lines and lines of a quoted cell',
  rejects,
  { train: 'skipped\n# c\na,b,y\n\n"1\n",2,3\n# d\n4,x,6\n', comment: '#', skipLines: 1 },
  /in line 8, column 'b', of '.*' but received 'x'; use/,
);
test(
  'a bad cell behind skipped lines that end with carriage returns',
  rejects,
  { train: 'skipped\rand this\ra,y\r1,2\rx,3\r', label: 'y', skipLines: 2 },
  /in line 5, column 'a', of '.*' but received 'x'; use/,
);
test('a bad cell in a gzipped file', rejects, { train: gzipSync('a,y\n1,2\nx,3\n') }, /line 3, column 'a'/);
for (const cell of ['0x10', '0b1', '1_000', '1e', '.', '1 2', '--1', '1,000', 'tRue', 'infinit', '1,2,3']) {
  test(`the cell ${cell}`, rejects, { train: `a,y\n"${cell}",1\n` }, /Expected a number .*in line 2, column 'a'/);
}
test('a blank in quotes', rejects, { train: 'a,y\n" ",1\n' }, /Expected a number .* column 'a', .* received ' '/);
test(
  'a number beyond float64',
  rejects,
  { train: 'a,y\n-1e400,1\n', dtype: 'float64' },
  /at most ±1.79\d+e\+308 .*e400/,
);
test(
  'a number beyond float32',
  rejects,
  { train: 'a,y\n1e39,1\n' },
  /at most ±3.40\d+e\+38 in line 2.*received 1e39; use dtype: 'float64' or ignore: \['a'\]$/,
);
test(
  'an open quote',
  rejects,
  { train: `${train}"7,8,9\n` },
  /^Expected a closing quote in line 4 of .* the end of the/,
);
test('an open quote in the header', rejects, { train: '"a,y\n1,2\n' }, /closing quote in line 1 of/);
test(
  'a quote within a cell',
  rejects,
  { train: 'a,y\n1,2\n5",1\n' },
  /whole cells only in line 3 of .* within cell 1$/,
);
test(
  'text behind a quote',
  rejects,
  { train: 'a,y\n1,"2"x\n' },
  /whole cells only in line 2 of .* behind one in cell 2/,
);
test('a row without end', rejects, { train: `a,y\n1,"${'x\n'.repeat(2e6)}` }, /at most 2097152 characters in line 2/);
test('a line without end', rejects, { train: `a,y\n1${','.repeat(3e6)}` }, /lines of at most 2097152 bytes in '/);
test('an empty file', rejects, { train: '' }, /^Expected a header line in '.*train.csv' but received none$/);
test('an empty file without header', rejects, { train: '\n', header: false }, /at least one row in .* received none/);
test('a header alone', rejects, { train: 'a,y\n' }, /at least one row to keep in '.*train.csv' but received none/);
test('two columns of a name', rejects, { train: 'a,a,y\n1,2,3\n' }, /different names in the header of .*two named 'a'/);
test(
  'a test file without the label',
  rejects,
  { test: 'a,b\n1,2\n' },
  /^Expected a column 'y' in the header of '.*test.csv' but received 'a', 'b'$/,
);
test(
  'a wider test file',
  rejects,
  { train: '1,2\n', test: '1,2,3\n', label: 1, header: false },
  /rows of 2 cells, as in the training file in '.*test.csv' but received 3/,
);
test('names of another count', rejects, { header: ['a', 'y'] }, /Expected 2 cells in line 1 of .* received 3/);
test('broken gzip', rejects, { train: gzipSync(train).subarray(0, 25) }, /whole gzipped data in '.*train.csv'/);
const damaged = Buffer.from(gzipSync(train));
damaged[damaged.length - 5]! ^= 1;
test('gzip that fails its checksum', rejects, { train: damaged }, /whole gzipped data in .* incorrect/);
test(
  'what transform gives',
  rejects,
  { transform: { a: () => Number.NaN } },
  /a string from transform .* received NaN$/,
);
test(
  'what derive gives',
  rejects,
  { derive: { c: () => untyped<number>(undefined) } },
  /^Expected a number or a string from derive in line 2, column 'c', of '.*' but received undefined$/,
);

test('files that cannot be read', async (t) => {
  const folder = await temporaryFolder(t);
  const read = (file: string) => new DataReader({ train: file, label: 'y', format: 'csv' }).readData();
  await t.throwsAsync(
    read(`${folder}/none.csv`),
    badFile(/^Expected a readable CSV file at '.*none.csv' but received ENOENT: no such file or directory$/),
  );
  await t.throwsAsync(read(folder), badFile(/a readable CSV file at .* a folder$/));
  await t.throwsAsync(read(untyped(undefined)), badArgument(/the name of a file for path/));
});

test('what transform throws passes', async (t) => {
  const mine = new RangeError('mine');
  const transform = {
    a: () => {
      throw mine;
    },
  };
  t.is(await readCsv(t, { train, label: 'y', transform }).catch((error) => error), mine);
});

test('a failure leaves the reader as it was', async (t) => {
  const folder = await temporaryFolder(t);
  const file = await write(folder, 'a.csv', train);
  const reader = new DataReader({ train: file, label: 'y' });
  await reader.readData();
  await write(folder, 'a.csv', 'a,b,y\n1,2,junk\n1,2,3\nx\n');
  await t.throwsAsync(reader.readData(), badFile(/a.csv/));
  t.deepEqual(reader.yTrain.toArray(), [[3], [6]]);
  t.deepEqual(reader.featureNames, ['a', 'b']);
});

const badOptions: readonly [Record<string, unknown>, RegExp][] = [
  [{ label: undefined }, /the column of the labels for label but received undefined/],
  [{ label: [] }, /the column of the labels for label but received an array of 0/],
  [{ label: 'z' }, /a column of the file \('a', 'b', 'y'\) for label but received 'z'/],
  [{ label: 3 }, /a column of the file .* for label but received 3/],
  [{ label: 0.5 }, /the column of the labels, or columns by target for label but received 0.5/],
  [{ label: ['y', 'y'] }, /each column once for columns, label and ignore but received 'y'/],
  [{ columns: ['a', 'y'] }, /each column once .* received 'y'/],
  [{ columns: ['a'], ignore: ['a'] }, /each column once .* received 'a'/],
  [{ columns: [] }, /at least one feature for columns but received 'none'/],
  [{ columns: 'a' }, /a list of columns for columns but received 'a'/],
  [{ ignore: ['z'] }, /a column of the file .* for ignore/],
  [{ header: 'a,b' }, /true, false or a list of names for header but received 'a,b'/],
  [{ delimiter: '' }, /a string without quotes and line breaks for delimiter but received ''/],
  [{ delimiter: "'", quote: "'" }, /no part of the delimiter for quote/],
  [{ quote: true }, /one character or false for quote but received true/],
  [{ comment: '' }, /the beginning of lines to skip for comment/],
  [{ skipLines: -1 }, /a number of lines, or \{ train, test \} for skipLines but received -1/],
  [{ categorical: 'onehot' }, /'oneHot' or 'number', for all or by column for categorical but received 'onehot'/],
  [{ categorical: { z: 'oneHot' } }, /a column of the file .* for categorical but received 'z'/],
  [{ unknownCategory: 'drop' }, /'error' or 'zeros' for unknownCategory/],
  [{ transform: { a: 'b' } }, /functions by column for transform but received an instance of Object/],
  [{ transform: { z: () => 1 } }, /a column of the file .* for transform but received 'z'/],
  [{ derive: { a: () => 1 } }, /names that the file does not have for derive but received 'a'/],
  [{ derive: null }, /functions by column for derive but received null/],
  [{ missing: 'mode' }, /'error', 'drop', 'mean', .* for missing but received 'mode'/],
  [{ missing: { z: 1 } }, /a column of the file .* for missing but received 'z'/],
  [{ missing: Number.NaN }, /for missing but received NaN/],
  [{ missingCells: '?' }, /a list of strings for missingCells/],
  [{ dtype: 'int8' }, /'float32' or 'float64' for dtype but received 'int8'/],
  [{ format: 'xls' }, /'csv' or 'npz' for format but received 'xls'/],
  [
    { split: 1 },
    /a share such as 0.2, or a divisor above 1 such as 5, that leaves rows for both sets of 2 for k but received 1/,
  ],
  [{ split: 'half' }, /for k but received 'half'/],
  [{ split: 2, test: train }, /no test file beside it for split/],
];
for (const [options, message] of badOptions) {
  test(`the options ${JSON.stringify(options)} are refused`, async (t) => {
    await t.throwsAsync(readCsv(t, { train, label: 'y', ...options }), badArgument(message));
  });
}

test('CSV options are not for npz files', async (t) => {
  await t.throwsAsync(
    new DataReader({ train: 'a.npz', label: 'y' }).readData(),
    badArgument(/^Expected a CSV file for train, where there is the option label but received 'a.npz'$/),
  );
});

test('encodeRows › errors', async (t) => {
  const reader = await readCsv(t, { train, label: 'y' });
  t.throws(() => reader.encodeRows(untyped({})), badArgument(/an array of rows for rows/));
  t.throws(
    () => reader.encodeRows([{ a: 1, b: 2 }, { a: 1 }]),
    badArgument(/^Expected a cell for row 1, column 'b' but received undefined$/),
  );
  t.throws(() => new DataReader().encodeRows([]), badArgument(/CSV files to have been read for encodeRows/));
});

test(
  'more columns than a table has',
  rejects,
  { train: `${','.repeat(100_000)}\n` },
  /at most 65536 columns in the header/,
);
