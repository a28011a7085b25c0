import { gzipSync } from 'node:zlib';
import test from 'ava';
import { DataReader } from 'blasnet';
import { readCsv } from '../support/csv.js';
import { temporaryFolder, write } from '../support/files.js';

const plain = 'a,b,y\n1,2,3\n4,5.5,6\n';
const x = [
  [1, 2],
  [4, 5.5],
];
const y = [[3], [6]];

test('readData › features, labels and their names', async (t) => {
  const reader = await readCsv(t, { train: plain, label: 'y' });
  t.deepEqual(reader.xTrain.toArray(), x);
  t.deepEqual(reader.yTrain.toArray(), y);
  t.deepEqual(reader.featureNames, ['a', 'b']);
  t.deepEqual(reader.categories, {});
  t.deepEqual([reader.xTrain.dtype, reader.yTrain.dtype], ['float32', 'float32']);
  t.deepEqual([reader.numTrain, reader.numTest, reader.numFeature], [2, 0, 2]);
});

const dialects: Record<string, Parameters<typeof readCsv>[1]> = {
  'CRLF, without an end': { train: 'a,b,y\r\n1,2,3\r\n4,5.5,6', label: 'y' },
  'lone carriage returns': { train: 'a,b,y\r1,2,3\r4,5.5,6\r', label: 'y' },
  'a byte order mark': { train: `\ufeff${plain}`, label: 'y' },
  'blanks around cells, and empty lines': { train: '\n a , b ,y \n\n1 , 2,\t3\n  \n4, 5.5 ,6\n\n', label: 'y' },
  'quoted cells': { train: '"a","b", "y"\n"1","2",3\n"4", "5.5" ,"6"\n', label: 'y' },
  'scientific notation': { train: 'a,b,y\n1e+000,0.2E1,+3\n.4e1,55e-1,6.\n', label: 'y' },
  semicolons: { train: plain.replaceAll(',', ';'), label: 'y', delimiter: ';' },
  'a delimiter of two': { train: plain.replaceAll(',', '||'), label: 'y', delimiter: '||' },
  'another quote': { train: "'a',b,y\n'1',2,3\n4,'5.5',6\n", label: 'y', quote: "'" },
  tabs: { train: plain.replaceAll(',', '\t'), label: 'y', extension: 'tsv' },
  '.data': { train: plain, label: 'y', extension: 'data' },
  '.TXT': { train: plain, label: 'y', extension: 'TXT' },
  '.csv.gz': { train: gzipSync(plain), label: 'y', extension: 'csv.gz' },
  '.tsv.gz': { train: gzipSync(plain.replaceAll(',', '\t')), label: 'y', extension: 'tsv.gz' },
  'gzip by content': { train: gzipSync(plain), label: 'y' },
  comments: { train: `# "begin\n${plain.replace('4', '# no,row\n4')}#`, label: 'y', comment: '#' },
  'lines to skip': { train: `made "today\nby hand\n${plain}`, label: 'y', skipLines: 2 },
  'lines to skip, with carriage returns': {
    train: `made today\r\r${plain.replaceAll('\n', '\r')}`,
    label: 'y',
    skipLines: 2,
  },
  'lines to skip, with CRLF': { train: `made\r\n\r\n${plain.replaceAll('\n', '\r\n')}`, label: 'y', skipLines: 2 },
  'lines to skip, with ends of all kinds': { train: `1\r2\n\r\n\n\r${plain}`, label: 'y', skipLines: 5 },
  // Files are read 64 KiB at a time.
  'a line to skip whose CR and LF are read apart': {
    train: `${'-'.repeat(2 ** 16 - 1)}\r\n\n${plain}`,
    label: 'y',
    skipLines: 2,
  },
  'a line to skip whose CR is read apart from an empty line': {
    train: `${'-'.repeat(2 ** 16 - 1)}\r\r\n${plain}`,
    label: 'y',
    skipLines: 2,
  },
  'no header': { train: plain.slice(6), label: 2, header: false },
  'names of ours': { train: plain.slice(6), label: 'y', header: ['a', 'b', 'y'] },
  'a label by its index': { train: plain, label: 2 },
  'a label by its index from the end': { train: plain, label: -1 },
};
for (const [name, options] of Object.entries(dialects)) {
  test(`readData › ${name}`, async (t) => {
    const reader = await readCsv(t, options);
    t.deepEqual(reader.xTrain.toArray(), x);
    t.deepEqual(reader.yTrain.toArray(), y);
  });
}

test('readData › any file name, where the format is said', async (t) => {
  const train = await write(await temporaryFolder(t), 'train', plain);
  const reader = new DataReader({ train, label: 'y', format: 'csv' });
  await reader.readData();
  t.deepEqual(reader.xTrain.toArray(), x);
});

test('readData › without quotes, a quote is a letter', async (t) => {
  const reader = await readCsv(t, {
    train: 'a\ty\n5"\t1\n"6\t2\n',
    extension: 'tsv',
    label: 'y',
    quote: false,
    transform: { a: (cell) => cell.replace('"', '') },
  });
  t.deepEqual(reader.xTrain.toArray(), [[5], [6]]);
});

