import test from 'ava';
import { createLayer, PermuteLayer, ReshapeLayer, type RowShape, Tensor } from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { gradientCheck, randomTensor } from '../support/numerics.js';

test('reshape is a view of other rows', (t) => {
  const layer = new ReshapeLayer([3, -1]);
  const x = randomTensor([2, 4, 6], 1);
  const y = layer.forward(x);
  t.deepEqual(y.shape, [2, 3, 8]);
  t.is(y.data, x.data);
  t.deepEqual(layer.backward(y)!.shape, [2, 4, 6]);
  t.deepEqual(new ReshapeLayer([]).outputShape([1, 1]), []);
  t.deepEqual(new ReshapeLayer([1, 4]).outputShape([4]), [1, 4]);
});

test('reshape refuses rows that do not fit, and bad shapes', (t) => {
  t.throws(
    () => new ReshapeLayer([3, -1]).outputShape([7]),
    shapeMismatch(/^Expected rows of as many numbers as \[3, -1\] for input but received rows of shape \[7\]$/),
  );
  t.throws(() => new ReshapeLayer([3, 2]).outputShape([7]), shapeMismatch(/\[3, 2\] for input/));
  t.throws(() => new ReshapeLayer([]).outputShape([2]), shapeMismatch(/\[\] for input/));
  for (const shape of [[0], [1.5], [-1, -1], [-2], 3, null, undefined, ['4']]) {
    t.throws(
      () => new ReshapeLayer(shape as RowShape),
      badArgument(/whole numbers above 0, with at most one -1 for rowShape/),
    );
  }
});

test('permute moves dimensions of a row, counted from 0', (t) => {
  const layer = new PermuteLayer([2, 0, 1]);
  t.deepEqual(layer.outputShape([3, 4, 5]), [5, 3, 4]);
  const x = Tensor.from([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]);
  const y = layer.forward(x);
  t.deepEqual(y.shape, [1, 3, 1, 2]);
  t.deepEqual([...y.data], [1, 4, 2, 5, 3, 6]);
  t.deepEqual(gradientCheck(layer, randomTensor([2, 3, 4, 2], 1)), []);
});

test('permute refuses rows of another rank, and what is no order', (t) => {
  t.throws(
    () => new PermuteLayer([1, 0]).outputShape([3]),
    shapeMismatch(/^Expected rows of 2 dimensions for input but received rows of shape \[3\]$/),
  );
  for (const order of [[], [1], [0, 0], [0, 2], [-1, 0], '01', null, undefined]) {
    t.throws(
      () => new PermuteLayer(order as number[]),
      badArgument(/each dimension of a row once, counted from 0 for order/),
    );
  }
});

test('configs make the same layers', (t) => {
  for (const layer of [new ReshapeLayer([2, -1]), new PermuteLayer([1, 0])]) {
    const made = createLayer(layer.config!);
    t.is(made.constructor, layer.constructor);
    t.deepEqual(made.config, layer.config);
  }
});
