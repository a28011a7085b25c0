import test from 'ava';
import { BlasnetError, binaryCrossEntropy, crossEntropy, type DType, meanSquaredError, Tensor } from 'blasnet';
import { checkClaims, differences, type Numbers, randomTensor, readReference, tensorOf } from '../support/numerics.js';

interface Case {
  readonly a: Numbers;
  readonly y: Numbers;
  readonly da: Numbers;
  readonly loss: number;
}

const dtypes = ['float64', 'float32'] as const;
const tensor = (rows: number[][], dtype: DType) => Tensor.from(rows, undefined, dtype);

for (const dtype of dtypes) {
  test(`meanSquaredError agrees with PyTorch, ${dtype}`, async (t) => {
    const { meanSquaredError: cases } = await readReference<{ meanSquaredError: Case[] }>('layers');
    t.is(cases.length, 3);
    for (const { a, y, loss } of cases) {
      // Inputs are exact in both dtypes, and the sum is kept in double.
      t.deepEqual(differences([meanSquaredError(tensorOf(a, dtype), tensorOf(y, dtype))], [loss], { rtol: 1e-12 }), []);
    }
  });

  test(`meanSquaredError is Σ (a − y)² / (2m), ${dtype}`, (t) => {
    t.is(meanSquaredError(tensor([[3]], dtype), tensor([[1]], dtype)), 2);
    t.is(
      meanSquaredError(
        tensor(
          [
            [1, 2],
            [3, 4],
          ],
          dtype,
        ),
        tensor(
          [
            [1, 4],
            [0, 4],
          ],
          dtype,
        ),
      ),
      13 / 4,
    );
    t.is(meanSquaredError(tensor([[1000], [-1000]], dtype), tensor([[-1000], [1000]], dtype)), 2e6);
    t.is(meanSquaredError(tensor([[5, -7]], dtype), tensor([[5, -7]], dtype)), 0);
  });

  test(`binaryCrossEntropy is exact at logits of ±1000, ${dtype}`, (t) => {
    const at = (z: number, y: number) => binaryCrossEntropy(tensor([[z]], dtype), tensor([[y]], dtype));
    t.is(at(1000, 0), 1000);
    t.is(at(-1000, 1), 1000);
    t.is(at(1000, 1), 0);
    t.is(at(-1000, 0), 0);
    t.is(at(1000, 0.5), 500);
    t.is(at(-1000, 0.25), 250);
    t.is(at(0, 0), Math.LN2);
    t.is(at(0, 1), Math.LN2);
  });

  test(`crossEntropy is exact at logits of ±1000, ${dtype}`, (t) => {
    const at = (z: number[], y: number[]) => crossEntropy(tensor([z], dtype), tensor([y], dtype));
    t.is(at([1000, -1000, 0], [1, 0, 0]), 0);
    t.is(at([1000, -1000, 0], [0, 1, 0]), 2000);
    t.is(at([1000, -1000, 0], [0, 0, 1]), 1000);
    t.is(at([-1000, -2000], [0, 1]), 1000);
    t.is(at([1000, -1000], [0.5, 0.5]), 1000);
    t.is(at([7], [1]), 0);
  });
}

test('cross entropies keep their digits where the loss is tiny, float64', (t) => {
  const z = 30;
  const binary = binaryCrossEntropy(tensor([[z]], 'float64'), tensor([[1]], 'float64'));
  t.deepEqual(differences([binary], [Math.log1p(Math.exp(-z))], { rtol: 1e-14 }), []);
  const [even, uneven] = [tensor([[2, 2]], 'float64'), tensor([[0, Math.log(3)]], 'float64')];
  t.deepEqual(differences([crossEntropy(even, tensor([[0, 1]], 'float64'))], [Math.LN2], { rtol: 1e-14 }), []);
  const quarter = crossEntropy(uneven, tensor([[1, 0]], 'float64'));
  t.deepEqual(differences([quarter], [Math.log(4)], { rtol: 1e-14 }), []);
});

test('losses are means over rows and sums over columns', (t) => {
  const once = tensor([[0.5, -1.5, 2]], 'float64');
  const thrice = tensor(
    Array.from({ length: 3 }, () => [0.5, -1.5, 2]),
    'float64',
  );
  for (const loss of [meanSquaredError, binaryCrossEntropy, crossEntropy]) {
    const one = loss(once, tensor([[0, 0, 1]], 'float64'));
    const three = loss(
      thrice,
      tensor(
        Array.from({ length: 3 }, () => [0, 0, 1]),
        'float64',
      ),
    );
    t.deepEqual(differences([three], [one], { rtol: 1e-15 }), []);
    t.true(one > 0);
  }
});

test('a − y is the derivative of m · MSE by the output', (t) => {
  for (const [rows, columns] of [
    [1, 1],
    [8, 1],
    [3, 5],
  ] as const) {
    const [a, y] = [randomTensor([rows, columns], 1), randomTensor([rows, columns], 2)];
    const gradient = a.data.map((value, i) => value - y.data[i]!);
    t.deepEqual(
      checkClaims(() => rows * meanSquaredError(a, y), [{ name: 'a', values: a.data, gradient }]),
      [],
    );
  }
});

test('labels of another shape are refused', (t) => {
  for (const loss of [meanSquaredError, binaryCrossEntropy, crossEntropy]) {
    const error = t.throws(() => loss(tensor([[1, 2]], 'float32'), tensor([[1], [2]], 'float32')), {
      instanceOf: BlasnetError,
    });
    t.is(error?.code, 'ERR_SHAPE_MISMATCH');
  }
});
