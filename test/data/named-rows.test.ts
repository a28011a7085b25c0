import test from 'ava';
import { DataReader, type DataTensors, type NamedTensors, Tensor } from 'blasnet';
import { inputsOf, targetsOf } from '#blasnet/data/part';
import { badArgument, blasnetError, shapeMismatch, untyped } from '../support/errors.js';
import { fittingNet, rowsOfNumbers } from '../support/nets.js';

const shop = (...numbers: readonly number[]) => Tensor.from([...numbers], [numbers.length], 'int32');

/** Rows of two inputs and two targets: numbers that a column scales, and classes. */
const train = () => ({
  xTrain: {
    sales: Tensor.from([
      [0, 10],
      [4, 10],
      [2, 10],
      [1, 10],
      [3, 10],
      [4, 10],
    ]),
    shop: shop(2, 0, 1, 2, 0, 1),
  },
  yTrain: { price: Tensor.from([[1], [2], [5], [3], [4], [5]]), kind: Tensor.from([[7], [8], [7], [9], [7], [7]]) },
});

const reader = (more: Partial<DataTensors> = {}) => DataReader.fromTensors({ ...train(), ...more });

/** The numbers of all inputs and targets, as lists. */
function listsOf({ inputs, targets }: { readonly inputs: NamedTensors; readonly targets: NamedTensors }) {
  const lists = (tensors: NamedTensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));
  return { ...lists(inputs), ...lists(targets) };
}

test('rows by name are there by name, with the types and shapes that they have', (t) => {
  const named = reader();
  t.deepEqual([named.numTrain, named.numFeature, named.numTest, named.numValidation], [6, 3, 0, 0]);
  const { inputs, targets } = named.namedTensors();
  t.deepEqual(Object.keys(inputs), ['sales', 'shop']);
  t.deepEqual(Object.keys(targets), ['price', 'kind']);
  t.deepEqual([inputs.sales!.dtype, inputs.shop!.dtype], ['float32', 'int32']);
  t.deepEqual([inputs.sales!.shape, inputs.shop!.shape], [[6, 2], [6]]);
  t.deepEqual(Object.keys(inputsOf(named.trainingPart)), ['sales', 'shop']);
  t.deepEqual(Object.keys(targetsOf(named.trainingPart)), ['price', 'kind']);
  for (const name of ['xTrain', 'yTrain', 'xTrainRaw', 'yTrainRaw'] as const) {
    const side = name.startsWith('x') ? 'inputs' : 'targets';
    t.throws(() => named[name], badArgument(new RegExp(`^Expected a reader without names of ${side} for ${name} but`)));
  }
  t.throws(() => named.getBatchSamples(2, 0), badArgument(/reader without names of inputs for getBatchSamples but/));
});

