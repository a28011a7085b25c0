import { writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { type DataFiles, DataReader, type NetType, type Prediction, Tensor } from 'blasnet';
import { NamedPreparer } from '#blasnet/data/preparation/named-preparer';
import { badArgument, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';

const table = `shop,week1,week2,city,day,weather,price,kind,note
b,1,4,Rome,2024-01-05,dry,10,new,x
a,3,8,Oslo,2024-02-05,wet,30,old,x
c,2,4,Rome,2024-03-05,dry,20,new,y
b,3,,Oslo,2024-04-05,wet,30,old,z
`;

async function read(t: ExecutionContext, options: Partial<DataFiles>, text = table): Promise<DataReader> {
  const train = `${await temporaryFolder(t)}/sales.csv`;
  await writeFile(train, text);
  const reader = new DataReader({ train, missing: { '*': 'mean' }, ...options });
  await reader.readData();
  return reader;
}

const answerOf = (preparer: NamedPreparer, name: string, netType: NetType, outputs: number[][]) =>
  preparer.answers([name], () => netType, [Tensor.from(outputs)]) as Prediction;

const inputs = {
  sales: ['week1', 'week2'],
  shop: { columns: 'shop', as: 'index' },
  place: { columns: ['city', 'day'], as: 'numbers' },
} as const;
const options = {
  inputs,
  label: { price: 'price', kind: 'kind' },
  categorical: { city: 'oneHot' },
  dates: { day: 'month' },
} as const;

test('columns by input and by target', async (t) => {
  const reader = await read(t, options);
  const { inputs: x, targets: y } = reader.namedTensors();
  t.deepEqual(Object.keys(x), ['sales', 'shop', 'place']);
  t.deepEqual(x.sales!.toArray(), [
    [1, 4],
    [3, 8],
    [2, 4],
    [3, Math.fround(16 / 3)],
  ]);
  t.deepEqual([x.shop!.dtype, x.shop!.shape, [...x.shop!.data]], ['int32', [4], [1, 0, 2, 1]]);
  t.deepEqual(x.place!.toArray(), [
    [0, 1, 1],
    [1, 0, 2],
    [0, 1, 3],
    [1, 0, 4],
  ]);
  t.deepEqual([...y.price!.data], [10, 30, 20, 30]);
  t.deepEqual([...y.kind!.data], [0, 1, 0, 1]);
  t.deepEqual(reader.categories, { shop: ['a', 'b', 'c'], city: ['Oslo', 'Rome'], kind: ['new', 'old'] });
  t.deepEqual(reader.featureNames, ['week1', 'week2', 'shop', 'city=Oslo', 'city=Rome', 'day.month']);
  t.is(reader.numFeature, 6);
});

test('columns that no input names are left out, and may hold anything', async (t) => {
  const reader = await read(t, { inputs: { sales: 'week1' }, label: 'price' });
  t.deepEqual(Object.keys(reader.namedTensors().inputs), ['sales']);
  t.deepEqual([...reader.yTrain.data], [10, 30, 20, 30]);
});

test('several columns as indices, of numbers, too', async (t) => {
  const text = 'user,item,stars\n900,b,1\n17,a,5\n900,a,4\n';
  const reader = await read(t, { inputs: { pair: { columns: ['user', 'item'], as: 'index' } }, label: 'stars' }, text);
  const { pair } = reader.namedTensors().inputs;
  t.deepEqual(
    [pair!.dtype, pair!.toArray()],
    [
      'int32',
      [
        [1, 1],
        [0, 0],
        [1, 0],
      ],
    ],
  );
  t.deepEqual(reader.categories.user, ['17', '900']);
});

test('an index of a name that only the test file has is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(`${folder}/train.csv`, 'shop,price\na,1\nb,2\n');
  await writeFile(`${folder}/test.csv`, 'shop,price\nb,1\nc,2\n');
  const files = { train: `${folder}/train.csv`, test: `${folder}/test.csv`, label: 'price' };
  const reader = new DataReader({ ...files, inputs: { shop: { columns: 'shop', as: 'index' } } });
  await t.throwsAsync(reader.readData(), {
    message: /one of the training file's 2 categories in line 3, column 'shop'/,
  });
});

test('split, scaling, labels and validation set work as without names', async (t) => {
  const rows = Array.from({ length: 40 }, (_, i) => `s${i % 5},${i},${2 * i},x,2024-01-01,dry,${3 * i},k${i % 2},n`);
  const reader = await read(t, { ...options, split: 0.25 }, `${table.split('\n')[0]}\n${rows.join('\n')}\n`);
  reader.normalizeX();
  reader.normalizeY({ price: 'fitting', kind: 'binaryClassifier' });
  reader.generateValidationSet(3);
  t.deepEqual([reader.numTrain, reader.numTest, reader.numValidation], [20, 10, 10]);
  for (const set of ['train', 'test', 'validation'] as const) {
    const { inputs: x, targets: y } = reader.namedTensors(set);
    for (let row = 0; row < x.sales!.rows; row++) {
      const i = Math.round(x.sales!.data[2 * row]! * 39);
      t.is(x.shop!.data[row], i % 5);
      t.is(Math.round(y.price!.data[row]! * 39), i);
      t.is(y.kind!.data[row], i % 2);
    }
  }
});

test('the preparation has each input and target, and encodes rows of cells as the reader did', async (t) => {
  const reader = await read(t, options);
  reader.normalizeX();
  reader.normalizeY({ price: 'fitting', kind: 'binaryClassifier' });
  const { preparation } = reader;
  t.deepEqual(Object.keys(preparation), ['inputs', 'targets']);
  const { sales, shop, place } = preparation.inputs!;
  t.deepEqual([sales!.inputShape, shop!.inputShape, place!.inputShape], [[2], [], [3]]);
  t.deepEqual([sales!.featureNames, shop!.dtype], [['week1', 'week2'], 'int32']);
  t.deepEqual(preparation.targets, { price: { y: { offset: [10], scale: [20] } }, kind: { classes: ['new', 'old'] } });

  const preparer = new NamedPreparer(JSON.parse(JSON.stringify(preparation)));
  const cells = [
    { shop: 'c', week1: '2', week2: 4, city: 'Rome', day: '2024-03-05' },
    { shop: 'b', week1: 3, city: 'Oslo', day: '2024-04-05' },
  ];
  const raw = preparer.encode(cells, 'float32');
  const expected = reader.namedTensors().inputs;
  const prepared = await preparer.prepare(raw, 'float32');
  const encoded = reader.normalizePredictData(reader.encodeNamedRows(cells));
  for (const name of ['sales', 'shop', 'place']) {
    t.deepEqual(prepared[name]!.shape, [2, ...expected[name]!.shape.slice(1)]);
    t.deepEqual(prepared[name]!.data, expected[name]!.slice(2).data, name);
    t.deepEqual(preparer.prepareSync(raw, 'float32')[name]!.data, expected[name]!.slice(2).data, name);
    t.deepEqual(encoded[name]!.data, expected[name]!.slice(2).data, name);
  }
  t.is((await preparer.prepare(raw, 'float64')).shop!.dtype, 'int32');
  t.deepEqual([...answerOf(preparer, 'price', 'fitting', [[0.5]]).outputs.data], [20]);
  t.deepEqual(answerOf(preparer, 'kind', 'binaryClassifier', [[0.7], [0.2]]).classes, ['old', 'new']);
  t.throws(
    () => reader.encodeRows(cells),
    badArgument(/without names of inputs for encodeRows but received 'one with them/),
  );
  t.throws(() => preparer.encode([{ ...cells[0]!, shop: 'd' }], 'float32'), badArgument(/row 0, column 'shop'/));
  t.throws(() => preparer.encode([{ shop: 'a' }], 'float32'), badArgument(/row 0, columns? 'week1'/));
});

test('raw tensors by name', (t) => {
  const preparer = new NamedPreparer({
    inputs: {
      a: { inputShape: [2], x: { per: 'column', divisor: 1, offset: [1, 2], scale: [0.5, 1] } },
      b: { inputShape: [], dtype: 'int32' },
    },
    targets: { '': {} },
  });
  const [a, b] = [Tensor.from([[3, 4]]), Tensor.from([[2]])];
  const prepared = preparer.prepareSync(preparer.encode({ a, b }, 'float32'), 'float32');
  t.deepEqual(
    [[...prepared.a!.data], [...prepared.b!.data], prepared.b!.dtype, prepared.b!.shape],
    [[1, 2], [2], 'int32', [1]],
  );
  t.throws(() => preparer.encode({ a }, 'float32'), badArgument(/the inputs 'a', 'b' for rows but received 'a'/));
  t.throws(() => preparer.encode(a, 'float32'), badArgument(/rows by the names of the inputs \('a', 'b'\) for rows/));
  t.throws(() => preparer.encode({ a, b: Tensor.zeros([2, 1]) }, 'float32'), { message: /1 rows for raw rows of 'b'/ });
  t.throws(() => preparer.encode({ a: b, b }, 'float32'), { message: /2 numbers for raw rows of 'a' but received 1/ });
  const half = () => preparer.encode({ a, b: Tensor.from([[0.5]]) }, 'float32');
  t.throws(half, badArgument(/a whole number .* as int32 but received 0.5/));
});

test('a preparation without names is one with the name that is empty', (t) => {
  const preparer = new NamedPreparer({ inputShape: [1], y: { offset: [1], scale: [2] }, featureNames: ['a'] });
  t.deepEqual([...preparer.encode([{ a: 5 }], 'float32')['']!.data], [5]);
  t.deepEqual([...preparer.encode(Tensor.from([[4]]), 'float32')['']!.data], [4]);
  t.deepEqual([...answerOf(preparer, '', 'fitting', [[3]]).outputs.data], [7]);
});

test('preparations by name are checked field by field', (t) => {
  const good = { inputs: { a: { inputShape: [1] } }, targets: { b: {} } };
  t.notThrows(() => new NamedPreparer(good));
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ ...good, inputShape: [1] }, /only inputs, targets for preparation but received 'inputShape'/],
    [{ inputs: good.inputs }, /an object for preparation.targets but received undefined/],
    [{ ...good, inputs: {} }, /at least one for preparation.inputs/],
    [{ ...good, inputs: { a: { inputShape: [0] } } }, /for preparation.inputs.a.inputShape/],
    [
      { ...good, inputs: { a: { inputShape: [1], dtype: 'float32' } } },
      /'int32' or nothing for preparation.inputs.a.dtype/,
    ],
    [
      { ...good, inputs: { a: { inputShape: [1], classes: ['c'] } } },
      /for preparation.inputs.a but received 'classes'/,
    ],
    [{ ...good, targets: { b: { classes: [] } } }, /at least one name for preparation.targets.b.classes/],
    [{ ...good, targets: { b: null } }, /for preparation.targets.b but received null/],
  ];
  for (const [preparation, message] of wrong) {
    t.throws(() => new NamedPreparer(untyped(preparation)), badArgument(message), JSON.stringify(preparation));
  }
});

