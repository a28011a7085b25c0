import test from 'ava';
import { type BatchSource, DataReader, HyperParameters, type NamedRowBatch, Tensor } from 'blasnet';
import { StreamFeed } from '#blasnet/training/stream-feed';
import type { TrainingPlan } from '#blasnet/training/training-plan';
import { badArgument, blasnetError, shapeMismatch, untyped } from '../support/errors.js';
import { rowsOfNumbers } from '../support/nets.js';

/** Rows of two inputs and two targets, `count` from a number on; each tells its number. */
function rows(from: number, count: number): NamedRowBatch {
  const numbers = Array.from({ length: count }, (_, i) => from + i);
  return {
    x: {
      sales: Tensor.from(numbers.map((i) => [i, 3 * i - 4])),
      shop: Tensor.from(numbers, [count], 'int32'),
    },
    y: { price: Tensor.from(numbers.map((i) => [-i])), kind: Tensor.from(numbers.map((i) => [i % 3])) },
  };
}

const batches: BatchSource = () => [rows(0, 4), rows(4, 1), rows(5, 3)];

async function read(source: BatchSource = batches, options?: Parameters<typeof DataReader.fromBatches>[1]) {
  const reader = DataReader.fromBatches(source, options);
  await reader.readData();
  return reader;
}

/** The numbers of one epoch, by name. */
async function epochOf(reader: DataReader): Promise<Record<string, number[]>> {
  const numbers: Record<string, number[]> = {};
  const parts = reader.trainingStream!.open();
  for await (const { inputs, targets } of { [Symbol.asyncIterator]: () => parts }) {
    for (const [name, { data }] of Object.entries({ ...inputs, ...targets }))
      numbers[name] = [...(numbers[name] ?? []), ...data];
  }
  return numbers;
}

const eight = [0, 1, 2, 3, 4, 5, 6, 7];

test('batches by name: counts, shapes, types, rows', async (t) => {
  const reader = await read();
  t.deepEqual([reader.numTrain, reader.numFeature], [8, 3]);
  const { inputs, targets } = reader.trainingStream!.like;
  t.deepEqual([inputs.sales!.rowShape, inputs.shop!.rowShape, targets.price!.rowShape], [[2], [], [1]]);
  t.true(inputs.shop!.data instanceof Int32Array);
  t.deepEqual(await epochOf(reader), {
    sales: eight.flatMap((i) => [i, 3 * i - 4]),
    shop: eight,
    price: eight.map((i) => -i),
    kind: eight.map((i) => i % 3),
  });
});

test('batches by name: scaling and classes, of the sets beside them, too', async (t) => {
  const { x: xTest, y: yTest } = rows(8, 1);
  const validation = DataReader.fromTensors({ xTrain: rows(2, 2).x, yTrain: rows(2, 2).y });
  const reader = await read(batches, { xTest, yTest, validation });
  reader.normalizeX();
  reader.normalizeY({ price: 'fitting', kind: 'multipleClassifier' });
  reader.setClassWeights('balanced', 'kind');
  const { sales, shop, price, kind } = await epochOf(reader);
  t.deepEqual(
    sales,
    eight.flatMap((i) => [i / 8, i / 8]),
  );
  t.deepEqual(shop, eight);
  t.deepEqual(
    price,
    eight.map((i) => 1 - i / 8),
  );
  t.deepEqual(kind!.slice(0, 6), [1, 0, 0, 0, 1, 0]);
  t.deepEqual(reader.trainingStream!.like.targets.kind!.rowShape, [3]);
  t.deepEqual([...reader.namedTensors('test').inputs.sales!.data], [1, 1]);
  t.deepEqual([...reader.namedTensors('test').targets.kind!.data], [0, 0, 1]);
  t.deepEqual([...reader.namedTensors('validation').inputs.shop!.data], [2, 3]);
  t.deepEqual([...reader.namedClassWeights.kind!], [8 / 9, 8 / 9, 8 / 6]);
  t.deepEqual(reader.preparation.inputs!.shop, { inputShape: [], dtype: 'int32' });
  t.throws(() => reader.namedTensors(), badArgument(/reader whose training rows are in memory for training rows/));
});

