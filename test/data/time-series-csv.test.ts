import test, { type ExecutionContext } from 'ava';
import { CsvColumnsError, type TimeSeriesCsvOptions, timeSeriesFromCsv } from 'blasnet';
import { badArgument, badFile, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';

const hours = (count: number) => Array.from({ length: count }, (_, i) => i);
const timeOf = (hour: number) => new Date(Date.UTC(2024, 1, 28, hour)).toISOString().slice(0, 16);
const header = 'time,kind,load';
const lines = hours(30).map((hour) => `${timeOf(hour)},${hour % 3 === 0 ? 'a' : 'b'},${hour / 2}`);
const options: TimeSeriesCsvOptions = { length: 3, horizon: 2, target: 'load', time: 'time', categorical: 'oneHot' };

async function fileOf(t: ExecutionContext, rows: readonly string[], first = header): Promise<string> {
  return write(await temporaryFolder(t), 'series.csv', [first, ...rows].join('\n'));
}

test('columns of names, dates and numbers become features', async (t) => {
  const file = await fileOf(t, lines);
  const reader = await timeSeriesFromCsv(file, { ...options, dates: { time: ['hour'] }, scale: false, test: 0.2 });
  t.deepEqual([reader.numTrain, reader.numTest], [26 - 5 - 1, 5]);
  t.deepEqual([...reader.xTrain.data.slice(0, 12)], [0, 1, 0, 0, 1, 0, 1, 0.5, 2, 0, 1, 1]);
  t.deepEqual(reader.yTrain.toArray().slice(0, 2), [
    [1.5, 2],
    [2, 2.5],
  ]);
  const { columns, window, forecast } = reader.preparation;
  t.deepEqual(
    columns!.map(({ name, encoding }) => `${name}: ${encoding}`),
    ['time: date', 'kind: oneHot', 'load: none'],
  );
  t.deepEqual(
    [window, forecast],
    [
      { length: 3, order: { column: 'time' } },
      { horizon: 2, targets: ['load'] },
    ],
  );
  const alone = await timeSeriesFromCsv(file, { ...options, features: [-1], scale: false });
  t.deepEqual([...alone.xTrain.data.slice(0, 4)], [0, 0.5, 1, 0.5]);
  const other = await timeSeriesFromCsv(file, { ...options, features: ['kind'], scale: false });
  t.deepEqual(
    [other.xTrain.shape, [...other.yTrain.data.slice(0, 2)]],
    [
      [26, 3, 2],
      [1.5, 2],
    ],
  );
});

test('time › must ascend, unless rows are sorted', async (t) => {
  const swapped = await fileOf(t, [lines[1]!, lines[0]!, ...lines.slice(2)]);
  await t.throwsAsync(
    timeSeriesFromCsv(swapped, options),
    badFile(/a time after '2024-02-28T01:00' in line 3 of .* but received '2024-02-28T00:00'; sort: true/),
  );
  const sorted = await timeSeriesFromCsv(swapped, { ...options, sort: true });
  const whole = await timeSeriesFromCsv(await fileOf(t, lines), options);
  t.deepEqual([...sorted.xTrain.data], [...whole.xTrain.data]);
  const twice = await fileOf(t, [...lines, lines.at(-1)!]);
  await t.throwsAsync(timeSeriesFromCsv(twice, { ...options, sort: true }), badFile(/in line 32 of .*several series/));
  await t.throwsAsync(
    timeSeriesFromCsv(await fileOf(t, [...lines, 'soon,a,3']), options),
    badFile(/a date .*in line 32 of .*, column 'time' but received 'soon'/),
  );
  await t.throwsAsync(
    timeSeriesFromCsv(await fileOf(t, [...lines, '7,a,3']), options),
    badFile(/a date, as in other rows, in line 32 .* received '7'/),
  );
});

test('time › minutes, seconds, time zones, numbers and formats', async (t) => {
  const rows = (times: readonly string[]) => times.map((time, i) => `${time},a,${i}`);
  const first = 'time,kind,load';
  for (const [times, format] of [
    [
      [
        '2024-10-27T02:30:00+02:00',
        '2024-10-27T02:00:00+01:00',
        '2024-10-27T02:00:01+01:00',
        '2024-10-27T02:00:01.5+01:00',
      ],
    ],
    [['9', '10', '10.5', '11']],
    [['01.02.2024 9:00', '01.02.2024 10:00', '02.02.2024 0:00', '01.03.2024 0:00'], 'DD.MM.YYYY HH:mm'],
  ] as [string[], string?][]) {
    const file = await fileOf(t, rows(times), first);
    const time = format === undefined ? 'time' : { column: 0, format };
    const reader = await timeSeriesFromCsv(file, { ...options, length: 2, horizon: 1, time });
    t.is(reader.numTrain, 2);
    t.deepEqual(reader.preparation.window!.order, { column: 'time', ...(format !== undefined && { format }) });
    const back = await fileOf(t, rows([...times].reverse()), first);
    await t.throwsAsync(timeSeriesFromCsv(back, { ...options, length: 2, horizon: 1, time }), badFile(/a time after/));
  }
});

test('several series in one file, mixed', async (t) => {
  const rows = hours(8).flatMap((i) => [`${i},north,${i}`, ...(i < 6 ? [`${i},south,${100 + i}`] : [])]);
  const file = await fileOf(t, rows, 'day,shop,load');
  const given = { length: 2, horizon: 1, target: 'load', time: 'day', series: 'shop', scale: false } as const;
  const reader = await timeSeriesFromCsv(file, given);
  t.deepEqual(reader.yTrain.toArray().flat(), [2, 3, 4, 5, 6, 7, 102, 103, 104, 105]);
  t.deepEqual(
    reader.preparation.columns!.map(({ name }) => name),
    ['load'],
  );
  await t.throwsAsync(
    timeSeriesFromCsv(file, { ...given, length: 6 }),
    shapeMismatch(/at least 7 time steps .* for series 'south' of .* but received 6/),
  );
});

test('missing cells › refused, or filled with the time step before, in order of time', async (t) => {
  const rows = ['0,a,5', '2,a,', '1,b,7', '3,a,9', '4,a,?'];
  const file = await fileOf(t, rows);
  const given = { ...options, length: 2, horizon: 1, features: ['load'], sort: true, scale: false } as const;
  const error = await t.throwsAsync(timeSeriesFromCsv(file, given), { instanceOf: CsvColumnsError });
  t.regex(error!.message, /use missing: 'previous'$/);
  const reader = await timeSeriesFromCsv(file, { ...given, missing: 'previous' });
  t.deepEqual([...reader.xTrain.data, ...reader.yTrain.data], [5, 7, 7, 7, 7, 9, 7, 9, 9]);
  t.is(reader.preparation.columns![0]!.missing, 'error');
  await t.throwsAsync(
    timeSeriesFromCsv(await fileOf(t, ['0,a,', '1,a,2', '2,a,2']), { ...given, missing: 'previous' }),
    badFile(/a number in column 'load' in the first time step of/),
  );
});

test('errors › options and columns', async (t) => {
  const file = await fileOf(t, lines);
  const read = (more: object) => timeSeriesFromCsv(file, untyped({ ...options, ...more }));
  await t.throwsAsync(read({ target: 'lod' }), badArgument(/a column of the file .* for target but received 'lod'/));
  await t.throwsAsync(read({ target: 'kind' }), badArgument(/a column of numbers/));
  await t.throwsAsync(read({ target: 'time' }), badArgument(/that is not left out for target/));
  await t.throwsAsync(read({ target: undefined }), badArgument(/the columns to forecast for target/));
  await t.throwsAsync(read({ target: ['load', 2] }), badArgument(/different columns for target/));
  await t.throwsAsync(read({ time: 'hour' }), badArgument(/for time but received 'hour'/));
  await t.throwsAsync(read({ time: { column: 'time', form: 'x' } }), badArgument(/for time but received 'form'/));
  await t.throwsAsync(read({ series: 9 }), badArgument(/for series but received 9/));
  await t.throwsAsync(read({ sort: 1 }), badArgument(/true or false for sort/));
  await t.throwsAsync(read({ sort: true, time: undefined }), badArgument(/a column, for sort, for time/));
  await t.throwsAsync(read({ missing: 'mean' }), badArgument(/'error' or 'previous' for missing/));
  await t.throwsAsync(read({ label: 'load' }), badArgument(/but received 'label'/));
  await t.throwsAsync(read({ length: 40 }), shapeMismatch(/at least 42 time steps/));
  await t.throwsAsync(read({ features: ['load', 'load'] }), badArgument(/each column once/));
  await t.throwsAsync(timeSeriesFromCsv('none.csv', options), badFile(/'none.csv'/));
  await t.throwsAsync(timeSeriesFromCsv(await fileOf(t, [], ''), options), badFile(/a header line/));
});