test('options that do not fit', async (t) => {
  const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ inputs: {}, label: 'price' }, /columns, or \{ columns, as: 'index' \}, by input for inputs/],
    [{ inputs: { '': 'week1' }, label: 'price' }, /by input for inputs/],
    [{ inputs: { a: [] }, label: 'price' }, /by input for inputs/],
    [{ inputs: { a: { columns: 'shop', as: 'class' } }, label: 'price' }, /by input for inputs/],
    [{ inputs: { a: 'weeks' }, label: 'price' }, /a column of the file .* for inputs.a but received 'weeks'/],
    [
      { inputs: { a: 'week1', b: ['week1'] }, label: 'price' },
      /each column once for inputs, label and ignore but .*'week1'/,
    ],
    [{ inputs: { a: 'price' }, label: 'price' }, /each column once for inputs, label and ignore but received 'price'/],
    [{ inputs: { a: 'week1' }, columns: ['week1'], label: 'price' }, /no inputs beside it for columns/],
    [{ inputs: { a: 'week1' }, label: { y: [] } }, /the column of the labels, or columns by target for label/],
    [{ inputs: { a: 'week1' }, label: { y: 'cost' } }, /a column of the file .* for label but received 'cost'/],
    [
      { inputs: { a: { columns: 'shop', as: 'index' } }, label: 'price', categorical: { shop: 'oneHot' } },
      /'number', or nothing, for a column that is read as 'index' for categorical.shop/,
    ],
    [
      { inputs: { a: { columns: 'day', as: 'index' } }, label: 'price', dates: { day: 'month' } },
      /a column that is not read as 'index' for dates.day/,
    ],
  ];
  for (const [bad, message] of wrong) {
    await t.throwsAsync(read(t, untyped(bad)), badArgument(message), JSON.stringify(bad));
  }
  await t.throwsAsync(read(t, { inputs: { a: 'week1' } }), badArgument(/the column of the labels for label/));
  const npz = new DataReader(untyped({ train: 'data.npz', inputs: { a: 'x' } }));
  await t.throwsAsync(npz.readData(), badArgument(/a CSV file for train, where there is the option inputs/));
});
