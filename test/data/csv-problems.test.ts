import test, { type ExecutionContext } from 'ava';
import { CsvColumnsError, type CsvMend } from 'blasnet';
import { type CsvTexts, readCsv } from '../support/csv.js';
import { badFile } from '../support/errors.js';

const read = (t: ExecutionContext, options: CsvTexts) => readCsv(t, { label: 'y', ...options });
const problemsOf = async (t: ExecutionContext, options: CsvTexts) => {
  const error = await t.throwsAsync(read(t, options), { instanceOf: CsvColumnsError });
  return error!;
};
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');
const texts = (mends: readonly CsvMend[]) => mends.map(({ text }) => text);

const houses = `id,sold,city,area,rooms,"tax rate",y\n${lines(30, (i) =>
  [
    `x${i}a`,
    `201410${10 + (i % 20)}T000000`,
    ['Grün', '', 'Köln'][i % 3],
    i === 4 ? '' : i,
    i === 7 ? 'inf' : 3,
    '"1,5"',
    i === 9 ? 'NA' : i,
  ].join(),
)}`;

test('all columns that cannot be read are listed at once, with options that mend them', async (t) => {
  const error = await problemsOf(t, { train: houses });
  t.is(error.code, 'ERR_BAD_FILE');
  const found = error.problems.map(({ column, kind, line, received, mends }) => [
    column,
    kind,
    line,
    received,
    texts(mends),
  ]);
  t.deepEqual(found, [
    ['id', 'text', 2, "'x0a'", ["ignore: ['id']"]],
    ['sold', 'text', 2, "'20141010T000000'", ["dates: { sold: ['year', 'month'] }", "ignore: ['sold']"]],
    ['city', 'text', 2, "'Grün'", ["categorical: { city: 'oneHot' }", "ignore: ['city']"]],
    ['city', 'missing', 3, "''", ["missing: { city: 'category' }", "missing: { city: 'drop' }"]],
    ['tax rate', 'decimalComma', 2, "'1,5'", ["decimal: ','", "ignore: ['tax rate']"]],
    ['area', 'missing', 6, "''", ["missing: { area: 'median' }", "missing: { area: 'drop' }"]],
    ['rooms', 'infinite', 9, "'inf'", ["missingCells with 'inf'", "ignore: ['rooms']"]],
    ['y', 'missing', 11, "'NA'", ["missing: { y: 'drop' }"]],
  ]);
  const shown = error.message.replace(error.path, 'houses.csv').split('\n');
  t.deepEqual(shown.slice(0, 3), [
    "Expected columns that can be read in 'houses.csv' but received 8 problems:",
    "- a number in line 2, column 'id' but received 'x0a'; use ignore: ['id']",
    "- a number in line 2, column 'sold' but received '20141010T000000'; use dates: { sold: ['year', 'month'] } or ignore: ['sold']",
  ]);
  t.is(shown.length, 9);
});

test('the options that the message names mend the file', async (t) => {
  const reader = await read(t, {
    train: houses,
    ignore: ['id', 'tax rate', 'rooms'],
    dates: { sold: ['year', 'month'] },
    categorical: { city: 'oneHot' },
    missing: { city: 'category', area: 'median', y: 'drop' },
  });
  t.deepEqual(reader.featureNames, ['sold.year', 'sold.month', 'city=', 'city=Grün', 'city=Köln', 'area']);
  t.is(reader.numTrain, 29);
});

test('mends carry what a program needs to name them otherwise', async (t) => {
  const { problems } = await problemsOf(t, {
    train: `when,b c,y\n${lines(30, (i) => `${1 + (i % 9)}/${1 + (i % 7)}/2014 10:30,${'xyz'[i % 3]},1`)}`,
  });
  t.deepEqual(
    problems.map(({ mends }) => mends),
    [
      [
        {
          option: 'dates',
          column: 'when',
          value: ['year', 'month', 'hour'],
          format: 'MM/DD/YYYY HH:mm',
          text: "dates: { when: { parts: ['year', 'month', 'hour'], format: 'MM/DD/YYYY HH:mm' } }",
        },
        { option: 'ignore', column: 'when', value: 'when', text: "ignore: ['when']" },
      ],
      [
        { option: 'categorical', column: 'b c', value: 'oneHot', text: "categorical: { 'b c': 'oneHot' }" },
        { option: 'ignore', column: 'b c', value: 'b c', text: "ignore: ['b c']" },
      ],
    ],
  );
});

