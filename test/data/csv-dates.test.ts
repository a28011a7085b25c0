import test, { type ExecutionContext } from 'ava';
import { type DateColumn, type DatePart, NeuralNet } from 'blasnet';
import { type CsvTexts, readCsv } from '../support/csv.js';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet } from '../support/nets.js';

const read = (
  t: ExecutionContext,
  cells: readonly string[],
  date: DatePart | readonly DatePart[] | DateColumn,
  more: Partial<CsvTexts> = {},
) =>
  readCsv(t, {
    train: `sold,y\n${cells.map((cell, i) => `${cell},${i}\n`).join('')}`,
    label: 'y',
    dates: { sold: date },
    dtype: 'float64',
    ...more,
  });
const parts = ['year', 'month', 'day', 'weekday', 'hour'] as const;

/** Cells, and the year, month, day, weekday (0 is Monday) and hour that they mean. */
const dates: readonly [string, ...number[]][] = [
  ['2014-10-13', 2014, 10, 13, 0, 0],
  ['2014/10/13', 2014, 10, 13, 0, 0],
  ['2014/1/5', 2014, 1, 5, 6, 0],
  ['20141013', 2014, 10, 13, 0, 0],
  ['20141013T000000', 2014, 10, 13, 0, 0],
  ['20141013T235900', 2014, 10, 13, 0, 23],
  ['2014-10', 2014, 10, 1, 2, 0],
  ['2014-10-13 17:05', 2014, 10, 13, 0, 17],
  ['2014-10-13T17:05:59.123Z', 2014, 10, 13, 0, 17],
  ['2014-10-13T23:05:59+02:00', 2014, 10, 13, 0, 23],
  ['10/13/2014', 2014, 10, 13, 0, 0],
  ['13/10/2014', 2014, 10, 13, 0, 0],
  ['13.10.2014', 2014, 10, 13, 0, 0],
  ['5/5/2014', 2014, 5, 5, 0, 0],
  ['10/13/2014 12:30 AM', 2014, 10, 13, 0, 0],
  ['10/13/2014 12:30 PM', 2014, 10, 13, 0, 12],
  ['10/13/2014 11:30pm', 2014, 10, 13, 0, 23],
  ['2024-02-29', 2024, 2, 29, 3, 0],
  ['1969-07-20 20:17:40', 1969, 7, 20, 6, 20],
];

test('parts of dates are numbers', async (t) => {
  const reader = await read(
    t,
    dates.map(([cell]) => cell),
    parts,
  );
  t.deepEqual(
    reader.featureNames,
    parts.map((part) => `sold.${part}`),
  );
  t.deepEqual(
    reader.xTrain.toArray(),
    dates.map(([, ...numbers]) => numbers),
  );
});

test('cycles are sines and cosines', async (t) => {
  const reader = await read(
    t,
    ['2014-01-01 06:00', '2014-04-16 18:00'],
    ['monthCycle', 'hourCycle', 'weekdayCycle', 'dayCycle'],
  );
  t.deepEqual(
    reader.featureNames,
    ['month', 'hour', 'weekday', 'day'].flatMap((part) => [`sold.${part}.sin`, `sold.${part}.cos`]),
  );
  const at = (share: number) => [Math.sin(2 * Math.PI * share), Math.cos(2 * Math.PI * share)];
  t.deepEqual(reader.xTrain.toArray(), [
    [0, 1, ...at(6 / 24), ...at(2 / 7), 0, 1],
    [...at(3 / 12), ...at(18 / 24), ...at(2 / 7), ...at(15 / 31)],
  ]);
});

test('one part alone stands among the other columns in its place', async (t) => {
  const train = 'a,sold,b,y\n1,2014-10-13,2,3\n';
  const reader = await read(t, [], 'year', { train });
  t.deepEqual([reader.featureNames, reader.xTrain.toArray()], [['a', 'sold.year', 'b'], [[1, 2014, 2]]]);
});

const formats: readonly [string, string, ...number[]][] = [
  ['DD/MM/YYYY', '10/11/2014', 2014, 11, 10],
  ['MM/DD/YYYY', '10/11/2014', 2014, 10, 11],
  ['%d.%m.%Y', '1.2.2014', 2014, 2, 1],
  ['D.M.YY', '1.2.14', 2014, 2, 1],
  ['%m/%d/%y', '01/02/69', 1969, 1, 2],
  ['YYYY (MM) [DD]', '2014 (10) [13]', 2014, 10, 13],
];
for (const [format, cell, ...numbers] of formats) {
  test(`format › ${format}`, async (t) => {
    const reader = await read(t, [cell], { parts: ['year', 'month', 'day'], format });
    t.deepEqual(reader.xTrain.toArray(), [numbers]);
    t.deepEqual(reader.encodeRows([{ sold: cell }]).toArray(), [numbers]);
  });
}

test('format › of a time alone', async (t) => {
  t.deepEqual((await read(t, ['17:45'], { parts: 'hour', format: '%H:%M' })).xTrain.toArray(), [[17]]);
});

test('cells that are not dates', async (t) => {
  for (const cell of [
    '2014-13-01',
    '2014-02-29',
    '2014-00-10',
    '13/13/2014',
    '2014-10-13 24:00',
    '2014',
    'May',
    '20141301',
    '10/13/2014 13:00 PM',
  ]) {
    await t.throwsAsync(
      read(t, ['2014-10-13', cell], parts),
      badFile(/^Expected a date such as 2014-10-13, .* in line 3, column 'sold', of/),
      cell,
    );
  }
  await t.throwsAsync(
    read(t, ['10/13/2014', '10/11/2014'], parts),
    badFile(
      /^Expected a date in which day and month cannot be confused, or a format in dates, such as 'MM\/DD\/YYYY', in line 3, .* received '10\/11\/2014'/,
    ),
  );
  await t.throwsAsync(
    read(t, ['2014-10-13'], { parts: 'year', format: 'DD/MM/YYYY' }),
    badFile(/^Expected a date in the format 'DD\/MM\/YYYY' in line 2, column 'sold', .* '2014-10-13'/),
  );
});