test('windows hold the rows of each input and target, from any step on', async (t) => {
  const many: BatchSource = () => [rows(0, 700), rows(700, 300)];
  for (const [dtype, firstStep] of [
    ['float32', 0],
    ['float64', 0],
    ['float32', 3],
    ['float64', 11],
  ] as const) {
    const reader = await read(many);
    const params = new HyperParameters({ netType: 'fitting', batchSize: 64, dtype });
    const feed = new StreamFeed(params, reader.trainingStream!, { classWeights: {} }, firstStep);
    const bound: Record<string, number[]> = {};
    let start = -1;
    const plan = {
      iterationsPerEpoch: 16,
      scalars: {
        set(_: string, value: number) {
          start = value;
        },
      },
      replay: {
        bind(port: unknown, data: Float32Array, count: number) {
          const { inputs, targets } = feed.source.boundInputs!;
          const [name] = Object.entries({ ...inputs, ...targets }).find(([, one]) => one === port)!;
          bound[name] = [...(bound[name] ?? []), ...data.subarray(0, count * (name === 'sales' ? 2 : 1))];
          const expected = name === 'shop' ? Int32Array : dtype === 'float32' ? Float32Array : Float64Array;
          t.is<unknown, unknown>(data.constructor, expected);
        },
      },
    } as unknown as TrainingPlan;
    for (let step: number = firstStep; step < 16; ) step = await feed.prepare(step, 16, plan);
    await feed.close();
    t.true(start >= 0);
    const expected = Array.from({ length: 1000 - firstStep * 64 }, (_, i) => firstStep * 64 + i);
    t.deepEqual(bound.shop, expected);
    t.deepEqual(
      bound.sales,
      expected.flatMap((i) => [i, 3 * i - 4]),
    );
    t.deepEqual(
      bound.price,
      expected.map((i) => -i),
    );
  }
});

test('batches that differ from the first one are refused, by name', async (t) => {
  const { x, y } = rows(0, 2) as { x: Record<string, Tensor>; y: Record<string, Tensor> };
  const wrong: readonly (readonly [unknown, ReturnType<typeof blasnetError>])[] = [
    [
      { x: { sales: x.sales }, y },
      badArgument(/^Expected sales, shop for x in batch 1 of the stream but received 'sales'/),
    ],
    [
      { x, y: y.price },
      badArgument(/^Expected kind, price for y in batch 1 of the stream but received 'a tensor without/),
    ],
    [
      { x: { ...x, shop: rowsOfNumbers(2, 1).reshape([2]) }, y },
      badArgument(/^Expected int32 for x.shop in batch 1 of the/),
    ],
    [
      { x: { ...x, sales: x.shop }, y },
      shapeMismatch(/^Expected rows of shape \[2\] for x.sales in batch 1 of the str/),
    ],
    [
      { x: { ...x, sales: rowsOfNumbers(3, 2) }, y },
      shapeMismatch(/^Expected 3 rows for x.shop in batch 1 of the stream but/),
    ],
    [
      { x: { ...x, sales: [[1, 2]] }, y },
      badArgument(/^Expected a Tensor for x.sales in batch 1 of the stream but rec/),
    ],
    [{ x: {}, y }, badArgument(/^Expected a Tensor, or tensors by name for x in batch 1/)],
    [
      {
        x: {
          ...x,
          sales: Tensor.from([
            [1, 2],
            [3, Number.NaN],
          ]),
        },
        y,
      },
      blasnetError(
        'ERR_NOT_FINITE',
        /^Expected finite numbers for x.sales in the stream but received NaN in row 3, column 1/,
      ),
    ],
  ];
  for (const [bad, error] of wrong) {
    const source = untyped<BatchSource>(() => [rows(0, 2), bad]);
    await t.throwsAsync(read(source), error);
  }
  const options = { xTest: { sales: x.sales! }, yTest: y };
  await t.throwsAsync(
    read(batches, options),
    badArgument(/^Expected inputs sales, shop, as in the training set, for the/),
  );
});