test('a few texts among many numbers stand for missing numbers', async (t) => {
  const train = `a,y\n${lines(40, (i) => `${i === 20 ? 'unknown' : i},1`)}`;
  const [problem] = (await problemsOf(t, { train })).problems;
  t.deepEqual([problem!.line, texts(problem!.mends)], [22, ["missingCells with 'unknown'", "ignore: ['a']"]]);
});

test('one problem is one sentence', async (t) => {
  const { message, path } = await problemsOf(t, { train: 'a,y\n1,1\nx,1\n' });
  t.is(
    message,
    `Expected a number in line 3, column 'a', of '${path}' but received 'x'; use categorical: { a: 'oneHot' } or ignore: ['a']`,
  );
});

test('thousands of bad columns and cells', async (t) => {
  const names = Array.from({ length: 2000 }, (_, i) => `c${i}`);
  const train = `${names.join()},y\n${lines(20, () => `${names.map(() => 'x').join()},1`)}`;
  const { problems, message } = await problemsOf(t, { train });
  t.is(problems.length, 2000);
  t.regex(message, /\n- and 1960 more$/);
  const many = await problemsOf(t, { train: `a,b,y\n${lines(5000, (i) => `${i}x,${i === 4999 ? '?' : 1},1`)}` });
  t.deepEqual(
    many.problems.map(({ column, line }) => [column, line]),
    [
      ['a', 2],
      ['b', 5001],
    ],
  );
});

test('a categorical column in which nearly every value is unique is refused', async (t) => {
  const train = `id,day,number,color,y\n${lines(40, (i) => `h${i},2014-${1 + (i % 12)}-${1 + (i % 28)},${i},${'rgb'[i % 3]},1`)}`;
  const encodings = { id: 'oneHot', day: 'oneHot', number: 'number', color: 'oneHot' } as const;
  const error = await problemsOf(t, { train, categorical: encodings });
  t.is(error.code, 'ERR_BAD_ARGUMENT');
  t.deepEqual(
    error.problems.map(({ column, kind, mends }) => [column, kind, texts(mends)]),
    [
      ['id', 'unique', ["ignore: ['id']"]],
      ['day', 'unique', ["dates: { day: ['year', 'month'] }", "ignore: ['day']"]],
      ['number', 'unique', ['it as numbers, without categorical', "ignore: ['number']"]],
    ],
  );
  t.regex(
    error.message,
    /- names that several rows share in column 'id' but received 40 different ones in 40 rows, such as 'h0'; use ignore: \['id'\]/,
  );
  t.deepEqual(
    (await problemsOf(t, { train, categorical: 'oneHot' })).problems.map(({ column }) => column),
    ['id', 'day'],
  );
  const mended = await read(t, { train, ignore: ['id'], dates: { day: 'month' }, categorical: { color: 'oneHot' } });
  t.deepEqual(mended.featureNames, ['day.month', 'number', 'color=b', 'color=g', 'color=r']);
});

test('few rows, and names of labels, may all be different', async (t) => {
  t.is((await read(t, { train: `a,y\n${lines(19, (i) => `n${i},1`)}`, categorical: 'oneHot' })).numFeature, 19);
  t.is((await read(t, { train: `a,y\n${lines(30, (i) => `${i},n${i}`)}` })).categories.y!.length, 30);
  const half = `a,y\n${lines(40, (i) => `n${i >> 1},1`)}`;
  t.is((await read(t, { train: half, categorical: 'oneHot' })).numFeature, 20);
});

for (const first of [0, 1]) {
  test(`a nameless column that counts rows from ${first} is left out, with a note`, async (t) => {
    const train = `,a,y\n${lines(12, (i) => `${i + first},${i},1`)}`;
    const reader = await read(t, { train, test: ',a,y\n77,5,1\n' });
    t.deepEqual(reader.featureNames, ['a']);
    t.deepEqual(reader.xTest.toArray(), [[5]]);
    t.is(reader.notes.length, 1);
    t.regex(
      reader.notes[0]!,
      new RegExp(
        `^A column of '.*train.csv' has no name and counts the rows from ${first}: it is left out of the features$`,
      ),
    );
    t.deepEqual(reader.encodeRows([{ a: 3 }]).toArray(), [[3]]);
  });
}