test('missing dates', async (t) => {
  const cells = ['2014-10-13', '', '2016-12-13'];
  await t.throwsAsync(
    read(t, cells, 'year'),
    badFile(/not missing in line 3, column 'sold', .* use missing: \{ sold: 'median' \}/),
  );
  const dropped = await read(t, cells, 'year', { missing: 'drop' });
  t.deepEqual(dropped.xTrain.toArray(), [[2014], [2016]]);
  const filled = await read(t, cells, ['year', 'month'], { missing: 'mean' });
  t.deepEqual(filled.xTrain.toArray()[1], [2015, 11]);
  t.deepEqual(filled.encodeRows([{ sold: null }, { sold: undefined }, { sold: 'NA' }]).toArray(), [
    [2015, 11],
    [2015, 11],
    [2015, 11],
  ]);
});

test('dates travel with a model', async (t) => {
  const train = `a,sold,y\n${Array.from({ length: 24 }, (_, i) => `${i},${1 + (i % 12)}/${13 + (i % 9)}/${2000 + i},${i}\n`).join('')}`;
  const dates = { sold: { parts: ['year', 'monthCycle'], format: 'MM/DD/YYYY' } } as const;
  const reader = await readCsv(t, { train, label: 'y', dates, missing: { sold: 'median' } });
  const { missing, missingCells, ...column } = reader.preparation.columns![1]!;
  t.deepEqual(column, { name: 'sold', encoding: 'date', parts: ['year', 'monthCycle'], format: 'MM/DD/YYYY' });
  t.true(missingCells.includes('NA'));
  const { fill } = missing as { fill: number[] };
  t.deepEqual([fill.length, fill[0]], [3, 2011.5]);
  reader.normalizeX();
  reader.normalizeY('fitting');
  const net = fittingNet([4, 1], { maxEpoch: 3 });
  await net.train(reader);
  const rows = [
    { a: 3, sold: '4/16/2003' },
    { a: 3, sold: '' },
  ];
  const expected = await net.predict(rows);
  const folder = await temporaryFolder(t);
  await net.save(`${folder}/model.safetensors`);
  await net.exportOnnx(`${folder}/model.onnx`);
  for (const loaded of [
    await NeuralNet.load(`${folder}/model.safetensors`),
    await NeuralNet.fromOnnx(`${folder}/model.onnx`),
  ]) {
    t.deepEqual(loaded.preparation!.columns, net.preparation!.columns);
    t.deepEqual((await loaded.predict(rows)).outputs.toArray(), expected.outputs.toArray());
  }
  const encoded = reader.normalizePredictData(reader.encodeRows(rows));
  t.deepEqual(reader.deNormalizeY(net.inference(encoded)).toArray(), expected.outputs.toArray());
  await t.throwsAsync(
    net.predict([{ a: 3, sold: '2003-04-16' }]),
    badArgument(/format 'MM\/DD\/YYYY' for row 0, column 'sold'/),
  );
});

test('transform and derive may make dates', async (t) => {
  const reader = await readCsv(t, {
    train: 'sold,y\non 2014-10-13,1\n',
    label: 'y',
    transform: { sold: (cell) => cell.slice(3) },
    derive: { due: () => '2015-01-02' },
    dates: { sold: 'day', due: ['year', 'day'] },
  });
  t.deepEqual(reader.featureNames, ['sold.day', 'due.year', 'due.day']);
  t.deepEqual(reader.xTrain.toArray(), [[13, 2015, 2]]);
});

const bad: readonly [unknown, RegExp, Partial<CsvTexts>?][] = [
  ['years', /year, month, .* for dates but received an instance of Object/],
  [[], /year, month, .* for dates/],
  [{ parts: 'year', from: 1 }, /year, month, .* for dates/],
  [{ format: 'YYYY' }, /year, month, .* for dates/],
  [['year', 'year'], /^Expected each part once for dates.sold but received 'year'$/],
  [{ parts: 'month', format: 'YYYY' }, /^Expected a format with month for 'month' for dates.sold but received 'YYYY'$/],
  [{ parts: 'weekday', format: 'MM/YYYY' }, /a format with year, month, day for 'weekday'/],
  [{ parts: 'year', format: 'no date' }, /a format such as 'DD\/MM\/YYYY HH:mm' for dates.sold/],
  [{ parts: 'year', format: 'YYYY YYYY' }, /one field for the year for dates.sold/],
  [
    'year',
    /a column that is not in categorical for dates.sold but received 'oneHot'/,
    { categorical: { sold: 'oneHot' } },
  ],
  ['year', /columns that are features for dates but received 'sold'/, { label: 'sold' }],
  [
    'year',
    /parts whose names no other column has for dates but received 'sold.year'/,
    { train: 'sold,sold.year,y\n2014-10-13,1,1\n' },
  ],
];
for (const [date, message, options] of bad) {
  test(`dates › ${JSON.stringify(date)} is refused with ${JSON.stringify(options ?? {})}`, async (t) => {
    await t.throwsAsync(read(t, ['2014-10-13'], untyped(date), options), badArgument(message));
  });
}
