import test from 'ava';
import {
  AveragePoolLayer,
  FlattenLayer,
  GlobalAveragePoolLayer,
  type ImageShape,
  MaxPoolLayer,
  type PoolOptions,
  Tensor,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import {
  differences,
  gradientCheck,
  type Numbers,
  randomTensor,
  readReference,
  tensorOf,
} from '../support/numerics.js';

type ImagePool = PoolOptions & { readonly inputShape: ImageShape };
type Case = Record<'x' | 'delta' | 'y' | 'dx', Numbers> & { readonly options: ImagePool };
interface Reference {
  readonly maxPools: readonly Case[];
  readonly averagePools: readonly Case[];
  readonly globalAveragePool: Case;
}

const layers = {
  max: (options: PoolOptions) => new MaxPoolLayer(options),
  average: (options: PoolOptions) => new AveragePoolLayer(options),
  global: ({ inputShape }: { readonly inputShape: ImageShape }) => new GlobalAveragePoolLayer({ inputShape }),
};
const pools = [layers.max, layers.average];

for (const dtype of ['float64', 'float32'] as const) {
  test(`pools agree with PyTorch, ${dtype}`, async (t) => {
    const { maxPools, averagePools, globalAveragePool } = await readReference<Reference>('convolution');
    t.is(maxPools.length, 5);
    t.is(averagePools.length, 5);
    const cases = [
      ...maxPools.map((one) => [layers.max, one] as const),
      ...averagePools.map((one) => [layers.average, one] as const),
      [layers.global, globalAveragePool] as const,
    ];
    const tolerance = dtype === 'float64' ? { rtol: 1e-12, atol: 1e-15 } : { rtol: 1e-6, atol: 1e-6 };
    for (const [create, { options, x, delta, y, dx }] of cases) {
      const layer = create(options);
      const outputs = layer.forward(tensorOf(x, dtype));
      t.deepEqual(outputs.shape, y.shape);
      t.deepEqual(differences(outputs.data, y.data, tolerance, `${layer.kind} ${JSON.stringify(options)} y`), []);
      const deltas = layer.backward(tensorOf(delta, dtype))!;
      t.deepEqual(deltas.shape, x.shape);
      t.deepEqual(differences(deltas.data, dx.data, tolerance, `${layer.kind} ${JSON.stringify(options)} dx`), []);
    }
  });
}

test('gradients agree with differences', (t) => {
  const options: ImagePool = { inputShape: [2, 6, 5], poolSize: [3, 2], stride: [2, 1], padding: 1 };
  const x = randomTensor([2, 2, 6, 5], 3);
  for (const layer of [layers.max(options), layers.average(options), layers.global(options), new FlattenLayer()]) {
    t.deepEqual(gradientCheck(layer, x), [], layer.kind);
  }
});

test('equal numbers: the delta goes to the first', (t) => {
  const layer = new MaxPoolLayer({ inputShape: [1, 2, 2], poolSize: 2 });
  t.deepEqual(layer.forward(Tensor.from([1, 3, 3, 3], [1, 1, 2, 2])).toArray(), [3]);
  t.deepEqual(layer.backward(Tensor.from([7], [1, 1, 1, 1]))!.toArray(), [0, 7, 0, 0]);
});

test('output shapes', (t) => {
  const inputShape = [3, 7, 9] as const;
  for (const create of pools) {
    t.deepEqual(create({ inputShape, poolSize: 2 }).outputShape([3, 7, 9]), [3, 3, 4]);
    t.deepEqual(create({ inputShape, poolSize: 3, stride: 2, padding: 1 }).outputShape([3, 7, 9]), [3, 4, 5]);
    t.deepEqual(create({ inputShape, poolSize: [7, 9] }).outputShape([189]), [3, 1, 1]);
  }
  t.deepEqual(layers.global({ inputShape }).outputShape([3, 7, 9]), [3]);
  t.deepEqual(new FlattenLayer().outputShape([3, 7, 9]), [189]);
});

test('flatten is a view', (t) => {
  const layer = new FlattenLayer();
  const x = randomTensor([2, 3, 4, 5], 1);
  const y = layer.forward(x);
  t.deepEqual(y.shape, [2, 60]);
  t.is(y.data, x.data);
  const dx = layer.backward(y)!;
  t.deepEqual(dx.shape, [2, 3, 4, 5]);
  t.is(dx.data, y.data);
});

test('bad options', (t) => {
  const inputShape = [1, 5, 6] as const;
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /an object for options/],
    [{ inputShape: [5, 6], poolSize: 2 }, /inputShape/],
    [{ inputShape }, /poolSize .* undefined/],
    [{ inputShape, poolSize: 6 }, /at most the 5 rows of the padded input for poolSize .* 6/],
    [{ inputShape, poolSize: [1, 7] }, /at most the 6 columns/],
    [{ inputShape, poolSize: 2, stride: 0 }, /stride .* 0/],
    [{ inputShape, poolSize: 3, padding: 2 }, /at most half of poolSize, 1 for padding .* 2/],
    [{ inputShape, poolSize: 3, padding: 'same' }, /padding .* 'same'/],
  ];
  for (const [options, message] of bad) {
    for (const create of pools) t.throws(() => create(options as PoolOptions), badArgument(message));
  }
  t.throws(() => layers.global({ inputShape: [1, 2] as unknown as ImageShape }), badArgument(/inputShape/));
  t.throws(() => new GlobalAveragePoolLayer(null as unknown as PoolOptions), badArgument(/an object for options/));
});

test('rows of another shape are refused', (t) => {
  const options = { inputShape: [2, 4, 6], poolSize: 2 } as const;
  for (const layer of [layers.max(options), layers.average(options), layers.global(options)]) {
    t.throws(() => layer.forward(Tensor.zeros([1, 2, 6, 4])), shapeMismatch(/images of \[2, 4, 6\] for input/));
    layer.forward(Tensor.zeros([1, 2, 4, 6]));
    t.throws(() => layer.backward(Tensor.zeros([1, 5])), shapeMismatch(/for delta but received \[1, 5\]$/), layer.kind);
  }
});