test('a nameless column that counts rows counts dropped ones, too', async (t) => {
  t.deepEqual((await read(t, { train: ',a,y\n0,1,1\n1,?,1\n2,3,1\n', missing: 'drop' })).xTrain.toArray(), [[1], [3]]);
});

test('a nameless column that does not count rows is refused', async (t) => {
  for (const [train, line] of [
    [',a,y\n0,1,1\n2,1,1\n3,1,1\n', 3],
    ['a,y,\n1,1,\n', 2],
    [',a,y\n5,1,1\n', 2],
  ] as const) {
    const { problems, message } = await problemsOf(t, { train });
    t.deepEqual(
      problems.map(({ column, kind, line, mends }) => [column, kind, line, texts(mends)]),
      [['', 'nameless', line, ["ignore: ['']"]]],
    );
    t.regex(message, /^Expected row numbers 0, 1, 2, … \(or a name for it in the header\) in line \d, column '', of/);
    const reader = await read(t, { train, ignore: [''] });
    t.deepEqual([reader.featureNames, reader.notes], [['a'], []]);
  }
  t.deepEqual((await read(t, { train: ',a,y\n5,1,1\n', columns: ['', 'a'] })).xTrain.toArray(), [[5, 1]]);
  await t.throwsAsync(
    read(t, { train: ',,y\n0,0,1\n' }),
    badFile(/at most one column without a name in the header of .* received several/),
  );
});

test('missing cells › those of pandas', async (t) => {
  const cells = ['', '?', 'NA', 'N/A', 'n/a', 'NaN', 'nan', '-nan', 'NULL', 'null', 'None', '<NA>', '#N/A', '1.#QNAN'];
  const reader = await read(t, {
    train: `a,c,y\n7,red,1\n${cells.map((cell) => `${cell},${cell},1\n`).join('')}`,
    missing: 'mean',
    categorical: { c: 'oneHot' },
  });
  t.deepEqual(reader.featureNames, ['a', 'c=', 'c=red']);
  t.deepEqual(
    reader.xTrain.toArray().slice(1),
    cells.map(() => [7, 1, 0]),
  );
  t.deepEqual((await read(t, { train: 'c,y\nNone,1\n', missingCells: [''], categorical: 'oneHot' })).featureNames, [
    'c=None',
  ]);
});

test('True and False are 1 and 0 of a feature, and classes of a label', async (t) => {
  const reader = await read(t, {
    train: 'a,b,y\nTrue,1,False\nfalse,TRUE,True\n0,FALSE,True\n',
    categorical: 'oneHot',
  });
  t.deepEqual(reader.featureNames, ['a', 'b']);
  t.deepEqual(reader.xTrain.toArray(), [
    [1, 1],
    [0, 1],
    [0, 0],
  ]);
  t.deepEqual(reader.categories, { y: ['False', 'True'] });
  t.deepEqual(reader.encodeRows([{ a: true, b: 'False' }]).toArray(), [[1, 0]]);
});

test('infinity is refused, by the words of pandas', async (t) => {
  for (const cell of ['inf', '-inf', '+Inf', 'Infinity', '-Infinity', 'INF']) {
    for (const categorical of [undefined, 'oneHot'] as const) {
      await t.throwsAsync(
        read(t, { train: `a,y\n${cell},1\n1,1\n`, ...(categorical && { categorical }) }),
        badFile(
          /^Expected a finite number in line 2, column 'a', of .* received '.*'; use missingCells with '.*' or ignore: \['a'\]$/,
        ),
      );
    }
  }
});

test('a first cell with a decimal comma makes no categories', async (t) => {
  await t.throwsAsync(
    read(t, { train: 'a;y\n1,5;1\n2,5;1\n', delimiter: ';', categorical: 'oneHot' }),
    badFile(/a number with a decimal point in line 2, column 'a', .* use decimal: ','/),
  );
});