test('readData › float64 keeps all digits', async (t) => {
  const train = 'a,y\n20141013,0.1\n16777217,2\n';
  const reader = await readCsv(t, { train, label: 'y', dtype: 'float64' });
  t.deepEqual(reader.xTrain.toArray(), [[20141013], [16777217]]);
  t.deepEqual(reader.yTrain.toArray(), [[0.1], [2]]);
  t.is(reader.xTrain.dtype, 'float64');
  t.deepEqual((await readCsv(t, { train, label: 'y' })).yTrain.toArray(), [[Math.fround(0.1)], [2]]);
});

test('readData › columns in another order, by name and index', async (t) => {
  const train = 'id,a,b,c,y,z\n7,1,2,3,4,5\n';
  const read = async (options: Partial<Parameters<typeof readCsv>[1]>) => {
    const { xTrain, yTrain, featureNames } = await readCsv(t, { train, label: ['z', 'y'], ...options });
    t.deepEqual(yTrain.toArray(), [[5, 4]]);
    return [featureNames, xTrain.toArray()];
  };
  t.deepEqual(await read({ ignore: ['id'] }), [['a', 'b', 'c'], [[1, 2, 3]]]);
  t.deepEqual(await read({ ignore: [0, 'b'] }), [['a', 'c'], [[1, 3]]]);
  t.deepEqual(await read({ columns: ['c', 1] }), [['c', 'a'], [[3, 1]]]);
  t.deepEqual(await read({ columns: [-3, 'a'] }), [['c', 'a'], [[3, 1]]]);
});

test('readData › transform and derive', async (t) => {
  const reader = await readCsv(t, {
    train: 'date,price,rooms,constructor\n"20141013T000000","1.5k",3,1\n20150227T000000,2k,4,2\n',
    label: 'price',
    ignore: ['date'],
    transform: {
      price: (cell) => Number.parseFloat(cell) * 1000,
      rooms: (cell) => `${cell}.5`,
      date: () => {
        throw new Error('not asked');
      },
    },
    derive: {
      saleYear: ({ date }) => date!.slice(0, 4),
      month: ({ date }) => Number(date!.slice(4, 6)),
    },
  });
  t.deepEqual(reader.featureNames, ['rooms', 'constructor', 'saleYear', 'month']);
  t.deepEqual(reader.xTrain.toArray(), [
    [3.5, 1, 2014, 10],
    [4.5, 2, 2015, 2],
  ]);
  t.deepEqual(reader.yTrain.toArray(), [[1500], [2000]]);
});

test('readData › a derived column can be the label or be left out', async (t) => {
  const reader = await readCsv(t, {
    train: 'a,price\n1,100\n2,1000\n',
    label: 'digits',
    columns: ['double', 'a'],
    derive: {
      digits: ({ price }) => Math.round(Math.log10(Number(price))),
      double: ({ a }) => 2 * Number(a),
      unused: () => 'never seen',
    },
  });
  t.deepEqual(reader.xTrain.toArray(), [
    [2, 1],
    [4, 2],
  ]);
  t.deepEqual(reader.yTrain.toArray(), [[2], [3]]);
});

test('readData › the test file has the columns in its own order, and others', async (t) => {
  const reader = await readCsv(t, { train: plain, test: 'y,b,more,a\n9,8,none,7\n', label: 'y' });
  t.deepEqual(reader.xTest.toArray(), [[7, 8]]);
  t.deepEqual(reader.yTest.toArray(), [[9]]);
});

test('readData › lines to skip in one of the files', async (t) => {
  const reader = await readCsv(t, {
    train: plain,
    test: `|1x3\n${plain}`,
    label: 'y',
    skipLines: { train: undefined, test: 1 },
  });
  t.deepEqual(reader.xTest.toArray(), reader.xTrain.toArray());
});

test('encodeRows › rows as the file had them', async (t) => {
  const reader = await readCsv(t, {
    train: 'a,color,y\n1,red,1\n2,green,2\n,red,3\n',
    label: 'y',
    categorical: 'oneHot',
    missing: 'mean',
    derive: { length: ({ color }) => color!.length },
  });
  t.deepEqual(reader.featureNames, ['a', 'color=green', 'color=red', 'length']);
  const rows = [
    { a: '1', color: ' red ' },
    { color: 'green', a: 2 },
    { a: '', color: 'red', y: 'whatever' },
  ];
  t.deepEqual(reader.encodeRows(rows).toArray(), reader.xTrain.toArray());
  t.deepEqual(reader.xTrain.toArray(), [
    [1, 0, 1, 3],
    [2, 1, 0, 5],
    [1.5, 0, 1, 3],
  ]);
  t.deepEqual(reader.encodeRows([]).shape, [0, 4]);
});

test('readData › tables of as many columns as there may be, row by row', async (t) => {
  const width = 65_536;
  const rows = [0, 1, 2].map((row) => Array.from({ length: width }, (_, i) => (i * 3 + row) % 1000).join());
  const reader = await readCsv(t, { train: rows.join('\n'), label: -1, header: false });
  t.deepEqual([reader.numTrain, reader.numFeature], [3, width - 1]);
  const [first, middle, last] = [0, 30_000, width - 2].map((i) =>
    [0, 1, 2].map((row) => reader.xTrain.data[row * (width - 1) + i]),
  );
  t.deepEqual(
    [first, middle, last],
    [
      [0, 1, 2],
      [0, 1, 2],
      [602, 603, 604],
    ],
  );
  t.deepEqual(Array.from(reader.yTrain.data), [605, 606, 607]);
});
