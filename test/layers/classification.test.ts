import test from 'ava';
import { BlasnetError, ClassificationLayer, type NetType, Tensor } from 'blasnet';
import {
  checkClaims,
  differences,
  lossFunctions,
  type Numbers,
  oneHot,
  randomTensor,
  readReference,
  sumOf,
  tensorOf,
} from '../support/numerics.js';

interface Case {
  readonly kind: 'softmax' | 'sigmoid';
  readonly z: Numbers;
  readonly y: Numbers;
  readonly a: Numbers;
  readonly dz: Numbers;
  readonly loss: number;
}

const netTypes: Record<Case['kind'], NetType> = { softmax: 'multipleClassifier', sigmoid: 'binaryClassifier' };
// Everything here hangs on an exponential. dz = a − y cancels where a is nearly y: an absolute error is allowed.
const tolerances = {
  float64: { rtol: 1e-10, atol: 1e-15 },
  float32: { rtol: 1e-5, atol: 2e-7 },
} as const;

function minus(a: Tensor, y: Tensor): Tensor {
  return Tensor.from(
    a.data.map((value, i) => value - y.data[i]!),
    a.shape,
  );
}

for (const dtype of ['float64', 'float32'] as const) {
  test(`probabilities, losses and deltas agree with PyTorch, ${dtype}`, async (t) => {
    const { classification } = await readReference<{ classification: Case[] }>('layers');
    t.is(classification.length, 6);
    for (const { kind, loss, ...arrays } of classification) {
      const layer = new ClassificationLayer(kind);
      const [z, y] = [tensorOf(arrays.z, dtype), tensorOf(arrays.y, dtype)];
      const a = layer.forward(z);
      t.is(a.dtype, dtype);
      t.deepEqual(differences(a.data, arrays.a.data, tolerances[dtype], `${kind} a`), []);
      const dz = layer.backward(minus(a, y))!;
      t.deepEqual(differences(dz.data, arrays.dz.data, tolerances[dtype], `${kind} dz`), []);
      const lossHere = lossFunctions[netTypes[kind]](z, y);
      t.deepEqual(differences([lossHere], [loss], tolerances[dtype], `${kind} loss`), []);
    }
  });
}

for (const [rows, columns] of [
  [1, 1],
  [1, 5],
  [4, 2],
  [7, 3],
  [3, 17],
] as const) {
  test(`(a − y) / m is the derivative of the mean loss by the logits, ${rows}×${columns}`, (t) => {
    const labels: Record<Case['kind'], Tensor> = {
      softmax: oneHot(
        Array.from({ length: rows }, (_, i) => (3 * i) % columns),
        columns,
      ),
      sigmoid: Tensor.from(
        randomTensor([rows, columns], 4).data.map((value) => Number(value > 0)),
        [rows, columns],
      ),
    };
    for (const kind of ['softmax', 'sigmoid'] as const) {
      const layer = new ClassificationLayer(kind);
      const z = randomTensor([rows, columns], 5, -3, 3);
      const y = labels[kind];
      const gradient = layer.backward(minus(layer.forward(z), y))!.data;
      const loss = lossFunctions[netTypes[kind]];
      t.deepEqual(
        checkClaims(() => rows * loss(z, y), [{ name: kind, values: z.data, gradient }]),
        [],
      );
    }
  });
}

test('softmax is a distribution that a shift of the logits does not change', (t) => {
  const z = randomTensor([9, 11], 1, -5, 5);
  const a = new ClassificationLayer('softmax').forward(z);
  for (let i = 0; i < 9; i++) {
    const sum = sumOf(a.slice(i, i + 1).data);
    t.deepEqual(differences([sum], [1], { rtol: 1e-15 }), []);
  }
  const shifted = Tensor.from(
    z.data.map((value) => value + 700),
    z.shape,
  );
  t.deepEqual(differences(new ClassificationLayer('softmax').forward(shifted).data, a.data, { rtol: 1e-12 }), []);
});

for (const dtype of ['float64', 'float32'] as const) {
  test(`logits of ±1000 give exact probabilities, ${dtype}`, (t) => {
    const z = Tensor.from(
      [
        [1000, -1000, 0],
        [-1000, -1000, -1000],
        [1000, 1000, -1000],
      ],
      undefined,
      dtype,
    );
    const third = dtype === 'float64' ? 1 / 3 : Math.fround(1 / 3);
    t.deepEqual(new ClassificationLayer('softmax').forward(z).toArray(), [
      [1, 0, 0],
      [third, third, third],
      [0.5, 0.5, 0],
    ]);
    t.deepEqual(new ClassificationLayer('sigmoid').forward(z).toArray(), [
      [1, 0, 0.5],
      [0, 0, 0],
      [1, 1, 0],
    ]);
  });
}

test('another kind is refused', (t) => {
  const error = t.throws(() => new ClassificationLayer('relu' as 'softmax'), { instanceOf: BlasnetError });
  t.is(error?.code, 'ERR_BAD_ARGUMENT');
});
