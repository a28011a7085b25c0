import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  BlasnetError,
  ClassificationLayer,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  Tensor,
} from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { transferAway } from '../support/memory.js';
import {
  differences,
  gradientCheck,
  type Numbers,
  randomTensor,
  readReference,
  tensorOf,
  uniforms,
} from '../support/numerics.js';

type Sizes = readonly [rows: number, inputs: number, outputs: number];
type Case = Record<'x' | 'w' | 'b' | 'delta' | 'z' | 'dx' | 'dw' | 'db', Numbers>;

/** Sums of products carry an error that grows with their terms' magnitude, about 1 here, not with the sum. */
const tolerances = {
  float64: { rtol: 1e-12, atol: 1e-14 },
  float32: { rtol: 1e-5, atol: 1e-5 },
} as const;

for (const dtype of ['float64', 'float32'] as const) {
  test(`forward and backward agree with PyTorch, ${dtype}`, async (t) => {
    const { fullyConnected } = await readReference<{ fullyConnected: Case[] }>('layers');
    t.is(fullyConnected.length, 6);
    for (const { x, w, b, delta, ...expected } of fullyConnected) {
      const layer = new FullyConnectedLayer(w.shape[0]!, w.shape[1]!, { dtype });
      layer.setWeights({ W: tensorOf(w, dtype), B: tensorOf(b, dtype) });
      const z = layer.forward(tensorOf(x, dtype));
      const dx = layer.backward(tensorOf(delta, dtype))!;
      const actual = { z, dx, dw: layer.gradients.W!, db: layer.gradients.B! };
      for (const name of ['z', 'dx', 'dw', 'db'] as const) {
        t.deepEqual(actual[name].shape, expected[name].shape);
        t.is(actual[name].dtype, dtype);
        t.deepEqual(differences(actual[name].data, expected[name].data, tolerances[dtype], name), []);
      }
    }
  });
}

const sizes: Sizes[] = [
  [1, 1, 1],
  [1, 5, 3],
  [3, 1, 7],
  [7, 13, 1],
  [9, 8, 16],
  [17, 11, 19],
  [33, 3, 65],
];

for (const [rows, inputs, outputs] of sizes) {
  test(`gradients of ${rows} rows, ${inputs} to ${outputs}, agree with differences`, (t) => {
    const layer = new FullyConnectedLayer(inputs, outputs, { dtype: 'float64', seed: 5 });
    layer.setWeights({ B: randomTensor([1, outputs], 6) });
    t.deepEqual(gradientCheck(layer, randomTensor([rows, inputs], 7)), []);
  });
}

/** Small whole numbers: sums of their products are exact in any order, so results must be right to the last bit. */
function wholeNumbers(shape: readonly [number, number], seed: number): Tensor {
  return Tensor.from(uniforms(shape[0] * shape[1], seed, -4, 5).map(Math.floor), shape);
}

/** a · b for plain arrays, in three loops. */
function product(a: Tensor, b: Tensor): Float64Array {
  const [m, k, n] = [a.rows, a.rowSize, b.rowSize];
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const left = a.data[i * k + l]!;
      for (let j = 0; j < n; j++) c[i * n + j]! += left * b.data[l * n + j]!;
    }
  }
  return c;
}

function transposed(a: Tensor): Tensor {
  const [rows, columns] = [a.rows, a.rowSize];
  const data = Float64Array.from({ length: a.size }, (_, i) => a.data[(i % rows) * columns + Math.floor(i / rows)]!);
  return Tensor.from(data, [columns, rows]);
}

// From register blocks with all kinds of rest, over one BLAS call, to products cut into tiles by columns and by rows.
const paths: Sizes[] = [
  [1, 1, 1],
  [1, 784, 10],
  [2, 3, 5],
  [4, 31, 33],
  [8, 17, 63],
  [16, 64, 127],
  [32, 65, 64],
  [64, 785, 2],
  [64, 100, 70],
  [64, 784, 128],
  [1024, 90, 96],
  [128, 520, 260],
];

for (const [rows, inputs, outputs] of paths) {
  test(`whole numbers come out exactly: ${rows} rows, ${inputs} to ${outputs}`, (t) => {
    const w = wholeNumbers([inputs, outputs], 1);
    const b = wholeNumbers([1, outputs], 2);
    const x = wholeNumbers([rows, inputs], 3);
    const dz = wholeNumbers([rows, outputs], 4);
    const z = product(x, w).map((value, i) => value + b.data[i % outputs]!);
    const dx = product(dz, transposed(w));
    const dw = product(transposed(x), dz);
    const db = product(Tensor.from(new Float64Array(rows).fill(1)), dz);
    for (const dtype of ['float64', 'float32'] as const) {
      const layer = new FullyConnectedLayer(inputs, outputs, { dtype });
      layer.setWeights({ W: w, B: b });
      t.true(same(layer.forward(x.clone(dtype)), z), `z, ${dtype}`);
      t.true(same(layer.backward(dz.clone(dtype))!, dx), `dx, ${dtype}`);
      t.true(same(layer.gradients.W!, dw), `dw, ${dtype}`);
      t.true(same(layer.gradients.B!, db), `db, ${dtype}`);
    }
  });
}

