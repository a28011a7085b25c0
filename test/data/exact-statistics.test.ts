import test from 'ava';
import { Tensor } from 'blasnet';
import { ColumnStatistics } from '#blasnet/data/column-statistics';
import { ExactStatistics } from '#blasnet/data/exact-statistics';
import { ExactSum } from '#blasnet/data/exact-sum';

const sumOf = (numbers: readonly number[]) => {
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  return sum.value;
};

test('sums are rounded once', (t) => {
  t.is(sumOf([]), 0);
  t.is(sumOf([1e100, 1, -1e100]), 1);
  t.is(sumOf(Array(10).fill(0.1)), 1);
  t.is(sumOf([1, 2 ** -53, 2 ** -106]), 1 + 2 ** -52); // half way, and a little more
  t.is(sumOf([1, 2 ** -53, -(2 ** -106)]), 1);
  const product = new ExactSum();
  product.addProduct(1 + 2 ** -30, 1 + 2 ** -30);
  product.add(-1 - 2 ** -29);
  t.is(product.value, 2 ** -60);
});

test('statistics have the same bits however the rows are shared, and are those of column statistics', (t) => {
  let state = 5;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const x = Tensor.from(
    Float64Array.from({ length: 300 }, (_, i) => [1e6 + random(), random() - 0.5, 7][i % 3]!),
    [100, 3],
  );
  const whole = new ExactStatistics(3).add(x);
  const parts = [x.slice(70, 100), x.slice(0, 33), x.slice(33, 70)].map(
    (rows) => new ExactStatistics(3).add(rows).parts,
  );
  const merged = parts.reduce((sum, part) => sum.addParts(part), new ExactStatistics(3));
  const usual = new ColumnStatistics(3).add(x);
  for (const name of ['min', 'max', 'mean', 'deviation'] as const) {
    t.deepEqual(merged[name], whole[name], name);
    for (const [column, value] of usual[name].entries()) {
      t.true(Math.abs(whole[name][column]! - value) <= 1e-9 * Math.abs(value), `${name} of column ${column}`);
    }
  }
  t.is(whole.deviation[2], 0);
  t.deepEqual(whole.clone().add(x.slice(0, 1)).min, whole.min);
});