test('a reader without names has the one name, which is empty', (t) => {
  const plain = DataReader.fromTensors({ xTrain: Tensor.from([[1], [2]]), yTrain: Tensor.from([[3], [4]]) });
  t.deepEqual(Object.keys(inputsOf(plain.trainingPart)), ['']);
  t.deepEqual(Object.keys(targetsOf(plain.trainingPart)), ['']);
  t.is(plain.namedTensors().inputs['']!.data, plain.xTrain.data);
  const indices = DataReader.fromTensors({ xTrain: shop(1, 2), yTrain: Tensor.from([[3], [4]]) });
  t.is(indices.namedTensors().inputs['']!.dtype, 'int32');
  t.throws(() => indices.xTrain, badArgument(/^Expected rows of floats for xTrain but received 'int32 ones/));
  t.throws(() => indices.normalizeX(), badArgument(/^Expected an input of floats for normalizeX but/));
});

test('names may be mixed: named inputs, and one target without a name', (t) => {
  const mixed = reader({ yTrain: Tensor.from([[1], [2], [3], [4], [5], [6]]) });
  mixed.normalizeX();
  mixed.normalizeY('fitting');
  t.deepEqual(Object.keys(mixed.namedTensors().targets), ['']);
  t.deepEqual([...mixed.yTrain.data], [0, 0.2, 0.4, 0.6, 0.8, 1].map(Math.fround));
  t.deepEqual(Object.keys(mixed.preparation.inputs!), ['sales', 'shop']);
  t.deepEqual(mixed.preparation.targets, { '': { y: { offset: [1], scale: [5] } } });
});

test('normalizeX scales each input of floats by itself, over all sets, and no indices', (t) => {
  const more = { price: Tensor.from([[9]]), kind: Tensor.from([[7]]) };
  const named = reader({
    xTest: { sales: Tensor.from([[8, 12]]), shop: shop(5) },
    yTest: more,
    xValidation: { shop: shop(6), sales: Tensor.from([[-8, 10]]) },
    yValidation: more,
  });
  t.deepEqual([named.numTest, named.numValidation], [1, 1]);
  named.normalizeX();
  const { inputs } = named.namedTensors();
  t.deepEqual([...inputs.sales!.data], [0.5, 0, 0.75, 0, 0.625, 0, 0.5625, 0, 0.6875, 0, 0.75, 0]);
  t.deepEqual([...inputs.shop!.data], [2, 0, 1, 2, 0, 1]);
  t.deepEqual([...named.namedTensors('test').inputs.sales!.data], [1, 1]);
  t.deepEqual([...named.namedTensors('validation').inputs.sales!.data], [0, 0]);
  t.deepEqual([...named.namedTensors('test').inputs.shop!.data], [5]);
  t.deepEqual([...named.namedTensors('test', { raw: true }).inputs.sales!.data], [8, 12]);
  const scaled = named.normalizePredictData({ sales: Tensor.from([[0, 12]]), shop: shop(3) });
  t.deepEqual(listsOf({ inputs: scaled, targets: {} }), { sales: [0.5, 1], shop: [3] });
  t.throws(() => named.normalizePredictData({ sale: Tensor.from([[0, 12]]) }), badArgument(/tensors for sales, shop/));
});

test('fitOn: train, and standard', (t) => {
  const named = reader({
    xTest: { sales: Tensor.from([[80, 12]]), shop: shop(5) },
    yTest: { price: Tensor.from([[9]]), kind: Tensor.from([[7]]) },
  });
  named.normalizeX({ fitOn: 'train', method: 'minMax' });
  t.deepEqual([...named.namedTensors('test').inputs.sales!.data], [20, 0]);
});

test('normalizeY by name', (t) => {
  const named = reader();
  named.normalizeY({ price: 'fitting', kind: { netType: 'multipleClassifier', base: 7 } });
  const { targets } = named.namedTensors();
  t.deepEqual([...targets.price!.data], [0, 0.25, 1, 0.5, 0.75, 1]);
  t.deepEqual([...targets.kind!.data.slice(0, 6)], [1, 0, 0, 0, 1, 0]);
  t.deepEqual([...named.deNormalizeY(Tensor.from([[0.25]]), 'price').data], [2]);
  t.throws(() => named.deNormalizeY(Tensor.from([[0.25]])), badArgument(/one of price, kind for the target of deNorm/));
  t.throws(() => named.deNormalizeY(Tensor.from([[1]]), 'kind'), badArgument(/normalizeY\('fitting'\) before it/));
  t.deepEqual(named.preparation.targets, {
    price: { y: { offset: [1], scale: [4] } },
    kind: { classes: ['7', '8', '9'] },
  });

  const standard = reader();
  standard.normalizeY({ price: { netType: 'fitting', method: 'standard', fitOn: 'train' } });
  const scaled = [...standard.namedTensors().targets.price!.data];
  t.true(Math.abs(scaled.reduce((sum, value) => sum + value, 0)) < 1e-6);
  t.deepEqual([...standard.namedTensors().targets.kind!.data], [7, 8, 7, 9, 7, 7]);

  const alike = reader();
  alike.normalizeY('fitting');
  t.deepEqual([...alike.namedTensors().targets.kind!.data], [0, 0.5, 0, 1, 0, 0]);
});

test('normalizeY › a target that cannot be converted leaves all as they are', (t) => {
  const named = reader();
  const refused = badArgument(/the label in row 1 but received 8/);
  t.throws(() => named.normalizeY({ price: 'fitting', kind: { netType: 'binaryClassifier', base: 6 } }), refused);
  t.deepEqual([...named.namedTensors().targets.price!.data], [1, 2, 5, 3, 4, 5]);
  t.deepEqual(named.preparation.targets, { price: {}, kind: {} });
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [
      { prise: 'fitting' },
      /one of price, kind for the target of normalizeY but received 'prise'; did you mean 'price'/,
    ],
    [{}, /at least one target for normalizeY/],
    [{ price: 'regression' }, /'fitting', 'binaryClassifier' or 'multipleClassifier' for netType but received 'reg/],
    [{ price: { netType: 'fitting', base: 0.5 } }, /a whole number for base but received 0.5/],
    [{ price: { netType: 'fitting', methode: 'robust' } }, /'methode'; did you mean 'method'\?/],
    [null, /for netType but received null/],
  ];
  for (const [kinds, message] of wrong) t.throws(() => named.normalizeY(untyped(kinds)), badArgument(message));
});

test('toOneHot, toZeroOne and class weights of one target', (t) => {
  const named = reader();
  named.toOneHot(7, 'kind');
  named.setClassWeights('balanced', 'kind');
  t.deepEqual(named.namedClassWeights.price, undefined);
  t.deepEqual([...named.namedClassWeights.kind!], [0.5, 2, 2]);
  t.is(named.classWeights, undefined);
  named.generateValidationSet(6);
  t.deepEqual([...named.namedClassWeights.kind!], [5 / 9, 5 / 3, 5 / 3], 'for the rows that are left');
  const binary = reader({ yTrain: { a: Tensor.from([[1], [2], [1], [2], [1], [2]]), b: Tensor.zeros([6, 1]) } });
  binary.toZeroOne({ negativeLabel: 1, positiveLabel: 2 }, 'a');
  t.deepEqual([...binary.namedTensors().targets.a!.data], [0, 1, 0, 1, 0, 1]);
  for (const call of [() => binary.toOneHot(), () => binary.toZeroOne(), () => binary.setClassWeights('balanced')]) {
    t.throws(call, badArgument(/^Expected one of a, b for the target of \w+ but received undefined$/));
  }
  t.throws(() => binary.toOneHot(0, untyped(5)), badArgument(/one of a, b for the target of toOneHot but received 5/));
});

test('rows of one number keep together when they are shuffled, split and cut into batches', (t) => {
  const x = { a: rowsOfNumbers(20, 1), b: Tensor.zeros([20], 'int32') };
  x.b.data.forEach((_, i) => {
    x.b.data[i] = i;
    x.a.data[i] = i;
  });
  const y = {
    c: Tensor.from(
      x.a.data.map((value) => -value),
      [20, 1],
    ),
  };
  const named = DataReader.fromTensors({ xTrain: x, yTrain: y });
  named.splitTestSet(0.2, 3);
  named.shuffle(1);
  named.normalizeX({ fitOn: 'train' });
  named.generateValidationSet(0.25);
  t.deepEqual([named.numTrain, named.numTest, named.numValidation], [12, 4, 4]);
  const raw = named.namedTensors('train', { raw: true });
  const least = Math.min(...raw.inputs.a!.data);
  const range = Math.max(...raw.inputs.a!.data) - least;
  const seen: number[] = [];
  for (const set of ['train', 'test', 'validation'] as const) {
    const { inputs, targets } = named.namedTensors(set);
    inputs.b!.data.forEach((value, row) => {
      seen.push(value);
      t.is(targets.c!.data[row], -value);
      t.true(Math.abs(inputs.a!.data[row]! - (value - least) / range) < 1e-6);
    });
  }
  t.deepEqual(
    seen.toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i),
  );
  const { inputs, targets } = named.getNamedBatch(5, 2);
  t.deepEqual([...inputs.b!.data], [...named.namedTensors().inputs.b!.data].slice(10));
  t.deepEqual(
    [...targets.c!.data],
    [...inputs.b!.data].map((value) => -value),
  );
});

test('the order of rows is that of a reader without names', (t) => {
  const x = rowsOfNumbers(30, 2);
  const plain = DataReader.fromTensors({ xTrain: x, yTrain: rowsOfNumbers(30, 1) });
  const named = DataReader.fromTensors({ xTrain: { x }, yTrain: { y: rowsOfNumbers(30, 1) } });
  for (const one of [plain, named]) {
    one.splitTestSet(5, 2);
    one.shuffle(3);
    one.generateValidationSet(4);
  }
  t.deepEqual(named.namedTensors().inputs.x!.data, plain.xTrain.data);
  t.deepEqual(named.namedTensors('test').targets.y!.data, plain.yTest.data);
});

test('a validation set of its own', (t) => {
  const xValidation = { sales: Tensor.from([[1, 1]]), shop: shop(1) };
  const yValidation = { price: Tensor.from([[1]]), kind: Tensor.from([[10]]) };
  const named = reader({ xValidation, yValidation });
  t.throws(() => named.generateValidationSet(3), badArgument(/a reader without a validation set for generateValid/));
  named.splitTestSet(3);
  named.normalizeY({ kind: { netType: 'multipleClassifier', base: 7 } });
  t.is(named.namedTensors().targets.kind!.rowSize, 4, 'classes of the validation set count');
  t.deepEqual([named.numTrain, named.numTest, named.numValidation], [4, 2, 1]);
  const plain = DataReader.fromTensors({
    xTrain: Tensor.from([[1], [3]]),
    yTrain: Tensor.from([[1], [2]]),
    xValidation: Tensor.from([[2]]),
    yValidation: Tensor.from([[1]]),
  });
  plain.normalizeX();
  t.deepEqual([...plain.xDev.data], [0.5]);
  t.throws(() => reader({ xValidation }), badArgument(/both xValidation and yValidation, or neither/));
});

test('what does not belong together is refused, by its name', (t) => {
  const { xTrain, yTrain } = train();
  const wrong: readonly (readonly [Partial<Record<keyof DataTensors, unknown>>, ReturnType<typeof blasnetError>])[] = [
    [
      { xTrain: { ...xTrain, shop: shop(1, 2) } },
      shapeMismatch(/6 rows for input 'shop' of the train set but received 2/),
    ],
    [
      { yTrain: { ...yTrain, kind: rowsOfNumbers(5, 1) } },
      shapeMismatch(/6 rows for target 'kind' of the train set but/),
    ],
    [{ xTrain: {} }, badArgument(/a Tensor, or tensors by name for xTrain/)],
    [{ xTrain: { '': shop(1) } }, badArgument(/names that are not empty for xTrain/)],
    [{ xTrain: { sales: [[1]] } }, badArgument(/a Tensor for xTrain.sales but received an array of 1/)],
    [
      { xTrain: { sales: Tensor.zeros([6, 0]) } },
      shapeMismatch(/at least one column for input 'sales' of the train set/),
    ],
    [
      {
        xTrain: {
          ...xTrain,
          sales: Tensor.from([
            [0, 1],
            [2, 3],
            [4, Number.NaN],
            [1, 1],
            [1, 1],
            [1, 1],
          ]),
        },
      },
      blasnetError(
        'ERR_NOT_FINITE',
        /finite numbers for input 'sales' of the train set but received NaN in row 2, column 1/,
      ),
    ],
    [{ xTest: xTrain }, badArgument(/both xTest and yTest, or neither for the test set but received 'xTest alone'/)],
    [
      { xTest: { sales: xTrain.sales }, yTest: yTrain },
      badArgument(/inputs sales, shop, as in the training set, for the test/),
    ],
    [{ xTest: xTrain.sales, yTest: yTrain }, badArgument(/inputs sales, shop, .* but received 'without names'/)],
    [
      { xTest: xTrain, yTest: { price: yTrain.price } },
      badArgument(/targets kind, price, as in the training set, for the te/),
    ],
    [
      { xTest: { ...xTrain, shop: rowsOfNumbers(6, 1) }, yTest: yTrain },
      badArgument(/rows of int32 for input 'shop' of the test set but received 'rows of floats'/),
    ],
    [
      { xTest: { ...xTrain, sales: rowsOfNumbers(6, 3) }, yTest: yTrain },
      shapeMismatch(/2 features for input 'sales' of the test set but received 3/),
    ],
  ];
  for (const [more, error] of wrong) t.throws(() => reader(untyped(more)), error);
  const named = reader();
  t.throws(() => named.namedTensors('test'), badArgument(/a reader with a test set for namedTensors/));
  t.throws(() => named.namedTensors(untyped('all')), badArgument(/'train', 'test' or 'validation' for set/));
  t.throws(
    () => named.namedTensors('validation', { raw: true }),
    badArgument(/'train' or 'test' for set, with raw: true/),
  );
});

test('names such as those of JavaScript objects are names like others', (t) => {
  const xTrain = Object.fromEntries([
    ['__proto__', shop(1, 2)],
    ['constructor', Tensor.from([[1], [3]])],
  ]);
  const named = DataReader.fromTensors({ xTrain, yTrain: Tensor.from([[1], [2]]) });
  named.normalizeX();
  const { inputs } = named.namedTensors();
  t.deepEqual(Object.keys(inputs), ['__proto__', 'constructor']);
  t.deepEqual([...Object.getOwnPropertyDescriptor(inputs, '__proto__')!.value.data], [1, 2]);
  t.deepEqual([...Object.getOwnPropertyDescriptor(inputs, 'constructor')!.value.data], [0, 1]);
});

test('a net that is trained on one output refuses several targets, with their names', async (t) => {
  const named = reader();
  const refused = badArgument(
    /^Expected a reader without names of targets for the training set but received 'price, kind'/,
  );
  await t.throwsAsync(fittingNet([2, 1]).train(named), refused);
});