function same(actual: Tensor, expected: Float64Array): boolean {
  return actual.size === expected.length && actual.data.every((value, i) => value === expected[i]);
}

test('update without a net is SGD with the gradients of the last backward', (t) => {
  const layer = new FullyConnectedLayer(2, 1, { dtype: 'float64' });
  layer.setWeights({ W: Tensor.from([[1], [-2]], undefined, 'float64'), B: Tensor.from([0.5], undefined, 'float64') });
  const z = layer.forward(
    Tensor.from(
      [
        [3, 1],
        [1, 5],
      ],
      undefined,
      'float64',
    ),
  );
  t.deepEqual(z.toArray(), [[1.5], [-8.5]]);
  layer.backward(Tensor.from([[4], [-2]], undefined, 'float64'));
  t.deepEqual(layer.gradients.W!.toArray(), [[10], [-6]]); // 3·4 − 1·2, 1·4 − 5·2
  t.deepEqual(layer.gradients.B!.toArray(), [[2]]);
  layer.preUpdate();
  t.deepEqual(layer.weights.W!.toArray(), [[1], [-2]]);
  layer.update();
  t.deepEqual(differences(layer.weights.W!.data, [0, -1.4], { rtol: 1e-15, atol: 1e-15 }), []);
  t.deepEqual(differences(layer.weights.B!.data, [0.3], { rtol: 1e-15 }), []);
});

test('backward before forward, and rows that do not fit, are refused', (t) => {
  const layer = new FullyConnectedLayer(2, 1);
  const early = t.throws(() => layer.backward(Tensor.from([[1]])), { instanceOf: BlasnetError });
  t.is(early?.code, 'ERR_BAD_ARGUMENT');
  const wide = t.throws(() => layer.forward(Tensor.from([[1, 2, 3]])), { instanceOf: BlasnetError });
  t.is(wide?.code, 'ERR_SHAPE_MISMATCH');
  const other = t.throws(() => layer.forward(Tensor.from([[1, 2]], undefined, 'float64')), {
    instanceOf: BlasnetError,
  });
  t.is(other?.code, 'ERR_BAD_ARGUMENT');
});

test('backward names the delta that does not fit, whatever the layer', (t) => {
  const layers = [
    new FullyConnectedLayer(4, 4),
    new ActivationLayer('relu'),
    new ActivationLayer('identity'),
    new BatchNormLayer(4),
    new ClassificationLayer('softmax'),
    new ClassificationLayer('sigmoid'),
    new DropoutLayer(0.5),
    new FlattenLayer(),
  ];
  for (const layer of layers) {
    layer.forward(
      Tensor.from([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ]),
    );
    for (const shape of [[1, 4], [2, 3], [4, 2], [0, 4], [8]]) {
      const expected = `^Expected shape \\[2, 4\\] for delta but received \\[${shape.join(', ')}\\]$`;
      t.throws(() => layer.backward(Tensor.zeros(shape)), shapeMismatch(new RegExp(expected)), layer.kind);
    }
    const wide = Tensor.zeros([2, 4], 'float64');
    t.throws(
      () => layer.backward(wide),
      badArgument(/^Expected a float32 tensor for delta but received 'a float64 one'/),
    );
    for (const value of [undefined, [[1, 2, 3, 4]]]) {
      t.throws(() => layer.backward(untyped(value)), badArgument(/^Expected a Tensor for delta but received/));
    }
    t.deepEqual(layer.backward(Tensor.zeros([2, 2, 2]))!.shape, [2, 4], layer.kind);
  }
});

test('forward and backward › what is no tensor, or has lost its memory', (t) => {
  const layer = new FullyConnectedLayer(2, 1);
  const gone = Tensor.from([[1, 2]]);
  layer.forward(gone);
  transferAway(gone.data);
  t.throws(() => layer.forward(gone), badArgument(/a tensor with its memory for x but received 'a detached buffer'/));
  t.throws(() => layer.forward(untyped([[1, 2]])), badArgument(/^Expected a Tensor for x but received an array of 1$/));
  t.throws(() => layer.backward(untyped([[1]])), badArgument(/^Expected a Tensor for delta but received an array/));
  const delta = Tensor.from([[1]]);
  transferAway(delta.data);
  t.throws(() => layer.backward(delta), badArgument(/a tensor with its memory for delta/));
});
